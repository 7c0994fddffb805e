"""A ticket that goes to somebody else: a link by mail, and whoever accepts it gets the ticket under a new code.

The money stays with who bought it: what is refunded later goes back to the buyer, the ticket dies with it, and its
holder is told (`drop`). Lock order: the event's row, then the ticket's, as at the door.
"""

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from accounts import audit, mail, notify, signup
from accounts.models import User
from bookings import inventory, sales, tickets
from bookings.door import codes
from bookings.models import Booking, Ticket, TicketTransfer
from bookings.resale_queue import OPEN as RESALE_OPEN
from eventify.lib.errors import Because, Conflict, Forbidden, Invalid, Missing
from eventify.lib.failpoints import failpoint
from eventify.lib.personal import refusing_the_erased
from eventify.lib.wire import moment
from events.models import Event

LIFE = timedelta(days=7)  # that a link is good, unless the event is over before
MESSAGE_MAX = 500  # characters
MOST_A_DAY = 50  # links that one person may send in a day
SWEEP = 200  # links that expire in one run
S = TicketTransfer.Status


class NotTransferable(Conflict):
    """The ticket cannot go to somebody else now; the sentence says why."""

    code = "not_transferable"


class TransferOver(Conflict):
    """The link was used, taken back, or is too old."""

    code = "transfer_over"


@transaction.atomic
def offer(ticket: Ticket, to_email: str, *, by: User, message: str = "") -> TicketTransfer:
    """Send the link with which somebody else gets this ticket. It stays the holder's until they accept.

    Locks the event and the ticket. Forbidden for others than the holder; Invalid (`to_email`, `message`);
    NotTransferable when it is used, cancelled, offered already or given back, or the event is over or cancelled.
    """
    to_email, message = _clean(to_email, message, by)
    event, ticket = lock(ticket)
    if ticket.user_id != by.pk:
        raise Forbidden(_("This ticket is not yours to give away."))
    check(ticket, event)
    end_late(ticket, event)
    if open_of(ticket):
        raise NotTransferable(
            Because("link_sent", _("You have sent a link for this ticket already. Take it back first."))
        )
    _check_many(by)
    seed = secrets.token_hex(16)
    ends_at = timezone.now() + LIFE
    made = TicketTransfer.objects.create(
        ticket=ticket,
        sender=by,
        to_email=to_email,
        message=message,
        seed=seed,
        token_hash=_hash(token_of(seed)),
        expires_at=min(ends_at, event.ends_at or ends_at),
    )
    audit.record("OFFERED_TICKET", ticket, by=by, to=to_email)
    sender = name_of(by, ticket)
    mail.queue("ticket_offered", to_email, seed=seed, event=event.name, sender=sender, message=message)
    return made


def _clean(to_email: str, message: str, by: User) -> tuple[str, str]:
    try:
        address = signup.clean_email(to_email.strip())
    except Invalid as refusal:
        raise Invalid(errors={"to_email": next(iter(refusal.errors.values()))}) from None
    if address.lower() == by.email.lower():
        raise Invalid.field("to_email", _("This is your own address. Enter that of who gets the ticket."))
    message = message.strip()
    if len(message) > MESSAGE_MAX:
        raise Invalid.field("message", _("Use at most %(most)s characters.") % {"most": MESSAGE_MAX})
    if "\x00" in message or any("\ud800" <= letter <= "\udfff" for letter in message):
        raise Invalid.field("message", _("This has characters that cannot be used."))
    return address, message


def _check_many(by: User) -> None:
    recent = TicketTransfer.objects.filter(sender=by, created_at__gt=timezone.now() - timedelta(days=1))
    if recent.count() >= MOST_A_DAY:
        sentence = _("You have sent many links today. Try again tomorrow.")
        raise NotTransferable(Because("links_today", sentence, limit=MOST_A_DAY))


def lock(ticket: Ticket) -> tuple[Event, Ticket]:
    """Lock the ticket's event, then the ticket against a scan, and read both afresh. Call inside a transaction."""
    event = inventory.lock([ticket.event_id])[ticket.event_id]
    rows = Ticket.objects.select_for_update(no_key=True, of=("self",))
    return event, rows.select_related("booking", "order__user", "ticket_type", "user").get(pk=ticket.pk)


def why_not(ticket: Ticket, event: Event) -> str:
    """The sentence that says why the ticket cannot change hands now; empty when it can."""
    if ticket.status == Ticket.Status.USED:
        used_at = moment(ticket.used_at)
        return Because("ticket_used", _("This ticket was used at the door already."), used_at=used_at)
    if ticket.status == Ticket.Status.CANCELLED:
        return Because("ticket_cancelled", _("This ticket was cancelled."))
    if event.state == Event.State.CANCELLED:
        return Because("event_cancelled", _("%(event)s is cancelled.") % {"event": event.name})
    if event.is_over:
        return Because("event_over", _("%(event)s is over.") % {"event": event.name}, ended_at=moment(event.ends_at))
    if is_offered(ticket):
        return Because("ticket_offered", _("You have given this ticket back to the queue. Take it back first."))
    return ""


def is_offered(ticket: Ticket) -> bool:
    """Whether it is given back to the queue: as it was when queries.with_ways read the ticket, else asked now."""
    known = ticket.__dict__.get("is_offered")
    return ticket.resales.filter(status__in=RESALE_OPEN).exists() if known is None else known


def is_sent(ticket: Ticket) -> bool:
    """Whether a link for it waits to be accepted; known as `is_offered` is."""
    known = ticket.__dict__.get("is_sent")
    return open_of(ticket) is not None if known is None else known


def check(ticket: Ticket, event: Event) -> None:
    """NotTransferable when the ticket cannot change hands now."""
    sentence = why_not(ticket, event)
    if sentence:
        raise NotTransferable(sentence)


def find(token: str) -> TicketTransfer:
    """The transfer that this link is for. Missing when there is none; TransferOver when it cannot be accepted."""
    rows = TicketTransfer.objects.select_related("sender", "ticket__event", "ticket__ticket_type", "ticket__seat")
    found = rows.select_related("ticket__order").filter(token_hash=_hash(token)).first()
    if found is None:
        raise Missing(_("There is no such ticket. Perhaps the link was cut off: copy all of it from the mail."))
    if sentence := _why_over(found):
        raise TransferOver(sentence)
    return found


def _why_over(transfer: TicketTransfer) -> str:
    if transfer.status == S.ACCEPTED:
        return _("This ticket was accepted already. Log in to see your tickets.")
    if transfer.status == S.WITHDRAWN:
        return _("The sender took this ticket back.")
    if transfer.status == S.EXPIRED or transfer.expires_at <= timezone.now():
        return _("This link is too old. Ask the sender for a new one.")
    return ""


@refusing_the_erased()
@transaction.atomic
def accept(token: str, *, by: User) -> Ticket:
    """The ticket is theirs, under a new code; the old one is dead at once. Nobody's name stands on it any more.

    Any account may follow the link. Locks the event and the ticket, so that of two who accept, or of it and a scan or
    cancellation, one wins. Missing and TransferOver as in `find`; NotTransferable when the ticket is not good any
    more; OverLimit when they would have more of the kind than one person may.
    """
    event, ticket = lock(find(token).ticket)
    transfer = find(token)  # again: now it cannot change any more
    failpoint("transfers.after_lock")
    if by.is_guest:
        raise Forbidden(_("Log in or sign up to get this ticket."))
    if ticket.user_id == by.pk:
        raise NotTransferable(_("This is your own ticket. Open the link as the person whom you give it to."))
    check(ticket, event)
    sales.check_quantity(ticket.ticket_type, 1, by)
    giver = ticket.user
    _hand_over(ticket, by)
    failpoint("transfers.after_ticket")
    now = timezone.now()
    transfer.status, transfer.recipient, transfer.decided_at = S.ACCEPTED, by, now
    transfer.save(update_fields=["status", "recipient", "decided_at", "updated_at"])
    audit.record("ACCEPTED_TICKET", ticket, by=by, sender=giver.email, to=transfer.to_email)
    _tell_both(ticket, event, giver, by)
    failpoint("transfers.before_commit")
    return ticket


def _hand_over(ticket: Ticket, by: User) -> None:
    codes.kill([ticket])  # what scanners without network must refuse from now on, though it is signed
    ticket.user, ticket.ticket_code = by, tickets.new_code()
    ticket.attendee_name = ticket.attendee_email = ""
    ticket.save(update_fields=["user", "ticket_code", "attendee_name", "attendee_email", "updated_at"])


def _tell_both(ticket: Ticket, event: Event, giver: User, taker: User) -> None:
    with notify.in_language_of(giver):
        title = _("Your ticket for %(event)s went to %(person)s") % {"event": event.name, "person": str(taker)}
        notify.notify(giver, title, _("Its old code opens no door any more."), kind="order", url=f"/e/{event.slug}/")
    to, order = _address(giver, ticket), _order(giver, ticket)
    mail.queue("ticket_passed_on", to, event=event.name, person=str(taker), order=order)
    path = f"/tickets/{ticket.uid}/"
    with notify.in_language_of(taker):
        title = _("You have a ticket for %(event)s") % {"event": event.name}
        notify.notify(taker, title, kind="order", level="success", url=path)
    mail.queue("ticket_received", taker.email, event=event.name, sender=name_of(giver, ticket), ticket_path=path)


def take_back(ticket: Ticket, *, by: User) -> TicketTransfer:
    """The link that waits to be accepted is taken back, as `withdraw` does. TransferOver when none waits."""
    sent = open_of(ticket)
    if sent is None:
        raise TransferOver(_("There is no link to take back."))
    return withdraw(sent, by=by)


def withdraw(transfer: TicketTransfer, *, by: User) -> TicketTransfer:
    """The holder takes the link back: it is good for nothing any more. TransferOver when it is decided already."""
    with transaction.atomic():
        _event, ticket = lock(transfer.ticket)
        transfer = TicketTransfer.objects.get(pk=transfer.pk)
        if ticket.user_id != by.pk and transfer.sender_id != by.pk:
            raise Forbidden(_("This ticket is not yours to give away."))
        if transfer.status != S.OPEN:
            raise TransferOver(_why_over(transfer))
        _end(transfer, S.WITHDRAWN)
        audit.record("WITHDREW_TICKET", ticket, by=by, to=transfer.to_email)
    return transfer


def _end(transfer: TicketTransfer, status: str) -> None:
    transfer.status, transfer.decided_at = status, timezone.now()
    transfer.save(update_fields=["status", "decided_at", "updated_at"])


def expire() -> int:
    """End the links that nobody accepted in time, each in a transaction of its own, and tell who sent them."""
    late = TicketTransfer.objects.filter(status=S.OPEN, expires_at__lte=timezone.now())
    return sum(_expire(one) for one in late.select_related("ticket").order_by("pk")[:SWEEP])


@transaction.atomic
def _expire(transfer: TicketTransfer) -> bool:
    event, ticket = lock(transfer.ticket)
    transfer = TicketTransfer.objects.select_related("sender").get(pk=transfer.pk)
    if transfer.status != S.OPEN:  # decided between the search and the lock
        return False
    _end_late(transfer, ticket, event)
    return True


def end_late(ticket: Ticket, event: Event) -> None:
    """End a link for the locked ticket that is too old now, before the sweep comes by: it stops nothing any more."""
    for late in ticket.transfers.filter(status=S.OPEN, expires_at__lte=timezone.now()).select_related("sender"):
        _end_late(late, ticket, event)


def _end_late(transfer: TicketTransfer, ticket: Ticket, event: Event) -> None:
    _end(transfer, S.EXPIRED)
    with notify.in_language_of(transfer.sender):
        title = _("Nobody accepted your ticket for %(event)s") % {"event": event.name}
        notify.notify(transfer.sender, title, _("It is still yours."), kind="order", url=f"/tickets/{ticket.uid}/")
    to, order = _address(transfer.sender, ticket), _order(transfer.sender, ticket)
    mail.queue("ticket_not_accepted", to, event=event.name, sent_to=transfer.to_email, order=order)


def drop(bookings: list[Booking]) -> None:
    """These bookings have ended: links for their tickets die, and who got a ticket of them from the buyer is told.

    Call under the events' locks.
    """
    now = timezone.now()
    dead = Ticket.objects.filter(booking__in=bookings).filter(
        Q(transfers__status=S.OPEN) | ~Q(user=F("order__user")) & Q(used_at=None)
    )
    for ticket in dead.select_related("user", "order", "event").distinct():
        ticket.transfers.filter(status=S.OPEN).update(status=S.WITHDRAWN, decided_at=now, updated_at=now)
        if ticket.user_id != ticket.order.user_id:
            _tell_dropped(ticket)


def _tell_dropped(ticket: Ticket) -> None:
    with notify.in_language_of(ticket.user):
        title = _("Your ticket for %(event)s was cancelled") % {"event": ticket.event.name}
        why = _("The person who bought it gave it back, or the organiser cancelled it.")
        notify.notify(ticket.user, title, why, kind="order", level="critical", url=f"/tickets/{ticket.uid}/")
    mail.queue("ticket_dropped", ticket.user.email, event=ticket.event.name)


def name_of(user: User, ticket: Ticket) -> str:
    """How the giver is called: a guest as the buyer of the order."""
    return (ticket.order.buyer_name if user.is_guest else "") or str(user)


def _address(user: User, ticket: Ticket) -> str:
    return ticket.order.mail_to if ticket.order.user_id == user.pk else user.email


def _order(user: User, ticket: Ticket) -> str:
    """The order that a mail to its buyer is about; empty for another holder."""
    return str(ticket.order.uid) if ticket.order.user_id == user.pk else ""


def token_of(seed: str) -> str:
    """The token that the mail with this seed shows; it cannot be computed without the secret key."""
    return salted_hmac("bookings.transfer", seed, secret=settings.SECRET_KEY, algorithm="sha256").hexdigest()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def open_of(ticket: Ticket) -> TicketTransfer | None:
    """The link for this ticket that somebody can still accept."""
    return ticket.transfers.filter(status=S.OPEN, expires_at__gt=timezone.now()).first()
