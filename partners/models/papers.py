"""What a partner has to show before it is paid: documents (KYC) and a bank account."""

from django.core.files.storage import storages
from django.db import models

from accounts.models import User
from eventify.lib.models import Entity
from partners.models.organisations import Partner


def private_storage():
    """Where documents lie: never under a public address."""
    return storages["private"]


def document_path(document: "Document", filename: str) -> str:
    """A name that tells nothing: the original name stays in the row."""
    return f"documents/{document.partner.uid}/{document.uid}"


class Document(Entity):
    """A file that proves who a partner is. Reviewed by staff; the newest of each type counts."""

    class Type(models.TextChoices):
        COMPANY_REG = "Company_Reg"
        PAN = "PAN"
        CHEQUE = "Cheque"
        OTHER = "Other"

    class Status(models.TextChoices):
        PENDING = "Pending"
        VERIFIED = "Verified"
        REJECTED = "Rejected"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="documents")
    type = models.CharField(max_length=11, choices=Type)
    file = models.FileField(upload_to=document_path, storage=private_storage, max_length=200)
    name = models.CharField(max_length=200, help_text="What the uploader called the file.")
    content_type = models.CharField(max_length=50, help_text="Read from the content, not from the name.")
    size = models.PositiveIntegerField(help_text="Bytes.")
    sha256 = models.CharField(max_length=64)
    status = models.CharField(max_length=8, choices=Status, default=Status.PENDING)
    reason = models.TextField(blank=True, help_text="Why it was rejected.")
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="documents_uploaded")
    reviewed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="documents_reviewed"
    )
    reviewed_at = models.DateTimeField(null=True, blank=True)
    expires_on = models.DateField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True, help_text="When the partner was told of the expiry.")

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["partner", "type", "-id"], name="document_newest"),
            models.Index(fields=["created_at"], name="document_queue", condition=models.Q(status="Pending")),
            models.Index(fields=["expires_on"], name="document_expiry", condition=models.Q(status="Verified")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(status="Rejected") | ~models.Q(reason=""), name="document_rejected_why"
            )
        ]

    def __str__(self):
        return f"{self.get_type_display()} of {self.partner}"

    @property
    def permission_scope(self) -> Partner:
        return self.partner


class BankAccount(Entity):
    """Where a partner wants its money. A change makes a new row; the newest that is not retired counts."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="bank_accounts")
    holder = models.CharField(max_length=70, help_text="As the bank knows it.")
    number = models.CharField(max_length=34, help_text="IBAN, or the account's number where there is none.")
    routing_code = models.CharField(max_length=20, blank=True, help_text="BIC or IFSC.")
    country = models.CharField(max_length=2, help_text="ISO 3166, such as IN.")
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="bank_accounts_added")
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["partner"], condition=models.Q(retired_at=None), name="bank_account_one_current"
            )
        ]

    def __str__(self):
        return f"{self.holder} ...{self.number[-4:]}"

    @property
    def permission_scope(self) -> Partner:
        return self.partner
