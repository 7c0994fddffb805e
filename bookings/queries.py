"""Which orders somebody may see or act on, and what the pages of staff ask about events, orders and people."""

from datetime import timedelta
from decimal import Decimal

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.utils import timezone

from accounts.models import User
from bookings.models import Booking, Order, Refund, Resale, Ticket, TicketTransfer
from bookings.resale_queue import OPEN
from events.models import Event
from partners import members
from partners.books import FEES, REVENUE
from partners.models import Entry

INSIDE = Q(used_at__isnull=False)  # tickets: somebody is in on it, be it cancelled and refunded since
AT_DOOR = INSIDE | ~Q(status=Ticket.Status.CANCELLED)  # tickets: good, or somebody is in on it
STILL_SHOWN = timedelta(hours=12)  # a ticket stays in the wallet this long after the end


def orders_of(user: User, *permissions: str) -> QuerySet[Order]:
    """All orders, or those that are wholly of partners on which the user holds one of the permissions."""
    if any(user.can(permission) for permission in permissions):
        return Order.objects.all()
    own = Q()
    for permission in permissions:
        own |= Q(event__partner__in=members.partners_where(user, permission).values("pk"))
    bookings = Booking.objects.filter(order=OuterRef("pk"))
    return Order.objects.filter(Exists(bookings.filter(own)), ~Exists(bookings.exclude(own)))


def with_failed_refunds(orders: QuerySet[Order]) -> QuerySet[Order]:
    """The orders with `has_failed_refund`: money that should have gone back is still with us."""
    failed = Refund.objects.filter(payment__order=OuterRef("pk"), status=Refund.Status.FAILED)
    return orders.annotate(has_failed_refund=Exists(failed))


def tickets_ahead(user: User) -> QuerySet[Ticket]:
    """The user's tickets that open a door, until some hours after the event's end."""
    is_ahead = Q(event__ends_at__gt=timezone.now() - STILL_SHOWN) | Q(event__ends_at=None)
    return Ticket.objects.filter(is_ahead, user=user, status=Ticket.Status.VALID)


def with_ways(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """The tickets with `is_offered` (given back to the queue) and `is_sent` (a link to it waits), and with what else
    decides whether they can change hands."""
    links = TicketTransfer.objects.filter(status=TicketTransfer.Status.OPEN, expires_at__gt=timezone.now())
    return tickets.select_related("order", "event__partner").annotate(
        is_offered=Exists(Resale.objects.filter(ticket=OuterRef("pk"), status__in=OPEN)),
        is_sent=Exists(links.filter(ticket=OuterRef("pk"))),
    )


def events_of(user: User, permission: str) -> QuerySet[Event]:
    """The events, drafts too, of the partners on which the user holds the permission."""
    return Event.objects.filter(partner__in=members.partners_where(user, permission))


def coming_events() -> QuerySet[Event]:
    """The events that are not over and not cancelled."""
    return Event.objects.filter(ends_at__gt=timezone.now()).exclude(state=Event.State.CANCELLED)


def money_of(event: Event) -> dict[str, dict[str, Decimal]]:
    """What the ledger says of one event: `revenue` (sold less given back) and `fees` of the platform, by currency."""
    ours = Entry.objects.filter(event_uid=event.uid).exclude(partner=None)
    amount = Sum(F("credit") - F("debit"))
    rows = ours.values_list("transfer__kind", "transfer__currency").annotate(total=amount).order_by()
    found: dict[str, dict[str, Decimal]] = {"revenue": {}, "fees": {}}
    for kind, currency, total in rows:
        name, sign = ("revenue", 1) if kind in REVENUE else ("fees", -1)
        if kind in (*REVENUE, *FEES):
            found[name][currency] = found[name].get(currency, Decimal(0)) + sign * total
    return found


def admission(event: Event) -> dict[int, tuple[int, int]]:
    """Ticket type -> (tickets that are inside, tickets that are good or used)."""
    rows = event.tickets.filter(AT_DOOR).values_list("ticket_type")
    rows = rows.annotate(used=Count("pk", filter=INSIDE), live=Count("pk")).order_by()
    return {kind: (inside, sold) for kind, inside, sold in rows}
