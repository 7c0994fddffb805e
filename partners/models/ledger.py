"""The ledger: double-entry and append-only. Only partners/ledger.py writes it; triggers in the database (see the
migration) refuse a transfer that is not balanced at its commit, and any change or deletion.

Money that moves names its event, order and booking by uid, for books outlive what they are about.
"""

from django.db import models

from accounts.models import User
from eventify.lib.ids import new_uid
from partners.models.organisations import Partner

MONEY = {"max_digits": 14, "decimal_places": 2}


class Account(models.TextChoices):
    """Where money can be. A debit puts it into cash; a credit puts it into what we owe or have earned."""

    CASH = "cash"  # at the payment provider and the bank
    PARTNER_PAYABLE = "partner_payable"  # owed to one partner
    BUYER_PAYABLE = "buyer_payable"  # on its way back to buyers
    PLATFORM_FEES = "platform_fees"  # ours
    PAYOUTS_IN_TRANSIT = "payouts_in_transit"  # sent to a partner, not known to have arrived


class Kind(models.TextChoices):
    """What a transfer is for."""

    SALE = "sale"  # cash -> partner
    FEE = "fee"  # partner -> platform
    REFUND = "refund"  # partner -> buyer
    FEE_RETURN = "fee_return"  # platform -> partner, with a refund
    UNMATCHED = "unmatched"  # cash -> buyer: paid twice, or too late
    REFUND_SENT = "refund_sent"  # buyer -> cash
    REFUND_RETURNED = "refund_returned"  # cash -> buyer: the provider could not pay it out
    PAYOUT = "payout"  # partner -> in transit
    PAYOUT_PAID = "payout_paid"  # in transit -> cash
    PAYOUT_RETURNED = "payout_returned"  # in transit -> partner


class Transfer(models.Model):
    """One movement of money: two or more entries that add up to nothing. Posted once per key."""

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    key = models.CharField(max_length=120, unique=True, help_text="For example sale:<payment uid>.")
    kind = models.CharField(max_length=15, choices=Kind)
    currency = models.CharField(max_length=3)
    note = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="transfers")
    created_at = models.DateTimeField(help_text="When the money moved.")
    seal = models.CharField(
        max_length=64,
        blank=True,
        default="",
        editable=False,
        help_text="SHA-256 over the transfer and its entries; the database sets it at the commit.",
    )
    xact = models.BigIntegerField(null=True, editable=False, help_text="The database transaction that posted it.")

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["kind", "-id"], name="transfer_by_kind"),
            models.Index(fields=["created_at"], name="transfer_by_moment"),
        ]

    def __str__(self):
        return self.key


class Entry(models.Model):
    """One side of a transfer: a debit or a credit of one account."""

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="entries")
    account = models.CharField(max_length=18, choices=Account)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, null=True, blank=True, related_name="entries")
    debit = models.DecimalField(**MONEY, default=0)
    credit = models.DecimalField(**MONEY, default=0)
    event_uid = models.UUIDField(null=True, blank=True)
    order_uid = models.UUIDField(null=True, blank=True)
    booking_uid = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(help_text="The transfer's.")

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "entries"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(debit__gt=0, credit=0) | models.Q(debit=0, credit__gt=0), name="entry_one_side"
            ),
            models.CheckConstraint(
                condition=models.Q(account="partner_payable", partner__isnull=False)
                | (~models.Q(account="partner_payable") & models.Q(partner=None)),
                name="entry_partner_where_owed",
            ),
        ]
        indexes = [
            models.Index(fields=["partner", "-id"], name="entry_by_partner"),
            models.Index(fields=["account", "-id"], name="entry_by_account"),
            models.Index(fields=["event_uid", "-id"], name="entry_by_event"),
            models.Index(fields=["order_uid"], name="entry_by_order"),
            models.Index(
                fields=["booking_uid"], name="entry_by_booking", condition=models.Q(booking_uid__isnull=False)
            ),
            models.Index(fields=["created_at"], name="entry_by_moment"),
        ]

    def __str__(self):
        return f"{self.account} {self.debit or -self.credit}"

    @property
    def permission_scope(self):
        return self.partner


class Balance(models.Model):
    """What the entries of one partner add up to, per kind: credits less debits. A trigger keeps it."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="balances")
    kind = models.CharField(max_length=15, choices=Kind)
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(**MONEY)
    entries = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["partner", "kind", "currency"], name="balance_once")]

    def __str__(self):
        return f"{self.partner_id} {self.kind} {self.amount} {self.currency}"
