"""The door. A ticket admits one person, once."""

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from bookings.door import admission, codes, scanning
from bookings.door.codes import UnknownCode
from bookings.models import Scan, Ticket
from eventify.lib.dates import date_format
from eventify.lib.errors import Because, Conflict, Forbidden
from eventify.lib.prepared import Param, Prepared
from eventify.lib.wire import moment
from events import pictures
from events.models import Event

__all__ = ["NotValid", "UnknownCode", "admit", "check", "find", "look_up", "sentence", "why_not"]


class NotValid(Conflict):
    """The ticket is used or cancelled, or for another event; `ticket` tells which, when and where."""

    code = "not_valid"

    def __init__(self, message: str, reason: str, ticket: Ticket):
        super().__init__(Because(reason, message, used_at=moment(ticket.used_at)), reason=reason)
        self.reason = reason
        self.ticket = ticket


def look_up(code: str, *, by: User | None) -> Ticket:
    """The ticket with this code, with its event, type and holder. UnknownCode; Forbidden without check_in there.

    `by` None is the command line, whose user is trusted.
    """
    ticket = find(code)
    if by is not None and not by.can("check_in", ticket.event):
        raise Forbidden(_("You may not check in tickets of this event."))
    return ticket


def find(code: str) -> Ticket:
    """The ticket with this code: the signed one of the QR, or the letters as typed (case and blanks do not matter).

    With its event (and the event's first picture), type, holder, seat and order; one query for letters. UnknownCode;
    Forged also when what a key has signed names another event than the ticket's.
    """
    ticket = _with_code.first(code=codes.read(code))
    if ticket is None:
        raise UnknownCode
    if codes.event_of(code) not in (None, ticket.event.uid):
        raise codes.Forged
    pictures.know_first(ticket.event, ticket)
    return ticket


# What is judged here and what people are shown of a ticket, its event, type, holder, seat and order.
_TICKET = (
    *("uid", "created_at", "updated_at", "ticket_code", "status", "used_at", "used_gate", "used_by"),
    *("price_at_purchase", "order__uid", "ticket_type__uid", "ticket_type__name", "seat__label"),
    *("user__uid", "user__email", "user__full_name"),
)
_EVENT = (
    *("uid", "name", "slug", "location", "venue_name", "place", "starts_at", "ends_at", "timezone", "state"),
    *("banner_image", "thumbnail_image", "category__name", "partner__id"),
)
_JOINED = ("event__partner", "event__category", "ticket_type", "user", "seat", "order")
_with_code = Prepared(
    lambda: Ticket.objects.select_related(*_JOINED)
    .only(*_TICKET, *(f"event__{name}" for name in _EVENT))
    .annotate(**pictures.first("event_id"))
    .filter(ticket_code=Param("code"))
)


def check(ticket: Ticket, event: Event | None = None) -> None:
    """NotValid, with the reason, when the ticket would not be admitted now (to `event`, if given)."""
    reason = why_not(ticket, event)
    if reason:
        raise NotValid(sentence(ticket, reason), reason, ticket)


def why_not(ticket: Ticket, event: Event | None = None) -> str:
    """used, cancelled, wrong_event, event_cancelled; empty when the ticket is good."""
    verdict = scanning.verdict_of(ticket, event)
    return "" if verdict == Scan.Verdict.ADMITTED else verdict


def sentence(ticket: Ticket, reason: str) -> str:
    """What the person at the door is told."""
    if reason == Ticket.Status.USED:
        at = date_format(ticket.used_at.astimezone(ticket.event.zone), "d M Y, H:i:s")
        where = f" ({ticket.used_gate})" if ticket.used_gate else ""
        return _("Already used on %(at)s%(where)s.") % {"at": at, "where": where}
    sentences = {
        Ticket.Status.CANCELLED: _("This ticket was cancelled."),
        "wrong_event": _("This ticket is for %(event)s.") % {"event": ticket.event.name},
        "event_cancelled": _("%(event)s is cancelled.") % {"event": ticket.event.name},
    }
    return sentences[reason]


def admit(code: str, *, by: User | None, gate: str = "", event: Event | None = None) -> Ticket:
    """Use the ticket. One conditional statement decides, so of two scans at once exactly one admits.

    Raises UnknownCode, Forbidden, NotValid (used, cancelled, for another event). Who is refused is kept as a scan as
    well: after the admission was rolled back, so a caller should not wrap this in a transaction that ends with it.
    """
    try:
        return _admit(code, by=by, gate=gate[:100], event=event)
    except NotValid as refusal:
        at = event if refusal.reason == Scan.Verdict.WRONG_EVENT else None
        scanning.note_refusal(code, refusal.reason, by=by, gate=gate, event=at, ticket=refusal.ticket)
        raise
    except UnknownCode as refusal:
        verdict = Scan.Verdict.FORGED if isinstance(refusal, codes.Forged) else Scan.Verdict.UNKNOWN
        scanning.note_refusal(code, verdict, by=by, gate=gate, event=event)
        raise


def _admit(code: str, *, by: User | None, gate: str, event: Event | None) -> Ticket:
    ticket = look_up(code, by=by)
    check(ticket, event)
    if not admission.use(ticket, by=by, gate=gate, at=timezone.now()):
        # Used, cancelled or passed on meanwhile, which another look refuses. If it is good again by then (somebody has
        # undone the scan that came first), it is decided anew: nobody is let in on the look alone.
        return _admit(code, by=by, gate=gate, event=event)
    return ticket
