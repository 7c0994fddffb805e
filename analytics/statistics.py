"""The platform's totals."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.conf import settings
from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from accounts.models import User
from bookings.models import Order, Payment, Refund, Ticket
from eventify.lib import replica
from eventify.lib.brief import Brief
from events.models import Event
from events.queries import upcoming

MANY, PATIENCE = 10_000, 10  # orders, seconds
_lately = Brief(PATIENCE)


class Day(NamedTuple):
    """What one calendar day (UTC) took in: money paid in the platform's currency less refunds asked for, and orders."""

    date: date
    revenue: Decimal
    orders: int


@replica.may_lag
def lately(days: int) -> tuple[dict[str, int | Decimal], list[Day]]:
    """`totals` and `revenue_by_day`. They read every row: from MANY orders on they may be PATIENCE seconds old."""
    found = _lately.get(days)
    if found is None:
        found = totals(), revenue_by_day(days)
        if found[0]["total_orders"] >= MANY:
            _lately.put(days, found)
    return found


def totals() -> dict[str, int | Decimal]:
    """Every total by its name. Revenue is money paid less what goes back, in the platform's currency."""
    return {"total_revenue": revenue(), **_of_tickets(), **_of_users(), **_of_events(), **_of_orders()}


def revenue() -> Decimal:
    """Money paid by buyers in the platform's currency, less what goes or went back to them."""
    currency = settings.EVENTIFY_CURRENCY
    paid = Payment.objects.filter(status=Payment.Status.PAID, currency=currency)
    return _sum(paid) - _sum(Refund.objects.filter(payment__currency=currency))


def _sum(rows) -> Decimal:
    return rows.aggregate(total=Sum("amount"))["total"] or Decimal(0)


def _of_tickets() -> dict[str, int]:
    """`total_tickets` are sold and not cancelled; those of today were sold since midnight UTC."""
    used, live = Q(status=Ticket.Status.USED), ~Q(status=Ticket.Status.CANCELLED)
    return Ticket.objects.aggregate(
        total_tickets=Count("id", filter=live),
        tickets_used=Count("id", filter=used),
        tickets_valid=Count("id", filter=Q(status=Ticket.Status.VALID)),
        tickets_sold_today=Count("id", filter=live & Q(created_at__gte=_midnight(timezone.now().date()))),
    )


def _of_users() -> dict[str, int]:
    active = Q(is_active=True, banned_at=None)
    people = User.objects.filter(is_guest=False)
    return people.aggregate(total_users=Count("id"), active_users=Count("id", filter=active))


def _of_events() -> dict[str, int]:
    return {"total_events": Event.objects.count(), "upcoming_events": upcoming().count()}


def _of_orders() -> dict[str, int]:
    named = {"paid_orders": Order.Status.PAID, "pending_orders": Order.Status.PENDING}
    counts = {name: Count("id", filter=Q(status=status)) for name, status in named.items()}
    return Order.objects.aggregate(total_orders=Count("id"), **counts)


def revenue_by_day(days: int) -> list[Day]:
    """The last `days` calendar days (UTC), today last, without gaps."""
    first = timezone.now().date() - timedelta(days=days - 1)
    since = _midnight(first)
    paid = _by_day(Payment.objects.filter(status=Payment.Status.PAID, paid_at__gte=since), "paid_at", "currency")
    back = _by_day(Refund.objects.filter(created_at__gte=since), "created_at", "payment__currency")
    nothing = (Decimal(0), 0)
    return [
        Day(day, paid.get(day, nothing)[0] - back.get(day, nothing)[0], paid.get(day, nothing)[1])
        for day in (first + timedelta(days=number) for number in range(days))
    ]


def _by_day(rows, moment: str, currency: str) -> dict[date, tuple[Decimal, int]]:
    """Of each day the money in the platform's currency, and how many in any."""
    own = Q(**{currency: settings.EVENTIFY_CURRENCY})
    sums = {"sum": Sum("amount", filter=own, default=Decimal(0)), "number": Count("id")}
    found = rows.annotate(day=TruncDate(moment)).values_list("day").annotate(**sums)
    return {day: (amount, number) for day, amount, number in found.order_by()}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())
