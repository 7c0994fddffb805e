"""Tickets on paper: a page each, the code large enough for any scanner, good in black and white."""

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from bookings.models import Order, Ticket
from bookings.papers import of_tickets, says
from bookings.papers.pdf import GREY, INNER, MARGIN, PALE, WIDTH, Sheet
from bookings.templatetags.sale import grouped
from bookings.tickets import scanned_as

QR = 270  # points: 95 mm
_LINES = 14  # of what the organiser says


def of_ticket(ticket: Ticket) -> bytes:
    """The PDF of one ticket."""
    return _pdf([ticket], _("Ticket for %(event)s") % {"event": ticket.event.name})


def of_order(order: Order) -> bytes | None:
    """All tickets of the order that still are its buyer's and open a door, a page each; None when there are none."""
    return of_several(of_tickets.good(of_tickets.of_buyer(order)))


def of_several(tickets: list[Ticket]) -> bytes | None:
    """A page for each of these tickets of one order, which have all joined; None when there are none."""
    return _pdf(tickets, _("Tickets for %(event)s") % {"event": tickets[0].event.name}) if tickets else None


def _pdf(tickets: list[Ticket], title: str) -> bytes:
    sheet = Sheet(title, get_language() or "en")
    for number, ticket in enumerate(tickets, 1):
        if number > 1:
            sheet.next_page()
        _page(sheet, ticket, number, len(tickets))
    return sheet.done()


def _page(sheet: Sheet, ticket: Ticket, number: int, total: int) -> None:
    event = ticket.event
    sheet.text(MARGIN, 56, "Eventify", 12, bold=True)
    which = {"number": number, "total": total}
    sheet.text(WIDTH - MARGIN, 56, _("Ticket %(number)s of %(total)s") % which, 10, align="right", color=GREY)
    sheet.rule(68, color=PALE)
    y = sheet.paragraph(MARGIN, 104, event.headline, 25, INNER, bold=True, most=3)
    y = sheet.paragraph(MARGIN, y + 2, says.when(event), 13, INNER, bold=True, most=2)
    y = sheet.paragraph(MARGIN, y + 2, says.where(event), 13, INNER, most=3)
    y += 4
    sheet.qr((WIDTH - QR) / 2, y, QR, scanned_as(ticket))
    y += QR + 12
    sheet.text(WIDTH / 2, y, grouped(ticket.ticket_code), 13, bold=True, align="center")
    y = _facts(sheet, ticket, y + 40)
    _small_print(sheet, ticket, y + 6)


def _facts(sheet: Sheet, ticket: Ticket, y: float) -> float:
    """Who, what and where to sit, in columns; the y below them."""
    facts = [(_("For"), of_tickets.holder(ticket), 13), (_("Ticket"), ticket.ticket_type.shown_name, 13)]
    if ticket.seat:
        facts.append((_("Seat"), _seat(ticket), 17))
    column, lowest = INNER / len(facts), y
    for index, (what, value, size) in enumerate(facts):
        x = MARGIN + index * column
        sheet.text(x, y, what, 9, color=GREY)
        lowest = max(lowest, sheet.paragraph(x, y + 18, value, size, column - 12, bold=True, most=3))
    return lowest


def _seat(ticket: Ticket) -> str:
    return f"{ticket.seat.area} {ticket.seat.label}".strip()


def _small_print(sheet: Sheet, ticket: Ticket, y: float) -> None:
    sheet.rule(y, color=PALE)
    once = _("It lets one person in, once. Show it on a phone or on paper, and keep the code to yourself.")
    y = sheet.paragraph(MARGIN, y + 18, once, 9.5, INNER)
    if ticket.event.important_information:
        y = sheet.paragraph(MARGIN, y + 6, ticket.event.important_information, 9.5, INNER, most=_room(y))
    foot = _("Order %(order)s · Ticket %(ticket)s") % {"order": ticket.order.uid, "ticket": ticket.uid}
    sheet.text(MARGIN, 806, foot, 7.5, color=GREY)


def _room(y: float) -> int:
    """How many lines fit above the foot of the page, one at least."""
    return max(1, min(_LINES, int((786 - y) / 13.3)))
