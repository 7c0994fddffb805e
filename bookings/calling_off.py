"""When an event does not happen: everybody who is in it gets told, and the money for it goes back.

However an event came to be cancelled (a page, 001, 002), its state is what counts: a sweep ends what is still live in
it, one buyer after the other, each in a transaction of its own, so that it may be killed at any moment and goes on. A
mass refund does the same for an event that stays (it is postponed, say), for those who paid.
"""

from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, mail, notify
from accounts.models import User
from bookings import bookkeeping, cancelling, inventory, tickets, waitlist
from bookings.models import Booking, MassRefund, Order, Ticket
from eventify.lib.currencies import exact
from eventify.lib.errors import Conflict, Forbidden, Invalid
from eventify.lib.failpoints import failpoint
from eventify.lib.later import later
from events import editing, states
from events.models import Event

TASK = "bookings.tasks.refund_cancelled_events"
AT_ONCE = 200  # buyers in one run; a task goes on with the rest
REASON_MAX = 200  # characters
INVOLVED = (*cancelling.LIVE, Booking.Status.WAITLISTED)
_COST = F("qty") * F("unit_price") - F("given_back")


@dataclass(frozen=True)
class CallingOff:
    """What ends: all that is live in a cancelled event, or what a mass refund covers."""

    event: Event
    refund: MassRefund | None = None

    @property
    def template(self) -> str:
        return "event_refunded" if self.refund else "event_cancelled"

    @property
    def reason(self) -> str:
        return self.refund.reason if self.refund else self.event.cancelled_reason

    def bookings(self) -> QuerySet[Booking]:
        """What is still to be ended. A mass refund leaves out who paid nothing, waits, or was let in already."""
        mine = Booking.objects.filter(event=self.event)
        if self.refund is None:
            return mine.filter(status__in=INVOLVED)
        was_inside = Exists(Ticket.objects.filter(booking=OuterRef("pk"), status=Ticket.Status.USED))
        covered = mine.filter(status__in=cancelling.LIVE, pk__lte=self.refund.newest_booking, unit_price__gt=0)
        return covered.filter(~was_inside)

    def counts(self, events: dict[int, Event]) -> bool:
        """Whether it still has to be done, seen under the event's lock."""
        if self.refund:
            return MassRefund.objects.filter(pk=self.refund.pk, finished_at=None).exists()
        return events[self.event.pk].state == Event.State.CANCELLED


def cancel_event(event: Event, *, reason: str, by: User) -> Event:
    """Cancel the event; everybody in it is told why, and what was paid goes back (tickets used at the door too).

    Locks the event for its own step only; the rest is the sweep's. Forbidden without manage_events, Invalid without a
    reason, InvalidTransition when the event is over or cancelled already.
    """
    _check(event, "manage_events", reason, by)
    return states.transition(event, Event.State.CANCELLED, by=by, reason=reason)


@transaction.atomic
def refund_event(event: Event, *, reason: str, by: User) -> MassRefund:
    """Give all who paid for the event their money back, without cancelling it; their places are free again.

    Withdraws the event from booking first, so that nobody buys or is promoted into a place meanwhile. Locks the event.
    Forbidden without refund_orders, Invalid without a reason, Conflict when nobody paid or it is under way.
    """
    _check(event, "refund_orders", reason, by)
    event = editing.set_bookable(event, False, by=by)
    if event.mass_refunds.filter(finished_at=None).exists():
        raise Conflict(_("The money of this event is on its way back already."))
    newest = event.bookings.aggregate(newest=Max("pk"))["newest"] or 0
    refund = MassRefund(event=event, reason=reason, requested_by=by, newest_booking=newest)
    if not CallingOff(event, refund).bookings().exists():
        raise Conflict(_("Nobody has paid for this event, so there is nothing to give back."))
    refund.save()
    audit.record("REFUNDED_EVENT", event, by=by, reason=reason, **plan(CallingOff(event, refund)))
    later(TASK, event.pk)
    return refund


def _check(event: Event, permission: str, reason: str, by: User) -> None:
    if not by.can(permission, on=event):
        raise Forbidden
    if not reason.strip() or len(reason) > REASON_MAX:
        sentence = _("Give the reason that buyers are told, in at most %(most)s characters.") % {"most": REASON_MAX}
        raise Invalid.field("reason", sentence)


def plan(what: CallingOff) -> dict:
    """What the sweep will do, computed by its own selection: places, people, money by currency, mails."""
    involved = what.bookings()
    live, waiting = involved.filter(status__in=cancelling.LIVE), involved.filter(status=Booking.Status.WAITLISTED)
    sold = live.filter(status=Booking.Status.CONFIRMED, order__status=Order.Status.PAID)
    figures = live.aggregate(
        orders=Count("order", distinct=True),
        places=Sum("qty", default=0),
        holds=Count("order", distinct=True, filter=Q(status=Booking.Status.PENDING)),
    )
    used = Ticket.objects.filter(booking__in=live, status=Ticket.Status.USED).count()
    queue = waiting.aggregate(parties=Count("pk"), places=Sum("qty", default=0))
    people = involved.aggregate(people=Count("user", distinct=True))["people"]
    owed = (
        sold.exclude(unit_price=0).values_list("order__currency").annotate(total=Sum(_COST)).order_by("order__currency")
    )
    return {
        **figures,
        "tickets_used": used,
        "waitlisted": queue,
        "people": people,
        "mails": people,
        "refunds": {currency: str(total) for currency, total in owed},
        "fees_returned": {currency: str(total) for currency, total in bookkeeping.fees_back(sold).items()},
    }


def sweep(only: int | None = None) -> int:
    """End what is live in cancelled events and open mass refunds (or those of `only` one event); how many buyers."""
    ended = 0
    for what in under_way(only):
        buyers = list(what.bookings().order_by("user").values_list("user", flat=True).distinct()[:AT_ONCE])
        for buyer in buyers:
            ended += _end_for(what, buyer)
            failpoint("calling_off.after_commit")
        if len(buyers) == AT_ONCE:
            later(TASK, what.event.pk)
        elif what.refund:
            _finish(what)
    return ended


def under_way(only: int | None = None) -> list[CallingOff]:
    """The cancelled events and mass refunds that are not worked off yet (of one event, by its id)."""
    involved = Booking.objects.filter(event=OuterRef("pk"), status__in=INVOLVED)
    cancelled = Event.objects.filter(Exists(involved), state=Event.State.CANCELLED)
    refunds = MassRefund.objects.filter(finished_at=None).select_related("event")
    if only:
        cancelled, refunds = cancelled.filter(pk=only), refunds.filter(event=only)
    return [
        *(CallingOff(event) for event in cancelled.order_by("pk")),
        *(CallingOff(refund.event, refund) for refund in refunds.order_by("pk")),
    ]


def _finish(what: CallingOff) -> None:
    """A mass refund is done when nothing is left of it, seen under the event's lock."""
    with transaction.atomic():
        inventory.lock([what.event.pk])
        if not what.bookings().exists():
            MassRefund.objects.filter(pk=what.refund.pk, finished_at=None).update(finished_at=timezone.now())


@transaction.atomic
def _end_for(what: CallingOff, user: int) -> bool:
    """End all that one person has in it, and tell them once. Whom a mass refund leaves out is seen under the locks."""
    events = _lock(what, user)
    if not what.counts(events):
        return False
    theirs = what.bookings().filter(user=user)
    ending = list(theirs.select_related("ticket_type", "user", "order__user").order_by("pk"))
    if not ending:
        return False
    owed = _end_orders(what, [one for one in ending if one.order_id], events)
    failpoint("calling_off.after_orders")
    for one in ending:
        if one.status == Booking.Status.WAITLISTED:
            waitlist.leave(one, events[what.event.pk])
    _tell(what, ending, owed)
    failpoint("calling_off.before_commit")
    return True


def _lock(what: CallingOff, user: int) -> dict[int, Event]:
    """Lock the events of what the person has in it, then the orders, then the tickets against scans."""
    involved = Booking.objects.filter(event=what.event, user=user, status__in=INVOLVED)
    orders = involved.exclude(order=None).values("order")
    others = Booking.objects.filter(order__in=orders).values_list("event", flat=True)
    events = inventory.lock([what.event.pk, *others])
    list(Order.objects.select_for_update(no_key=True).filter(pk__in=orders).order_by("pk"))
    tickets.lock(Ticket.objects.filter(booking__in=involved))
    failpoint("calling_off.after_lock")
    return events


def _end_orders(what: CallingOff, bookings: list[Booking], events: dict[int, Event]) -> dict[Order, Decimal]:
    """End these bookings of locked orders (a pending order as a whole); what goes back for each order."""
    owed: dict[Order, Decimal] = {}
    keys = {one.order_id for one in bookings}
    for order in Order.objects.filter(pk__in=keys).order_by("pk"):
        mine = [one for one in bookings if one.order_id == order.pk]
        owed[order] = cancelling.owed_for(order, mine)
        whole = order.status == Order.Status.PENDING
        cancelling.end(order, events, reason=f"{what.template}: {what.reason}", only=None if whole else mine)
    return owed


def _tell(what: CallingOff, ended: list[Booking], owed: dict[Order, Decimal]) -> None:
    """One mail a person; of a guest one for each address, for several people may have used one browser."""
    user, event = ended[0].user, what.event
    orders = list(dict.fromkeys(one.order for one in ended if one.order))
    path = f"/orders/{orders[0].uid}/" if len(orders) == 1 else "/orders/" if orders else f"/e/{event.slug}/"
    with notify.in_language_of(user):
        title = _("Your money for %(event)s goes back to you") if what.refund else _("%(event)s is cancelled")
        notify.notify(user, title % {"event": event.name}, what.reason, kind="order", level="critical", url=path)
    to = orders[0].mail_to if orders else user.email
    mine: dict[str, list[Order]] = {}
    for order in orders:
        mine.setdefault(order.mail_to if user.is_guest else to, []).append(order)
    for address, theirs in (mine or {to: []}).items():
        with notify.in_language_of(user):
            told = {"amounts": _amounts(theirs, owed), "orders": [str(order.uid) for order in theirs]}
        mail.queue(what.template, address, event=event.name, reason=what.reason, **told)


def _amounts(orders: list[Order], owed: dict[Order, Decimal]) -> str:
    """What goes back for these orders, by currency: `€5.00, ₹100.00`."""
    sums: dict[str, Decimal] = {}
    for order in orders:
        sums[order.currency] = sums.get(order.currency, Decimal(0)) + owed[order]
    return ", ".join(exact(amount, currency) for currency, amount in sorted(sums.items()) if amount)
