"""The fair queue. Strict order of joining; a freed place is the queue's before it is anybody else's.

A party that does not fit keeps its place and those behind it wait, unless the event lets smaller parties pass, or
the party is larger than all that it waits for: it can fit only when the capacity grows.
For a priced event a promotion is an offer: a pending order that holds the places until its deadline, and then
passes on. Every verb runs under the lock of the event's row (bookings/inventory.py).

Tickets that their holders give back (bookings/resales.py) are no free places: each goes to the first party that it
fits, at the price that the holder paid. A larger party keeps its place in the queue, and holds nobody up there.
"""

from datetime import timedelta
from decimal import Decimal

from django.conf import settings
from django.db.models import Count, F, Model, OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import mail, notify
from accounts.models import User
from bookings import checkout, inventory, resale_queue, sales, seats, tickets, transfers
from bookings.models import Booking, Order, Resale, Seat, TicketType
from bookings.signals import got_for_nothing
from eventify.lib import together
from eventify.lib.errors import Because
from eventify.lib.later import later
from eventify.lib.together import Changed, Counted
from events.models import Event

W = Booking.Status.WAITLISTED
_WRITTEN = ("ticket_type", "unit_price", "tax_rate", "order", "status", "promoted_at", "seat_labels", "updated_at")
AT_ONCE = 50  # promotions in one transaction; a task goes on with the rest


def queue(event: Event):
    """Those who wait, first come first. (Ids are given under the event's lock, so they are in order of joining.)"""
    return Booking.objects.filter(event=event, status=W).order_by("id")


def numbered(waiting: QuerySet[Booking]) -> QuerySet[Booking]:
    """These waiting bookings, each with its `number` in the queue of its event: the first in it is 1."""
    ahead = Booking.objects.filter(event=OuterRef("event"), status=W, pk__lte=OuterRef("pk")).order_by()
    return waiting.annotate(number=Subquery(ahead.values("event").annotate(many=Count("pk")).values("many")))


def join(event: Event, ticket_type: TicketType, qty: int, *, by: User, **key) -> Booking:
    """Put a party at the end of the queue of a locked event; offered tickets that fit it are held for it at once."""
    booking = Booking.objects.create(
        user=by, event=event, ticket_type=ticket_type, qty=qty, unit_price=ticket_type.price, status=W, **key
    )
    _count(event, qty)
    if event.resales.filter(status=Resale.Status.OFFERED).exists():
        promote(event)
        booking.refresh_from_db()
    return booking


def leave(booking: Booking, event: Event) -> None:
    """Take a waiting party out of the queue; those behind it move up."""
    booking.status, booking.cancelled_at = Booking.Status.CANCELLED, timezone.now()
    booking.save(update_fields=["status", "cancelled_at", "updated_at"])
    _count(event, -booking.qty)
    promote(event)


def check_newcomer(event: Event, ticket_type: TicketType) -> None:
    """SoldOut when the places that are left belong to people who wait.

    Those are the people who wait for this type, and those who wait for another type that has stock of its own,
    for they wait for room in the event. Parties that are larger than what they wait for hold nobody up.
    """
    if not event.waitlisted_count:
        return
    types = {one.pk: one for one in event.ticket_types.all()}
    for own, takes_any, qty in queue(event).values_list("ticket_type", "takes_any_type", "qty").order_by().distinct():
        wanted = [one for one in wanted_types(types, own, takes_any, qty) if qty <= _size(one, event)]
        if any(one == ticket_type or _has_own_stock(one) for one in wanted):
            sentence = _("%(event)s: the places left belong to the waitlist.") % {"event": event.name}
            raise inventory.SoldOut(Because("waitlist_first", sentence, waiting=event.waitlisted_count), left=0)


def wanted_types(types: dict[int, TicketType], own: int, takes_any: bool, qty: int = sales.QTY_MAX) -> list[TicketType]:
    """The types that a party would take: its own, and after it all that are on sale if it takes any.

    With its `qty` those of which one must buy more are no others: for free places, not for tickets given back.
    """
    others = [one for one in types.values() if takes_any and one.pk != own and one.min_per_order <= qty]
    others = [one for one in others if not sales.why_type_closed(one)]
    return [types[own], *others]


def _size(ticket_type: TicketType, event: Event) -> int:
    """How many places the type would have if nobody had booked."""
    sizes = [event.capacity]
    if ticket_type.quantity_total is not None:
        sizes.append(ticket_type.quantity_total)
    if ticket_type.area and event.seating != Event.Seating.NONE:
        sizes.append(event.seats.exclude(kind=Seat.Kind.BLOCKED).filter(area=ticket_type.area).count())
    return min(sizes)


def _has_own_stock(ticket_type: TicketType) -> bool:
    return ticket_type.quantity_total is None or ticket_type.quantity_sold < ticket_type.quantity_total


def release(bookings: list[Booking], events: dict[int, Event]) -> None:
    """Give the places of these bookings back to their locked events and let the queues move, in this transaction.

    Whoever holds a ticket of theirs, is offered one or was sent one, is told.
    """
    transfers.drop(bookings)
    unpaid, sold, losers = resale_queue.let_go(bookings)
    for booking in bookings:
        if booking.pk not in unpaid | sold:
            inventory.put_back(booking, events[booking.event_id])
    for booking in losers:
        _wait_again(booking, events[booking.event_id])
    for event in {one.event_id: events[one.event_id] for one in bookings if one.pk not in sold}.values():
        promote(event)


def end_offers(offers: list[Resale], event: Event) -> None:
    """Withdraw open offers of a locked event. A party that one was held for waits again, at its old place."""
    for booking in resale_queue.end(offers):
        _wait_again(booking, event)
    promote(event)


def _wait_again(booking: Booking, event: Event) -> None:
    now = timezone.now()
    orders = Order.objects.filter(pk=booking.order_id, status=Order.Status.PENDING)
    orders.update(status=Order.Status.CANCELLED, cancelled_at=now, updated_at=now)
    copied = ("user", "event", "ticket_type", "qty", "unit_price", "tax_rate", "promoted_at", "order")
    record = {name: getattr(booking, name) for name in copied}
    Booking.objects.create(status=Booking.Status.CANCELLED, cancelled_at=now, **record)  # what the old order was for
    booking.status, booking.order, booking.promoted_at = W, None, None
    booking.save(update_fields=["status", "order", "promoted_at", "updated_at"])
    _count(event, booking.qty)
    with notify.in_language_of(booking.user):
        title = _("The place at %(event)s is not free any more") % {"event": event.name}
        why = _("You wait again, at your old place in the queue. If you have paid, the money goes back to you.")
        notify.notify(booking.user, title, why, kind="order", level="warning", url="/orders/")
    mail.queue("offer_gone", booking.user.email, event=event.name)


def promote(event: Event, most: int = AT_ONCE) -> list[Booking]:
    """Give the free places of a locked event, and offered tickets, to those who wait; returns the promoted bookings.

    When more than `most` could move, a task goes on; until then newcomers are refused by `check_newcomer`.
    """
    if not event.waitlisted_count or not sales.is_open(event):
        return []
    offers = resale_queue.on_offer(event)
    if not event.places_left and not offers:
        return []
    types = {ticket_type.pk: ticket_type for ticket_type in event.ticket_types.all()}
    promoted = []
    for booking, ticket_type in _those_who_fit(event, types):
        if len(promoted) == most:
            later("bookings.tasks.promote_waitlists", event.pk)
            _count_promoted(event, promoted)
            return promoted
        _give_place(booking, ticket_type, event)
        seats.count_again(event, types.values())
        promoted.append(booking)
    _count_promoted(event, promoted)
    return promoted + _hand_on(event, types, offers)


def _count_promoted(event: Event, promoted: list[Booking]) -> None:
    """Once for all of them: each change of a row leaves another version of it until the commit."""
    if promoted:
        taken = [(event, one.ticket_type, one.qty) for one in promoted]
        together.write([], inventory.counted(taken, promoted=sum(one.qty for one in promoted)))
        inventory.announce(event)


def _hand_on(event: Event, types: dict[int, TicketType], offers: list[Resale]) -> list[Booking]:
    """Hold offered tickets for the parties that they fit, in order of joining."""
    promoted = []
    if not offers:
        return promoted
    for booking in queue(event).select_related("user").iterator(chunk_size=AT_ONCE):
        wanted = wanted_types(types, booking.ticket_type_id, booking.takes_any_type)
        group = resale_queue.fitting(offers, booking, wanted)
        if group:
            offers = [one for one in offers if one not in group]
            _give_tickets(booking, types[group[0].ticket_type_id], event, group)
            promoted.append(booking)
        if not offers:
            break
    return promoted


def _those_who_fit(event: Event, types: dict[int, TicketType]):
    """Yield (booking, type) in order of joining; each must be given its place before the next is asked for."""
    stuck: set[int] = set()  # types whose first party does not fit
    if not event.places_left:
        return
    for booking in queue(event).select_related("user").iterator(chunk_size=AT_ONCE):
        wanted = wanted_types(types, booking.ticket_type_id, booking.takes_any_type, booking.qty)
        wanted = [one for one in wanted if one.pk not in stuck]
        fitting = next((one for one in wanted if fits(one, booking.qty, event)), None)
        if fitting:
            yield booking, fitting
        elif not event.lets_smaller_parties_pass and any(booking.qty <= _size(one, event) for one in wanted):
            if booking.qty > event.places_left:
                return
            stuck.update(one.pk for one in wanted)
        if not event.places_left or stuck.issuperset(types):
            return


def fits(ticket_type: TicketType, qty: int, event: Event) -> bool:
    """Whether that many places of the type are free, with seats in its area when it has one."""
    return qty <= ticket_type.places_left(event) and seats.has_room(event, ticket_type, qty)


def _give_place(booking: Booking, ticket_type: TicketType, event: Event) -> None:
    """All but the counters of the rows, which `_count_promoted` writes."""
    inventory.count_quietly(event, ticket_type, booking.qty)
    chosen = seats.choose(event, booking.qty, area=ticket_type.area)
    seats.hold(chosen, booking)
    booking.seat_labels = seats.labels_of(chosen)
    rows = _promoted(booking, ticket_type, ticket_type.price, event)
    if booking.status == Booking.Status.CONFIRMED:
        rows += tickets.made(booking, chosen)
    together.write(rows, changed=[Changed(booking, _WRITTEN)])


def _give_tickets(booking: Booking, ticket_type: TicketType, event: Event, offered: list[Resale]) -> None:
    """The party buys what its holders gave back, at what one of them paid."""
    rows = _promoted(booking, ticket_type, offered[0].price, event)
    together.write(rows, [Counted(event, {"waitlisted_count": -booking.qty})], [Changed(booking, _WRITTEN)])
    inventory.announce(event)
    resale_queue.hold(offered, booking)
    if booking.status == Booking.Status.CONFIRMED:
        got_for_nothing.send(Order, order=booking.order, held=[booking], events={event.pk: event})
        tickets.issue([booking])


def _promoted(booking: Booking, ticket_type: TicketType, price: Decimal, event: Event) -> list[Model]:
    """Turn a waiting booking (not saved here) into one with an order, confirmed when it costs nothing.

    Returns the rows that come with it: the order, its payment when it is to be paid, and what the buyer is told.
    """
    booking.ticket_type, booking.unit_price, booking.tax_rate = ticket_type, price, ticket_type.tax_rate
    is_free = booking.amount == 0
    booking.order = _order_for(booking, event, is_free)
    booking.status = Booking.Status.CONFIRMED if is_free else Booking.Status.PENDING
    booking.promoted_at = timezone.now()
    event.waitlisted_count -= booking.qty
    return [booking.order, *([] if is_free else [checkout.begun(booking.order)]), *_told(booking, event)]


def _order_for(booking: Booking, event: Event, is_free: bool) -> Order:
    now = timezone.now()
    return Order(
        user=booking.user,
        total_amount=booking.amount,
        currency=event.currency,
        status=Order.Status.PAID if is_free else Order.Status.PENDING,
        payment_method="free" if is_free else "",
        paid_at=now if is_free else None,
        expires_at=None if is_free else now + timedelta(minutes=settings.EVENTIFY_OFFER_MINUTES),
    )


def _told(booking: Booking, event: Event) -> list[Model]:
    order = booking.order
    confirmed = booking.status == Booking.Status.CONFIRMED
    with notify.in_language_of(booking.user):
        title = (
            _("You have a place at %(event)s") if confirmed else _("A place at %(event)s is yours if you pay in time")
        )
    template = "promoted" if confirmed else "offer"
    about = {"event": event.name, "qty": booking.qty, "order": str(order.uid)}
    # The deadline is said when the mail is written.
    about["expires_at"] = order.expires_at and order.expires_at.isoformat()
    path = f"/orders/{order.uid}/"
    return [
        notify.owed(booking.user, title % {"event": event.name}, kind="order", level="success", url=path),
        mail.owed(template, booking.user.email, **about),
    ]


def _count(event: Event, places: int) -> None:
    Event.objects.filter(pk=event.pk).update(waitlisted_count=F("waitlisted_count") + places)
    event.waitlisted_count += places
    inventory.announce(event)
