"""What partners are paid: batches that a second person approves, and the payouts in them."""

from django.db import models
from django.db.models import Q

from accounts.models import User
from eventify.lib.currencies import exact
from eventify.lib.models import Entity
from partners.models.ledger import MONEY
from partners.models.organisations import Partner
from partners.models.papers import BankAccount


class PayoutBatch(Entity):
    """Payouts that are decided together. Draft until somebody approves it; then the worker sends it."""

    class Status(models.TextChoices):
        DRAFT = "draft"
        APPROVED = "approved"
        SENDING = "sending"
        PAID = "paid"
        FAILED = "failed"
        DISCARDED = "discarded"

    status = models.CharField(max_length=9, choices=Status, default=Status.DRAFT)
    provider = models.CharField(max_length=20)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="payout_batches")
    approved_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="payout_batches_approved"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    idempotency_key = models.CharField(max_length=255, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True, help_text="SHA-256 of what was asked with the key.")
    left_out = models.JSONField(default=list, help_text="Partners that get nothing this time, and the sentence why.")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["created_by", "idempotency_key"], condition=~Q(idempotency_key=""), name="payout_batch_once"
            )
        ]
        indexes = [models.Index(fields=["status", "-id"], name="payout_batch_by_status")]

    def __str__(self):
        return f"Payouts {self.created_at:%F %H:%M}"


class Payout(Entity):
    """Money for one partner in one currency. `uid` is the reference that the provider knows, for ever the same."""

    class Status(models.TextChoices):
        DRAFT = "draft"
        APPROVED = "approved"  # its money has left the partner's balance in the ledger
        SENDING = "sending"  # handed to the provider, or perhaps: only asking tells
        PAID = "paid"
        FAILED = "failed"  # the money is back in the partner's balance
        DISCARDED = "discarded"

    batch = models.ForeignKey(PayoutBatch, on_delete=models.PROTECT, related_name="payouts")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="payouts")
    bank_account = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="payouts")
    amount = models.DecimalField(**MONEY)
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=9, choices=Status, default=Status.DRAFT)
    sentence = models.TextField(blank=True, help_text="How the amount came about, in one sentence.")
    reason = models.TextField(blank=True, help_text="Why it failed.")
    provider_reference = models.CharField(max_length=100, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True, help_text="When it was first handed to the provider.")
    asked_at = models.DateTimeField(null=True, blank=True)
    paid_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payout_positive"),
            models.UniqueConstraint(fields=["batch", "partner", "currency"], name="payout_once_per_batch"),
            models.UniqueConstraint(
                fields=["partner", "currency"],
                condition=Q(status__in=["draft", "approved", "sending"]),
                name="payout_one_open_per_partner",
            ),
        ]
        indexes = [
            models.Index(fields=["partner", "-id"], name="payout_by_partner"),
            models.Index(fields=["id"], name="payout_open", condition=Q(status__in=["approved", "sending"])),
        ]

    def __str__(self):
        return f"{exact(self.amount, self.currency)} to {self.partner}"

    @property
    def permission_scope(self) -> Partner:
        return self.partner


class SandboxTransfer(models.Model):
    """The sandbox payout provider's own books: a stand-in for what a bank keeps on its side."""

    reference = models.UUIDField(unique=True)
    amount = models.DecimalField(**MONEY)
    currency = models.CharField(max_length=3)
    account = models.CharField(max_length=34)
    status = models.CharField(max_length=8, default="paid", help_text="accepted, paid or failed")
    reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return f"{self.reference} ({self.status})"
