"""How it stands with what endpoints are owed: for alerts and for the dashboard."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import Case, Count, Exists, Min, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone
from django.utils.translation import ngettext

from integrations.models import Delivery, Endpoint

PATIENCE = timedelta(minutes=10)  # that an endpoint may fail until somebody is told
LATE = timedelta(hours=1)  # that a message may wait, though its endpoint takes others
OFF, FAILING, WAITS = TROUBLES = ("off", "failing", "waits")  # the worst first


class Backlog(NamedTuple):
    """Deliveries that wait, how many seconds the oldest has waited, and how many endpoints fail."""

    waiting: float
    oldest: float
    failing: float


def _owed() -> QuerySet[Delivery]:
    """What waits for endpoints that are not paused. Tests are not owed: they are given up after minutes."""
    rows = Delivery.objects.filter(status=Delivery.Status.WAITING, endpoint__state=Endpoint.State.ACTIVE)
    return rows.exclude(fact=None)


def _patience() -> timedelta:
    """How long after it was owed, or was asked for again, a delivery is given up."""
    return timedelta(days=settings.EVENTIFY_WEBHOOK_DAYS)


def _fails(now: datetime) -> Q:
    return Q(state=Endpoint.State.ACTIVE, failing_since__lt=now - PATIENCE)


def failing() -> QuerySet[Endpoint]:
    """The endpoints that were switched off, or have failed for longer than PATIENCE."""
    return Endpoint.objects.filter(_fails(timezone.now()) | Q(state=Endpoint.State.DISABLED))


def troubled() -> QuerySet[Endpoint]:
    """Those, and the ones for which a message has waited for longer than LATE; `trouble` is one of TROUBLES."""
    now = timezone.now()
    late = _owed().filter(endpoint=OuterRef("pk"), give_up_at__lt=now - LATE + _patience())
    trouble = Case(
        When(state=Endpoint.State.DISABLED, then=Value(OFF)),
        When(_fails(now), then=Value(FAILING)),
        When(Exists(late), then=Value(WAITS)),
    )
    return Endpoint.objects.annotate(trouble=trouble).filter(trouble__isnull=False)


def sentence(trouble: str, partners: list[str]) -> str:
    """What stands on the dashboard of endpoints with this trouble, of the organisations that are named so."""
    count = len(partners)
    sentences = {
        OFF: ngettext(
            "%(count)s webhook endpoint took nothing for days and was switched off (%(partner)s).",
            "%(count)s webhook endpoints took nothing for days and were switched off, the first of %(partner)s.",
            count,
        ),
        FAILING: ngettext(
            "%(count)s webhook endpoint does not take what it is sent (%(partner)s).",
            "%(count)s webhook endpoints do not take what they are sent, the first of %(partner)s.",
            count,
        ),
        WAITS: ngettext(
            "A message has waited for more than an hour for %(count)s webhook endpoint (%(partner)s).",
            "Messages have waited for more than an hour for %(count)s webhook endpoints, the first of %(partner)s.",
            count,
        ),
    }
    return sentences[trouble] % {"count": count, "partner": partners[0]}


def look() -> Backlog:
    """What endpoints that are not paused are owed. Two queries."""
    found = _owed().aggregate(waiting=Count("pk"), first=Min("give_up_at"))
    age = (timezone.now() + _patience() - found["first"]).total_seconds() if found["first"] else 0
    return Backlog(found["waiting"], age, failing().count())
