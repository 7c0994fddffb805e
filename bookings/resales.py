"""Giving a ticket back to the queue: it stays its holder's until somebody who waits has paid for the place.

An offered ticket goes to the first waiting party that it fits (bookings/waitlist.py), at the price that was paid for
it. When that party has paid, the seller's ticket ends, the place and seat are the buyer's and the seller's money goes
back, all in one transaction (`settle`). A ticket that is used, cancelled or passed on meanwhile wins over the offer.
"""

from decimal import Decimal

from django.db import transaction
from django.db.models import Q
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, mail, notify
from accounts.models import User
from bookings import cancelling, inventory, resale_queue, sales, splitting, transfers, waitlist
from bookings.models import Booking, Order, Resale, Seat, Ticket
from bookings.signals import got_for_nothing
from eventify.lib import currencies
from eventify.lib.currencies import exact
from eventify.lib.errors import Because, Conflict, Forbidden
from eventify.lib.failpoints import failpoint
from eventify.lib.wire import moment
from events.models import Event

SWEEP = 200  # offers that are withdrawn in one run
S = Resale.Status


class NotResellable(Conflict):
    """The ticket cannot be given back to the queue now; the sentence says why."""

    code = "not_resellable"


class BeingPaid(Conflict):
    """Somebody has the ticket on hold and may pay for it, so the offer cannot be taken back now."""

    code = "being_paid"


@transaction.atomic
def offer(ticket: Ticket, *, by: User) -> Resale:
    """Offer the ticket to those who wait, for what was paid for it; the first whom it fits is written to at once.

    Locks the event and the ticket. Forbidden for others than the holder; NotResellable when it is used, cancelled,
    on its way to somebody else, offered already or was passed on, or the event is not sold any more or has begun.
    """
    event, ticket = transfers.lock(ticket)
    if ticket.user_id != by.pk:
        raise Forbidden(_("This ticket is not yours to give back."))
    transfers.end_late(ticket, event)
    sentence = why_not(ticket, event)
    if sentence:
        raise NotResellable(sentence)
    made = Resale.objects.create(
        ticket=ticket, seller=by, event=event, ticket_type_id=ticket.ticket_type_id, price=ticket.price_at_purchase
    )
    audit.record("OFFERED_TO_QUEUE", ticket, by=by, price=str(made.price))
    waitlist.promote(event)
    failpoint("resales.after_offer")
    made.refresh_from_db()
    return made


def why_not(ticket: Ticket, event: Event) -> str:
    """The sentence that says why the ticket cannot be given back to the queue now; empty when it can."""
    if transfers.is_offered(ticket):
        return Because("ticket_offered", _("You have given this ticket back to the queue already."))
    sentence = transfers.why_not(ticket, event) or sales.why_closed(event)
    if sentence:
        return sentence
    if event.starts_at and event.starts_at <= timezone.now():
        sentence = _("%(event)s has begun; ask the organiser.") % {"event": event.name}
        return Because("event_begun", sentence, began_at=moment(event.starts_at))
    if transfers.is_sent(ticket):
        return Because("link_sent", _("You have sent a link for this ticket. Take it back first."))
    if ticket.user_id != ticket.order.user_id:
        sentence = _("This ticket was passed on to you. Only who bought it gets money back: pass it back to them.")
        return Because("passed_on", sentence)
    return ""


def take_back(ticket: Ticket, *, by: User) -> Resale:
    """The offer that stands is taken back, as `withdraw` does. NotResellable when none stands."""
    offered = open_of(ticket)
    if offered is None:
        raise NotResellable(_("This offer is over. Look at your tickets."))
    return withdraw(offered, by=by)


@transaction.atomic
def withdraw(resale: Resale, *, by: User) -> Resale:
    """Take the offer back; the ticket was the holder's all the time. BeingPaid while somebody may pay for it.

    Locks the event. Forbidden for others than the holder; NotResellable when the offer is over.
    """
    event, ticket = transfers.lock(resale.ticket)
    resale = Resale.objects.get(pk=resale.pk)
    if ticket.user_id != by.pk:
        raise Forbidden(_("This ticket is not yours to give back."))
    if resale.status == S.HELD:
        raise BeingPaid(_("Somebody may be paying for this ticket at this moment. Try again in an hour."))
    if resale.status != S.OFFERED:
        raise NotResellable(_("This offer is over. Look at your tickets."))
    waitlist.end_offers([resale], event)
    audit.record("WITHDREW_FROM_QUEUE", ticket, by=by)
    resale.refresh_from_db()
    return resale


def stands(order: Order, events: dict[int, Event]) -> bool:
    """Whether a locked pending order can still buy what it was promised; always for one of no offered tickets.

    When a ticket is not good any more (it was used at the door, say) the order ends here and its party waits again.
    Locks everybody whose money moves, and the tickets against scans: call it before anything else of the payment.
    """
    offers = list(Resale.objects.filter(buyer_booking__order=order, status=S.HELD).order_by("ticket"))
    if not offers:
        return True
    people = [order.user_id, *(one.seller_id for one in offers)]
    list(User.objects.select_for_update(no_key=True).filter(pk__in=people).order_by("pk"))
    rows = Ticket.objects.select_for_update(no_key=True).filter(pk__in=[one.ticket_id for one in offers])
    good = {ticket.pk for ticket in rows.filter(status=Ticket.Status.VALID).order_by("pk")}
    gone = [one for one in offers if one.ticket_id not in good]
    if gone:
        waitlist.end_offers(gone, events[gone[0].event_id])
        order.refresh_from_db()
    return not gone


def settle(order: Order, held: list[Booking], events: dict[int, Event]) -> None:
    """Hand over the tickets that these bookings of an order being paid buy; nothing when it buys none.

    Call in the payment's transaction, after `stands` and before tickets are issued: the sellers' tickets end and
    their money goes back, the seats are the buyer's. The counters stay, for no place is free in between.
    """
    rows = Resale.objects.filter(buyer_booking__in=held, status=S.HELD)
    offers = list(rows.select_related("ticket__order", "ticket__seat", "seller").order_by("ticket__order", "id"))
    for booking in held:
        mine = [one for one in offers if one.buyer_booking_id == booking.pk]
        if mine:
            _hand_over(booking, mine, events)


@receiver(got_for_nothing)
def settle_for_nothing(order, held, events, **_signal) -> None:
    """Offered tickets that cost nothing change hands when they are promoted."""
    settle(order, held, events)


def _hand_over(booking: Booking, offers: list[Resale], events: dict[int, Event]) -> None:
    by_order: dict[Order, list[Resale]] = {}
    for one in offers:
        by_order.setdefault(one.ticket.order, []).append(one)
    now = timezone.now()
    parts = [(order, mine, *_parted(order, mine)) for order, mine in by_order.items()]
    failpoint("resales.after_split")
    sold = Resale.objects.filter(pk__in=[one.pk for one in offers])
    sold.update(status=S.SOLD, decided_at=now, updated_at=now)
    _move_seats(booking, offers)
    failpoint("resales.after_seats")
    for order, mine, locked, bookings in parts:
        _pay_back(order, mine, locked, bookings, events)
        failpoint("resales.after_seller")


def _parted(order: Order, offers: list[Resale]) -> tuple[Order, list[Booking]]:
    """The seller's order, locked (whoever else wants it waits for the event's lock), and bookings of these tickets."""
    locked = Order.objects.select_for_update(no_key=True).get(pk=order.pk)
    return locked, splitting.split(locked, [one.ticket for one in offers])


def _move_seats(booking: Booking, offers: list[Resale]) -> None:
    seats = sorted((one.ticket.seat for one in offers if one.ticket.seat), key=lambda seat: seat.position)
    Seat.objects.filter(pk__in=[seat.pk for seat in seats]).update(reserved_booking=booking)
    booking.seat_labels = [seat.label for seat in seats]
    booking.save(update_fields=["seat_labels", "updated_at"])


def _pay_back(order: Order, offers: list[Resale], locked: Order, parts: list[Booking], events: dict[int, Event]):
    owed = cancelling.owed_for(locked, parts)
    cancelling.end(locked, events, reason="given back to the queue", only=parts)
    seller, event = offers[0].seller, events[offers[0].event_id]
    with notify.in_language_of(seller):
        amount = exact(owed, locked.currency) if owed else ""
        title = _("Somebody took your ticket for %(event)s") % {"event": event.name}
        why = _("%(amount)s goes back to you.") % {"amount": amount} if amount else ""
        notify.notify(seller, title, why, kind="order", level="success", url=f"/orders/{locked.uid}/")
    told = {"event": event.name, "qty": len(offers), "amount": amount, "order": str(locked.uid)}
    mail.queue("resale_sold", locked.mail_to, **told)


def tidy() -> int:
    """Withdraw offers of tickets that are not good any more (used at the door), event by event; returns how many."""
    stale = Resale.objects.filter(status__in=resale_queue.OPEN)
    stale = stale.filter(~Q(ticket__status=Ticket.Status.VALID) | Q(event__state=Event.State.CANCELLED))
    keys = list(stale.order_by("event").values_list("event", flat=True).distinct()[:SWEEP])
    return sum(_tidy(key, stale) for key in keys)


@transaction.atomic
def _tidy(key: int, stale) -> int:
    event = inventory.lock([key])[key]
    offers = list(stale.filter(event=key)[:SWEEP])
    if offers:
        waitlist.end_offers(offers, event)
    return len(offers)


def would_go_back(ticket: Ticket) -> Decimal:
    """What the buyer gets for this ticket when somebody takes it: its share of what the booking is still worth."""
    booking = ticket.booking
    return currencies.rounded(booking.refundable / booking.qty, ticket.order.currency)


def open_of(ticket: Ticket) -> Resale | None:
    """The offer of this ticket that is not over."""
    return ticket.resales.filter(status__in=resale_queue.OPEN).first()
