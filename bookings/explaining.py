"""Why not? What can be asked about places, orders and tickets. Waiting rooms are in explaining_rooms.py."""

from decimal import Decimal, InvalidOperation
from itertools import islice
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy, gettext_noop

from accounts.explaining import ASKED_MOST, UIDS_MOST, Action, Fix, Input, found, one_of, uid_list
from accounts.models import User
from bookings import (
    calling_off,
    cancelling,
    capacity,
    checkin,
    guests,
    orders,
    payments,
    previews,
    promos,
    queries,
    refunds,
    resales,
    sales,
    ticket_types,
    transfers,
    webhooks,
)
from bookings import tickets as of_tickets
from bookings.command_center.orders import SEES_ORDERS
from bookings.models import Booking, Order, PromoCode, Refund, Ticket, TicketType, WebhookDelivery
from eventify.lib.errors import Forbidden, Missing
from events import explaining as of_events
from events import queries as event_queries
from events.models import Event
from partners import members
from partners.explaining import FIXES, need

SOMEBODY = "somebody@example.com"  # who a ticket is sent to when the question names nobody


# --- Places -------------------------------------------------------------------------------------------


def _bookable(asker: User | None, text: str) -> TicketType | Event:
    """A ticket type that the asker sees, else an event. A hidden type is there for who sees the event as staff."""
    seen = TicketType.objects.filter(event__in=event_queries.visible_to(asker).values("pk"))
    try:
        kind = found(seen.select_related("event__partner"), text)
    except Missing:
        return of_events.seen(asker, text)
    if kind.status == TicketType.Status.HIDDEN and not (asker and asker.can("view_events", on=kind.event)):
        raise Missing
    return kind


def _book(
    thing: TicketType | Event, *, by: User | None, quantity: int | None = None, seats: tuple = (), types: tuple = ()
) -> None:
    """So many places; of the seats that are named when no number is given, else as few as one may buy.

    `types`: so many of each of these types of the event instead, with its part of the seats.
    """
    if types:
        return _book_types(thing, types, seats, by or guests.nobody())
    buyer, qty = by or guests.nobody(), quantity if quantity is not None else len(seats) or _least(thing)
    if isinstance(thing, TicketType):
        orders.decide([orders.Line(thing.pk, qty, seats)], by=buyer, at_checkout=True)
    else:
        orders.decide_booking(thing.pk, qty, by=buyer, chosen=seats)


def _book_types(event: TicketType | Event, types: tuple[tuple[UUID, int], ...], seats: tuple, buyer: User) -> None:
    """Types that are not of this event, or hidden, are Missing: who may see one asks about it alone."""
    shown = TicketType.objects.filter(event__uid=event.uid).exclude(status=TicketType.Status.HIDDEN)
    known = dict(shown.values_list("uid", "pk"))
    if not known.keys() >= {uid for uid, _qty in types}:
        raise Missing
    left = iter(seats)
    lines = [orders.Line(known[uid], qty, tuple(islice(left, max(qty, 0)))) for uid, qty in types]
    orders.decide(lines, by=buyer, at_checkout=True)


def _join(event: Event, *, by: User, quantity: int | None = None) -> None:
    orders.decide_booking(event.pk, _least(event) if quantity is None else quantity, by=by, waitlist_too=True)


def _least(thing: TicketType | Event) -> int:
    types = [thing] if isinstance(thing, TicketType) else sales.shown_types(thing)
    return min((one.min_per_order for one in types), default=1)


# --- An event's sale ----------------------------------------------------------------------------------


def _change_capacity(event: Event, *, by: User, places: int | None = None) -> None:
    need(by, "manage_events", on=event)
    capacity.change(event, event.capacity if places is None else places, by=by)


def _refund_event(event: Event, *, by: User) -> None:
    need(by, "refund_orders", on=event)
    calling_off.refund_event(event, reason="?", by=by)


def _type(asker: User | None, text: str) -> TicketType:
    """One of an event whose staff pages the asker sees."""
    mine = queries.events_of(asker, "view_events") if asker else Event.objects.none()
    return found(TicketType.objects.filter(event__in=mine.values("pk")).select_related("event__partner"), text)


def _delete_type(kind: TicketType, *, by: User) -> None:
    need(by, "manage_events", on=kind.event)
    ticket_types.delete(kind, by=by)


def _move_type(kind: TicketType, *, by: User, steps: int = 1) -> None:
    need(by, "manage_events", on=kind.event)
    ticket_types.move(kind, steps, by=by)


def _promo(asker: User | None, text: str) -> PromoCode:
    """One of an event that the asker manages."""
    mine = queries.events_of(asker, "manage_events") if asker else Event.objects.none()
    return found(PromoCode.objects.filter(event__in=mine.values("pk")).select_related("event__partner"), text)


def _switch_promo(promo: PromoCode, *, by: User, act: str = "on") -> None:
    need(by, "manage_events", on=promo.event)
    promos.change(promo, is_active=act == "on", by=by)


# --- Orders -------------------------------------------------------------------------------------------


def _orders(asker: User | None) -> QuerySet[Order]:
    """The asker's own, and those that their pages of the command center show."""
    if asker is None:
        return Order.objects.none()
    return Order.objects.filter(Q(user=asker) | Q(pk__in=queries.orders_of(asker, *SEES_ORDERS).values("pk")))


def _order(asker: User | None, text: str) -> Order:
    return found(_orders(asker).select_related("user"), text)


def _ending(asker: User | None, text: str) -> Order | Booking:
    """An order, else a booking or a place in a queue, the asker's own or of their events."""
    try:
        return _order(asker, text)
    except Missing:
        seen = members.partners_where(asker, "view_events") if asker else members.Partner.objects.none()
        own = Q(user=asker) | Q(event__partner__in=seen.values("pk"))
        return found(Booking.objects.filter(own).select_related("order", "event__partner"), text)


def _cancel(thing: Order | Booking, *, by: User) -> None:
    """The buyer ends it, or staff who may refund."""
    if isinstance(thing, Order):
        if thing.user_id != by.pk:
            _need_refund(thing, by)
        cancelling.cancel(thing, by=by)
    else:
        if thing.user_id != by.pk:
            need(by, "refund_orders", on=thing.event)
        cancelling.cancel_booking(thing, by=by)


def _refund(order: Order, *, by: User, amount: Decimal | None = None) -> None:
    _need_refund(order, by)
    refunds.give(order, refunds.most(order) if amount is None else amount, by=by, reason="?")


def _cancel_tickets(order: Order, *, by: User, tickets: tuple = (), money: str = "back") -> None:
    """These tickets of it, or all that are good when none is named; without their money when that `stays`."""
    _need_refund(order, by)
    good = order.tickets.filter(status=Ticket.Status.VALID)
    uids = tickets or tuple(good.values_list("uid", flat=True))
    previews.tickets_cancellation(order, uids, is_refunded=money != "stays", reason="?", by=by)()


def _pay(order: Order, *, by: User) -> None:
    """Whoever has the address of an order may pay it. No provider is called."""
    if order.total_amount:
        payments.due(order)


def _mail(order: Order, *, by: User) -> None:
    if not queries.orders_of(by, *SEES_ORDERS).filter(pk=order.pk).exists():
        need(by, *SEES_ORDERS)
    of_tickets.mail_again(order, by=by)


def _failed_refund(asker: User | None, text: str) -> Refund:
    """One of an order that the asker's pages of the command center show."""
    seen = queries.orders_of(asker, *SEES_ORDERS) if asker else Order.objects.none()
    return found(Refund.objects.filter(payment__order__in=seen).select_related("payment__order"), text)


def _send_again(refund: Refund, *, by: User) -> None:
    _need_refund(refund.payment.order, by)
    refunds.try_again(refund, by=by)


def _message(asker: User | None, text: str) -> WebhookDelivery:
    """A message of a payment provider, for staff who may apply it again."""
    is_shown = asker is not None and asker.can(webhooks.PERMISSION)
    return found(WebhookDelivery.objects.all() if is_shown else WebhookDelivery.objects.none(), text)


def _replay(message: WebhookDelivery, *, by: User) -> None:
    need(by, webhooks.PERMISSION)
    webhooks.try_again(message, by=by)


def _need_refund(order: Order, by: User) -> None:
    try:
        previews.check_may_refund(order, by)
    except Forbidden:
        for booking in order.bookings.select_related("event__partner").order_by("pk"):
            need(by, "refund_orders", on=booking.event)
        raise


# --- Tickets ------------------------------------------------------------------------------------------


def _ticket(asker: User | None, text: str) -> Ticket:
    """One that the asker holds, or of an order that they see."""
    own = Q(user=asker) if asker else Q(pk__in=())
    seen = Ticket.objects.filter(own | Q(order__in=_orders(asker).values("pk")))
    return found(seen.select_related("event__partner"), text)


def _ticket_at_door(asker: User | None, text: str) -> Ticket:
    """Also one of an event at whose door the asker may scan now."""
    ticket = found(Ticket.objects.select_related("event__partner"), text)
    return ticket if asker and asker.can("check_in", on=ticket.event) else _ticket(asker, text)


def _transfer(ticket: Ticket, *, by: User, to: str = SOMEBODY) -> None:
    transfers.offer(ticket, to, by=by)


def _resell(ticket: Ticket, *, by: User) -> None:
    resales.offer(ticket, by=by)


def _take_back_link(ticket: Ticket, *, by: User) -> None:
    transfers.take_back(ticket, by=by)


def _take_back_offer(ticket: Ticket, *, by: User) -> None:
    resales.take_back(ticket, by=by)


def _check_in(ticket: Ticket, *, by: User, event: UUID | None = None) -> None:
    need(by, "check_in", on=ticket.event)
    at = event_queries.visible_to(by).filter(uid=event).first() if event else None
    if event and at is None:
        raise Missing
    checkin.admit(ticket.ticket_code, by=by, event=at)


# --- What can be asked --------------------------------------------------------------------------------


def _amount(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(text) from None


def _labels(text: str) -> tuple[str, ...]:
    return tuple(label.strip() for label in text.split(",") if label.strip())


def _steps(text: str) -> int:
    """A number of places in a list; ValueError for one beyond any list."""
    steps = int(text)
    if abs(steps) > ASKED_MOST:
        raise ValueError(text)
    return steps


def _types(text: str) -> tuple[tuple[UUID, int], ...]:
    """`uid:2,uid:1` as pairs."""
    pairs = (one.partition(":") for one in text.split(",") if one)
    return tuple((UUID(uid), int(quantity)) for uid, _colon, quantity in pairs)


def said_of(lines: list[orders.Line]) -> dict[str, str]:
    """The inputs of `book` that ask for these lines of one event. One query.

    A question takes no promo code, for wrong ones are counted where they are typed; so types that only a code shows
    are left out.
    """
    shown = TicketType.objects.exclude(status=TicketType.Status.HIDDEN)
    uids = dict(shown.filter(pk__in=[line.ticket_type for line in lines]).values_list("pk", "uid"))
    said = {"types": ",".join(f"{uids[line.ticket_type]}:{line.qty}" for line in lines if line.ticket_type in uids)}
    seats = ",".join(label for line in lines for label in line.seats)
    return {**said, "seats": seats} if seats else said


def _event_page(row) -> str:
    return f"/e/{getattr(row, 'event', row).slug}/"


def _of_ticket(name: str):
    return lambda ticket: reverse(name, args=[ticket.uid]) if isinstance(ticket, Ticket) else ""


_WAIT = Fix(gettext_lazy("Join the waitlist on the event's page."), lambda row: f"{_event_page(row)}#waitlist")
_FEWER = Fix(gettext_lazy("Choose fewer places."), _event_page)
_MORE = Fix(gettext_lazy("Choose more places."), _event_page)
_ORGANISER = Fix(gettext_lazy("Ask the organiser."))
_SALE = Fix(gettext_lazy("The organiser decides when what is on sale."), _event_page)
_FIXES = {
    **FIXES,
    "sold_out": _WAIT,
    "waitlist_first": _WAIT,
    "order_limit": _FEWER,
    "person_limit": _FEWER,
    "order_minimum": _MORE,
    "waiting_room": Fix(gettext_lazy("Come into the waiting room."), lambda row: f"{_event_page(row)}room/"),
    "seat_taken": Fix(gettext_lazy("Choose other seats."), lambda row: f"{_event_page(row)}seats/"),
    "sale_not_started": _SALE,
    "sale_ended": _SALE,
    "type_not_on_sale": _SALE,
    "event_not_open": _SALE,
    "event_begun": _ORGANISER,
    "ticket_used": _ORGANISER,
    "type_booked": Fix(gettext_lazy("Hide it instead."), lambda row: f"/command-center/ticket-types/{row.uid}/"),
    "link_sent": Fix(gettext_lazy("Take the link back."), _of_ticket("ticket-transfer")),
    "ticket_offered": Fix(gettext_lazy("Take the offer back."), _of_ticket("ticket-resale")),
}
_ORDER, _TICKET = gettext_noop("the uid of an order"), gettext_noop("the uid of a ticket")
_QUANTITY = Input("quantity", int, "places; as few as one may buy when nothing is said")
ACTIONS = (
    Action("book", gettext_lazy("Book places"), gettext_noop("the uid of a ticket type, or of an event"), _bookable,
           _book, (_QUANTITY, Input("seats", _labels, "labels with commas between them: A-1,A-2", ASKED_MOST * 20),
                   Input("types", _types, "ticket types of the event and how many: uid:2,uid:1", ASKED_MOST * 45)),
           needs_account=False, fixes=_FIXES),
    Action("join_queue", gettext_lazy("Join the waitlist"), gettext_noop("the uid of an event"), of_events.seen, _join,
           (_QUANTITY,), fixes=_FIXES),
    Action("change_capacity", gettext_lazy("Change the capacity of an event"), gettext_noop("the uid of an event"),
           of_events.seen, _change_capacity, (Input("places", int, "as many as now when nothing is said"),),
           fixes=_FIXES),
    Action("refund_event", gettext_lazy("Give all buyers of an event their money back"),
           gettext_noop("the uid of an event"), of_events.seen, _refund_event, fresh=True, fixes=_FIXES),
    Action("delete_ticket_type", gettext_lazy("Delete a ticket type"), gettext_noop("the uid of a ticket type"), _type,
           _delete_type, fixes=_FIXES),
    Action("move_ticket_type", gettext_lazy("Move a ticket type up or down"), gettext_noop("the uid of a ticket type"),
           _type, _move_type, (Input("steps", _steps, "so many down (1 when nothing is said); below zero: up"),),
           fixes=_FIXES),
    Action("switch_promo_code", gettext_lazy("Switch a promo code on or off"), gettext_noop("the uid of a promo code"),
           _promo, _switch_promo, (Input("act", one_of("on", "off"), "on (default) or off"),), fixes=_FIXES),
    Action("cancel", gettext_lazy("Cancel an order"), gettext_noop("the uid of an order, or of a booking"), _ending,
           _cancel, fixes=_FIXES),
    Action("refund", gettext_lazy("Give money back"), _ORDER, _order, _refund,
           (Input("amount", _amount, "in the order's currency; what is left when nothing is said"),), fresh=True,
           fixes=_FIXES),
    Action("cancel_tickets", gettext_lazy("Cancel tickets of an order"), _ORDER, _order, _cancel_tickets,
           (Input("tickets", uid_list, "uids with commas between them; all that are good when nothing is said",
                  UIDS_MOST),
            Input("money", one_of("back", "stays"), "back (default) or stays")), fresh=True, fixes=_FIXES),
    Action("send_refund_again", gettext_lazy("Send a refund again"), gettext_noop("the uid of a refund"),
           _failed_refund, _send_again, fresh=True, fixes=_FIXES),
    Action("replay_message", gettext_lazy("Apply a message of a payment provider again"),
           gettext_noop("the uid of a message of a payment provider"), _message, _replay, fresh=True, fixes=_FIXES),
    Action("mail_tickets", gettext_lazy("Send the tickets of an order again"), _ORDER, _order, _mail, fixes=_FIXES),
    Action("pay", gettext_lazy("Pay an order"), _ORDER, _order, _pay, fixes=_FIXES),
    Action("transfer", gettext_lazy("Pass a ticket on"), _TICKET, _ticket, _transfer,
           (Input("to", str, "the address that it would be sent to"),), fixes=_FIXES),
    Action("resell", gettext_lazy("Give a ticket back to the queue"), _TICKET, _ticket, _resell, fixes=_FIXES),
    Action("take_back_link", gettext_lazy("Take back the link to a ticket"), _TICKET, _ticket, _take_back_link,
           fixes=_FIXES),
    Action("take_back_offer", gettext_lazy("Take back the offer of a ticket"), _TICKET, _ticket, _take_back_offer,
           fixes=_FIXES),
    Action("check_in", gettext_lazy("Let a ticket in"), _TICKET, _ticket_at_door, _check_in,
           (Input("event", UUID, "the uid of the event at whose door it is"),), fixes=_FIXES),
)  # fmt: skip
