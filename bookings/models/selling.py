"""What is sold: kinds of ticket, promo codes, orders (the money) and bookings (places for n people)."""

from decimal import Decimal

from django.apps import apps
from django.db import models
from django.db.models import Case, Count, F, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce, Lower, Upper
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from bookings.models.fields import AREA_MAX, MONEY, PERCENT
from eventify.lib.models import Entity
from events.models import Event

GENERAL = "General admission"  # the name of a type to which nobody gave another


def name_shown(name: str) -> str:
    """The name of a type as a buyer, volunteer or gate person reads it: GENERAL in their language, others as given.

    Contracts, reports and the audit log say what is stored.
    """
    return _("General admission") if name == GENERAL else name


class TicketTypes(models.Manager):
    """The types with `area_free`: how many seats of their area are for sale now; None for those that fit all seats."""

    def get_queryset(self):
        seats = apps.get_model("bookings", "Seat").objects.for_sale()  # that module imports this one
        seats = seats.filter(event=OuterRef("event"), area=OuterRef("area")).order_by().values("event")
        free = Coalesce(Subquery(seats.annotate(free=Count("pk")).values("free")), 0)
        asked = Case(When(area="", then=None), default=free, output_field=models.IntegerField())
        return super().get_queryset().annotate(area_free=asked)


class TicketType(Entity):
    """A kind of place at one event, with its price and its own stock (none: as many as the event has).

    `quantity_sold` counts the places that are confirmed or held by a pending order. Only bookings/inventory.py
    changes it, under the lock of the event's row. A type with an area is for the seats of that area only.
    """

    class Status(models.TextChoices):
        ACTIVE = "active"
        SOLD_OUT = "sold_out"
        HIDDEN = "hidden"

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="ticket_types")
    name = models.CharField(max_length=100)
    description = models.TextField(blank=True)
    price = models.DecimalField(**MONEY, default=0)
    original_price = models.DecimalField(**MONEY, null=True, blank=True)
    quantity_total = models.PositiveIntegerField(null=True, blank=True, help_text="None: the event's capacity.")
    quantity_sold = models.PositiveIntegerField(default=0)
    status = models.CharField(max_length=8, choices=Status, default=Status.ACTIVE, help_text="sold_out stops the sale.")
    sales_start_at = models.DateTimeField(null=True, blank=True)
    sales_end_at = models.DateTimeField(null=True, blank=True)
    min_per_order = models.PositiveIntegerField(default=1, db_default=1, help_text="Fewer are not sold at once.")
    max_per_order = models.PositiveIntegerField(null=True, blank=True)
    max_per_person = models.PositiveIntegerField(null=True, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    tax_rate = models.DecimalField(**PERCENT, default=0, help_text="In percent; the price holds it already.")
    area = models.CharField(
        max_length=AREA_MAX, blank=True, help_text="Only for the seats of this area; empty: for all seats."
    )
    event_starts_at = models.DateTimeField(
        null=True, editable=False, help_text="The event's starts_at. Triggers keep it, for the index of prices."
    )

    objects = TicketTypes()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity_sold__lte=F("quantity_total")), name="type_not_oversold"),
            models.CheckConstraint(condition=Q(price__gte=0), name="type_price_not_negative"),
            models.CheckConstraint(condition=Q(tax_rate__gte=0, tax_rate__lte=100), name="type_tax_is_a_share"),
            models.CheckConstraint(
                condition=Q(min_per_order=1)
                | Q(Q(max_per_order=None) | Q(max_per_order__gte=F("min_per_order")), min_per_order__gt=1),
                name="type_least_within_most",
            ),
        ]
        indexes = [
            models.Index(fields=["event", "position"], name="type_by_event"),
            models.Index(
                fields=["price", "event_starts_at", "event"], name="type_by_price", condition=Q(status="active")
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def shown_name(self) -> str:
        """As `name_shown` says it."""
        return name_shown(self.name)

    @property
    def permission_scope(self):
        return self.event.partner

    def places_left(self, event: Event) -> int:
        """How many places of this type the event still has."""
        own = event.places_left if self.quantity_total is None else self.quantity_total - self.quantity_sold
        return max(0, min(own, event.places_left, self._seats_left(event)))

    def _seats_left(self, event: Event) -> int:
        """The seats for sale in its area: as they were when the type was read, or now where it came with a row."""
        if not self.area or event.seating == Event.Seating.NONE:
            return event.places_left
        known = self.__dict__.get("area_free")
        return event.seats.for_sale().filter(area=self.area).count() if known is None else known

    def places_for_sale(self, event: Event) -> int:
        """How many places an order can have; none when fewer are left than one must buy."""
        left = self.places_left(event)
        return left if left >= self.min_per_order else 0

    def shown_status(self, event: Event) -> str:
        """The status that buyers see: sold out also when nothing is left, or less than one must buy."""
        if self.status == self.Status.ACTIVE and self.places_for_sale(event) == 0:
            return self.Status.SOLD_OUT
        return self.status


class PromoCode(Entity):
    """A word that makes tickets of one event cheaper, or lets its holder buy hidden types.

    `used_places` counts the places of live bookings with the code; it changes under the event's lock, as stock does.
    """

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="promo_codes")
    code = models.CharField(max_length=40, help_text="In capitals; buyers may type it in any case.")
    percent_off = models.DecimalField(**PERCENT, default=0, help_text="Off the price of each ticket.")
    amount_off = models.DecimalField(**MONEY, default=0, help_text="Off the price of each ticket, down to nothing.")
    ticket_types = models.ManyToManyField(
        TicketType, blank=True, related_name="promo_codes", help_text="What it is for; none: all types on sale."
    )
    unlocks_hidden = models.BooleanField(default=False, help_text="Its hidden types may be bought with it.")
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    max_places = models.PositiveIntegerField(null=True, blank=True, help_text="In all; none: no limit.")
    max_places_per_person = models.PositiveIntegerField(null=True, blank=True)
    used_places = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["event", "code"], name="promo_code_unique"),
            models.CheckConstraint(condition=Q(code=Upper("code")), name="promo_code_in_capitals"),
            models.CheckConstraint(condition=Q(used_places__lte=F("max_places")), name="promo_not_overused"),
            models.CheckConstraint(condition=Q(percent_off__gte=0, percent_off__lte=100), name="promo_percent"),
            models.CheckConstraint(condition=Q(amount_off__gte=0), name="promo_amount"),
            models.CheckConstraint(condition=Q(percent_off=0) | Q(amount_off=0), name="promo_one_discount"),
        ]

    def __str__(self):
        return self.code

    @property
    def permission_scope(self):
        return self.event.partner


NAMED_UNPAID = Q(
    ~Q(buyer_name="") | ~Q(buyer_email="") | ~Q(buyer_phone="") | ~Q(company=""), status="cancelled", paid_at=None
)
NAMED_BOOKING = ~Q(attendees=[])


class Order(Entity):
    """What one buyer buys at once, and its money. Pending: the stock is held until `expires_at`."""

    class Status(models.TextChoices):
        PENDING = "pending"
        PAID = "paid"
        CANCELLED = "cancelled"
        REFUNDED = "refunded"

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="orders")
    total_amount = models.DecimalField(**MONEY)
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=9, choices=Status, default=Status.PENDING)
    payment_method = models.CharField(max_length=50, blank=True)
    payment_transaction_id = models.CharField(max_length=100, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    paid_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    has_expired = models.BooleanField(default=False, help_text="Cancelled because the hold ran out, by nobody's will.")
    idempotency_key = models.CharField(max_length=255, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True, help_text="SHA-256 of what was asked with the key.")
    buyer_name = models.CharField(max_length=200, blank=True)
    buyer_email = models.EmailField(max_length=254, blank=True, help_text="Where tickets go; empty: the account's.")
    buyer_phone = models.CharField(max_length=16, blank=True, help_text="E.164")
    company = models.CharField(max_length=200, blank=True, help_text="Whom an invoice is for.")
    company_address = models.TextField(blank=True)
    company_tax_number = models.CharField(max_length=50, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "idempotency_key"], condition=~Q(idempotency_key=""), name="order_once_per_key"
            ),
            models.CheckConstraint(condition=Q(total_amount__gte=0), name="order_total_not_negative"),
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="order_by_user"),
            models.Index(fields=["status", "-id"], name="order_by_status"),
            models.Index(fields=["expires_at"], name="order_overdue", condition=Q(status="pending")),
            models.Index(fields=["paid_at"], name="order_paid", condition=Q(paid_at__isnull=False)),
            models.Index(fields=["cancelled_at"], name="order_named_unpaid", condition=NAMED_UNPAID),
            models.Index(Lower("buyer_email"), name="order_by_buyer", condition=Q(buyer_email__gt="")),
        ]

    def __str__(self):
        return f"Order {self.uid}"

    @property
    def mail_to(self) -> str:
        """The address that hears of this order."""
        return self.buyer_email or self.user.email

    @property
    def is_overdue(self) -> bool:
        return self.status == self.Status.PENDING and self.expires_at is not None and self.expires_at <= timezone.now()


class Booking(Entity):
    """Places of one ticket type at one event for `qty` people. A waitlisted one has no order and no tickets yet."""

    class Status(models.TextChoices):
        PENDING = "pending"
        CONFIRMED = "confirmed"
        WAITLISTED = "waitlisted"
        CANCELLED = "cancelled"

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="bookings")
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="bookings")
    ticket_type = models.ForeignKey(TicketType, on_delete=models.PROTECT, related_name="bookings")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, null=True, blank=True, related_name="bookings")
    qty = models.PositiveIntegerField()
    unit_price = models.DecimalField(**MONEY, help_text="What one place costs here, after a promo code.")
    list_price = models.DecimalField(**MONEY, null=True, blank=True, help_text="Before the promo code; none: no code.")
    promo_code = models.ForeignKey(
        "bookings.PromoCode", on_delete=models.PROTECT, null=True, blank=True, related_name="bookings"
    )
    tax_rate = models.DecimalField(**PERCENT, default=0, help_text="The type's, when it was sold.")
    split_from = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="splits",
        help_text="The booking that was sold, when some of its tickets go their own way since (bookings/splitting.py).",
    )
    given_back = models.DecimalField(
        **MONEY, default=0, help_text="What the buyer got back of its price without cancelling (refunds.give)."
    )
    is_forfeited = models.BooleanField(default=False, help_text="Cancelled without a refund: the partner keeps it.")
    status = models.CharField(max_length=10, choices=Status)
    seat_labels = models.JSONField(default=list, help_text="Labels of the seats taken, kept after a cancellation.")
    attendees = models.JSONField(
        default=list, blank=True, help_text="Who comes, a {name} for each place, as typed before there are tickets."
    )
    idempotency_key = models.CharField(max_length=255, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True, help_text="SHA-256 of what was asked with the key.")
    takes_any_type = models.BooleanField(default=False, help_text="On the waitlist: any type on sale will do (002).")
    promoted_at = models.DateTimeField(null=True, blank=True, help_text="When it left the waitlist for a place.")
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "event", "idempotency_key"],
                condition=~Q(idempotency_key=""),
                name="booking_once_per_key",
            ),
            models.CheckConstraint(condition=Q(qty__gte=1), name="booking_has_places"),
            models.CheckConstraint(
                condition=Q(status__in=["waitlisted", "cancelled"]) | Q(order__isnull=False),
                name="booking_has_order",
            ),
            models.CheckConstraint(
                condition=Q(given_back__gte=0, given_back__lte=F("qty") * F("unit_price")), name="booking_given_back"
            ),
        ]
        indexes = [
            models.Index(fields=["event", "id"], name="booking_queue", condition=Q(status="waitlisted")),
            models.Index(fields=["user", "-id"], name="booking_by_user"),
            models.Index(fields=["event", "status"], name="booking_by_event"),
            models.Index(fields=["order"], name="booking_by_order"),
            models.Index(fields=["cancelled_at"], name="booking_cancelled", condition=Q(cancelled_at__isnull=False)),
            models.Index(fields=["event"], name="booking_named", condition=NAMED_BOOKING),
        ]

    def __str__(self):
        return f"{self.qty} x {self.event_id} ({self.status})"

    @property
    def permission_scope(self):
        return self.event.partner

    @property
    def amount(self) -> Decimal:
        return self.qty * self.unit_price

    @property
    def refundable(self) -> Decimal:
        """What goes back when it is cancelled: its price, less what went back while it stayed."""
        return self.amount - self.given_back
