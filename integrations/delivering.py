"""What is owed to endpoints is sent: at least once each, in the order of the feed as far as that is sensible.

One worker at a time is at an endpoint, for it has taken a lease. A message is sent and then recorded, so whoever is
killed between the two leaves it to be sent again, under the same id. While the other side is away (no answer, 429,
502, 503, 504) everything waits and begins again with the oldest. An answer that refuses one message lets the next ones
go ahead; after REFUSED_MOST refusals in a row all waits as well.
"""

import json
import logging
import random
import time
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from eventify.lib import sealed
from eventify.lib.failpoints import failpoint
from eventify.lib.ids import new_uid
from integrations import endpoints, feed, sending, signing
from integrations.kinds import TEST, VERSION
from integrations.models import Attempt, Delivery, Endpoint

logger = logging.getLogger(__name__)
LEASE = timedelta(seconds=60)  # longer than an attempt may take
PAUSES = (
    5,
    30,
    2 * 60,
    10 * 60,
    30 * 60,
    3600,
    2 * 3600,
    4 * 3600,
    6 * 3600,
)  # seconds after the 1st, 2nd, ... failure
JITTER = 0.2  # of a pause, either way
REFUSED_MOST = 3
AT_AN_ENDPOINT = 20  # seconds until the next endpoint has its turn
WHOLE_RUN = 40  # seconds of one task
_LOCKED = "The secret was sealed with another SECRET_KEY; rotate it."


def run() -> int:
    """Number what is new, then work off every endpoint that something is due for; how many attempts were made.

    At most EVENTIFY_WEBHOOK_WORKERS runs are at work at once: endpoints that are slow take no more of the worker.
    """
    for partner in feed.unnumbered():
        feed.number(partner)
    if Endpoint.objects.filter(leased_until__gt=timezone.now()).count() >= settings.EVENTIFY_WEBHOOK_WORKERS:
        return 0
    ends, made = time.monotonic() + WHOLE_RUN, 0
    while time.monotonic() < ends and (endpoint := claim()):
        made += _work_off(endpoint)
    return made


def due(now: datetime):
    """The deliveries that may be sent now, of whatever endpoint."""
    return Delivery.objects.filter(status=Delivery.Status.WAITING, next_attempt_at__lte=now)


@transaction.atomic
def claim() -> Endpoint | None:
    """Take the lease of the endpoint that was looked after least lately, of those that something is due for."""
    now = timezone.now()
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    ready = Q(retry_at=None) | Q(retry_at__lte=now)
    rows = Endpoint.objects.filter(free & ready, Exists(due(now).filter(endpoint=OuterRef("pk"))))
    found = (
        rows.filter(state=Endpoint.State.ACTIVE)
        .select_for_update(skip_locked=True, no_key=True)
        .order_by(F("leased_until").asc(nulls_first=True), "pk")
        .first()
    )
    if found:
        found.lease, found.leased_until = new_uid(), now + LEASE
        found.save(update_fields=["lease", "leased_until"])
    return found


def _work_off(endpoint: Endpoint) -> int:
    """Send what is due, oldest first, until it is somebody else's turn or the other side is away."""
    ends, made, lease = time.monotonic() + AT_AN_ENDPOINT, 0, endpoint.lease
    while time.monotonic() < ends and (delivery := _next(endpoint.pk, lease)):
        made += 1
        if not attempt(delivery, lease):
            break
    # The moment stays: whoever was looked after longest ago is next.
    Endpoint.objects.filter(pk=endpoint.pk, lease=lease).update(lease=None, leased_until=timezone.now())
    return made


def _next(endpoint: int, lease: UUID) -> Delivery | None:
    """The oldest delivery that is due; None also when the lease is lost or the endpoint rests. Renews the lease."""
    now = timezone.now()
    mine = Endpoint.objects.filter(
        Q(retry_at=None) | Q(retry_at__lte=now), pk=endpoint, lease=lease, state=Endpoint.State.ACTIVE
    )
    if not mine.update(leased_until=now + LEASE):
        return None
    rows = due(now).filter(endpoint=endpoint).select_related("endpoint__partner", "fact")
    return rows.order_by("position", "pk").first()


def attempt(delivery: Delivery, lease: UUID) -> bool:
    """Send it and record what became of it; whether the endpoint may be sent more now."""
    body = _body(delivery)
    started = timezone.now()
    try:
        headers = signing.headers(delivery, body, started)
    except sealed.Locked:
        outcome = sending.Outcome(0, 0, "", _LOCKED)
    else:
        outcome = sending.post(delivery.endpoint.url, body, headers)
    failpoint("webhooks.after_send")
    return _record(delivery, lease, started, outcome)


def _body(delivery: Delivery) -> bytes:
    """The fact as the feed tells it; the same bytes with each attempt."""
    partner = delivery.endpoint.partner
    if delivery.fact is None:
        told = {
            "id": str(delivery.uid), "kind": TEST, "version": VERSION, "occurred_at": delivery.created_at,
            "organisation_id": str(partner.uid), "data": {"endpoint_id": str(delivery.endpoint.uid)},
        }  # fmt: skip
    else:
        told = feed.document(delivery.fact, partner.uid)
    return json.dumps(told, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":")).encode()


@transaction.atomic
def _record(delivery: Delivery, lease: UUID, started: datetime, outcome: sending.Outcome) -> bool:
    """Locks the endpoint, then the delivery. Nothing of an endpoint that was removed meanwhile."""
    endpoint = Endpoint.objects.select_for_update(of=("self",)).select_related("partner").filter(
        pk=delivery.endpoint_id
    ).first()  # fmt: skip
    row = Delivery.objects.select_for_update().filter(pk=delivery.pk).first()
    if endpoint is None or row is None:
        return False
    Attempt.objects.create(
        delivery=row, started_at=started, status=outcome.status, milliseconds=outcome.milliseconds,
        answer=outcome.answer, error=outcome.error,
    )  # fmt: skip
    row.attempts_made += 1
    if outcome.is_good:
        _succeeded(row, endpoint)
    else:
        _failed(row, endpoint, outcome)
    row.save(update_fields=["attempts_made", "status", "next_attempt_at", "delivered_at", "updated_at"])
    return endpoint.lease == lease and endpoint.retry_at is None and endpoint.state == Endpoint.State.ACTIVE


def _succeeded(row: Delivery, endpoint: Endpoint) -> None:
    row.status, row.delivered_at = Delivery.Status.DELIVERED, timezone.now()
    if endpoint.failures or endpoint.retry_at:
        endpoints.forgive(endpoint)


def _failed(row: Delivery, endpoint: Endpoint, outcome: sending.Outcome) -> None:
    """The delivery waits, or all of the endpoint does; after days the one is given up and the other disabled."""
    now = timezone.now()
    logger.warning("webhook %s to %s: %s", row.uid, endpoint.pk, outcome.error)
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or now
    if outcome.is_away:
        row.next_attempt_at = now  # the endpoint's pause holds it, and it stays the first
    else:
        row.next_attempt_at = now + _pause(row.attempts_made)
    if outcome.is_away or endpoint.failures >= REFUSED_MOST:
        endpoint.retry_at = now + _pause(endpoint.failures)
    endpoint.save(update_fields=["failures", "failing_since", "retry_at"])
    if row.give_up_at <= now:
        row.status = Delivery.Status.GIVEN_UP
    if now - endpoint.failing_since >= timedelta(days=settings.EVENTIFY_WEBHOOK_DAYS):
        endpoints.disable(endpoint)
        row.status = Delivery.Status.GIVEN_UP


def _pause(failures: int) -> timedelta:
    """How long to wait after so many failures: longer each time, and never quite the same."""
    seconds = PAUSES[min(failures, len(PAUSES)) - 1]
    return timedelta(seconds=seconds * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311
