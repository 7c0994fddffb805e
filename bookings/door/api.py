"""The API of devices under /door/api/: a token in a header, JSON both ways, no cookies and so no CSRF."""

import json
from functools import wraps

from django.core.exceptions import RequestDataTooBig
from django.http import JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page

from bookings.door import devices, fields, lists, online, scanning
from bookings.models import Scan
from eventify.lib.errors import DomainError, Invalid
from eventify.lib.failpoints import failpoint
from eventify.lib.wire import moment

TOKEN = "X-Door-Token"
MOST_SCANS = 500  # in one batch
MOST_FINDINGS = 30  # of a device about itself


def _endpoint(method: str, *, is_enrolled: bool = True, is_delivery: bool = False):
    """The permission is judged first, then the method and the body."""

    def wrap(view):
        @csrf_exempt  # no cookie means anything here
        @never_cache
        @wraps(view)
        def answer(request):
            try:
                token = request.headers.get(TOKEN, "")
                about = [devices.of(token, is_delivery=is_delivery)] if is_enrolled else []
                if request.method != method:
                    return JsonResponse({"error": "method_not_allowed"}, status=405, headers={"Allow": method})
                return JsonResponse(view(request, *about))
            except DomainError as refusal:
                body = {"error": refusal.code, "message": str(refusal.message)}
                return JsonResponse(body, status=refusal.status)

        return answer

    return wrap


@_endpoint("POST", is_enrolled=False)
def enrol(request) -> dict:
    """`{code, client_uid?}` -> the device's token; once, or to the same client_uid as often as it asks."""
    body = _body(request)
    client_uid = fields.uid(body) if "client_uid" in body else None
    device, token = devices.enrol(fields.text(body, "code", 200), client_uid)
    found = {"token": token, "device": str(device.uid), "name": device.name, "gate": device.gate}
    return {**found, "event": str(device.event.uid)}


# Compressed for who accepts it: hashes of 10,000 codes are 700 kB. BREACH needs a secret that stays in answers which
# also echo what the attacker sends. These hold no token and echo nothing but a moment, and nobody can make a device's
# browser ask for them, for a header that only its own page knows opens them. Django adds random bytes all the same.
@gzip_page
@_endpoint("GET")
def event(request, device) -> dict:
    """The event's list, or with ?cursor= what changed since."""
    cursor = request.GET.get("cursor")
    found = lists.of(device, fields.moment_of({"cursor": cursor}, "cursor") if cursor else None)
    devices.seen(device, list_at=found["cursor"])
    return found


@_endpoint("POST")
def scan(request, device) -> dict:
    """`{client_uid, code, scanned_at, skew_ms?, gate?}` -> the server's verdict."""
    return _shown(online.take(device, fields.said(_body(request), is_offline=False)))


@_endpoint("POST", is_delivery=True)
def sync(request, device) -> dict:
    """`{scans: [...], skew_ms?, queue?, readiness?}`: what was decided without us, all or nothing; none: a heartbeat.

    Each scan is answered by its client_uid, in the order in which it was sent.
    """
    body = _body(request)
    said = _batch(body)
    if not said:
        devices.check_still_good(device)
    about = {
        "clock_skew_ms": fields.whole(body, "skew_ms", 2**31 - 1),
        "queue_length": fields.whole(body, "queue", 2**31 - 1, least=0),
    }
    if "readiness" in body:
        about["readiness"] = _readiness(body["readiness"])
    devices.seen(device, **about)
    taken = scanning.take_all(device, said) if said else []
    failpoint("door.before_answer")
    shown = [_shown(one) | {"is_double": one.is_double} for one in taken]
    return {"scans": shown, "server_time": moment(timezone.now())}


@_endpoint("POST", is_delivery=True)
def undo(request, device) -> dict:
    """`{client_uid, reason}` -> the scan, taken back."""
    body = _body(request)
    return _shown(scanning.undo(device, fields.uid(body), reason=fields.text(body, "reason", 200)))


@_endpoint("GET")
def counts(request, device) -> dict:
    """How many are inside, per gate."""
    return lists.counts(device.event) | {"server_time": moment(timezone.now())}


def _shown(taken: scanning.Taken) -> dict:
    scan, ticket = taken.scan, taken.ticket
    is_here = ticket is not None and ticket.event_id == scan.event_id
    answer = {
        "client_uid": str(scan.client_uid),
        "verdict": scan.verdict,
        "undone_at": moment(scan.undone_at),
        "type": ticket.ticket_type.shown_name if is_here else "",
    }
    if is_here and scan.verdict == Scan.Verdict.USED:
        used = {"used_at": moment(ticket.used_at), "used_gate": ticket.used_gate, "used_by": taken.used_by}
        answer |= used
    return answer


def _batch(body: dict) -> list[scanning.Said]:
    sent = body.get("scans")
    if not isinstance(sent, list) or len(sent) > MOST_SCANS or not all(isinstance(one, dict) for one in sent):
        raise Invalid.field("scans", _("Send a list of at most %(most)s scans.") % {"most": MOST_SCANS})
    return [fields.said(one, is_offline=True) for one in sent]


def _readiness(said) -> dict:
    """What the device found of itself: a few words with one plain value each, as it is kept and shown."""
    is_flat = isinstance(said, dict) and len(said) <= MOST_FINDINGS
    if not is_flat or not all(_is_finding(name, value) for name, value in said.items()):
        raise Invalid.field(
            "readiness", _("Send at most %(most)s plain values as readiness.") % {"most": MOST_FINDINGS}
        )
    return said


def _is_finding(name: str, value) -> bool:
    if isinstance(value, str):
        return _is_word(name) and len(value) <= 200 and not fields.BAD_TEXT.search(value)
    return _is_word(name) and (value is None or (isinstance(value, int | float) and abs(value) <= 2**53))


def _is_word(name: str) -> bool:
    return 0 < len(name) <= 40 and not fields.BAD_TEXT.search(name)


def _body(request) -> dict:
    try:
        body = json.loads(request.body)
    except RequestDataTooBig:
        raise Invalid(_("The message is too large.")) from None
    except (ValueError, RecursionError):
        raise Invalid(_("Send a JSON object.")) from None
    if not isinstance(body, dict):
        raise Invalid(_("Send a JSON object."))
    return body
