"""Undoing: by the buyer, by staff, or because a hold ran out. Freed places go to the queue in the same transaction."""

from collections.abc import Iterable
from decimal import Decimal

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, mail, notify
from accounts.models import User
from bookings import bookkeeping, inventory, promos, refunds, splitting, tickets, waitlist
from bookings.models import Booking, Order, Ticket
from eventify.lib.currencies import exact
from eventify.lib.desk.words import within
from eventify.lib.errors import Because, Conflict, Invalid
from eventify.lib.failpoints import failpoint
from eventify.lib.wire import moment
from events.models import Event

LIVE = (Booking.Status.PENDING, Booking.Status.CONFIRMED)
SWEEP = 200  # overdue orders in one sweep


class NotCancellable(Conflict):
    """It is too late, or it is undone already."""

    code = "not_cancellable"


def cancel(order: Order, *, by: User | None, reason: str = "") -> Order:
    """Cancel a whole order: its places return to stock, its tickets die, money paid for it goes back.

    Locks the events, then the order. The order ends as cancelled, or as refunded when there was money.
    NotCancellable when it is over already, a ticket was used, or an event has begun (staff may: `by` others).
    """
    with transaction.atomic():
        events, order = lock(order)
        before = order.status
        if order.status not in (Order.Status.PENDING, Order.Status.PAID):
            raise NotCancellable(_ended(order))
        live = _live(order)
        _check_may_end(live, events, as_buyer=by is not None and by.pk == order.user_id)
        owed = owed_for(order, live)
        _end(order, live, events, reason or "order cancelled")
        if by and by.pk != order.user_id:
            _note_and_tell("CANCELLED_ORDER", order, order, live, before, owed, by=by, reason=reason)
    return order


def cancel_booking(booking: Booking, *, by: User) -> Booking:
    """Cancel one booking (002): leave the queue, or give the places back and the money for them.

    The whole order of a pending booking ends, for its payment is for the whole. NotCancellable as in `cancel`.
    """
    with transaction.atomic():
        if booking.order_id is None:
            return _leave_queue(booking, by)
        events, order = lock(booking.order)
        booking = order.bookings.select_related("ticket_type", "event").get(pk=booking.pk)
        if booking.status not in LIVE:
            raise NotCancellable(_("This booking is cancelled already."))
        ending = _live(order)
        if booking.status == Booking.Status.CONFIRMED:
            ending = [one for one in ending if one.pk == booking.pk]
        _check_may_end(ending, events, as_buyer=by.pk == booking.user_id)
        before, owed = order.status, owed_for(order, ending)
        _end(order, ending, events, "booking cancelled")
        if by.pk != booking.user_id:
            _note_and_tell("CANCELLED_BOOKING", booking, order, ending, before, owed, by=by)
    booking.refresh_from_db()
    return booking


def cancel_tickets(
    order: Order, tickets: Iterable[Ticket], *, by: User, reason: str = "", is_refunded: bool = True
) -> list[Booking]:
    """Cancel these tickets of a paid order and leave its others; their price goes back, unless not `is_refunded`.

    Returns the bookings that ended with them. NotCancellable as in `cancel`; NotSplittable for tickets that are not
    good any more; Invalid without tickets.
    """
    tickets = list(tickets)
    if not tickets:
        raise Invalid.field("tickets", _("Choose at least one ticket."))
    with transaction.atomic():
        events, order = lock(order)
        before = order.status
        if order.status != Order.Status.PAID:
            raise NotCancellable(_ended(order))
        ending = splitting.split(order, tickets)
        failpoint("cancelling.after_split")
        _check_may_end(ending, events, as_buyer=by.pk == order.user_id)
        owed = owed_for(order, ending) if is_refunded else Decimal(0)
        _end(order, ending, events, reason or "tickets cancelled", is_refunded=is_refunded)
        if by.pk != order.user_id:
            _note_and_tell("CANCELLED_TICKETS", order, order, ending, before, owed, by=by, reason=reason)
        failpoint("cancelling.before_commit")
    return ending


def _ended(order: Order) -> Because:
    sentence = _("This order is %(status)s already.") % {"status": within(order.status)}
    since = moment(order.cancelled_at or order.paid_at)
    return Because("order_over", sentence, status=str(order.status), since=since)


def owed_for(order: Order, bookings: list[Booking]) -> Decimal:
    """What goes back when these live bookings end now: nothing of an order that is not paid."""
    if order.status != Order.Status.PAID:
        return Decimal(0)
    return sum((booking.refundable for booking in bookings), Decimal(0))


def _note_and_tell(
    action: str, target, order: Order, ended: list[Booking], before: str, amount: Decimal, *, by: User, reason=""
) -> None:
    """Somebody else than the buyer ended it: a line in the audit trail, and a mail to the buyer."""
    details = {"before": {"order": str(before)}, "after": {"order": str(order.status)}, "refund": str(amount)}
    audit.record(action, target, by=by, reason=reason, **details)
    with notify.in_language_of(order.user):
        _tell(action, order, ended, amount, reason)


def _tell(action: str, order: Order, ended: list[Booking], amount: Decimal, reason: str) -> None:
    title = _("Your order was cancelled; your money goes back to you") if amount else _("Your order was cancelled")
    template, more = "order_cancelled", {"amount": exact(amount, order.currency) if amount else ""}
    if action == "CANCELLED_TICKETS":
        title, template = _("Tickets of your order were cancelled"), "tickets_cancelled"
        more["qty"] = sum(one.qty for one in ended)
    notify.notify(order.user, title, reason, kind="order", level="critical", url=f"/orders/{order.uid}/")
    event = ended[0].event.name if ended else ""
    mail.queue(template, order.mail_to, order=str(order.uid), event=event, reason=reason, **more)


def _leave_queue(booking: Booking, by: User) -> Booking:
    event = inventory.lock([booking.event_id])[booking.event_id]
    booking = Booking.objects.get(pk=booking.pk)
    if booking.status == Booking.Status.WAITLISTED:
        waitlist.leave(booking, event)
        if by.pk != booking.user_id:
            audit.record("CANCELLED_BOOKING", booking, by=by)
        return booking
    if booking.order_id:  # promoted between the request and the lock
        return cancel_booking(booking, by=by)
    raise NotCancellable(_("This booking is cancelled already."))


def lock(order: Order) -> tuple[dict[int, Event], Order]:
    """Lock the order's events, then the order, and read it afresh. Call inside a transaction."""
    events = inventory.lock(Booking.objects.filter(order=order).values_list("event", flat=True))
    return events, Order.objects.select_for_update(no_key=True).get(pk=order.pk)


def _check_may_end(bookings: list[Booking], events: dict[int, Event], as_buyer: bool) -> None:
    # Locked first: a scan at this moment either came before and is seen here, or finds the ticket cancelled.
    held = tickets.lock(Ticket.objects.filter(booking__in=bookings))
    if any(one.status == Ticket.Status.USED for one in held):
        raise NotCancellable(Because("ticket_used", _("A ticket of it was used at the door already.")))
    tickets.revoke(held)
    confirmed = [events[one.event_id] for one in bookings if one.status == Booking.Status.CONFIRMED]
    begun = [event for event in confirmed if event.starts_at and event.starts_at <= timezone.now()]
    if as_buyer and begun:
        sentence = _("%(event)s has begun; ask the organiser.") % {"event": begun[0].name}
        raise NotCancellable(Because("event_begun", sentence, began_at=moment(begun[0].starts_at)))


def end(order: Order, events: dict[int, Event], *, reason: str, only: list[Booking] | None = None) -> None:
    """End a locked order with all its live bookings (or `only` these), whoever wants it; what was paid goes back.

    Also tickets that were used at the door: who calls has a reason that counts for them too. Who ends several orders
    at once locks the tickets of all of them before.
    """
    bookings = _live(order) if only is None else only
    tickets.revoke(tickets.lock(Ticket.objects.filter(booking__in=bookings)))
    _end(order, bookings, events, reason)


def _live(order: Order) -> list[Booking]:
    return list(order.bookings.select_related("ticket_type", "event").filter(status__in=LIVE).order_by("id"))


def _end(
    order: Order, bookings: list[Booking], events: dict[int, Event], reason: str, *, is_refunded: bool = True
) -> None:
    """Cancel these live bookings of a locked order, and the order when none is left."""
    now = timezone.now()
    amount = owed_for(order, bookings) if is_refunded else Decimal(0)
    for booking in bookings:
        booking.status, booking.cancelled_at = Booking.Status.CANCELLED, now
        booking.is_forfeited = not is_refunded and booking.refundable > 0
        booking.save(update_fields=["status", "cancelled_at", "is_forfeited", "updated_at"])
        promos.give_back(booking)
    if amount:
        refunds.request(order, amount, reason=reason)
    failpoint("cancelling.after_refund")
    if not order.bookings.filter(status__in=LIVE).exists():
        order.status = Order.Status.REFUNDED if _has_money_back(order) else Order.Status.CANCELLED
        order.cancelled_at = now
        order.save(update_fields=["status", "cancelled_at", "has_expired", "updated_at"])
    waitlist.release(bookings, events)
    failpoint("cancelling.after_release")
    if amount:
        bookkeeping.given_back(order, bookings)  # last: it locks the partners' balances


def _has_money_back(order: Order) -> bool:
    """Whether anything of a paid order whose bookings have all ended went back."""
    returned = Q(is_forfeited=False, unit_price__gt=0) | Q(given_back__gt=0)
    return order.status == Order.Status.PAID and order.bookings.filter(returned).exists()


def overdue(now=None):
    """The pending orders whose hold has run out by now."""
    return Order.objects.filter(status=Order.Status.PENDING, expires_at__lte=now or timezone.now())


def expire_overdue(orders=None) -> int:
    """Let overdue holds go, oldest first, each order in a transaction of its own; returns how many."""
    orders = overdue() if orders is None else orders
    keys = set(orders.order_by().values_list("pk", flat=True)[:SWEEP])
    return sum(_expire(key) for key in sorted(keys))


@transaction.atomic
def _expire(key: int) -> bool:
    events, order = lock(Order(pk=key))
    if not order.is_overdue:  # paid or cancelled between the search and the lock
        return False
    order.has_expired = True
    end(order, events, reason="hold expired")
    return True
