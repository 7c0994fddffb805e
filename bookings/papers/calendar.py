"""Tickets as calendar entries (RFC 5545): one file for a ticket, or for all of an order."""

from collections.abc import Iterable, Iterator

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from bookings.models import Order, Ticket
from bookings.papers import of_tickets, says
from eventify.lib import ics
from events.models import Event

CONTENT_TYPE = ics.CONTENT_TYPE


def of_ticket(ticket: Ticket) -> bytes | None:
    """One ticket as text/calendar; the ticket has all joined (of_tickets.joined). None when it has no date yet."""
    return of_several([ticket])


def of_order(order: Order) -> bytes | None:
    """All tickets of the order that still are its buyer's; cancelled ones say so. None without a date."""
    return of_several(of_tickets.of_buyer(order))


def of_several(tickets: Iterable[Ticket]) -> bytes | None:
    """These tickets, which have all joined. One without a date yet is left out; None when none has a date."""
    dated = [ticket for ticket in tickets if ticket.event.starts_at is not None]
    if not dated:
        return None
    is_over = not any(_is_on(ticket) for ticket in dated)
    lines = (line for ticket in dated for line in _entry(ticket))
    return ics.calendar(lines, product="Tickets", method="CANCEL" if is_over else "PUBLISH")


def _is_on(ticket: Ticket) -> bool:
    return ticket.status != Ticket.Status.CANCELLED and ticket.event.state != Event.State.CANCELLED


def _entry(ticket: Ticket) -> Iterator[str]:
    """The lines of one VEVENT. Its UID is the ticket's for ever; its SEQUENCE grows with each change."""
    event, is_on = ticket.event, _is_on(ticket)
    changed = max(event.updated_at, ticket.updated_at)
    yield "BEGIN:VEVENT"
    yield f"UID:{ticket.uid}@tickets.eventify"
    yield f"DTSTAMP:{ics.moment(changed)}"
    yield f"LAST-MODIFIED:{ics.moment(changed)}"
    # Cancelling a ticket leaves no moment on its row, so it counts as one change more.
    yield f"SEQUENCE:{ics.sequence(changed) + (not is_on)}"
    yield f"DTSTART:{ics.moment(event.starts_at)}"
    if event.ends_at is not None:
        yield f"DTEND:{ics.moment(event.ends_at)}"
    yield f"SUMMARY:{ics.text(event.headline)}"
    yield f"DESCRIPTION:{ics.text(_description(ticket))}"
    yield f"LOCATION:{ics.text(says.where(event))}"
    if event.latitude is not None and event.longitude is not None:
        yield f"GEO:{event.latitude};{event.longitude}"
    yield f"URL:{settings.SITE_URL}{reverse('ticket', args=[ticket.uid])}"
    yield f"STATUS:{'CONFIRMED' if is_on else 'CANCELLED'}"
    yield f"TRANSP:{'OPAQUE' if is_on else 'TRANSPARENT'}"
    yield "END:VEVENT"


def _description(ticket: Ticket) -> str:
    said = [ticket.ticket_type.shown_name]
    if ticket.seat:
        said.append(_("Seat %(seat)s") % {"seat": ticket.seat.label})
    said.append(of_tickets.holder(ticket))
    return "\n".join([" · ".join(said), ticket.event.important_information]).strip()
