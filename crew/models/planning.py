"""The plan: where (sections, locations), when (time slots) and what is to be done (shifts)."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from crew.models.persons import CrowdType, SystemType
from eventify.lib.models import Entity
from events.models import Event
from partners.models import Partner


class CrewPlan(Entity):
    """What an event asks of its crew. A sub-event without its own follows its festival's (crew/plans.py)."""

    event = models.OneToOneField(Event, on_delete=models.CASCADE, related_name="crew_plan")
    minimum_rest_minutes = models.PositiveIntegerField(default=0, help_text="Between two shifts of one person.")
    cancel_hours = models.PositiveIntegerField(
        default=24, help_text="A volunteer may cancel or swap until so many hours before the shift."
    )
    signup_crowd_type = models.ForeignKey(
        CrowdType, on_delete=models.SET_NULL, null=True, blank=True, related_name="+",
        help_text="What people are who sign up themselves; empty: the organisation's first active VOLUNTEER type.",
    )  # fmt: skip
    welcome = models.TextField(blank=True, help_text="What people read who want to sign up.")

    def __str__(self):
        return f"Plan of {self.event_id}"

    @property
    def permission_scope(self) -> Partner:
        return self.event.partner


class Location(Entity):
    """A place on the terrain where shifts begin."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="locations")
    name = models.CharField(max_length=200)
    address = models.CharField(max_length=300, blank=True)
    latitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    instructions = models.TextField(blank=True)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self):
        return self.name

    @property
    def permission_scope(self) -> Partner:
        return self.event.partner


class Section(Entity):
    """A part of the terrain or of the work, such as "Main bar". A festival's cross_event one serves its sub-events."""

    class Type(models.TextChoices):
        STANDARD = "standard"
        CROSS_EVENT = "cross_event"

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="sections")
    name = models.CharField(max_length=100)
    category = models.CharField(max_length=50, blank=True)
    type = models.CharField(max_length=11, choices=Type, default=Type.STANDARD)
    sort_order = models.PositiveIntegerField(default=0)
    crew_need = models.PositiveIntegerField(null=True, blank=True, help_text="How many people it needs in all.")
    is_gate = models.BooleanField(default=False, help_text="Whoever has a shift here may scan tickets while it lasts.")

    class Meta:
        ordering = ["sort_order", "id"]
        indexes = [models.Index(fields=["event", "sort_order", "id"], name="section_order")]

    def __str__(self):
        return self.name

    @property
    def permission_scope(self) -> Partner:
        return self.event.partner


class TimeSlot(Entity):
    """A stretch of a day, for one kind of people.

    `date`, `start_time` and `end_time` are local to the event; an end that is not after the start is past midnight.
    `starts_at` and `ends_at` are the same as moments, kept by crew/time_slots.py.
    """

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="time_slots")
    name = models.CharField(max_length=100)
    person_type = models.CharField(max_length=9, choices=SystemType, default=SystemType.VOLUNTEER)
    date = models.DateField()
    start_time = models.TimeField()
    end_time = models.TimeField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        ordering = ["starts_at", "id"]
        constraints = [models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="time_slot_has_length")]
        indexes = [
            models.Index(fields=["event", "starts_at", "id"], name="time_slot_by_start"),
            models.Index(fields=["ends_at"], name="time_slot_by_end"),
        ]

    def __str__(self):
        return self.name

    @property
    def permission_scope(self) -> Partner:
        return self.event.partner

    @property
    def duration_hours(self) -> float:
        """How long it really lasts, in hours: an hour less or more where the clocks change."""
        return round((self.ends_at - self.starts_at).total_seconds() / 3600, 2)

    @property
    def is_over(self) -> bool:
        return self.ends_at <= timezone.now()


class LiveShifts(models.QuerySet):
    def live(self):
        """Those that were not deleted."""
        return self.filter(deleted_at=None)


class Shift(Entity):
    """Work in a section during a time slot, for `slots_total` people.

    `filled_slots`, `pending_slots` and `claimed_slots` count its assignments; only crew/assignments.py changes them and
    `status` between open and full, under the row's lock. A deleted shift stays as a row for its assignments' sake.
    """

    class Status(models.TextChoices):
        DRAFT = "draft"
        OPEN = "open"
        FULL = "full"
        COMPLETED = "completed"
        CANCELLED = "cancelled"

    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="shifts")
    time_slot = models.ForeignKey(TimeSlot, on_delete=models.CASCADE, related_name="shifts")
    location = models.ForeignKey(Location, on_delete=models.SET_NULL, null=True, blank=True, related_name="shifts")
    title = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True)
    instructions = models.TextField(blank=True)
    slots_total = models.PositiveIntegerField(default=1)
    slots_open_for_claiming = models.PositiveIntegerField(default=0)
    report_time = models.TimeField(null=True, blank=True, help_text="Local; when to be there, if before the start.")
    status = models.CharField(max_length=9, choices=Status, default=Status.DRAFT)
    is_lead_role = models.BooleanField(default=False)
    allow_overlap = models.BooleanField(default=False, help_text="May be held beside another shift at the same time.")
    filled_slots = models.PositiveIntegerField(default=0, help_text="Approved and completed assignments.")
    pending_slots = models.PositiveIntegerField(default=0, help_text="Assignments that wait for approval.")
    claimed_slots = models.PositiveIntegerField(default=0, help_text="Of both, those that people claimed themselves.")
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = LiveShifts.as_manager()

    class Meta:
        ordering = ["time_slot__starts_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(slots_open_for_claiming__lte=F("slots_total")), name="shift_claimable_within_total"
            )
        ]
        indexes = [
            models.Index(fields=["section", "time_slot"], name="shift_cell", condition=Q(deleted_at=None)),
            models.Index(fields=["time_slot"], name="shift_by_slot", condition=Q(deleted_at=None)),
        ]

    def __str__(self):
        return self.title or f"Shift {self.pk}"

    @property
    def permission_scope(self) -> Partner:
        return self.section.event.partner

    @property
    def fill_rate(self) -> float:
        """From 0 to 1 (above when overbooked): how much of it is filled."""
        return round(self.filled_slots / self.slots_total, 4) if self.slots_total else 0.0

    @property
    def free_slots(self) -> int:
        """How many people are still missing, those who wait for approval counted as there."""
        return max(0, self.slots_total - self.filled_slots - self.pending_slots)

    @property
    def claimable_slots(self) -> int:
        """How many may still be claimed."""
        return max(0, min(self.slots_open_for_claiming - self.claimed_slots, self.free_slots))
