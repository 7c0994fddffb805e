"""Summaries of sales, computed with few queries and cached for a minute.

The name of the cached value carries a version that every change of an event or booking replaces. Who computes
reads the version first: what was computed before a change is stored under a version that nobody reads any more.
"""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.core.cache import cache
from django.db.models import Count, F, Sum, Value
from django.db.models.functions import Coalesce, Lower, NullIf, TruncDate
from django.utils import timezone

from bookings.models import Booking
from events import queries, states

LIFE = 60  # seconds
DAYS = 7
TOP = 5
_VERSION = "analytics:version"


def homepage() -> dict:
    """How many public events, sold places, customers and cities there are; at most a minute old."""
    return _cached("homepage", _homepage)


def summary(*, refresh: bool = False) -> dict:
    """Totals, every public event, the five best sold and the last seven days (UTC); at most a minute old.

    `refresh` computes it anew whatever the cache holds.
    """
    return _cached("summary", _summary, refresh=refresh)


def forget() -> None:
    """Make every cached summary unreachable."""
    cache.set(_VERSION, uuid.uuid4().hex, timeout=None)


def _cached(name: str, compute: Callable[[], dict], *, refresh: bool = False) -> dict:
    version = _version()
    key = f"analytics:{name}:{version}"
    found = cache.get(key) if version and not refresh else None
    if found is None:
        found = compute()
        if version:
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


def _summary() -> dict:
    now = timezone.now()
    rows = [_with_utilization(row) for row in _event_rows()]
    capacity, booked = sum(row["capacity"] for row in rows), sum(row["booked_count"] for row in rows)
    best = sorted(rows, key=lambda row: (-row["booked_count"], -row["utilization_pct"], row["id"]))
    return {
        "generated_at": now,
        "totals": {
            "events": len(rows),
            "active_events": sum(row["state"] in states.ON_SALE and row["is_bookable"] for row in rows),
            "capacity": capacity,
            "booked": booked,
            "utilization_pct": percent(booked, capacity),
        },
        "events": rows,
        "top_events": best[:TOP],
        "timeseries_7d": {
            "bookings": _by_day(Booking.objects.all(), "created_at", now),
            "cancellations": _by_day(Booking.objects.filter(status=Booking.Status.CANCELLED), "cancelled_at", now),
        },
    }


def _event_rows():
    venue = Coalesce(NullIf(F("venue_name"), Value("")), NullIf(F("location"), Value("")), F("place"))
    counts = ("capacity", "booked_count", "waitlisted_count")
    rows = queries.public().order_by(F("starts_at").asc(nulls_last=True), "id")
    return rows.values("id", "name", "starts_at", "ends_at", "state", "is_bookable", *counts, venue=venue)


def _with_utilization(row: dict) -> dict:
    return {**row, "utilization_pct": percent(row["booked_count"], row["capacity"])}


def percent(part: int, whole: int) -> float:
    """How many hundredths of the whole the part is, to two places; 0 of nothing."""
    return round(100 * part / whole, 2) if whole else 0.0


def _by_day(bookings, moment: str, now: datetime) -> list[dict]:
    """How many bookings have this moment on each of the last seven UTC days, today the last; no gaps."""
    days = [now.astimezone(UTC).date() - timedelta(days=back) for back in reversed(range(DAYS))]
    since = datetime.combine(days[0], datetime.min.time(), tzinfo=UTC)
    recent = bookings.filter(**{f"{moment}__gte": since}).annotate(day=TruncDate(moment, tzinfo=UTC)).order_by()
    found = dict(recent.values("day").annotate(count=Count("pk")).values_list("day", "count"))
    return [{"date": day.isoformat(), "count": found.get(day, 0)} for day in days]
