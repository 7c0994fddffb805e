"""Which report, of which days, as what, and whether it comes by itself."""

from django import forms
from django.utils.translation import gettext_lazy as _

from analytics.models import Export, Subscription
from analytics.reports.catalogue import Report
from eventify.lib.day_input import DayInput

ONCE = ""
EVERY = (
    (ONCE, _("Once, now")),
    (Subscription.Every.DAY, _("Each day")),
    (Subscription.Every.WEEK, _("Each Monday")),
    (Subscription.Every.MONTH, _("On the first of each month")),
)
FORMS = (
    (Export.Form.XLSX, _("Spreadsheet (XLSX)")),
    (Export.Form.CSV, _("Text for other programs (CSV)")),
    (Export.Form.PDF, _("Paper (PDF)")),
)
HOURS = [(hour, f"{hour:02}:00") for hour in range(24)]


class ReportForm(forms.Form):
    """The reports that the person may choose from are given."""

    report = forms.ChoiceField(label=_("Report"))
    form = forms.ChoiceField(label=_("As"), choices=FORMS)
    first_day = forms.DateField(label=_("From"), required=False, widget=DayInput())
    last_day = forms.DateField(label=_("To"), required=False, widget=DayInput())
    every = forms.ChoiceField(
        label=_("How often"), choices=EVERY, required=False,
        help_text=_("Regularly, you get a mail with a link to the file; the days above do not count then."),
    )  # fmt: skip
    hour = forms.TypedChoiceField(label=_("At"), choices=HOURS, coerce=int, initial=7, required=False, empty_value=7)

    def __init__(self, data=None, files=None, *, reports: list[Report], initial=None):
        super().__init__(data, files, initial=initial)
        self.fields["report"].choices = [(one.name, one.title) for one in reports]


class LicenceForm(forms.Form):
    """How many people may be inside at once."""

    licensed_capacity = forms.IntegerField(
        label=_("People at once"), required=False, min_value=1,
        help_text=_("Ticket holders, crew and guests together, as your licence says. Empty: not known."),
    )  # fmt: skip
