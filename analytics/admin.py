"""What was counted, for engineers to look at."""

from django.contrib import admin

from accounts.admin import ViewOnly
from analytics.models import Correction, Counted, FsckRun, Tally


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
