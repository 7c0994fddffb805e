"""Reports about what is sold: who comes, and who ordered what."""

from decimal import Decimal

from django.db.models import Case, CharField, Count, DecimalField, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.reports.columns import DAY, MOMENT, MONEY, NUMBER, UID, WORD, Column
from bookings import queries
from bookings.models import Booking, Ticket
from bookings.models.fields import MONEY as DIGITS
from events.models import Event
from partners.models import Partner

ATTENDEES = (
    Column("person", gettext_lazy("Name"), share=7),
    Column("address", gettext_lazy("E-mail"), share=8),
    Column("event__name", gettext_lazy("Event"), share=5),
    Column("event__starts_on", gettext_lazy("Day"), DAY, share=3),
    Column("ticket_type__name", gettext_lazy("Ticket type"), share=5),
    Column("seat__label", gettext_lazy("Seat"), share=2),
    Column("price_at_purchase", gettext_lazy("Price"), MONEY, share=0),
    Column("order__currency", gettext_lazy("Currency"), share=0),
    Column("status", gettext_lazy("State"), WORD, share=3),
    Column("created_at", gettext_lazy("Booked"), MOMENT, share=0),
    Column("used_at", gettext_lazy("Let in"), MOMENT, share=5),
    Column("used_gate", gettext_lazy("Gate"), share=3),
    Column("order__uid", gettext_lazy("Order"), UID),
)
ORDERS = (
    Column("order__uid", gettext_lazy("Order"), UID, share=4),
    Column("order__created_at", gettext_lazy("Ordered"), MOMENT, share=5),
    Column("buyer", gettext_lazy("Buyer"), share=6),
    Column("address", gettext_lazy("E-mail"), share=0),
    Column("event__name", gettext_lazy("Event"), share=5),
    Column("ticket_type__name", gettext_lazy("Ticket type"), share=5),
    Column("qty", gettext_lazy("Places"), NUMBER, share=2),
    Column("unit_price", gettext_lazy("Price"), MONEY, share=0),
    Column("amount", gettext_lazy("Amount"), MONEY, share=3),
    Column("paid", gettext_lazy("Paid"), MONEY, share=3),
    Column("returned", gettext_lazy("Given back"), MONEY),
    Column("order__currency", gettext_lazy("Currency"), share=2),
    Column("status", gettext_lazy("Status"), WORD),
    Column("order__paid_at", gettext_lazy("Paid on"), MOMENT, share=0),
    Column("promo_code__code", gettext_lazy("Promo code"), share=0),
)
_ZERO = Value(Decimal(0), output_field=DecimalField(**DIGITS))


def _named(*paths) -> Coalesce:
    """The first of these texts that is not empty."""
    *some, last = paths
    return Coalesce(*(NullIf(one, Value("")) for one in some), F(last), output_field=CharField())


def narrowed(rows: QuerySet, partner: Partner | None, event: Event | None, path: str = "event") -> QuerySet:
    """The rows of the event, else of the partner, else all; `path` leads from a row to its event."""
    if event is not None:
        return rows.filter(**{path: event})
    return rows if partner is None else rows.filter(**{f"{path}__partner": partner})


# --- Attendees ----------------------------------------------------------------------------------------


def attendees(partner: Partner | None, event: Event | None) -> QuerySet[Ticket]:
    """The tickets that are good, or on which somebody is inside: as the door counts them."""
    rows = narrowed(Ticket.objects.filter(queries.AT_DOOR), partner, event)
    person = _named("attendee_name", "user__full_name", "user__email")
    return rows.annotate(person=person, address=_named("attendee_email", "user__email")).order_by("pk")


def attendees_totals(rows: QuerySet[Ticket]) -> list[tuple]:
    """How many, and how many of them are inside: the figures of the event's page."""
    found = rows.order_by().aggregate(tickets=Count("pk"), inside=Count("pk", filter=queries.INSIDE))
    return [(_("Tickets"), found["tickets"], ""), (_("Inside"), found["inside"], "")]


# --- Orders -------------------------------------------------------------------------------------------


def orders(partner: Partner | None, event: Event | None) -> QuerySet[Booking]:
    """The parts of orders: a line for each booking, with what was paid for it and what of that went back.

    Of an order over several organisations each has its own part, as on its invoice.
    """
    rows = narrowed(Booking.objects.filter(order__isnull=False), partner, event)
    amount = F("qty") * F("unit_price")
    is_back = Q(status=Booking.Status.CANCELLED, is_forfeited=False)
    is_paid = Q(order__paid_at__isnull=False)
    return rows.annotate(
        buyer=_named("order__buyer_name", "order__user__full_name", "order__user__email"),
        address=_named("order__buyer_email", "order__user__email"),
        amount=amount,
        paid=Case(When(is_paid, then=amount), default=_ZERO),
        returned=Case(When(is_paid & is_back, then=amount), When(is_paid, then=F("given_back")), default=_ZERO),
    ).order_by("pk")


def orders_totals(rows: QuerySet[Booking]) -> list[tuple]:
    """Places, and by currency what was paid less what went back: the revenue that the ledger knows."""
    kept = Sum("qty", filter=Q(status=Booking.Status.CONFIRMED), default=0)
    sums = rows.order_by().values_list("order__currency")
    found = list(
        sums.annotate(all_paid=Sum("paid"), all_returned=Sum("returned"), kept=kept).order_by("order__currency")
    )
    totals = [(_("Places"), sum(places for *_others, places in found), "")]
    for currency, paid, returned, _places in found:
        totals += [(_("Paid"), paid, currency), (_("Given back"), returned, currency)]
        totals.append((_("Revenue"), paid - returned, currency))
    return totals
