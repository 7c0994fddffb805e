"""Who has which shift."""

from django.db import models
from django.db.models import Q

from accounts.models import User
from crew.models.persons import Person
from crew.models.planning import Shift
from eventify.lib.models import Entity
from partners.models import Partner


class Assignment(Entity):
    """One person's place in one shift (004: shift assignment). Alive while it is pending, approved or completed."""

    class Status(models.TextChoices):
        PENDING = "pending_approval"
        APPROVED = "approved"
        REJECTED = "rejected"
        CANCELLED = "cancelled"
        COMPLETED = "completed"

    class Origin(models.TextChoices):
        ASSIGNED = "assigned"
        CLAIMED = "claimed"
        SWAPPED = "swapped"

    class CancelledBy(models.TextChoices):
        """004's cancellation_source."""

        PERSON = "person"
        ORGANISER = "organiser"
        SWAP = "swap"
        SYSTEM = "system"

    ALIVE = (Status.PENDING, Status.APPROVED, Status.COMPLETED)

    shift = models.ForeignKey(Shift, on_delete=models.CASCADE, related_name="assignments")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="assignments")
    status = models.CharField(max_length=16, choices=Status)
    origin = models.CharField(max_length=8, choices=Origin)
    is_claim_handed_on = models.BooleanField(
        default=False, help_text="A swap handed on a place that was claimed: it stays one of those open for claiming."
    )
    assigned_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    decided_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    cancelled_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancellation_source = models.CharField(max_length=9, choices=CancelledBy, blank=True)
    reason = models.TextField(blank=True, help_text="Why it was rejected or cancelled.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shift", "person"],
                condition=Q(status__in=("pending_approval", "approved", "completed")),
                name="assignment_once_alive",
            )
        ]
        indexes = [models.Index(fields=["person", "status"], name="assignment_by_person")]

    def __str__(self):
        return f"{self.person}, {self.shift}"

    @property
    def permission_scope(self) -> Partner:
        return self.shift.section.event.partner

    @property
    def is_alive(self) -> bool:
        return self.status in self.ALIVE

    @property
    def is_of_claims(self) -> bool:
        """Whether its place is one of those that the shift has open for claiming."""
        return self.origin == self.Origin.CLAIMED or self.is_claim_handed_on


class Swap(Entity):
    """Somebody offers their shift to one other person or to all, perhaps for a shift in return (crew/swaps.py)."""

    class Status(models.TextChoices):
        OPEN = "open"
        WAITING = "waiting_approval"
        DONE = "done"
        DECLINED = "declined"
        WITHDRAWN = "withdrawn"

    offered = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="swaps")
    in_return = models.ForeignKey(
        Assignment, on_delete=models.CASCADE, null=True, blank=True, related_name="swaps_asked"
    )
    to = models.ForeignKey(
        Person, on_delete=models.CASCADE, null=True, blank=True, related_name="swaps_asked", help_text="Empty: anybody."
    )
    taken_by = models.ForeignKey(Person, on_delete=models.CASCADE, null=True, blank=True, related_name="swaps_taken")
    note = models.CharField(max_length=300, blank=True)
    status = models.CharField(max_length=16, choices=Status, default=Status.OPEN)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["offered"], condition=Q(status__in=("open", "waiting_approval")), name="swap_one_open"
            )
        ]

    def __str__(self):
        return f"Swap of {self.offered_id}"

    @property
    def permission_scope(self) -> Partner:
        return self.offered.permission_scope


class RosterFeed(models.Model):
    """The secret address of a person's roster as a calendar; a new one ends the old.

    The token follows from the seed and the secret key, and only its hash is compared (crew/feeds.py).
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="roster_feed")
    seed = models.CharField(max_length=32)
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now=True)

    def __str__(self):
        return f"Roster of {self.user_id}"
