"""What happens: events and festivals, their categories, images, and the banners of the home page."""

from datetime import date, time
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import DateRangeField
from django.contrib.postgres.indexes import GinIndex, GistIndex, OpClass
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Lower, Upper
from django.utils import timezone

from eventify.lib.models import Entity
from partners.models import Partner


class Category(Entity):
    """A kind of event, such as Concert: 001's category, 003's event type."""

    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=100, unique=True)
    icon = models.FileField(upload_to="event_type_icons", blank=True)

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "categories"
        constraints = [models.UniqueConstraint(Lower("name"), name="category_name_unique")]

    def __str__(self):
        return self.name


class LocalDate(Func):
    """The calendar day of a moment in the row's own time zone."""

    template = "(timezone(%(expressions)s))::date"

    def __init__(self, zone: str, moment: str, **extra):
        super().__init__(F(zone), F(moment), output_field=models.DateField(), **extra)


class Folded(Func):
    """A text without its capitals, accents and punctuation: `Café Ü-21` is `cafe u 21`."""

    function = "eventify_fold"
    output_field = models.TextField()


class Words(Func):
    """Texts as one line of folded words, each with a blank before it: a word begins where ` word` stands."""

    template = "(' ' || eventify_fold(%(expressions)s))"
    arg_joiner = " || ' ' || "
    output_field = models.TextField()


class Anywhere(Func):
    """Texts as one in capitals, with between two of them what nobody types: it holds what one of them holds."""

    template = "upper(%(expressions)s)"
    arg_joiner = " || chr(31) || "
    output_field = models.TextField()


class Days(Func):
    """The calendar days from the first to the last, as one range. Of days that are not known, every day."""

    template = "daterange(%(expressions)s, '[]')"
    output_field = DateRangeField()


ON_SALE = Q(state__in=("published", "registration_open", "buildup", "showday"))  # states.ON_SALE, for the indexes
LISTED = ~Q(state="draft")  # queries.public
INACTIVE = ~Q(ON_SALE, is_bookable=True)  # what contract 000 calls so
TEXTS = ("name", "title", "description", "venue_name", "location", "place")  # contract 001 searches all of them
HELD = ~Q(state__in=("draft", "cancelled"))  # queries.held


class Event(Entity):
    """Something that people come to. A festival or series has sub-events (`parent`).

    `capacity` counts places; `booked_count` the places that are confirmed or held by a pending order;
    `waitlisted_count` the places that people wait for. Only bookings/inventory.py and bookings/waitlist.py
    change these three, under the row's lock.
    """

    class Kind(models.TextChoices):
        EVENT = "event"
        FESTIVAL = "festival"
        SERIES = "series"

    class State(models.TextChoices):
        DRAFT = "draft"
        PUBLISHED = "published"
        REGISTRATION_OPEN = "registration_open"
        BUILDUP = "buildup"
        SHOWDAY = "showday"
        TEARDOWN = "teardown"
        CLOSED = "closed"
        CANCELLED = "cancelled"

    class Seating(models.TextChoices):
        NONE = "none"
        AUTOMATIC = "automatic"
        EXPLICIT = "explicit"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="events")
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.EVENT, help_text="004's event_type.")
    sub_event_label = models.CharField(max_length=100, blank=True)
    category = models.ForeignKey(Category, on_delete=models.PROTECT, null=True, blank=True, related_name="events")

    name = models.CharField(max_length=200)
    title = models.CharField(max_length=200, blank=True, help_text="A longer headline; the name when empty.")
    slug = models.SlugField(max_length=120, unique=True)
    description = models.TextField(blank=True)
    content = models.TextField(blank=True, help_text="Sanitised HTML.")
    important_information = models.TextField(blank=True)

    venue_name = models.CharField(max_length=200, blank=True)
    location = models.CharField(max_length=300, blank=True, help_text="Where, in one line; venue and place when empty.")
    place = models.CharField(max_length=100, blank=True, help_text="City or town.")
    district = models.CharField(max_length=100, blank=True)
    state_name = models.CharField(max_length=100, blank=True, help_text="003's state: the region, not the lifecycle.")
    country = models.CharField(max_length=100, blank=True)
    pincode = models.CharField(max_length=12, blank=True)
    latitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)

    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    timezone = models.CharField(max_length=64, default="UTC", help_text="IANA name.")
    starts_on = models.GeneratedField(
        expression=LocalDate("timezone", "starts_at"), output_field=models.DateField(), db_persist=True
    )
    ends_on = models.GeneratedField(
        expression=LocalDate("timezone", "ends_at"), output_field=models.DateField(), db_persist=True
    )
    search_text = models.GeneratedField(
        expression=Words("name", "title", "venue_name", "place"), output_field=models.TextField(), db_persist=True
    )

    state = models.CharField(max_length=17, choices=State, default=State.DRAFT)
    cancelled_reason = models.TextField(blank=True)
    is_bookable = models.BooleanField(default=True, help_text="Off: withdrawn from booking without losing its state.")
    is_hot = models.BooleanField(default=False)
    is_eventify_event = models.BooleanField(default=True)
    outside_event_url = models.CharField(max_length=500, blank=True)
    banner_image = models.CharField(max_length=500, blank=True, help_text="URL; the primary image when empty.")
    thumbnail_image = models.CharField(max_length=500, blank=True, help_text="URL; the primary image when empty.")

    currency = models.CharField(max_length=3, default="INR")
    seating = models.CharField(max_length=9, choices=Seating, default=Seating.NONE)
    is_capacity_fixed = models.BooleanField(default=False, help_text="Off: the capacity follows the ticket types.")
    lets_smaller_parties_pass = models.BooleanField(default=False, help_text="On the waitlist.")
    has_waiting_room = models.BooleanField(
        default=False, db_default=False, help_text="Only who was let in may book (bookings/waiting_room)."
    )
    capacity = models.PositiveIntegerField(default=0)
    booked_count = models.PositiveIntegerField(default=0)
    waitlisted_count = models.PositiveIntegerField(default=0)
    licensed_capacity = models.PositiveIntegerField(
        null=True, blank=True, help_text="How many people may be inside at once, crew and guests too; none: not known."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(booked_count__lte=F("capacity")), name="event_not_oversold"),
            models.CheckConstraint(condition=Q(ends_at__gte=F("starts_at")), name="event_ends_after_start"),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="event_not_own_parent"),
        ]
        indexes = [
            models.Index(fields=["state", "starts_at", "id"], name="event_by_start"),
            models.Index(fields=["category", "starts_at"], name="event_by_category"),
            models.Index(fields=["pincode", "starts_at"], name="event_by_pincode"),
            models.Index(fields=["starts_on", "ends_on"], name="event_by_day"),
            models.Index(fields=["partner", "-id"], name="event_by_partner"),
            models.Index(fields=["ends_at", "created_at"], name="event_held", condition=HELD),
            models.Index(fields=["starts_at"], name="event_hot", condition=Q(is_hot=True)),
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="event_name_search"),
            GinIndex(OpClass(Upper("venue_name"), name="gin_trgm_ops"), name="event_venue_search"),
            GinIndex(OpClass(Upper("place"), name="gin_trgm_ops"), name="event_place_search"),
            GinIndex(OpClass(Upper("location"), name="gin_trgm_ops"), name="event_location_search"),
            GinIndex(OpClass("search_text", name="gin_trgm_ops"), name="event_search"),
            GinIndex(OpClass(Anywhere(*TEXTS), name="gin_trgm_ops"), name="event_text_search"),
            GistIndex(
                Days("starts_on", "ends_on"),
                name="event_days",
                condition=Q(starts_on__isnull=False, ends_on__isnull=False),
            ),
            models.Index(fields=["starts_at", "id"], name="event_listed", condition=LISTED),
            models.Index(Lower("name"), "id", name="event_listed_by_name", condition=LISTED, include=["name"]),
            models.Index(
                F("starts_at").desc(nulls_last=True),
                "id",
                name="event_listed_back",
                condition=LISTED,
                include=["ends_at", "state"],
            ),
            models.Index(fields=["starts_at", "id"], name="event_inactive", condition=LISTED & INACTIVE),
            models.Index(Lower("name").desc(nulls_last=True), "id", name="event_listed_name_back", condition=LISTED),
            models.Index(fields=["id"], name="event_waited_for", condition=Q(waitlisted_count__gt=0)),
            models.Index(fields=["starts_at", "id", "ends_at", "parent"], name="event_upcoming", condition=ON_SALE),
            models.Index(
                fields=["category", "starts_at", "id", "ends_at"], name="event_kind_upcoming", condition=ON_SALE
            ),
            models.Index(Folded("place"), "starts_at", "id", name="event_city_upcoming", condition=ON_SALE),
            models.Index(Lower("name"), "id", name="event_name_upcoming", condition=ON_SALE),
            models.Index(fields=["ends_at", "category", "place", "parent"], name="event_facets", condition=ON_SALE),
            models.Index(fields=["starts_at"], name="event_licensed", condition=Q(licensed_capacity__isnull=False)),
            models.Index(
                fields=["kind", "id"], name="event_families", condition=ON_SALE & Q(kind__in=("festival", "series"))
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def permission_scope(self) -> Partner:
        return self.partner

    @property
    def headline(self) -> str:
        return self.title or self.name

    @property
    def where(self) -> str:
        """The place in one line for people."""
        return self.location or ", ".join(part for part in (self.venue_name, self.place) if part)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def is_over(self) -> bool:
        return self.ends_at is not None and self.ends_at <= timezone.now()

    @property
    def places_left(self) -> int:
        return self.capacity - self.booked_count

    def local(self, moment) -> tuple[date | None, time | None]:
        """The calendar day and wall-clock time of `moment` in the event's own zone."""
        if moment is None:
            return None, None
        there = moment.astimezone(self.zone)
        return there.date(), there.time()


class EventImage(Entity):
    """A picture of an event; one of them is the primary."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="images")
    image = models.ImageField(upload_to="event_images")
    thumbnail = models.ImageField(upload_to="event_images", blank=True)
    is_primary = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["-is_primary", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["event"], condition=Q(is_primary=True), name="event_one_primary_image")
        ]

    def __str__(self):
        return self.image.name

    @property
    def permission_scope(self) -> Partner:
        return self.event.partner


class Banner(Entity):
    """A picture on the home page that leads somewhere; higher priority first."""

    title = models.CharField(max_length=200)
    image_url = models.CharField(max_length=500)
    link_url = models.CharField(max_length=500, blank=True)
    event = models.ForeignKey(Event, on_delete=models.CASCADE, null=True, blank=True, related_name="banners")
    priority = models.IntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["-priority", "id"]

    def __str__(self):
        return self.title
