"""What goes with the mails about orders and tickets, made when they are sent: links, deadlines, PDFs, calendar entries.

A guest's order is reached through a signed link (bookings/guests.py), which is no part of the stored mail.
"""

from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError

from accounts.letters import Extras, enriches
from bookings import guests
from bookings.models import Order, Ticket, TicketTransfer
from bookings.papers import calendar, of_tickets, says
from eventify.lib.prepared import Param, Prepared
from eventify.lib.when_needed import WhenNeeded
from events.models import Event

tickets_pdf = WhenNeeded("bookings.papers.tickets_pdf")

MOST = 60  # tickets in one mail; the link in it leads to the others
PDF = "application/pdf"
_ICS = "text/calendar"


def _links(order: Order | None, context: dict) -> dict:
    """The paths that a mail about the order says: its page, and making it an account's (empty: it is one's)."""
    if order is None:
        return {"order_path": f"/orders/{context.get('order', '')}/", "claim_path": ""}
    return guests.links(order)


@enriches("payment_returned", "money_back", "tickets_cancelled", "resale_sold")
def order_links(context: dict) -> Extras:
    """The paths of the order `order`."""
    return Extras(context=_links(_order(context), context))


@enriches("offer")
def offer_of_queue(context: dict) -> Extras:
    """The paths of the order `order`, and `until` when it is held: `expires_at` in the event's zone."""
    order = _order(context)
    event = Event.objects.filter(bookings__order=order).order_by("bookings__pk").first() if order else None
    if event is None or not context.get("expires_at"):
        return Extras(context=_links(order, context))
    until = says.moment(datetime.fromisoformat(context["expires_at"]), event)
    return Extras(context={**_links(order, context), "until": until})


@enriches("your_turn")
def turn_in_room(context: dict) -> Extras:
    """`until` when the turn lasts: `expires_at` in the zone of the event `event_id`."""
    event = Event.objects.filter(uid=context["event_id"]).first() if context.get("event_id") else None
    return Extras(context={"until": says.moment(datetime.fromisoformat(context["expires_at"]), event)} if event else {})


@enriches("ticket_offered")
def offer_of_ticket(context: dict) -> Extras:
    """`until` when the link to a ticket works, in the event's zone."""
    found = TicketTransfer.objects.select_related("ticket__event").filter(seed=context.get("seed", "")).first()
    return Extras(context={"until": says.moment(found.expires_at, found.ticket.event)} if found else {})


@enriches("event_cancelled", "event_refunded")
def event_links(context: dict) -> Extras:
    """Where the orders `orders` are seen: each of a guest's by its own link, an account's together."""
    orders = Order.objects.select_related("user").filter(uid__in=context.get("orders") or [], user__is_guest=True)
    paths = [guests.open_path(order) for order in orders.order_by("pk")]
    return Extras(context={"order_paths": paths or ["/orders/"]})


@enriches("tickets", "promoted")
def tickets_of_order(context: dict) -> Extras:
    """The good tickets of the order `order` that are its buyer's; none when there are none, or very many."""
    order = _order(context)
    said = _links(order, context)
    tickets = of_tickets.of_buyer(order) if order else []
    good = of_tickets.good(tickets)
    if not good:
        return Extras(context=said)
    event, is_attached = good[0].event, len(good) <= MOST
    said |= {"when": says.when(event), "where": says.where(event), "is_attached": is_attached}
    return Extras(_files(order, tickets, good) if is_attached else [], said)


def _files(order: Order, tickets: list[Ticket], good: list[Ticket]) -> list[tuple[str, bytes, str]]:
    name = of_tickets.file_name(order)
    entries = calendar.of_several(tickets)
    files = [(f"{name}.pdf", tickets_pdf.of_several(good), PDF)]
    return [*files, (f"{name}.ics", entries, _ICS)] if entries else files


@enriches("order_cancelled")
def cancelled_entries(context: dict) -> Extras:
    """The calendar that takes the entries of a cancelled order back; nothing while some of its tickets are good."""
    order = _order(context)
    entries = calendar.of_order(order) if order and not of_tickets.mine(order).exists() else None
    files = [(f"{of_tickets.file_name(order)}.ics", entries, _ICS)] if entries else []
    return Extras(files, _links(order, context))


_order_with_user = Prepared(lambda: Order.objects.select_related("user").filter(uid=Param("uid")))


def _order(context: dict) -> Order | None:
    try:
        return _order_with_user.first(uid=UUID(str(context.get("order"))))
    except ValueError:
        return None


@enriches("ticket_received")
def one_ticket(context: dict) -> Extras:
    """The ticket at `ticket_path`, as long as it is good and still theirs to whom the mail goes."""
    theirs = Ticket.objects.filter(status=Ticket.Status.VALID, user__email__iexact=context["to"])
    ticket = _named(of_tickets.joined(theirs), context.get("ticket_path", "").strip("/").rpartition("/")[2])
    if ticket is None:
        return Extras()
    said = {"when": says.when(ticket.event), "where": says.where(ticket.event), "is_attached": True}
    files = [("ticket.pdf", tickets_pdf.of_ticket(ticket), PDF)]
    entry = calendar.of_ticket(ticket)
    return Extras([*files, ("ticket.ics", entry, _ICS)] if entry else files, said)


def _named(rows, uid):
    """The row with this uid; None for what is none."""
    try:
        return rows.filter(uid=uid).first() if uid else None
    except (ValidationError, ValueError):
        return None
