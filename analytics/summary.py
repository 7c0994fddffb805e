"""Summaries of sales, computed with few queries and cached for a minute.

The name of the cached value carries a version that every change of an event or booking replaces. Who computes
reads the version first: what was computed before a change is stored under a version that nobody reads any more.

A sale changes hundreds of bookings a second. The first change replaces the version at once; those that the same
process makes within the next JOINED seconds replace it once more, together. So who changes one thing and then reads
sees it, and so does who reads in the process that made the changes; other processes see the last ones of a row of
changes JOINED seconds late at most.
"""

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.cache import cache
from django.db.models import Count, F, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce, Lower, NullIf, TruncDate
from django.utils import timezone

from analytics import tally
from bookings.models import Booking
from eventify.lib.soon import Soon
from events import queries, states
from events.models import Event

LIFE = 60  # seconds
JOINED = 0.05  # seconds
DAYS = 7
TOP = 5
FEW = 5000  # events
MANY, PATIENCE = 50_000, 5  # places, seconds
_VERSION, _LATELY = "analytics:version", "analytics:homepage:lately"


def homepage() -> dict:
    """How many public events, sold places, customers and cities there are; at most a minute old.

    Anybody may ask, and to count MANY places takes long: from then on a change may be seen PATIENCE seconds late.
    """
    found = cache.get(_LATELY)
    if found is None:
        found = _cached("homepage", _homepage)
        if found["total_tickets_sold"] >= MANY:
            cache.set(_LATELY, found, timeout=PATIENCE)
    return found


def summary(spell: Callable[[QuerySet[Event]], Any], *, refresh: bool = False) -> dict:
    """Totals, every public event, the five best sold and the last seven days (UTC); at most a minute old.

    Of more than FEW events it is always computed: every sale would leave another of its megabytes in Redis.
    `spell` makes of events what is kept of them. `refresh` computes it anew whatever the cache holds.
    """
    return _cached("summary", lambda: _summary(spell), refresh=refresh, is_small=_has_few_events)


def _has_few_events(found: dict) -> bool:
    return found["totals"]["events"] <= FEW


def _forget() -> None:
    """Make every cached summary unreachable. Without Redis nothing is cached, so nothing happens."""
    cache.set(_VERSION, uuid.uuid4().hex, timeout=None)


forget = Soon(_forget, JOINED)


def _cached(name: str, compute: Callable[[], dict], *, refresh: bool = False, is_small=lambda found: True) -> dict:
    forget.finish()
    version = _version()
    key = f"analytics:{name}:{version}"
    found = cache.get(key) if version and not refresh else None
    if found is None:
        found = compute()
        if version and is_small(found):
            cache.set(key, found, timeout=LIFE)
    return found


def _version() -> str | None:
    """The version that counts now; None when the cache cannot be reached (then nothing is cached)."""
    cache.add(_VERSION, uuid.uuid4().hex, timeout=None)
    return cache.get(_VERSION)


def _homepage() -> dict:
    sold = Booking.objects.filter(status=Booking.Status.CONFIRMED)
    figures = sold.aggregate(places=Sum("qty"), people=Count("user", distinct=True))
    # An event that names no city (002 knows only venues) counts by its venue.
    city = Lower(Coalesce(NullIf(F("place"), Value("")), NullIf(F("venue_name"), Value(""))))
    events = queries.public().aggregate(events=Count("pk"), cities=Count(city, distinct=True))
    return {
        "total_events": events["events"],
        "total_tickets_sold": figures["places"] or 0,
        "total_customers": figures["people"],
        "cities_covered": events["cities"],
    }


def _summary(spell: Callable[[QuerySet[Event]], Any]) -> dict:
    now, events = timezone.now(), queries.public()
    utilization = Coalesce(F("booked_count") * 1.0 / NullIf(F("capacity"), 0), 0.0)
    return {
        "generated_at": now,
        "totals": _totals(events),
        "events": spell(events.order_by(F("starts_at").asc(nulls_last=True), "id")),
        "top_events": spell(events.order_by("-booked_count", utilization.desc(), "id")[:TOP]),
        "timeseries_7d": {"bookings": _made_by_day(now), "cancellations": _cancelled_by_day(now)},
    }


def _totals(events: QuerySet[Event]) -> dict:
    active = Q(state__in=states.ON_SALE, is_bookable=True)
    totals = events.aggregate(
        events=Count("pk"),
        active_events=Count("pk", filter=active),
        capacity=Sum("capacity", default=0),
        booked=Sum("booked_count", default=0),
    )
    return {**totals, "utilization_pct": percent(totals["booked"], totals["capacity"])}


def percent(part: int, whole: int) -> float:
    """How many hundredths of the whole the part is, to two places; 0 of nothing."""
    return round(100 * part / whole, 2) if whole else 0.0


def _days(now: datetime) -> list[date]:
    """The last seven UTC days, today the last."""
    return [now.astimezone(UTC).date() - timedelta(days=back) for back in reversed(range(DAYS))]


def _made_by_day(now: datetime) -> list[dict]:
    days = _days(now)
    made = tally.by_start(tally.BOOKINGS, "day", _midnight(days[0]), ZoneInfo("UTC"))
    return [{"date": day.isoformat(), "count": made[day].number if day in made else 0} for day in days]


def _cancelled_by_day(now: datetime) -> list[dict]:
    days = _days(now)
    cancelled = Booking.objects.filter(status=Booking.Status.CANCELLED, cancelled_at__gte=_midnight(days[0]))
    rows = cancelled.annotate(day=TruncDate("cancelled_at", tzinfo=UTC)).order_by().values("day")
    found = dict(rows.annotate(count=Count("pk")).values_list("day", "count"))
    return [{"date": day.isoformat(), "count": found.get(day, 0)} for day in days]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)
