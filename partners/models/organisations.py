"""Partners, who works for them, and how they are reached. A partner is 000's partner and 004's organisation."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper

from accounts.models import User
from accounts.permissions import CATALOGUE
from eventify.lib.models import Entity


class Partner(Entity):
    """An organisation: it owns events, is owed money, and its members have permissions on it (django-guardian)."""

    class Type(models.TextChoices):
        VENUE = "Venue"
        PROMOTER = "Promoter"
        SPONSOR = "Sponsor"
        VENDOR = "Vendor"

    class Status(models.TextChoices):
        ACTIVE = "Active"
        INVITED = "Invited"
        SUSPENDED = "Suspended"

    class Verification(models.TextChoices):
        PENDING = "Pending"
        VERIFIED = "Verified"
        REJECTED = "Rejected"

    class Trust(models.TextChoices):
        NEW = "new"
        KNOWN = "known"
        TRUSTED = "trusted"

    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=100, unique=True)
    type = models.CharField(max_length=8, choices=Type, default=Type.PROMOTER)
    status = models.CharField(max_length=9, choices=Status, default=Status.INVITED)
    status_reason = models.TextField(blank=True, help_text="Why it was suspended.")
    verification_status = models.CharField(max_length=8, choices=Verification, default=Verification.PENDING)
    logo_url = models.CharField(max_length=500, blank=True)
    contact_email = models.EmailField(blank=True)
    phone = models.CharField(max_length=16, blank=True)
    website = models.URLField(blank=True)
    legal_name = models.CharField(
        max_length=200, blank=True, help_text="As it is registered, where that differs from the name: for invoices."
    )
    address = models.TextField(max_length=500, blank=True, help_text="Postal, line by line: for invoices.")
    tax_number = models.CharField(max_length=50, blank=True, help_text="GSTIN, VAT number: for invoices.")
    is_house = models.BooleanField(default=False, help_text="The platform's own organisation: staff's events are its.")
    joined_at = models.DateTimeField(null=True, blank=True)
    fee_percent = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="The platform's share of a sale; empty: EVENTIFY_FEE_PERCENT. The house pays none.",
    )
    trust = models.CharField(
        max_length=7, choices=Trust, default=Trust.NEW, help_text="How much of unplayed events' money may be paid out."
    )

    class Meta:
        permissions = [(entry.id, entry.name) for entry in CATALOGUE]
        constraints = [
            models.UniqueConstraint("is_house", condition=models.Q(is_house=True), name="partner_one_house"),
            models.CheckConstraint(
                condition=models.Q(fee_percent=None) | models.Q(fee_percent__range=(0, 100)), name="partner_fee_percent"
            ),
        ]
        indexes = [
            models.Index(fields=["status", "type"], name="partner_filters"),
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="partner_search"),
        ]

    def __str__(self):
        return self.name

    @property
    def permission_scope(self) -> "Partner":
        return self

    @property
    def may_trade(self) -> bool:
        """Suspended partners cannot publish, sell or be paid; their sold tickets still scan."""
        return self.status != self.Status.SUSPENDED


class Member(Entity):
    """A person who works for a partner, in one of contract 004's roles."""

    class Role(models.TextChoices):
        ADMIN = "org_admin"
        MEMBER = "org_member"
        EVENT_MANAGER = "event_manager"
        CREW_COORDINATOR = "crew_coordinator"
        VOLUNTEER = "volunteer"

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role, default=Role.MEMBER)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["partner", "user"], name="member_once")]

    def __str__(self):
        return f"{self.user} at {self.partner}"


class Contact(Entity):
    """Somebody at a partner whom staff may call or write to."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="contacts")
    name = models.CharField(max_length=200)
    email = models.EmailField()
    phone = models.CharField(max_length=16, blank=True, help_text="E.164")
    is_primary = models.BooleanField(default=False)

    class Meta:
        ordering = ["-is_primary", "id"]
        constraints = [
            models.UniqueConstraint(fields=["partner"], condition=models.Q(is_primary=True), name="contact_one_primary")
        ]

    def __str__(self):
        return self.name

    @property
    def permission_scope(self) -> Partner:
        return self.partner


class Invitation(Entity):
    """An e-mail with a link that makes its reader a member of a partner. Only a hash of the link's token is kept."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    name = models.CharField(max_length=200, blank=True)
    role = models.CharField(max_length=16, choices=Member.Role, default=Member.Role.ADMIN)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="invitations_sent")
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="invitations_accepted"
    )
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["partner", "-id"], name="invitation_by_partner")]

    def __str__(self):
        return f"{self.email} to {self.partner_id}"

    @property
    def permission_scope(self) -> Partner:
        return self.partner
