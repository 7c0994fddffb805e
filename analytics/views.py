"""The reports on a partner's own pages: attendees, orders, ledger and payouts of that partner alone."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics import asking
from analytics.forms import ReportForm
from analytics.reports import catalogue
from partners.views_base import PartnerForm


class PartnerReports(PartnerForm):
    """`partner-reports`."""

    permissions, place = ("view_events",), "partner-reports"
    template_name = "analytics/partner_reports.html"
    title = gettext_lazy("Reports")

    def form_class(self, data=None, files=None, initial=None):
        """The form, with the reports that the visitor may have of this partner."""
        return ReportForm(data, files, initial=initial, reports=self.reports())

    def reports(self) -> list[catalogue.Report]:
        return catalogue.open_to(self.request.user, self.partner, is_own=True)

    def act(self, form):
        of, user = {"partner": self.partner, "event": None}, self.request.user
        if not form.cleaned_data["every"]:
            return asking.export(user, form.cleaned_data, **of)
        asking.subscribe(user, form.cleaned_data, **of)
        return self.done(_("You get it by mail from now on."), "partner-reports")

    def get_context_data(self, **context) -> dict:
        shown = asking.listed(self.request.user, partner=self.partner)
        return super().get_context_data(reports=self.reports(), **shown, **context)
