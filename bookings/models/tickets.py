"""What lets people in: seats and tickets, and tickets that change hands."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy

from accounts.models import User
from bookings.models.fields import AREA_MAX, MONEY
from bookings.models.selling import Booking, Order, TicketType
from eventify.lib.ids import new_uid
from eventify.lib.models import Entity
from events.models import Event


class Hall(Entity):
    """How the hall of one event lies; its seats are the plan (bookings/halls.py). Without a row the stage is ahead."""

    class Stage(models.TextChoices):
        AHEAD = "ahead", gettext_lazy("Before the first row")
        BEHIND = "behind", gettext_lazy("Behind the last row")
        NONE = "none", gettext_lazy("No stage")

    event = models.OneToOneField(Event, on_delete=models.CASCADE, related_name="hall")
    stage = models.CharField(max_length=6, choices=Stage, default=Stage.AHEAD)

    def __str__(self):
        return f"Hall of {self.event_id}"

    @property
    def permission_scope(self):
        return self.event.partner


class Seats(models.QuerySet):
    """Seats of events."""

    def for_sale(self):
        """Those that nobody has, and the house does not keep."""
        return self.filter(reserved_booking=None).exclude(kind="blocked")


class Seat(models.Model):
    """A numbered place at one event; `reserved_booking` has taken it.

    `x` and `y` say where it stands on the map: side by side are seats of one row whose `x` differ by one. Without
    them it stands where its number says.
    """

    class Kind(models.TextChoices):
        STANDARD = "standard"
        WHEELCHAIR = "wheelchair"
        COMPANION = "companion"
        BLOCKED = "blocked"  # kept by the house, not for sale

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="seats")
    label = models.CharField(max_length=20, help_text="For example A-1.")
    row_label = models.CharField(max_length=10)
    col_number = models.PositiveIntegerField()
    position = models.PositiveIntegerField(help_text="Order in which seats are given away; best first.")
    x = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Where in its row; none: its number.")
    y = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Which line of the map; none: by position.")
    area = models.CharField(max_length=AREA_MAX, blank=True, help_text="For example Balcony: its seats stand together.")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.STANDARD)
    companion_of = models.OneToOneField(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="companion",
        help_text="The wheelchair place that this seat belongs to: both are one unit.",
    )
    reserved_booking = models.ForeignKey(Booking, on_delete=models.PROTECT, null=True, blank=True, related_name="seats")

    objects = Seats.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["event", "label"], name="seat_label_unique"),
            models.UniqueConstraint(fields=["event", "position"], name="seat_position_unique"),
        ]
        indexes = [
            models.Index(fields=["event", "position"], name="seat_free", condition=Q(reserved_booking=None)),
        ]

    def __str__(self):
        return self.label

    @property
    def reserved(self) -> bool:
        return self.reserved_booking_id is not None

    @property
    def at(self) -> int:
        """Where it stands in its row; its neighbours stand at one less and one more."""
        return self.col_number if self.x is None else self.x

    @property
    def is_for_sale(self) -> bool:
        return not self.reserved and self.kind != self.Kind.BLOCKED


NAMED_TICKET = ~Q(attendee_name="") | ~Q(attendee_email="")


class Ticket(Entity):
    """One person's admission. It is used once; its code cannot be guessed."""

    class Status(models.TextChoices):
        VALID = "valid"
        USED = "used"
        CANCELLED = "cancelled"

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="tickets")
    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="tickets")
    ticket_type = models.ForeignKey(TicketType, on_delete=models.PROTECT, related_name="tickets")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="tickets")
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="tickets")
    seat = models.ForeignKey(Seat, on_delete=models.SET_NULL, null=True, blank=True, related_name="tickets")
    ticket_code = models.CharField(max_length=32, unique=True, help_text="What the QR code says: 128 random bits.")
    status = models.CharField(max_length=9, choices=Status, default=Status.VALID)
    used_at = models.DateTimeField(null=True, blank=True)
    used_gate = models.CharField(max_length=100, blank=True, help_text="Where it was used.")
    used_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="admissions")
    attendee_name = models.CharField(max_length=200, blank=True, help_text="Who comes; the buyer when empty.")
    attendee_email = models.EmailField(max_length=254, blank=True)
    price_at_purchase = models.DecimalField(**MONEY)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seat"], condition=~Q(status="cancelled"), name="ticket_one_live_per_seat"),
            models.CheckConstraint(
                condition=Q(status="used", used_at__isnull=False) | ~Q(status="used"), name="ticket_used_when"
            ),
        ]
        indexes = [
            models.Index(fields=["user", "status", "-id"], name="ticket_wallet"),
            models.Index(fields=["event", "status"], name="ticket_by_event"),
            models.Index(fields=["event"], name="ticket_named", condition=NAMED_TICKET),
            models.Index(Lower("attendee_email"), name="ticket_by_attendee", condition=Q(attendee_email__gt="")),
        ]

    def __str__(self):
        return f"Ticket {self.uid}"

    @property
    def permission_scope(self):
        return self.event.partner


class TicketTransfer(Entity):
    """A ticket on its way to somebody: when they accept, it is theirs under a new code, and the old one is dead."""

    class Status(models.TextChoices):
        OPEN = "open"
        ACCEPTED = "accepted"
        WITHDRAWN = "withdrawn"
        EXPIRED = "expired"

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="transfers")
    sender = models.ForeignKey(User, on_delete=models.PROTECT, related_name="ticket_transfers_sent")
    to_email = models.EmailField(max_length=254)
    message = models.CharField(max_length=500, blank=True)
    token_hash = models.CharField(max_length=64, unique=True, help_text="SHA-256 of what the link says.")
    seed = models.CharField(max_length=64, help_text="The link follows from it and SECRET_KEY.")
    status = models.CharField(max_length=9, choices=Status, default=Status.OPEN)
    expires_at = models.DateTimeField()
    recipient = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="ticket_transfers_received"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket"], condition=Q(status="open"), name="transfer_one_open"),
        ]

    def __str__(self):
        return f"{self.ticket_id} to {self.to_email} ({self.status})"

    @property
    def permission_scope(self):
        return self.ticket.event.partner


class Resale(Entity):
    """A ticket that its holder gives back to the queue: theirs until somebody who waits has paid for the place.

    `held` while a promoted booking (`buyer_booking`, pending) is being paid; then `sold`, and the seller is refunded.
    A pending booking of a resale counts in no stock: the place is the seller's until both change at once.
    """

    class Status(models.TextChoices):
        OFFERED = "offered"
        HELD = "held"
        SOLD = "sold"
        WITHDRAWN = "withdrawn"

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="resales")
    seller = models.ForeignKey(User, on_delete=models.PROTECT, related_name="resales")
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="resales")
    ticket_type = models.ForeignKey(TicketType, on_delete=models.PROTECT, related_name="resales")
    price = models.DecimalField(**MONEY, help_text="What the seller paid for it.")
    status = models.CharField(max_length=9, choices=Status, default=Status.OFFERED)
    buyer_booking = models.ForeignKey(
        Booking, on_delete=models.PROTECT, null=True, blank=True, related_name="resales_bought"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket"], condition=Q(status__in=["offered", "held"]), name="resale_once"),
        ]
        indexes = [
            models.Index(fields=["event", "id"], name="resale_queue", condition=Q(status="offered")),
        ]

    def __str__(self):
        return f"Resale of {self.ticket_id} ({self.status})"

    @property
    def permission_scope(self):
        return self.event.partner
