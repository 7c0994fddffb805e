"""Who comes: an order is the money, a booking a place for n people at one event, a ticket one person's admission."""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import User
from eventify.lib.ids import new_uid
from eventify.lib.models import Entity
from events.models import Event

MONEY = {"max_digits": 12, "decimal_places": 2}


class TicketType(Entity):
    """A kind of place at one event, with its price and its own stock (none: as many as the event has).

    `quantity_sold` counts the places that are confirmed or held by a pending order. Only bookings/inventory.py
    changes it, under the lock of the event's row.
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
    max_per_order = models.PositiveIntegerField(null=True, blank=True)
    max_per_person = models.PositiveIntegerField(null=True, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity_sold__lte=F("quantity_total")), name="type_not_oversold"),
            models.CheckConstraint(condition=Q(price__gte=0), name="type_price_not_negative"),
        ]
        indexes = [models.Index(fields=["event", "position"], name="type_by_event")]

    def __str__(self):
        return self.name

    @property
    def permission_scope(self):
        return self.event.partner

    def places_left(self, event: Event) -> int:
        """How many places of this type the event still has."""
        own = event.places_left if self.quantity_total is None else self.quantity_total - self.quantity_sold
        return max(0, min(own, event.places_left))

    def shown_status(self, event: Event) -> str:
        """The status that buyers see: sold out also when nothing is left."""
        if self.status == self.Status.ACTIVE and self.places_left(event) == 0:
            return self.Status.SOLD_OUT
        return self.status


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
        ]

    def __str__(self):
        return f"Order {self.uid}"

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
    unit_price = models.DecimalField(**MONEY)
    status = models.CharField(max_length=10, choices=Status)
    seat_labels = models.JSONField(default=list, help_text="Labels of the seats taken, kept after a cancellation.")
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
        ]
        indexes = [
            models.Index(fields=["event", "id"], name="booking_queue", condition=Q(status="waitlisted")),
            models.Index(fields=["user", "-id"], name="booking_by_user"),
            models.Index(fields=["event", "status"], name="booking_by_event"),
            models.Index(fields=["order"], name="booking_by_order"),
        ]

    def __str__(self):
        return f"{self.qty} x {self.event_id} ({self.status})"

    @property
    def permission_scope(self):
        return self.event.partner

    @property
    def amount(self) -> Decimal:
        return self.qty * self.unit_price


class Seat(models.Model):
    """A numbered place at one event; `reserved_booking` has taken it."""

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="seats")
    label = models.CharField(max_length=20, help_text="For example A-1.")
    row_label = models.CharField(max_length=10)
    col_number = models.PositiveIntegerField()
    position = models.PositiveIntegerField(help_text="Order in which seats are given away; best first.")
    reserved_booking = models.ForeignKey(Booking, on_delete=models.PROTECT, null=True, blank=True, related_name="seats")

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["event", "label"], name="seat_label_unique"),
            models.UniqueConstraint(fields=["event", "position"], name="seat_position_unique"),
        ]
        indexes = [
            models.Index(fields=["event", "position"], name="seat_free", condition=Q(reserved_booking=None)),
        ]

    def __str__(self):
        return self.label

    @property
    def reserved(self) -> bool:
        return self.reserved_booking_id is not None


class Ticket(Entity):
    """One person's admission. It is used once; its code cannot be guessed."""

    class Status(models.TextChoices):
        VALID = "valid"
        USED = "used"
        CANCELLED = "cancelled"

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="tickets")
    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="tickets")
    ticket_type = models.ForeignKey(TicketType, on_delete=models.PROTECT, related_name="tickets")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="tickets")
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="tickets")
    seat = models.ForeignKey(Seat, on_delete=models.SET_NULL, null=True, blank=True, related_name="tickets")
    ticket_code = models.CharField(max_length=32, unique=True, help_text="What the QR code says: 128 random bits.")
    status = models.CharField(max_length=9, choices=Status, default=Status.VALID)
    used_at = models.DateTimeField(null=True, blank=True)
    used_gate = models.CharField(max_length=100, blank=True, help_text="Where it was used.")
    used_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="admissions")
    price_at_purchase = models.DecimalField(**MONEY)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seat"], condition=~Q(status="cancelled"), name="ticket_one_live_per_seat"),
            models.CheckConstraint(
                condition=Q(status="used", used_at__isnull=False) | ~Q(status="used"), name="ticket_used_when"
            ),
        ]
        indexes = [
            models.Index(fields=["user", "status", "-id"], name="ticket_wallet"),
            models.Index(fields=["event", "status"], name="ticket_by_event"),
        ]

    def __str__(self):
        return f"Ticket {self.uid}"

    @property
    def permission_scope(self):
        return self.event.partner


class Payment(Entity):
    """One attempt to get an order's money through a provider. `uid` is the reference that the provider knows."""

    class Status(models.TextChoices):
        OPEN = "open"
        PAID = "paid"
        FAILED = "failed"

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="payments")
    provider = models.CharField(max_length=20)
    amount = models.DecimalField(**MONEY)
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=6, choices=Status, default=Status.OPEN)
    provider_reference = models.CharField(max_length=100, blank=True)
    checkout_url = models.CharField(max_length=500, blank=True)
    paid_at = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True, help_text="When the provider was last asked about it.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order"], condition=Q(status="open"), name="payment_one_open"),
        ]
        indexes = [models.Index(fields=["created_at"], name="payment_open", condition=Q(status="open"))]

    def __str__(self):
        return f"{self.provider} {self.uid} ({self.status})"


class Refund(Entity):
    """Money that goes back to the buyer. Requested here first, sent by a task under `uid`, so never sent twice."""

    class Status(models.TextChoices):
        REQUESTED = "requested"
        DONE = "done"

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    amount = models.DecimalField(**MONEY)
    reason = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=9, choices=Status, default=Status.REQUESTED)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="refund_positive")]
        indexes = [models.Index(fields=["created_at"], name="refund_open", condition=Q(status="requested"))]

    def __str__(self):
        return f"{self.amount} of {self.payment_id} ({self.status})"


class MassRefund(Entity):
    """Everybody who paid for an event gets the money back, though the event stays (it is postponed, say).

    It covers the bookings up to `newest_booking`; a sweep (bookings/calling_off.py) works it off.
    """

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="mass_refunds")
    reason = models.CharField(max_length=200)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="mass_refunds")
    newest_booking = models.BigIntegerField(help_text="The id of the last booking that it covers.")
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event"], condition=Q(finished_at=None), name="mass_refund_one_open")
        ]

    def __str__(self):
        return f"Refund of {self.event_id}"

    @property
    def permission_scope(self):
        return self.event.partner


class WebhookDelivery(models.Model):
    """What a payment provider told us, stored before it is believed; a repeated delivery is the same row."""

    provider = models.CharField(max_length=20)
    delivery_id = models.CharField(max_length=100)
    body = models.JSONField()
    received_at = models.DateTimeField(auto_now_add=True)
    processed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "webhook deliveries"
        constraints = [models.UniqueConstraint(fields=["provider", "delivery_id"], name="webhook_once")]
        indexes = [models.Index(fields=["received_at"], name="webhook_open", condition=Q(processed_at=None))]

    def __str__(self):
        return f"{self.provider} {self.delivery_id}"


class SandboxCharge(models.Model):
    """The sandbox provider's own books: a stand-in for what a real provider keeps on its side."""

    class Status(models.TextChoices):
        OPEN = "open"
        PAID = "paid"
        FAILED = "failed"

    reference = models.UUIDField(unique=True)
    amount = models.DecimalField(**MONEY)
    currency = models.CharField(max_length=3)
    description = models.CharField(max_length=200)
    return_url = models.CharField(max_length=500)
    status = models.CharField(max_length=6, choices=Status, default=Status.OPEN)
    refunds = models.JSONField(default=dict, help_text="Refund reference -> amount.")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return f"{self.reference} ({self.status})"
