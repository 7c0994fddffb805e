"""How it stands with what endpoints are owed: for alerts and for the dashboard."""

from datetime import timedelta
from typing import NamedTuple

from django.db.models import Count, Min, Q, QuerySet
from django.utils import timezone

from integrations.models import Delivery, Endpoint

PATIENCE = timedelta(minutes=10)  # that an endpoint may fail until somebody is told


class Backlog(NamedTuple):
    """Deliveries that wait, how many seconds the oldest has waited, and how many endpoints fail."""

    waiting: float
    oldest: float
    failing: float


def failing() -> QuerySet[Endpoint]:
    """The endpoints that were switched off, or have failed for longer than PATIENCE."""
    long = Q(state=Endpoint.State.ACTIVE, failing_since__lt=timezone.now() - PATIENCE)
    return Endpoint.objects.filter(long | Q(state=Endpoint.State.DISABLED))


def look() -> Backlog:
    """What endpoints that are not paused are owed. Two queries."""
    rows = Delivery.objects.filter(status=Delivery.Status.WAITING, endpoint__state=Endpoint.State.ACTIVE)
    found = rows.aggregate(waiting=Count("pk"), oldest=Min("created_at"))
    age = (timezone.now() - found["oldest"]).total_seconds() if found["oldest"] else 0
    return Backlog(found["waiting"], age, failing().count())
