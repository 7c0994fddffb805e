"""What is true of every event's stock after any verb, any race and any crash."""

from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q, Sum

from bookings import ledger_checks, queries, resale_queue, sales, waitlist
from bookings.door import conflicts, lists, merging
from bookings.models import Booking, DoubleAdmission, Payment, Resale, RevokedCode, Scan, Seat, Ticket, TicketTransfer
from events.models import Event

LIVE = (Booking.Status.PENDING, Booking.Status.CONFIRMED)


def broken(event: Event) -> list[str]:
    """The sentences that say what is wrong with this event's stock; none when all is well."""
    event = Event.objects.select_related("partner").get(pk=event.pk)
    return [
        *_counters(event),
        *_types(event),
        *_seats(event),
        *_units(event),
        *_areas(event),
        *_tickets(event),
        *_queue(event),
        *_money(event),
        *_splits(event),
        *_resales(event),
        *_transfers(event),
        *_promos(event),
        *_door(event),
    ]


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
    """The places of these bookings that count in the stock: a pending one of offered tickets has none."""
    bought = Resale.objects.filter(buyer_booking=OuterRef("pk"), status=Resale.Status.HELD)
    bookings = bookings.exclude(Exists(bought), status=Booking.Status.PENDING)
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


def _units(event: Event):
    companion, wheelchair = Seat.Kind.COMPANION, Seat.Kind.WHEELCHAIR
    for seat in Seat.objects.filter(event=event).select_related("companion_of"):
        of = seat.companion_of
        if (seat.kind == companion) != bool(of) or (of and (of.kind, of.event_id) != (wheelchair, event.pk)):
            yield f"seat {seat}: {seat.kind}, companion of {of}"


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


def _areas(event: Event):
    """Who has a seat has a ticket for its area, or for all seats."""
    taken = Seat.objects.filter(event=event).exclude(reserved_booking=None)
    for seat in taken.select_related("reserved_booking__ticket_type"):
        kind = seat.reserved_booking.ticket_type
        if kind.area not in ("", seat.area):
            yield f"seat {seat} of {seat.area} is sold as {kind} of {kind.area}"
        if seat.kind == Seat.Kind.BLOCKED:
            yield f"seat {seat} is kept by the house and sold"


def _tickets(event: Event):
    """As many as a confirmed booking has places; of any other none that is good, or could be once a scan is undone."""
    gone = Q(tickets__status=Ticket.Status.CANCELLED)
    for one in event.bookings.annotate(live=Count("tickets", filter=~gone)):
        due = one.qty if one.status == Booking.Status.CONFIRMED else 0
        if one.live != due:
            yield f"booking {one.pk} ({one.status}, {one.qty} places) has {one.live} live tickets"
    if event.state != Event.State.CANCELLED:  # where those who are inside get their money back as well
        for one in event.tickets.filter(queries.INSIDE, status=Ticket.Status.CANCELLED):
            yield f"{one} is cancelled, and somebody is inside on it"


def _queue(event: Event):
    head = waitlist.queue(event).first()
    types = {one.pk: one for one in event.ticket_types.all()}
    wanted = waitlist.wanted_types(types, head.ticket_type_id, head.takes_any_type) if head else []
    if sales.is_open(event) and any(waitlist.fits(one, head.qty, event) for one in wanted):
        yield f"{event}: {event.places_left} places are free while booking {head.pk} waits for {head.qty}"


def _money(event: Event):
    orders = event.bookings.values("order")  # a subquery: a join would count refunds once per booking
    paid = Payment.objects.filter(order__in=orders, status=Payment.Status.PAID)
    for one in paid.annotate(back=Sum("refunds__amount")).filter(back__gt=F("amount")):
        yield f"payment {one.pk}: {one.back} of {one.amount} goes back"


def _splits(event: Event):
    """What was split off is of one sale with its root, and only what was paid goes back, is kept or was given."""
    for one in event.bookings.exclude(split_from=None).select_related("split_from"):
        root = one.split_from
        same = ("order_id", "event_id", "ticket_type_id", "unit_price", "promo_code_id", "tax_rate")
        if root.split_from_id or any(getattr(one, name) != getattr(root, name) for name in same):
            yield f"booking {one.pk} is not like its root {root.pk}"
    for one in event.bookings.filter(Q(is_forfeited=True) | Q(given_back__gt=0)).select_related("order"):
        if one.order is None or one.order.paid_at is None or (one.is_forfeited and one.status != "cancelled"):
            yield f"booking {one.pk} ({one.status}): {one.given_back} given back, or forfeited, though it cannot be"


def _resales(event: Event):
    rows = event.resales.select_related("ticket__booking", "buyer_booking").order_by("id")
    wanted: dict[int, int] = {}
    for one in rows:
        buyer = one.buyer_booking
        is_dead = one.ticket.status == Ticket.Status.CANCELLED
        if one.status in resale_queue.OPEN and is_dead:
            yield f"resale {one.pk} is {one.status}, its ticket is cancelled"
        if one.status == Resale.Status.SOLD and not is_dead:
            yield f"resale {one.pk} is sold, its ticket is {one.ticket.status}"
        if (one.status in (Resale.Status.HELD, Resale.Status.SOLD)) != (buyer is not None):
            yield f"resale {one.pk} is {one.status} with buyer {one.buyer_booking_id}"
        if one.status == Resale.Status.HELD and buyer:
            wanted[buyer.pk] = wanted.get(buyer.pk, 0) + 1
            if buyer.status != Booking.Status.PENDING or one.price != buyer.unit_price:
                yield f"resale {one.pk} is held at {one.price} for booking {buyer.pk}, {buyer.status}"
    for booking in Booking.objects.filter(pk__in=wanted):
        if booking.qty != wanted[booking.pk]:
            yield f"booking {booking.pk} of {booking.qty} places is held {wanted[booking.pk]} offered tickets"
    yield from _unmatched(event)


def _unmatched(event: Event):
    """An offered ticket that fits somebody who waits is held for them."""
    types = {one.pk: one for one in event.ticket_types.all()}
    offers = event.resales.filter(status=Resale.Status.OFFERED, ticket__status=Ticket.Status.VALID)
    offers = list(offers.select_related("ticket").order_by("id"))
    for party in waitlist.queue(event) if offers and sales.is_open(event) else ():
        wanted = waitlist.wanted_types(types, party.ticket_type_id, party.takes_any_type)
        if resale_queue.fitting(offers, party, wanted):
            yield f"{event}: offered tickets fit booking {party.pk}, which waits"


def _promos(event: Event):
    for one in event.promo_codes.all():
        used = one.bookings.filter(status__in=LIVE).aggregate(places=Sum("qty"))["places"] or 0
        if one.used_places != used or (one.max_places is not None and used > one.max_places):
            yield f"code {one}: used_places is {one.used_places} of {one.max_places}, its bookings have {used} places"
    for one in event.bookings.filter(promo_code=None).exclude(list_price=None):
        yield f"booking {one.pk} has a list price and no code"


def _transfers(event: Event):
    rows = TicketTransfer.objects.filter(ticket__event=event).select_related("ticket")
    for one in rows:
        if one.status == TicketTransfer.Status.OPEN and one.ticket.status == Ticket.Status.CANCELLED:
            yield f"transfer {one.pk} is open, its ticket is cancelled"
        if (one.status == TicketTransfer.Status.ACCEPTED) != (one.recipient_id is not None):
            yield f"transfer {one.pk} is {one.status} with recipient {one.recipient_id}"


def _door(event: Event):
    """Tickets, conflicts and counts say what all scans add up to, in whatever order they came."""
    doubles = {one.ticket_id: one for one in DoubleAdmission.objects.filter(event=event)}
    inside: dict[str, int] = {}
    for one in event.tickets.prefetch_related("scans"):
        found = merging.state(one.scans.all())
        yield from _admission(one, found)
        yield from _conflict(one, found, doubles.get(one.pk))
        if one.used_at:
            inside[one.used_gate] = inside.get(one.used_gate, 0) + 1
    counts = lists.counts(event)
    if (counts["gates"], counts["inside"]) != (inside, sum(inside.values())):
        yield f"{event}: the door counts {counts}, its tickets {inside}"
    elsewhere = Scan.objects.filter(event=event, verdict=Scan.Verdict.ADMITTED).exclude(ticket__event=event)
    for one in elsewhere:
        yield f"scan {one.pk} let in ticket {one.ticket_id}, which is not one of {event}"
    dead = RevokedCode.objects.filter(event=event, code_hash__in=event.scans.values("code_hash"))
    for one in dead.exclude(ticket__event=event):
        yield f"dead code {one.pk} is of another event"
    for one in event.scans.filter(was_let_in=True, verdict=Scan.Verdict.ADMITTED):
        yield f"scan {one.pk} let somebody in on a code that was not good, and counts"


def _admission(ticket: Ticket, found: merging.State):
    is_old = not any(one.verdict == Scan.Verdict.ADMITTED for one in ticket.scans.all())  # used before scans were kept
    if ticket.used_at and is_old:
        return
    winner = found.winner
    due = (Ticket.Status.USED, winner.scanned_at, winner.gate) if winner else (Ticket.Status.VALID, None, "")
    if ticket.status == Ticket.Status.CANCELLED:  # once ended always ended, whoever is inside on it
        due = (ticket.status, *due[1:])
    now = (ticket.status, ticket.used_at, ticket.used_gate)
    if now != due:
        yield f"{ticket} is {now}, its scans add up to {due}"


def _conflict(ticket: Ticket, found: merging.State, double: DoubleAdmission | None):
    is_open = double is not None and double.settled_at is None
    is_settled = double is not None and set(conflicts.scans_of(found)) <= set(double.settled_scans)
    if is_open and not found.doubles:
        yield f"{ticket} is in conflict, and let in nobody twice"
    if found.doubles and not is_open and not is_settled:
        yield f"{ticket} let in {len(found.doubles) + 1} people, and nobody is told"
