"""The raw view of the crew for engineers: to look at, for verbs check what they write and tell whom it concerns."""

from django.contrib import admin

from accounts.admin import ViewOnly
from crew.models import (
    Assignment,
    Company,
    CrewPlan,
    CrowdList,
    CrowdListEntry,
    CrowdType,
    IdentityMatch,
    Location,
    Person,
    PersonTag,
    RosterFeed,
    Section,
    Shift,
    Swap,
    TimeSlot,
    UserTag,
)


@admin.register(CrowdType)
class CrowdTypeAdmin(ViewOnly):
    """Kinds of people."""

    list_display = ("name", "partner", "system_type", "is_active", "claims_need_approval")
    list_filter = ("system_type", "is_active")
    list_select_related = ("partner",)
    search_fields = ("name", "partner__name")
    ordering = ("-id",)


@admin.register(Company)
class CompanyAdmin(ViewOnly):
    """Businesses that people come with."""

    list_display = ("name", "partner", "type", "contact_name", "contact_email")
    list_filter = ("type",)
    list_select_related = ("partner",)
    search_fields = ("name", "partner__name", "contact_email")
    ordering = ("-id",)


@admin.register(PersonTag)
class PersonTagAdmin(ViewOnly):
    """What people can or are."""

    list_display = ("name", "partner", "category", "sort_order", "is_active")
    list_filter = ("is_active",)
    list_select_related = ("partner",)
    search_fields = ("name", "category", "partner__name")
    ordering = ("-id",)


@admin.register(UserTag)
class UserTagAdmin(ViewOnly):
    """Who has which tag, and who says so."""

    list_display = ("user", "tag", "source", "proficiency", "assigned_by", "created_at")
    list_filter = ("source", "proficiency")
    list_select_related = ("user", "tag", "assigned_by")
    search_fields = ("user__email", "tag__name")
    ordering = ("-id",)


@admin.register(Person)
class PersonAdmin(ViewOnly):
    """People's parts in events."""

    list_display = ("name", "email", "event", "crowd_type", "company", "status", "is_blacklisted", "user", "created_at")
    list_filter = ("status", "is_blacklisted", "crowd_type__system_type")
    list_select_related = ("event", "crowd_type", "company", "user")
    search_fields = ("name", "email", "event__name", "uid__startswith")
    date_hierarchy = "created_at"
    ordering = ("-id",)


@admin.register(IdentityMatch)
class IdentityMatchAdmin(ViewOnly):
    """Guesses that a person and an account are one human."""

    list_display = ("person", "user", "partner", "matched_on", "confidence", "status", "decided_by", "decided_at")
    list_filter = ("status",)
    list_select_related = ("person", "user", "partner", "decided_by")
    search_fields = ("person__name", "user__email", "partner__name")
    ordering = ("-id",)


@admin.register(CrewPlan)
class CrewPlanAdmin(ViewOnly):
    """What events ask of their crew."""

    list_display = ("event", "minimum_rest_minutes", "cancel_hours", "signup_crowd_type")
    list_select_related = ("event", "signup_crowd_type")
    search_fields = ("event__name",)
    ordering = ("-id",)


@admin.register(Location)
class LocationAdmin(ViewOnly):
    """Places on the terrain."""

    list_display = ("name", "event", "address", "latitude", "longitude")
    list_select_related = ("event",)
    search_fields = ("name", "event__name")
    ordering = ("-id",)


@admin.register(Section)
class SectionAdmin(ViewOnly):
    """Parts of the terrain or of the work."""

    list_display = ("name", "event", "category", "type", "sort_order", "crew_need", "is_gate")
    list_filter = ("type", "is_gate")
    list_select_related = ("event",)
    search_fields = ("name", "category", "event__name")
    ordering = ("-id",)


@admin.register(TimeSlot)
class TimeSlotAdmin(ViewOnly):
    """Stretches of days."""

    list_display = ("name", "event", "person_type", "date", "start_time", "end_time", "starts_at", "ends_at")
    list_filter = ("person_type",)
    list_select_related = ("event",)
    search_fields = ("name", "event__name")
    date_hierarchy = "date"
    ordering = ("-id",)


@admin.register(Shift)
class ShiftAdmin(ViewOnly):
    """The work, deleted shifts too."""

    list_display = ("id", "title", "section", "time_slot", "status", "filled_slots", "slots_total", "deleted_at")
    list_filter = ("status", "is_lead_role", ("deleted_at", admin.EmptyFieldListFilter))
    list_select_related = ("section", "time_slot")
    search_fields = ("title", "section__name", "time_slot__name", "section__event__name", "uid__startswith")
    ordering = ("-id",)


@admin.register(Assignment)
class AssignmentAdmin(ViewOnly):
    """Who has which shift."""

    list_display = ("person", "shift", "status", "origin", "assigned_by", "decided_by", "cancelled_at", "created_at")
    list_filter = ("status", "origin", "cancellation_source")
    list_select_related = ("person", "shift", "assigned_by", "decided_by")
    search_fields = ("person__name", "person__email", "shift__title", "uid__startswith")
    date_hierarchy = "created_at"
    ordering = ("-id",)


@admin.register(Swap)
class SwapAdmin(ViewOnly):
    """Shifts that people offer each other."""

    list_display = ("offered", "in_return", "to", "taken_by", "status", "created_at", "decided_at")
    list_filter = ("status",)
    list_select_related = (
        *(f"{one}__{part}" for one in ("offered", "in_return") for part in ("person", "shift")),
        "to",
        "taken_by",
    )
    search_fields = ("offered__person__name", "taken_by__name", "uid__startswith")
    ordering = ("-id",)


@admin.register(RosterFeed)
class RosterFeedAdmin(ViewOnly):
    """Who has a calendar address; the address itself stays secret."""

    list_display = ("user", "created_at")
    list_select_related = ("user",)
    search_fields = ("user__email",)
    exclude = ("seed", "token_hash")
    ordering = ("-id",)


@admin.register(CrowdList)
class CrowdListAdmin(ViewOnly):
    """Lists of people."""

    list_display = ("name", "event", "crowd_type", "type", "recipient_company", "auto_approve", "max_persons")
    list_filter = ("type", "auto_approve")
    list_select_related = ("event", "crowd_type", "recipient_company")
    search_fields = ("name", "event__name")
    ordering = ("-id",)


@admin.register(CrowdListEntry)
class CrowdListEntryAdmin(ViewOnly):
    """Who is on which list."""

    list_display = ("crowd_list", "person", "added_by", "added_at")
    list_select_related = ("crowd_list", "person", "added_by")
    search_fields = ("crowd_list__name", "person__name", "person__email")
    ordering = ("-id",)
