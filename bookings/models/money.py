"""Money that moves: payments and refunds, what providers say of them, and the papers about it."""

from django.db import models
from django.db.models import Q

from accounts.models import User
from bookings.models.fields import MONEY
from bookings.models.selling import Order
from eventify.lib.ids import new_uid
from eventify.lib.models import Entity
from events.models import Event
from partners.models import Partner


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
    checkout_url = models.CharField(max_length=2000, blank=True)
    paid_at = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True, help_text="When the provider was last asked about it.")
    pages_asked = models.PositiveIntegerField(default=0, help_text="How often its page was asked for, answered or not.")
    pages_end_at = models.DateTimeField(null=True, blank=True, help_text="When the last page that may exist has ended.")
    look_at = models.DateTimeField(
        null=True, blank=True, help_text="When all its pages are looked for next; empty: none can be unknown any more."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order"], condition=Q(status="open"), name="payment_one_open"),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="payment_open", condition=Q(status="open")),
            models.Index(fields=["look_at"], name="payment_look", condition=Q(look_at__isnull=False)),
        ]

    def __str__(self):
        return f"{self.provider} {self.uid} ({self.status})"


class Refund(Entity):
    """Money that goes back to the buyer. Requested here first, sent by a task under `uid`, so never sent twice."""

    class Status(models.TextChoices):
        REQUESTED = "requested"
        DONE = "done"
        FAILED = "failed"  # the provider could not pay it out: staff send it again

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    amount = models.DecimalField(**MONEY)
    reason = models.CharField(max_length=200, blank=True)
    shares = models.JSONField(
        default=dict, help_text="Money without a cancellation: booking uid -> its part. Empty: bookings ended."
    )
    status = models.CharField(max_length=9, choices=Status, default=Status.REQUESTED)
    done_at = models.DateTimeField(null=True, blank=True)
    attempt = models.PositiveSmallIntegerField(default=1, help_text="Which sending it is; each has its own reference.")
    came_back = models.JSONField(default=list, blank=True, help_text="The attempts that were done and then failed.")
    failure = models.CharField(max_length=300, blank=True, help_text="Why the last attempt failed.")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="refund_positive")]
        indexes = [
            models.Index(fields=["created_at"], name="refund_open", condition=Q(status="requested")),
            models.Index(fields=["created_at"], name="refund_failed", condition=Q(status="failed")),
        ]

    def __str__(self):
        return f"{self.amount} of {self.payment_id} ({self.status})"

    @property
    def reference(self) -> str:
        """What the provider and the books know this attempt by; the first one is the uid itself."""
        return reference_of(self.uid, self.attempt)


def reference_of(uid, attempt: int) -> str:
    """The reference of one attempt to send a refund."""
    return f"{uid}" if attempt == 1 else f"{uid}-{attempt}"


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

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    provider = models.CharField(max_length=20)
    delivery_id = models.CharField(max_length=100)
    body = models.JSONField(help_text="What we read in it; empty when its signature was wrong.")
    raw_body = models.BinaryField(default=b"", help_text="As it came, so that it can be judged again.")
    headers = models.JSONField(default=dict, help_text="Those that the signature needs.")
    attempts = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True, help_text="Why the last attempt to apply it failed.")
    received_at = models.DateTimeField(auto_now_add=True)
    processed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "webhook deliveries"
        constraints = [models.UniqueConstraint(fields=["provider", "delivery_id"], name="webhook_once")]
        indexes = [
            models.Index(fields=["received_at"], name="webhook_open", condition=Q(processed_at=None)),
            models.Index(fields=["received_at"], name="webhook_by_moment"),
        ]

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


class InvoiceSeries(models.Model):
    """The numbers of one seller in one year, without gaps: the row is locked while the next one is given."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="invoice_series")
    year = models.PositiveSmallIntegerField()
    last_number = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "invoice series"
        constraints = [models.UniqueConstraint(fields=["partner", "year"], name="invoice_series_unique")]

    def __str__(self):
        return f"{self.partner_id} {self.year}"


class Invoice(Entity):
    """A paper about money, frozen when issued: the invoice of what one partner sold in an order, or its credit note.

    `data` holds all that the PDF says, so that it reads the same for ever.
    """

    class Kind(models.TextChoices):
        INVOICE = "invoice"
        CREDIT_NOTE = "credit_note"

    series = models.ForeignKey(InvoiceSeries, on_delete=models.PROTECT, related_name="invoices")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=11, choices=Kind)
    key = models.CharField(max_length=80, unique=True, help_text="The fact that it is about; so it is issued once.")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="invoices")
    corrects = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="credit_notes")
    issued_at = models.DateTimeField()
    currency = models.CharField(max_length=3)
    total = models.DecimalField(**MONEY, help_text="Negative for a credit note.")
    tax = models.DecimalField(**MONEY, help_text="The part of the total that is tax.")
    data = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "number"], name="invoice_number_unique")]
        indexes = [models.Index(fields=["order"], name="invoice_by_order")]

    def __str__(self):
        return f"{self.series_id}-{self.number}"

    @property
    def permission_scope(self):
        return self.series.partner
