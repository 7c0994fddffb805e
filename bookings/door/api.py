"""The API of devices under /door/api/: a token in a header, JSON both ways, no cookies and so no CSRF."""

import json
import re
from datetime import datetime
from functools import wraps
from uuid import UUID

from django.core.exceptions import RequestDataTooBig
from django.http import JsonResponse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from bookings.door import devices, lists, scanning
from bookings.models import Scan
from eventify.lib.errors import DomainError, Invalid
from eventify.lib.wire import moment

TOKEN = "X-Door-Token"
MOST_SCANS = 500  # in one batch
_MOST_SKEW = 10 * 365 * 86_400_000  # ms
_BAD_TEXT = re.compile("[\x00\ud800-\udfff]")
_EARLIEST, _LATEST = 2000, 2200  # years


def _endpoint(method: str, *, is_enrolled: bool = True):
    """The permission is judged first, then the method and the body."""

    def wrap(view):
        @csrf_exempt  # no cookie means anything here
        @never_cache
        @wraps(view)
        def answer(request):
            try:
                about = [devices.of(request.headers.get(TOKEN, ""))] if is_enrolled else []
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
    """`{code}` -> the device's token, once."""
    device, token = devices.enrol(_text(_body(request), "code", 200))
    return {"token": token, "device": str(device.uid), "name": device.name, "gate": device.gate}


@_endpoint("GET")
def event(request, device) -> dict:
    """The event's list, or with ?cursor= what changed since."""
    cursor = request.GET.get("cursor")
    found = lists.of(device.event, _moment({"cursor": cursor}, "cursor") if cursor else None)
    devices.seen(device, list_at=found["cursor"])
    return found


@_endpoint("POST")
def scan(request, device) -> dict:
    """`{client_uid, code, scanned_at, skew_ms?, gate?}` -> the server's verdict."""
    return _shown(scanning.take(device, _said(_body(request), is_offline=False)))


@_endpoint("POST")
def sync(request, device) -> dict:
    """`{scans: [...], skew_ms?, queue?}`: what was decided without us; each scan is answered by its client_uid."""
    body = _body(request)
    sent = body.get("scans")
    if not isinstance(sent, list) or len(sent) > MOST_SCANS or not all(isinstance(one, dict) for one in sent):
        raise Invalid.field("scans", _("Send a list of at most %(most)s scans.") % {"most": MOST_SCANS})
    said = [_said(one, is_offline=True) for one in sent]
    limits = {
        "clock_skew_ms": _whole(body, "skew_ms", 2**31 - 1),
        "queue_length": abs(_whole(body, "queue", 2**31 - 1)),
    }
    devices.seen(device, **limits)
    return {"scans": [_shown(scanning.take(device, one)) for one in said]}


@_endpoint("POST")
def undo(request, device) -> dict:
    """`{client_uid, reason}` -> the scan, taken back."""
    body = _body(request)
    return _shown(scanning.undo(device, _uid(body), reason=_text(body, "reason", 200)))


@_endpoint("GET")
def counts(request, device) -> dict:
    """How many are inside, per gate."""
    return lists.counts(device.event)


def _shown(found: Scan) -> dict:
    answer = {"client_uid": str(found.client_uid), "verdict": found.verdict, "undone_at": moment(found.undone_at)}
    if found.ticket_id and found.verdict == Scan.Verdict.USED:
        answer |= {"used_at": moment(found.ticket.used_at), "used_gate": found.ticket.used_gate}
    return answer


def _said(body: dict, *, is_offline: bool) -> scanning.Said:
    verdict = _text(body, "verdict", 15) if is_offline else ""
    if is_offline and verdict not in Scan.Verdict.values:
        raise Invalid.field("verdict", _("This is none of the verdicts."))
    skew, undone_at = _whole(body, "skew_ms", _MOST_SKEW), None
    if body.get("undone_at") is not None:
        undone_at = scanning.corrected(_moment(body, "undone_at"), skew)
    return scanning.Said(
        client_uid=_uid(body),
        code=_text(body, "code", 400),
        at=scanning.corrected(_moment(body, "scanned_at"), skew),
        verdict=verdict,
        gate=_text(body, "gate", 100, default=""),
        undone_at=undone_at,
        undo_reason=_text(body, "undo_reason", 200, default=""),
    )


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


def _text(body: dict, name: str, most: int, default: str | None = None) -> str:
    value = body.get(name, default)
    if not isinstance(value, str) or len(value) > most or _BAD_TEXT.search(value) or (default is None and not value):
        raise Invalid.field(
            name, _("Send a text of at most %(most)s characters as %(name)s.") % {"most": most, "name": name}
        )
    return value


def _whole(body: dict, name: str, most: int) -> int:
    value = body.get(name, 0)
    if type(value) is not int or abs(value) > most:
        raise Invalid.field(name, _("Send a whole number as %(name)s.") % {"name": name})
    return value


def _uid(body: dict) -> UUID:
    try:
        return UUID(_text(body, "client_uid", 36))
    except ValueError:
        raise Invalid.field("client_uid", _("Send a UUID as client_uid.")) from None


def _moment(body: dict, name: str) -> datetime:
    try:
        found = parse_datetime(_text(body, name, 40).replace(" ", "+"))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or not _EARLIEST <= found.year <= _LATEST:
        raise Invalid.field(name, _("Send a moment with its zone as %(name)s.") % {"name": name})
    return found
