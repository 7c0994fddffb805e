"""Who may buy when many want to: the waiting room of an event, and the places of people in it."""

from datetime import datetime
from uuid import uuid4

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from bookings.models.selling import Order
from eventify.lib.models import Entity
from events.models import Event


class WaitingRoom(Entity):
    """While it is not ended, its event is sold only to people whom it has let in; `Event.has_waiting_room` says so.

    People come in from `opens_at`. At `draw_at` those who are there are put into an order by lot; who comes later is
    behind them. Only bookings/waiting_room changes it, under the row's lock.
    """

    class Phase(models.TextChoices):
        SHUT = "shut"
        GATHERING = "gathering"
        DRAWING = "drawing"
        MOVING = "moving"
        PAUSED = "paused"
        ENDED = "ended"

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="waiting_rooms")
    opens_at = models.DateTimeField()
    draw_at = models.DateTimeField(help_text="The lots are drawn, and the sale begins.")
    rate = models.PositiveIntegerField(null=True, blank=True, help_text="Admissions a minute; empty: as others go.")
    max_inside = models.PositiveIntegerField(help_text="People who may buy at the same time.")
    minutes = models.PositiveSmallIntegerField(help_text="That an admission lasts.")
    needs_login = models.BooleanField(default=True)

    seed_hash = models.CharField(max_length=64, help_text="SHA-256 of the seed, told before the draw.")
    sealed_seed = models.BinaryField()
    seed = models.CharField(max_length=64, blank=True, help_text="Hexadecimal; empty until the draw.")
    list_hash = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the entries that were drawn among.")
    entry_count = models.PositiveIntegerField(default=0, help_text="How many those were.")
    closed_at = models.DateTimeField(null=True, blank=True, help_text="When the list of entries was closed.")
    drawn_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    limited_at = models.DateTimeField(default=timezone.now, help_text="When `max_inside` was last changed.")
    credit_at = models.DateTimeField(null=True, blank=True, help_text="Up to when the rate has been used.")
    head = models.PositiveBigIntegerField(default=0, help_text="The last place that was let in.")
    last_place = models.PositiveBigIntegerField(default=0, help_text="The last place that was given.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event"], condition=Q(ended_at=None), name="room_one_live"),
            models.CheckConstraint(condition=Q(draw_at__gte=F("opens_at")), name="room_opens_before_draw"),
            models.CheckConstraint(condition=Q(drawn_at=None) | Q(closed_at__isnull=False), name="room_closed_first"),
            models.CheckConstraint(condition=Q(head__lte=F("last_place")), name="room_head_has_a_place"),
        ]
        indexes = [models.Index(fields=["draw_at"], name="room_live", condition=Q(ended_at=None))]

    def __str__(self):
        return f"Waiting room of {self.event}"

    @property
    def permission_scope(self):
        return self.event.partner

    def phase_at(self, now: datetime) -> str:
        """How far it is at this moment."""
        if self.ended_at:
            return self.Phase.ENDED
        if self.drawn_at is None:
            if now < self.opens_at:
                return self.Phase.SHUT
            is_over = self.closed_at or now >= self.draw_at
            return self.Phase.DRAWING if is_over else self.Phase.GATHERING
        return self.Phase.PAUSED if self.paused_at else self.Phase.MOVING


class RoomEntry(models.Model):
    """One person in a waiting room, known by an account or by a cookie; `user` may buy with it, once.

    `uid` is published with the draw and opens nothing. `rank` is what the lot gave and never changes; `place` is the
    number in the queue, which somebody who missed their turn can get anew, at the end.
    """

    class Status(models.TextChoices):
        WAITING = "waiting"
        INSIDE = "inside"
        BOUGHT = "bought"
        LAPSED = "lapsed"
        LEFT = "left"

    uid = models.UUIDField(default=uuid4, unique=True, editable=False)  # random: an order of joining would be read off
    room = models.ForeignKey(WaitingRoom, on_delete=models.CASCADE, related_name="entries", db_index=False)
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="room_entries")
    holder = models.CharField(max_length=64, null=True, blank=True, help_text="Whose it is.")  # noqa: DJ001
    status = models.CharField(max_length=7, choices=Status, default=Status.WAITING)
    is_early = models.BooleanField(help_text="Came before the draw, and is part of it.")
    rank = models.PositiveBigIntegerField(null=True, blank=True)
    place = models.PositiveBigIntegerField(null=True, blank=True)
    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, null=True, blank=True, related_name="room_entries", db_index=False
    )
    joined_at = models.DateTimeField(db_default=Now())
    admitted_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="When the admission runs out.")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "room entries"
        constraints = [
            models.UniqueConstraint(fields=["room", "holder"], name="entry_one_for_each"),
            models.UniqueConstraint(fields=["room", "user"], name="entry_one_for_a_user"),
            models.UniqueConstraint(fields=["room", "place"], name="entry_one_place"),
            models.CheckConstraint(
                condition=~Q(status="inside") | Q(admitted_at__isnull=False, expires_at__isnull=False),
                name="entry_inside_for_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["room", "joined_at"], name="entry_late", condition=Q(status="waiting", place=None)),
            models.Index(fields=["room", "place"], name="entry_gap", condition=Q(status="left")),
            models.Index(fields=["room", "expires_at"], name="entry_inside", condition=Q(status="inside")),
            models.Index(fields=["room", "admitted_at"], name="entry_admitted", condition=Q(admitted_at__isnull=False)),
        ]

    def __str__(self):
        return f"{self.status} in room {self.room_id}"

    @property
    def permission_scope(self):
        return self.room.event.partner
