"""Reports: of the platform, of one partner, of one event; what was asked for and what comes by itself."""

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics import asking
from analytics.forms import ReportForm
from analytics.reports import catalogue
from bookings.command_center.events import address_of
from eventify.lib.desk import nav
from eventify.lib.desk.pages import Crumb, FormPage, ObjectFormPage
from events.models import Event
from partners import members
from partners.models import Partner

SHOWN = 20  # partners
OF_PARTNERS = ("view_events", "view_financials")


def _partners(user, permissions: tuple[str, ...]) -> QuerySet[Partner]:
    """The partners on which the person holds one of the permissions."""
    found = Q(pk__in=())
    for permission in permissions:
        found |= Q(pk__in=members.partners_where(user, permission).values("pk"))
    return Partner.objects.filter(found)


class _Asking(FormPage):
    """The form, and below it what was asked for here."""

    template_name = "command_center/analytics/reports.html"
    scoped, place = True, "desk-reports"
    submit = gettext_lazy("Make the report")
    partner: Partner | None = None
    event: Event | None = None

    @cached_property
    def reports(self) -> list[catalogue.Report]:
        return catalogue.open_to(self.request.user, self.partner, self.event)

    def get_form(self, data=None, files=None):
        return ReportForm(data, files, reports=self.reports, initial=self.get_initial())

    def get_initial(self) -> dict:
        wanted = self.request.GET.get("report", "")
        return {"report": wanted} if wanted in catalogue.REPORTS else {}

    def act(self, form):
        of, user = {"partner": self.partner, "event": self.event}, self.request.user
        if not form.cleaned_data["every"]:
            return asking.export(user, form.cleaned_data, **of)
        asking.subscribe(user, form.cleaned_data, **of)
        return self.done(_("You get it by mail from now on."), self.request.path)

    def get_context_data(self, **context) -> dict:
        shown = asking.listed(self.request.user, partner=self.partner, event=self.event)
        return super().get_context_data(reports=self.reports, **shown, **context)


class Reports(_Asking):
    """`desk-reports`: of the whole platform, for who sees it whole; and the way to the partners' own."""

    permission = nav.REPORTS
    title = gettext_lazy("Reports")

    def get_context_data(self, **context) -> dict:
        known = _partners(self.request.user, OF_PARTNERS).order_by("name", "pk")
        partners = (
            [] if self.reports else [(one, reverse("desk-partner-reports", args=[one.uid])) for one in known[:SHOWN]]
        )
        return super().get_context_data(partners=partners, **context)


class PartnerReports(_Asking, ObjectFormPage):
    """`desk-partner-reports`."""

    permission = OF_PARTNERS

    def visible(self):
        return _partners(self.request.user, OF_PARTNERS)

    @property
    def partner(self):
        return self.object

    def get_title(self):
        return _("Reports of %(partner)s") % {"partner": self.object.name}

    def get_crumbs(self):
        return (Crumb(_("Reports"), reverse("desk-reports")),)


class EventReports(_Asking, ObjectFormPage):
    """`desk-event-reports`."""

    permission, place = nav.REPORTS, "desk-events"

    def visible(self):
        mine = _partners(self.request.user, nav.REPORTS)
        return Event.objects.filter(partner__in=mine).select_related("partner")

    @property
    def event(self):
        return self.object

    def get_title(self):
        return _("Reports of %(event)s") % {"event": self.object.name}

    def get_crumbs(self):
        if self.may("view_events", self.object):
            return (Crumb(_("Events"), reverse("desk-events")), Crumb(self.object.name, address_of(self.object)))
        return (Crumb(_("Reports"), reverse("desk-reports")),)
