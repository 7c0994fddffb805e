"""The people of an event, what kind of people they are, whom they come with, and what they can do."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.models import User
from eventify.lib.models import Entity
from events.models import Event
from partners.models import Partner


class SystemType(models.TextChoices):
    """What a crowd type or a time slot is for, in 004's words."""

    CREW = "CREW"
    VOLUNTEER = "VOLUNTEER"
    GUEST = "GUEST"
    ARTIST = "ARTIST"
    PRESS = "PRESS"
    PARTNER = "PARTNER"
    SUPPLIER = "SUPPLIER"


class CrowdType(Entity):
    """A kind of people at an organisation's events, such as "Volunteer" or "Press"."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="crowd_types")
    name = models.CharField(max_length=100)
    system_type = models.CharField(max_length=9, choices=SystemType)
    color = models.CharField(max_length=7, default="#6b7280", help_text="#rrggbb")
    icon = models.CharField(max_length=50, blank=True)
    is_active = models.BooleanField(default=True)
    claims_need_approval = models.BooleanField(
        default=True, help_text="On: a shift that such a person claims waits for a planner. Off: it is theirs at once."
    )

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint("partner", Lower("name"), name="crowd_type_name_unique")]

    def __str__(self):
        return self.name

    @property
    def permission_scope(self) -> Partner:
        return self.partner


class Company(Entity):
    """A business that people come with: a supplier, an agency, a venue."""

    class Type(models.TextChoices):
        SUPPLIER = "supplier"
        PARTNER = "partner"
        AGENCY = "agency"
        VENUE = "venue"
        OTHER = "other"

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="companies")
    name = models.CharField(max_length=200)
    type = models.CharField(max_length=8, choices=Type, default=Type.OTHER)
    contact_name = models.CharField(max_length=200, blank=True)
    contact_email = models.EmailField(blank=True)
    contact_phone = models.CharField(max_length=30, blank=True)

    class Meta:
        ordering = ["name", "id"]
        verbose_name_plural = "companies"

    def __str__(self):
        return self.name

    @property
    def permission_scope(self) -> Partner:
        return self.partner


class Person(Entity):
    """Somebody's part in one event: who they are there, as what, and whether they were approved.

    `user` is the account that is the same human; only a confirmed identity match sets it (crew/matches.py), or the
    human's own sign-up.
    """

    class Status(models.TextChoices):
        INVITED = "invited"
        APPLIED = "applied"
        PENDING = "pending"
        APPROVED = "approved"
        REJECTED = "rejected"
        NO_SHOW = "no_show"

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="persons")
    crowd_type = models.ForeignKey(CrowdType, on_delete=models.PROTECT, related_name="persons")
    company = models.ForeignKey(Company, on_delete=models.SET_NULL, null=True, blank=True, related_name="persons")
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="crew_persons")
    name = models.CharField(max_length=200)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=30, blank=True)
    status = models.CharField(max_length=8, choices=Status, default=Status.PENDING)
    is_blacklisted = models.BooleanField(default=False, help_text="Never approve, never give a shift.")
    notes = models.TextField(blank=True, help_text="For planners; the person does not see it.")

    class Meta:
        constraints = [
            models.UniqueConstraint("event", Lower("email"), name="person_once_per_email", condition=~Q(email="")),
            models.UniqueConstraint(
                fields=["event", "user"], name="person_once_per_user", condition=Q(user__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["event", "name", "id"], name="person_by_name"),
            models.Index(fields=["event", "status"], name="person_by_status"),
            models.Index(Lower("email"), name="person_by_email"),
        ]

    def __str__(self):
        return self.name

    @property
    def permission_scope(self) -> Partner:
        return self.event.partner

    @property
    def tags_here(self) -> list["PersonTag"]:
        """The tags of their account at this organisation, each once. No query for a person of persons.listed()."""
        if self.user is None:
            return []
        rows = getattr(self.user, "tags_listed", None)
        if rows is None:
            here = self.user.crew_tags.filter(tag__partner=self.event.partner_id).select_related("tag")
            rows = here.order_by("tag__sort_order", "tag__name", "pk")
        return list({row.tag_id: row.tag for row in rows}.values())

    @property
    def waiting_match(self):
        """The identity match that waits for a decision, or None. No query for a person of persons.listed()."""
        if hasattr(self, "matches_listed"):
            return next(iter(self.matches_listed), None)
        return self.identity_matches.filter(status="pending").select_related("user").order_by("-pk").first()

    @property
    def may_work(self) -> bool:
        """Whether they may be given shifts."""
        return self.status == self.Status.APPROVED and not self.is_blacklisted


class PersonTag(Entity):
    """Something a person can or is, such as "First aid": an organisation's own list. Deleting one switches it off."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="person_tags")
    name = models.CharField(max_length=50)
    category = models.CharField(max_length=50, blank=True)
    icon = models.CharField(max_length=50, blank=True)
    color = models.CharField(max_length=7, default="#6b7280", help_text="#rrggbb")
    is_active = models.BooleanField(default=True)
    sort_order = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["sort_order", "name", "id"]
        constraints = [
            models.UniqueConstraint(
                "partner", Lower("name"), name="person_tag_name_unique", condition=Q(is_active=True)
            )
        ]

    def __str__(self):
        return self.name

    @property
    def permission_scope(self) -> Partner:
        return self.partner


class UserTag(Entity):
    """That an account has a tag at an organisation, and who says so."""

    class Source(models.TextChoices):
        SELF = "self_reported"
        ORGANISER = "organiser_assigned"

    class Proficiency(models.TextChoices):
        BEGINNER = "beginner"
        EXPERIENCED = "experienced"
        EXPERT = "expert"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="crew_tags")
    tag = models.ForeignKey(PersonTag, on_delete=models.CASCADE, related_name="user_tags")
    source = models.CharField(max_length=18, choices=Source)
    proficiency = models.CharField(max_length=11, choices=Proficiency, blank=True)
    notes = models.TextField(blank=True)
    assigned_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["user", "tag", "source"], name="user_tag_once_per_source")]

    def __str__(self):
        return f"{self.user_id}: {self.tag_id}"
