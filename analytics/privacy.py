"""What figures know about people: who asked for a check of everything."""

from django.utils.translation import gettext_lazy as _

from eventify.lib.personal import Data, NoData

DECLARED = (Data("analytics.FsckRun", "-", mentions=("requested_by",), why=_("Who asked for a check.")),)
NOTHING = (
    NoData("analytics.Tally", "How many, of a quarter of an hour."),
    NoData("analytics.Correction", "That a row counts no longer."),
    NoData("analytics.Counted", "How far was counted."),
)
KINDS = ()
