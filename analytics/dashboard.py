"""The dashboard's figures: seven metrics with their change, and the revenue chart.

`partners` narrows everything to what is theirs; None is the whole platform, whose tickets and money are counted
beforehand (tally.py). A period begins with a quarter of an hour. Money is in settings.EVENTIFY_CURRENCY
only, for amounts of different currencies do not add up. Days and months are those of settings.EVENTIFY_TIME_ZONE.
"""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, TruncDate, TruncMonth
from django.utils import timezone

from accounts.models import User
from analytics import tally
from bookings.models import Order, Ticket
from eventify.lib import replica
from events.queries import held, upcoming
from partners import books
from partners.models import Balance, Document, Entry, Partner
from partners.models.ledger import Account, Kind

PERIOD = timedelta(days=30)
DAYS_OF = {"7d": 7, "30d": 30, "90d": 90}
MONTHS_OF = {"12m": 12}
RANGES = (*DAYS_OF, *MONTHS_OF)
_ZERO = Decimal(0)


class Metric(NamedTuple):
    """A figure as of now, and what its change is computed from.

    A total (revenue, tickets) compares what the period of 30 days brought (`current`) with what the one before it
    brought (`previous`); any other figure compares itself with what it was 30 days ago.
    """

    value: Decimal | int
    current: Decimal | int
    previous: Decimal | int

    @property
    def change(self) -> float | None:
        """From `previous` to `current` in percent, to one place; None where there was nothing before."""
        if not self.previous:
            return None
        return round(100 * float((self.current - self.previous) / abs(self.previous)), 1)


class Point(NamedTuple):
    """A day, or a month that begins on `date`: what it took in less what it gave back, and the orders paid."""

    date: date
    revenue: Decimal
    orders: int


# --- Metrics ------------------------------------------------------------------------------------------


@replica.may_lag
def metrics(partners: QuerySet[Partner] | None = None) -> dict[str, Metric]:
    """The seven figures by name, in as many queries whatever there is to count."""
    now = timezone.now()
    return {
        "total_revenue": _revenue(partners, now),
        "active_partners": _active_partners(partners, now),
        "pending_kyc": _pending_kyc(partners, now),
        "total_users": _users(partners, now),
        "tickets_sold": _tickets(partners, now),
        "upcoming_events": _upcoming_events(partners, now),
        "open_balance": _open_balance(partners, now),
    }


def _of(rows: QuerySet, path: str, partners: QuerySet[Partner] | None) -> QuerySet:
    return rows if partners is None else rows.filter(**{f"{path}__in": partners.values("pk")})


def _owed_entries(partners) -> QuerySet[Entry]:
    own = Entry.objects.filter(account=Account.PARTNER_PAYABLE, transfer__currency=settings.EVENTIFY_CURRENCY)
    return _of(own, "partner", partners)


def _balances(partners) -> QuerySet[Balance]:
    return _of(Balance.objects.filter(currency=settings.EVENTIFY_CURRENCY), "partner", partners)


def starts(now: datetime) -> tuple[datetime, datetime]:
    """When the last period began, and the one before it."""
    return tally.quarter(now - PERIOD), tally.quarter(now - 2 * PERIOD)


def _revenue(partners, now: datetime) -> Metric:
    total = _balances(partners).filter(kind__in=books.REVENUE).aggregate(total=Sum("amount", default=_ZERO))["total"]
    if partners is None:
        last, both = tally.since(tally.LEDGER, *starts(now), details=_details(*books.REVENUE))
        return Metric(total, last.amount, both.amount - last.amount)
    earned = _owed_entries(partners).filter(transfer__kind__in=books.REVENUE)
    return Metric(total, **_two_periods(earned, Sum, F("credit") - F("debit"), now))


def _details(*kinds: str, with_house: bool = True) -> list[str]:
    """How the tally names what such transfers in the platform's currency did to partners."""
    endings = ("", ":house") if with_house else ("",)
    return [f"{settings.EVENTIFY_CURRENCY}:{kind}{ending}" for kind in kinds for ending in endings]


def _two_periods(rows, aggregate, what, now: datetime) -> dict:
    """What the last period and the one before it add up to."""
    since, before = starts(now)
    lately = Q(created_at__gte=since)
    empty = {"default": _ZERO} if aggregate is Sum else {}
    return rows.filter(created_at__gte=before).aggregate(
        current=aggregate(what, filter=lately, **empty), previous=aggregate(what, filter=~lately, **empty)
    )


def _open_balance(partners, now: datetime) -> Metric:
    """What is owed to partners; what the house has earned is owed to nobody."""
    total = _balances(partners).exclude(partner__is_house=True).aggregate(total=Sum("amount", default=_ZERO))["total"]
    return Metric(total, total, total - _moved(partners, starts(now)[0]))


def _moved(partners, since: datetime) -> Decimal:
    """What has come to that, or left it, since."""
    if partners is None:
        return tally.since(tally.LEDGER, since, details=_details(*Kind, with_house=False))[0].amount
    moved = _owed_entries(partners).exclude(partner__is_house=True).filter(created_at__gte=since)
    return moved.aggregate(moved=Sum(F("credit") - F("debit"), default=_ZERO))["moved"]


def _now_and_then(rows: QuerySet, is_now: Q, was_then: Q) -> Metric:
    """How many rows are so now, and how many were so a period ago."""
    found = rows.aggregate(now=Count("pk", filter=is_now), then=Count("pk", filter=was_then))
    return Metric(found["now"], found["now"], found["then"])


def _active_partners(partners, now: datetime) -> Metric:
    active = (Partner.objects if partners is None else partners).filter(status=Partner.Status.ACTIVE, is_house=False)
    since = active.annotate(since=Coalesce("joined_at", "created_at"))
    return _now_and_then(since, Q(), Q(since__lte=now - PERIOD))


def _pending_kyc(partners, now: datetime) -> Metric:
    was_open = Q(created_at__lte=now - PERIOD) & (Q(reviewed_at=None) | Q(reviewed_at__gt=now - PERIOD))
    return _now_and_then(_of(Document.objects.all(), "partner", partners), Q(status=Document.Status.PENDING), was_open)


def _users(partners, now: datetime) -> Metric:
    """Accounts that are not staff; of partners, their buyers."""
    users = User.objects.filter(is_staff=False, is_guest=False)
    if partners is not None:
        users = users.filter(pk__in=Ticket.objects.filter(event__partner__in=partners.values("pk")).values("user"))
    return _now_and_then(users, Q(), Q(created_at__lte=now - PERIOD))


def _tickets(partners, now: datetime) -> Metric:
    """Tickets that were not cancelled."""
    if partners is None:
        last, both, ever = (one.number for one in tally.since(tally.TICKETS, *starts(now), tally.EVER))
        return Metric(ever, last, both - last)
    sold = _of(Ticket.objects.exclude(status=Ticket.Status.CANCELLED), "event__partner", partners)
    return Metric(sold.count(), **_two_periods(sold, Count, "pk", now))


def _upcoming_events(partners, now: datetime) -> Metric:
    then = held().filter(created_at__lte=now - PERIOD, ends_at__gt=now - PERIOD)
    coming = _of(upcoming(), "partner", partners).count()
    return Metric(coming, coming, _of(then, "partner", partners).count())


# --- The revenue chart --------------------------------------------------------------------------------


@replica.may_lag
def revenue_chart(range_: str, partners: QuerySet[Partner] | None = None) -> list[Point]:
    """The points of one of RANGES, the current day or month last, without gaps. Two queries."""
    unit, starts = ("day", _days(DAYS_OF[range_])) if range_ in DAYS_OF else ("month", _months(MONTHS_OF[range_]))
    revenue, orders = _of_everybody(unit, starts) if partners is None else _of_some(unit, starts, partners)
    return [Point(start, revenue.get(start, _ZERO), orders.get(start, 0)) for start in starts]


def _of_everybody(unit: str, starts: list[date]) -> tuple[dict[date, Decimal], dict[date, int]]:
    earned = tally.by_start(tally.LEDGER, unit, _midnight(starts[0]), _zone(), _details(*books.REVENUE))
    return {start: one.amount for start, one in earned.items()}, _paid_orders(starts)


# Each stretch is a part of the index of paid orders.
_PAID = """
    SELECT start, (SELECT count(*) FROM bookings_order WHERE paid_at >= since AND paid_at < until)
    FROM unnest(%s::date[], %s::timestamptz[], %s::timestamptz[]) AS stretch (start, since, until)
"""


def _paid_orders(starts: list[date]) -> dict[date, int]:
    """How many orders were paid from each of these days to the next one; from the last one without an end."""
    since = [_midnight(start) for start in starts]
    with connection.cursor() as cursor:
        cursor.execute(_PAID, [starts, since, [*since[1:], datetime.max.replace(tzinfo=UTC)]])
        return dict(cursor.fetchall())


def _of_some(unit: str, starts: list[date], partners) -> tuple[dict[date, Decimal], dict[date, int]]:
    truncate = {"day": TruncDate, "month": TruncMonth}[unit]
    since = _midnight(starts[0])
    earned = _owed_entries(partners).filter(transfer__kind__in=books.REVENUE, created_at__gte=since)
    paid = _of(Order.objects.filter(paid_at__gte=since), "bookings__event__partner", partners)
    return (
        _by_start(earned, "created_at", truncate, Sum(F("credit") - F("debit"))),
        _by_start(paid, "paid_at", truncate, Count("pk", distinct=True)),
    )


def _by_start(rows, moment: str, truncate, what) -> dict[date, Decimal | int]:
    starts = rows.annotate(start=truncate(moment, tzinfo=_zone())).order_by().values_list("start")
    return {_day(start): found for start, found in starts.annotate(found=what)}


def _day(start) -> date:
    return start.date() if isinstance(start, datetime) else start


def _midnight(day: date) -> datetime:
    """When the day begins on the platform."""
    return datetime.combine(day, time.min, tzinfo=_zone())


def _zone() -> ZoneInfo:
    return ZoneInfo(settings.EVENTIFY_TIME_ZONE)


def _today() -> date:
    return timezone.now().astimezone(_zone()).date()


def _days(number: int) -> list[date]:
    return [_today() - timedelta(days=back) for back in reversed(range(number))]


def _months(number: int) -> list[date]:
    today = _today()
    last = today.year * 12 + today.month - 1
    return [date(month // 12, month % 12 + 1, 1) for month in range(last - number + 1, last + 1)]
