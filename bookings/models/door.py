"""The door: the keys that sign tickets, the devices that scan, every scan, and the codes that are dead."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from bookings.models.tickets import Ticket
from eventify.lib.models import Entity
from events.models import Event

MOST_SKEW_MS = 2_000


class DoorKey(Entity):
    """An Ed25519 key pair that signs the tickets of one event, so that a device without network can judge them.

    The private part is sealed with SECRET_KEY. A newer key (higher `number`) signs; all keys verify.
    """

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="door_keys")
    number = models.PositiveSmallIntegerField()
    public_key = models.BinaryField()
    sealed_private_key = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "number"], name="door_key_unique")]

    def __str__(self):
        return f"Key {self.number} of {self.event_id}"

    @property
    def permission_scope(self):
        return self.event.partner


class Device(Entity):
    """A phone or scanner at the door of one event, enrolled by a QR code; what it scans is `enrolled_by`'s doing."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="door_devices")
    name = models.CharField(max_length=100)
    gate = models.CharField(max_length=100, blank=True)
    enrolled_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="door_devices")
    enrolment_hash = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the code in the QR; used once.")
    enrolment_expires_at = models.DateTimeField()
    enrolled_at = models.DateTimeField(null=True, blank=True)
    token_hash = models.CharField(max_length=64, blank=True, db_index=True, help_text="SHA-256 of the device's token.")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    last_seen_at = models.DateTimeField(null=True, blank=True)
    list_at = models.DateTimeField(null=True, blank=True, help_text="The state of the event that it has loaded.")
    clock_skew_ms = models.IntegerField(null=True, blank=True, help_text="Its clock less ours, when last heard.")
    queue_length = models.PositiveIntegerField(default=0, help_text="Scans that it said are waiting to be sent.")
    readiness = models.JSONField(default=dict, help_text="What it found of its camera, storage and list.")

    class Meta:
        indexes = [models.Index(fields=["event", "id"], name="device_by_event")]

    def __str__(self):
        return self.name

    @property
    def permission_scope(self):
        return self.event.partner

    @property
    def may_scan(self) -> bool:
        return self.enrolled_at is not None and self.revoked_at is None

    @property
    def is_clock_off(self) -> bool:
        """Whether its clock was more than two seconds from ours when it was last heard."""
        return abs(self.clock_skew_ms or 0) > MOST_SKEW_MS


class Scan(Entity):
    """One code held before one scanner, and what the person at the door was told. Nothing of it is ever deleted.

    `client_uid` is given by the device, so a scan that is sent twice is one row. `scanned_at` is corrected by the skew
    of the device's clock. Which scan of a ticket counts follows from the whole set, in any order of arrival
    (bookings/door/merging.py): the earliest one that was let in and is not undone; other ones let in are conflicts.
    """

    class Verdict(models.TextChoices):
        ADMITTED = "admitted"
        USED = "used"
        CANCELLED = "cancelled"
        WRONG_EVENT = "wrong_event"
        EVENT_CANCELLED = "event_cancelled"
        UNKNOWN = "unknown"
        FORGED = "forged"

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="scans")
    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, null=True, blank=True, related_name="scans")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, null=True, blank=True, related_name="scans")
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="scans")
    client_uid = models.UUIDField(null=True, blank=True)
    gate = models.CharField(max_length=100, blank=True)
    code_hash = models.CharField(max_length=64, help_text="SHA-256 of the ticket code that was read.")
    verdict = models.CharField(max_length=15, choices=Verdict)
    is_offline = models.BooleanField(default=False, help_text="The device decided alone.")
    was_let_in = models.BooleanField(
        default=False,
        help_text="The device alone let somebody in, though the code was not good: nobody counts as inside.",
    )
    scanned_at = models.DateTimeField(default=timezone.now)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    undo_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["device", "client_uid"], name="scan_once"),
        ]
        indexes = [
            models.Index(fields=["event", "-id"], name="scan_by_event"),
            models.Index(fields=["ticket", "scanned_at"], name="scan_let_in", condition=Q(verdict="admitted")),
            models.Index(fields=["event", "updated_at"], name="scan_undone", condition=Q(undone_at__isnull=False)),
        ]

    def __str__(self):
        return f"{self.verdict} at {self.gate}"

    @property
    def permission_scope(self):
        return self.event.partner


class DoubleAdmission(Entity):
    """One ticket that let people in more than once, listed once until somebody has looked into it.

    A scan that is let in after that, and was not among those `settled_scans`, opens it again.
    """

    ticket = models.OneToOneField(Ticket, on_delete=models.PROTECT, related_name="double_admission")
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="double_admissions")
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    note = models.CharField(max_length=500, blank=True)
    settled_scans = models.JSONField(default=list, blank=True, help_text="The ids of the scans that were looked into.")

    class Meta:
        indexes = [models.Index(fields=["event"], name="conflict_open", condition=Q(settled_at=None))]

    def __str__(self):
        return f"Ticket {self.ticket_id}, twice"

    @property
    def permission_scope(self):
        return self.event.partner


class RevokedCode(models.Model):
    """A ticket code that opens no door any more, though its signature is good: cancelled, passed on or sold back."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="revoked_codes")
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="revoked_codes")
    code_hash = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the code.")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["event", "id"], name="revoked_by_event")]

    def __str__(self):
        return f"{self.code_hash[:8]} of {self.event_id}"
