"""The raw view of events for engineers."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from accounts.admin import BaseAdmin, ThroughVerbs
from events import editing
from events.forms import EventForm
from events.models import Banner, Category, Event, EventImage


@admin.register(Category)
class CategoryAdmin(BaseAdmin):
    """Kinds of events."""

    list_display = ("name", "slug", "icon")
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}


class ImageInline(TabularInline):
    """The pictures of an event. Which is the primary is said on the picture's own page, one at a time."""

    model = EventImage
    fields = ("image", "thumbnail", "is_primary", "position")
    readonly_fields = ("is_primary",)
    extra = 0


@admin.register(Event)
class EventAdmin(ThroughVerbs):
    """Events. The state, the capacity and the counters belong to verbs and are shown only."""

    verbs, owner = editing, "partner"
    form = EventForm
    inlines = (ImageInline,)
    list_display = ("name", "partner", "state", "starts_at", "place", "booked_count", "capacity", "waitlisted_count")
    list_filter = ("state", "kind", "category", "is_bookable", "is_hot")
    list_select_related = ("partner",)
    search_fields = ("name", "title", "slug", "venue_name", "place")
    autocomplete_fields = ("partner", "parent", "category")
    date_hierarchy = "starts_at"
    ordering = ("-id",)
    readonly_fields = (
        "uid",
        "state",
        "cancelled_reason",
        "seating",
        "capacity",
        "is_capacity_fixed",
        "booked_count",
        "waitlisted_count",
        "starts_on",
        "ends_on",
        "created_at",
        "updated_at",
    )
    fieldsets = (
        (None, {"fields": ("uid", "partner", "parent", "kind", "sub_event_label", "category")}),
        (_("What"), {"fields": ("name", "title", "slug", "description", "content", "important_information")}),
        (_("When"), {"fields": ("starts_at", "ends_at", "timezone", "starts_on", "ends_on")}),
        (
            _("Where"),
            {
                "fields": (
                    "venue_name",
                    "location",
                    "place",
                    "district",
                    "state_name",
                    "country",
                    "pincode",
                    "latitude",
                    "longitude",
                )
            },
        ),
        (_("State"), {"fields": ("state", "cancelled_reason", "is_bookable", "is_hot")}),
        (
            _("Places"),
            {
                "fields": (
                    "currency",
                    "seating",
                    "capacity",
                    "is_capacity_fixed",
                    "booked_count",
                    "waitlisted_count",
                    "lets_smaller_parties_pass",
                )
            },
        ),
        (
            _("Elsewhere"),
            {"fields": ("is_eventify_event", "outside_event_url", "banner_image", "thumbnail_image")},
        ),
        (_("Row"), {"fields": ("created_at", "updated_at")}),
    )


@admin.register(EventImage)
class EventImageAdmin(BaseAdmin):
    """Pictures of events."""

    list_display = ("image", "event", "is_primary", "position")
    list_filter = ("is_primary",)
    list_select_related = ("event",)
    search_fields = ("image", "event__name")
    autocomplete_fields = ("event",)
    readonly_fields = ("uid", "created_at", "updated_at")
    ordering = ("-id",)


@admin.register(Banner)
class BannerAdmin(BaseAdmin):
    """Pictures on the home page."""

    list_display = ("title", "event", "priority", "is_active")
    list_filter = ("is_active",)
    list_select_related = ("event",)
    search_fields = ("title", "event__name")
    autocomplete_fields = ("event",)
