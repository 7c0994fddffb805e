"""What is true of every event's stock after any verb, any race and any crash."""

from django.db import connection
from django.db.models import Count, F, Q, Sum

from bookings import ledger_checks, sales, waitlist
from bookings.models import Booking, Payment, Seat, Ticket
from events.models import Event

LIVE = (Booking.Status.PENDING, Booking.Status.CONFIRMED)


def broken(event: Event) -> list[str]:
    """The sentences that say what is wrong with this event's stock; none when all is well."""
    event = Event.objects.select_related("partner").get(pk=event.pk)
    return [*_counters(event), *_types(event), *_seats(event), *_tickets(event), *_queue(event), *_money(event)]


def check(*events: Event) -> None:
    """AssertionError with every sentence, when an invariant of these events or of the books is broken."""
    sentences = [sentence for event in events for sentence in broken(event)]
    sentences += [f"ledger, {breach.check}: {breach.sentence}" for breach in books()]
    assert not sentences, "\n".join(sentences)


def books() -> list[ledger_checks.Breach]:
    """What is wrong with the ledger; in a test's transaction it is made what it would be after the commit."""
    if connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    return list(ledger_checks.breaches())


def _places(bookings) -> int:
    return bookings.aggregate(places=Sum("qty"))["places"] or 0


def _counters(event: Event):
    booked = _places(event.bookings.filter(status__in=LIVE))
    waiting = _places(event.bookings.filter(status=Booking.Status.WAITLISTED))
    if event.booked_count != booked:
        yield f"{event}: booked_count is {event.booked_count}, its bookings have {booked} places"
    if event.waitlisted_count != waiting:
        yield f"{event}: waitlisted_count is {event.waitlisted_count}, its queue has {waiting} places"
    if booked > event.capacity:
        yield f"{event}: oversold, {booked} places of {event.capacity}"


def _types(event: Event):
    for one in event.ticket_types.all():
        sold = _places(one.bookings.filter(status__in=LIVE))
        if one.quantity_sold != sold:
            yield f"{one}: quantity_sold is {one.quantity_sold}, its bookings have {sold} places"
        if one.quantity_total is not None and sold > one.quantity_total:
            yield f"{one}: oversold, {sold} places of {one.quantity_total}"


def _seats(event: Event):
    for seat in Seat.objects.filter(event=event).exclude(reserved_booking=None).select_related("reserved_booking"):
        holder = seat.reserved_booking
        if holder.event_id != event.pk or holder.status not in LIVE or seat.label not in holder.seat_labels:
            yield f"seat {seat}: reserved by booking {holder.pk}, which is {holder.status} with {holder.seat_labels}"
    for one in event.bookings.filter(status__in=LIVE).annotate(seated=Count("seats")):
        if one.seated != len(one.seat_labels) or one.seated not in (0, one.qty):
            yield f"booking {one.pk}: {one.qty} places, labels {one.seat_labels}, {one.seated} seats"
    for one in event.bookings.exclude(status__in=LIVE).filter(seats__isnull=False):
        yield f"booking {one.pk} is {one.status} and still has a seat"


def _tickets(event: Event):
    gone = Q(tickets__status=Ticket.Status.CANCELLED)
    if event.state == Event.State.CANCELLED:  # those who were inside already get their money back as well
        gone |= Q(tickets__status=Ticket.Status.USED, status=Booking.Status.CANCELLED)
    for one in event.bookings.annotate(live=Count("tickets", filter=~gone)):
        due = one.qty if one.status == Booking.Status.CONFIRMED else 0
        if one.live != due:
            yield f"booking {one.pk} ({one.status}, {one.qty} places) has {one.live} live tickets"


def _queue(event: Event):
    head = waitlist.queue(event).first()
    types = {one.pk: one for one in event.ticket_types.all()}
    wanted = waitlist.wanted_types(types, head.ticket_type_id, head.takes_any_type) if head else []
    if sales.is_open(event) and any(head.qty <= one.places_left(event) for one in wanted):
        yield f"{event}: {event.places_left} places are free while booking {head.pk} waits for {head.qty}"


def _money(event: Event):
    orders = event.bookings.values("order")  # a subquery: a join would count refunds once per booking
    paid = Payment.objects.filter(order__in=orders, status=Payment.Status.PAID)
    for one in paid.annotate(back=Sum("refunds__amount")).filter(back__gt=F("amount")):
        yield f"payment {one.pk}: {one.back} of {one.amount} goes back"
