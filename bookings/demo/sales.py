"""Past sales, made through the real verbs in the order of time and then dated back."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from accounts.models import User
from bookings import cancelling, checkin, orders, payments
from bookings.demo import making
from bookings.demo.plans import Plan
from bookings.models import Booking, Order, Payment, SandboxCharge, Scan, Ticket, TicketType
from bookings.providers import provider, sandbox
from events.models import Event

HISTORY = 90  # days
_PAYS_AFTER = timedelta(seconds=95)
_LEAD = 60  # days before an event on which its sale begins
_PARTY = (1, 2, 2, 2, 3, 4, 4, 5)
GATES = ("North gate", "South gate", "Main entrance")
Progress = Callable[[Iterable, str], Iterable]


@dataclass
class Show:
    """An event on its way through the seeding."""

    plan: Plan
    event: Event
    types: list[TicketType] = field(default_factory=list)
    sold: list[tuple[Order, datetime]] = field(default_factory=list)


def pay(order: Order, at: datetime) -> Order:
    """Pay a pending order at the sandbox provider, which says that it was at this moment."""
    if order.status == Order.Status.PENDING:
        payment = order.payments.get()
        sandbox.decide(SandboxCharge.objects.get(reference=payment.uid), SandboxCharge.Status.PAID)
        payments.apply(provider(payment.provider).ask(payment)._replace(at=at))
    return order


def sell(shows: list[Show], buyers: list[User], progress: Progress, chance: random.Random) -> None:
    """Sell what the plans say, oldest sale first; then make every order as old as it should be."""
    for show in shows:
        show.types = list(show.event.ticket_types.order_by("position"))
    parties = [(when, number, qty) for number, show in enumerate(shows) for when, qty in _parties(show.plan, chance)]
    for moment, number, qty in progress(sorted(parties), "Selling tickets"):
        _sell_one(shows[number], moment, qty, buyers, chance)
    for show in shows:
        _sell_the_rest(show, buyers, chance)
    _date_back([sale for show in shows for sale in show.sold])


def _parties(plan: Plan, chance: random.Random) -> list[tuple[datetime, int]]:
    """(moment, size) of the parties that buy all that the plan wants sold."""
    first, last = _sale_of(plan)
    parties, left = [], plan.sell
    while left > 0:
        qty = min(left, chance.choice(_PARTY))
        parties.append((first + (last - first) * chance.random(), qty))
        left -= qty
    return parties


def _sale_of(plan: Plan) -> tuple[datetime, datetime]:
    """The first and the last moment at which tickets were bought until now."""
    now = timezone.now()
    starts_at, _ends_at = making.moments(plan)
    last = min(now - timedelta(minutes=30), starts_at)
    first = max(now - timedelta(days=HISTORY), starts_at - timedelta(days=_LEAD))
    return min(first, last - timedelta(days=5)), last


def _left_to_sell(show: Show) -> int:
    return show.plan.sell - sum(row.quantity_sold for row in show.types)


def _sell_one(show: Show, moment: datetime, qty: int, buyers: list[User], chance: random.Random) -> None:
    open_types = making.on_sale(show.plan, show.types, moment)
    if not open_types:
        return
    row = chance.choices(open_types, [kind.quantity_total for kind in open_types])[0]
    qty = min(qty, row.quantity_total - row.quantity_sold, row.max_per_order or qty)
    order = orders.place([orders.Line(row.pk, qty)], by=chance.choice(buyers))
    row.quantity_sold += qty
    show.sold.append((pay(order, moment + _PAYS_AFTER), moment))


def _sell_the_rest(show: Show, buyers: list[User], chance: random.Random) -> None:
    """What was left when a party was larger than an order may be, or than what was left of its type."""
    last = _sale_of(show.plan)[1]
    while _left_to_sell(show) > 0 and making.on_sale(show.plan, show.types, last):
        _sell_one(show, last, min(_left_to_sell(show), 2), buyers, chance)


def _date_back(sales: list[tuple[Order, datetime]]) -> None:
    for order, moment in sales:
        order.created_at = moment
        order.paid_at = moment + _PAYS_AFTER if order.total_amount else moment
    sold = [order for order, _moment in sales]
    Order.objects.bulk_update(sold, ["created_at", "paid_at"], batch_size=200)
    made_at = Subquery(Order.objects.filter(pk=OuterRef("order")).values("created_at"))
    paid_at = Subquery(Order.objects.filter(pk=OuterRef("order")).values("paid_at"))
    Booking.objects.filter(order__in=sold).update(created_at=made_at)
    Payment.objects.filter(order__in=sold).update(created_at=made_at, paid_at=paid_at)
    Ticket.objects.filter(order__in=sold).update(created_at=paid_at)


def queue_up(show: Show, buyers: list[User], chance: random.Random) -> None:
    """Let parties join the waitlist of a sold-out event, and the first buyers of more than one place give up."""
    holders = {order.user_id for order, _moment in show.sold}
    others = [user for user in buyers if user.pk not in holders]
    for size, user in zip(show.plan.waiting, chance.sample(others, len(show.plan.waiting)), strict=True):
        orders.book(show.event.pk, size, by=user, waitlist_too=True)
    give_up = [order for order, _moment in show.sold if order.bookings.get().qty > 1][: show.plan.gives_up]
    for order in give_up:
        cancelling.cancel(order, by=order.user)


def refund_all(show: Show, *, by: User) -> None:
    """Cancel every order of an event that will not happen."""
    for order, _moment in show.sold:
        cancelling.cancel(order, by=by, reason=show.plan.reason)


def let_in(show: Show, *, by: User, chance: random.Random) -> None:
    """Scan the share of the tickets that the plan says, around the start of the event."""
    tickets = list(Ticket.objects.filter(event=show.event, status=Ticket.Status.VALID).order_by("id"))
    coming = chance.sample(tickets, len(tickets) * show.plan.share_in // 100)
    starts_at, ends_at = making.moments(show.plan)
    latest = min(timezone.now(), ends_at)
    used = []
    for ticket in coming:
        admitted = checkin.admit(ticket.ticket_code, by=by, gate=chance.choice(GATES), event=show.event)
        admitted.used_at = min(latest, starts_at + timedelta(minutes=chance.triangular(-50, 70, -5)))
        used.append(admitted)
    Ticket.objects.bulk_update(used, ["used_at"], batch_size=200)
    said = Ticket.objects.filter(pk=OuterRef("ticket")).values("used_at")
    Scan.objects.filter(ticket__in=used).update(scanned_at=Subquery(said))


def date_events_and_people_back(shows: list[Show], buyers: list[User], chance: random.Random) -> None:
    """Events are older than their first sale, people older than their first order."""
    for show in shows:
        first = min((moment for _order, moment in show.sold), default=timezone.now())
        show.event.created_at = first - timedelta(days=chance.randint(2, 20))
    Event.objects.bulk_update([show.event for show in shows], ["created_at"])
    bought: dict[int, list[datetime]] = {}
    for order, moment in (sale for show in shows for sale in show.sold):
        bought.setdefault(order.user_id, []).append(moment)
    for user in buyers:
        moments = bought.get(user.pk, [timezone.now()])
        user.created_at = min(moments) - timedelta(days=chance.uniform(0, 60))
        user.last_active_at = max(moments)
    User.objects.bulk_update(buyers, ["created_at", "last_active_at"], batch_size=200)
