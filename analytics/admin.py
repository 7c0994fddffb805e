"""What was counted, for engineers to look at."""

from django.contrib import admin

from accounts.admin import ViewOnly
from analytics.models import Correction, Counted, Export, FsckRun, Subscription, Tally


@admin.register(Tally)
class TallyAdmin(ViewOnly):
    """Counts by the quarter of an hour."""

    list_display = ("what", "at", "detail", "number", "amount")
    list_filter = ("what",)


@admin.register(Correction)
class CorrectionAdmin(ViewOnly):
    """Rows that changed after they may have been counted."""

    list_display = ("what", "row_id", "at", "number")
    list_filter = ("what",)


@admin.register(Counted)
class CountedAdmin(ViewOnly):
    """How far it is."""

    list_display = ("what", "up_to")


@admin.register(FsckRun)
class FsckRunAdmin(ViewOnly):
    """What each run of all checks found."""

    list_display = ("requested_at", "requested_by", "started_at", "finished_at", "breaches")
    list_select_related = ("requested_by",)


@admin.register(Export)
class ExportAdmin(ViewOnly):
    """Reports that people asked for; the files are theirs."""

    list_display = ("uid", "user", "report", "form", "partner", "event", "state", "total", "created_at")
    list_select_related = ("user", "partner", "event")
    list_filter = ("state", "report", "form")
    search_fields = ("user__email",)
    exclude = ("file",)


@admin.register(Subscription)
class SubscriptionAdmin(ViewOnly):
    """Reports that come by themselves."""

    list_display = ("uid", "user", "report", "form", "partner", "event", "every", "hour", "next_at")
    list_select_related = ("user", "partner", "event")
    list_filter = ("report", "every")
    search_fields = ("user__email",)
