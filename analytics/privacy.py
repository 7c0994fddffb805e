"""What figures know about people: who asked for a check of everything, and for which reports."""

from django.utils.translation import gettext_lazy as _

from analytics.models import Export
from eventify.lib.personal import DELETED, Data, Kind, NoData

_ASKED = ("created_at", "report", "form", "partner__name", "event__name")
DECLARED = (
    Data("analytics.FsckRun", "-", mentions=("requested_by",), why=_("Who asked for a check.")),
    Data(
        "analytics.Export", "reports", (*_ASKED, "first_day", "last_day", "state", "total", "size", "ended_at"),
        user=("user",), erased=DELETED,
    ),
    Data("analytics.Subscription", "regular-reports", (*_ASKED, "every", "hour"), user=("user",), erased=DELETED),
)  # fmt: skip
NOTHING = (
    NoData("analytics.Tally", "How many, of a quarter of an hour."),
    NoData("analytics.Correction", "That a row counts no longer."),
    NoData("analytics.Counted", "How far was counted."),
)
KINDS = (
    Kind(
        "exports", "reports whose file is gone",
        lambda before: Export.objects.filter(
            state__in=(Export.State.EXPIRED, Export.State.FAILED), ended_at__lt=before
        ),
        by="ended_at",
    ),
)  # fmt: skip
