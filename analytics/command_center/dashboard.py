"""The dashboard: what needs the person, what changed, what was sold, what comes next, and what happened last."""

from decimal import Decimal

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import AuditLog
from analytics import attention, dashboard
from eventify.lib import currencies
from eventify.lib.dates import date_format
from eventify.lib.desk import nav, say
from eventify.lib.desk.charts import Chart, Series
from eventify.lib.desk.pages import Page, is_htmx
from events.queries import upcoming
from partners import members
from partners.models import Partner

EVENTS, LINES = 5, 6  # that are shown
RANGE = "30d"
RANGE_WORDS = {
    "7d": gettext_lazy("7 days"),
    "30d": gettext_lazy("30 days"),
    "90d": gettext_lazy("90 days"),
    "12m": gettext_lazy("12 months"),
}
# figure -> its name, the place that shows what it counts, and the query there
FIGURES = {
    "total_revenue": (gettext_lazy("Total revenue"), "desk-ledger", "kind=sale"),
    "open_balance": (gettext_lazy("Owed to partners"), "desk-payouts", ""),
    "tickets_sold": (gettext_lazy("Tickets sold"), "desk-orders", ""),
    "upcoming_events": (gettext_lazy("Upcoming events"), "desk-events", ""),
    "active_partners": (gettext_lazy("Active partners"), "desk-partners", "status=Active"),
    "pending_kyc": (gettext_lazy("Documents to review"), "desk-kyc", ""),
    "total_users": (gettext_lazy("Users"), "desk-users", ""),
}
# what the people of a partner see instead: theirs alone
OWN_FIGURES = {
    "total_revenue": FIGURES["total_revenue"],
    "open_balance": (gettext_lazy("Owed to you"), "desk-payouts", ""),
    "tickets_sold": FIGURES["tickets_sold"],
    "upcoming_events": FIGURES["upcoming_events"],
    "total_users": (gettext_lazy("Buyers"), "desk-users", ""),
}
MONEY = {"total_revenue", "open_balance"}
TOTALS = {"total_revenue", "tickets_sold"}  # what a period adds is compared, not the figure itself
WORSE, NEITHER = {"pending_kyc"}, {"open_balance"}  # more of it is not better
PARTS = {
    "revenue": "command_center/analytics/revenue.html",
    "attention": "command_center/analytics/attention.html",
}


class Dashboard(Page):
    """`desk-dashboard`. `?range=` chooses the chart's; `?part=` is what htmx asks for alone."""

    permission, scoped = nav.OVERVIEW, True
    title = gettext_lazy("Dashboard")
    template_name = "command_center/analytics/dashboard.html"

    def get(self, request, *args, **kwargs):
        part = request.GET.get("part", "")
        if part in PARTS and is_htmx(request):
            if part == "revenue" and not self.sees_figures:
                raise PermissionDenied
            self.template_name = PARTS[part]
            return self.render(**{"revenue": self.revenue, "attention": self.attention}[part]())
        figures = self.figures()
        revenue = {} if figures.get("is_fresh") else self.revenue()
        return self.render(**self.attention(), **figures, **revenue, **self.lists())

    @cached_property
    def sees_figures(self) -> bool:
        return nav.may(self.request.user, ("view_analytics",), True)

    @cached_property
    def partners(self) -> QuerySet[Partner] | None:
        """Those to whom the figures are narrowed; None for all."""
        user = self.request.user
        return None if user.can("view_analytics") else members.partners_where(user, "view_analytics")

    def attention(self) -> dict:
        found = attention.for_user(self.request.user)
        return {"matters": [{**one._asdict(), "url": _address(one)} for one in found]}

    def figures(self) -> dict:
        if not self.sees_figures:
            return {}
        found = dashboard.metrics(self.partners)
        is_fresh = not (found["total_revenue"].value or found["tickets_sold"].value or found["upcoming_events"].value)
        shown = FIGURES if self.partners is None else OWN_FIGURES
        return {"metrics": [self._metric(name, found[name], *shown[name]) for name in shown], "is_fresh": is_fresh}

    def _metric(self, name: str, figure: dashboard.Metric, label, place: str, query: str) -> dict:
        step = figure.current - figure.previous
        is_good = None if not step or name in NEITHER else (step > 0) != (name in WORSE)
        return {
            "label": label,
            "value": _said(name, figure.value),
            "change": _change(name, figure),
            "direction": "up" if step > 0 else "down" if step < 0 else "",
            "is_good": is_good,
            "url": self._place(place, query),
        }

    def _place(self, page: str, query: str) -> str:
        """The address of a place of the navigation; empty when the person may not go there."""
        item = next(item for group in nav.GROUPS for item in group.items if item.page == page)
        may_go = nav.may(self.request.user, item.permissions, item.is_scoped)
        url = nav.address(page) if may_go else ""
        return f"{url}?{query}" if url and query else url

    def revenue(self) -> dict:
        """The chart, its ranges, and what it adds up to."""
        if not self.sees_figures:
            return {}
        chosen = self.request.GET.get("range", "")
        range_ = chosen if chosen in RANGE_WORDS else RANGE
        points = dashboard.revenue_chart(range_, self.partners)
        ranges = [
            {"label": label, "url": f"{reverse('desk-dashboard')}?range={one}", "is_current": one == range_}
            for one, label in RANGE_WORDS.items()
        ]
        return {"chart": _chart(range_, points), "ranges": ranges, "total": _total(range_, points)}

    def lists(self) -> dict:
        user = self.request.user
        shown = {}
        if user.can("view_audit"):
            shown["lines"] = AuditLog.objects.select_related("actor").order_by("-id")[:LINES]
        if user.can_anywhere("view_events"):
            own = members.partners_where(user, "view_events")
            events = upcoming() if user.can("view_events") else upcoming().filter(partner__in=own.values("pk"))
            first = upcoming().filter(pk__in=events.values("pk")[:EVENTS])  # their ids are found in an index alone
            shown["events"] = [{"row": one, "url": nav.link("desk-event", one.uid)} for one in first]
        return shown


def _address(matter: attention.Matter) -> str:
    url = nav.link(matter.page, *matter.args)
    return f"{url}?{matter.query}" if url and matter.query else url


def _said(name: str, value) -> str:
    return currencies.exact(value, settings.EVENTIFY_CURRENCY) if name in MONEY else say.plain_number(value)


def _signed(name: str, value) -> str:
    return f"+{_said(name, value)}" if value > 0 else _said(name, value).replace("-", currencies.MINUS)


def _change(name: str, figure: dashboard.Metric) -> str:
    """How the figure moved in the last 30 days, in words."""
    if name not in TOTALS:
        step = figure.current - figure.previous
        return _("%(step)s in 30 days") % {"step": _signed(name, step)} if step else _("As 30 days ago")
    words = {"current": _said(name, figure.current), "previous": _said(name, figure.previous)}
    if figure.change is None:
        return _("%(current)s in 30 days") % words if figure.current else _("Nothing in 30 days")
    percent = say.plain_number(Decimal(str(figure.change)))
    words["percent"] = f"+{percent}" if figure.change > 0 else percent.replace("-", currencies.MINUS)
    return _("%(current)s in 30 days, %(percent)s %% against the 30 before") % words


def _chart(range_: str, points: list[dashboard.Point]) -> Chart:
    is_monthly = range_ in dashboard.MONTHS_OF
    currency = settings.EVENTIFY_CURRENCY
    return Chart(
        title=_("Revenue"),
        labels=[date_format(point.date, "M Y" if is_monthly else "j M") for point in points],
        series=[Series(_("Revenue"), [point.revenue for point in points])],
        show=lambda amount: currencies.exact(amount, currency),
        show_tick=lambda amount: currencies.short(amount, currency),
        label_name=_("Month") if is_monthly else _("Day"),
    )


def _total(range_: str, points: list[dashboard.Point]) -> str:
    orders = sum(point.orders for point in points)
    text = ngettext(
        "%(amount)s from %(count)s order in %(range)s", "%(amount)s from %(count)s orders in %(range)s", orders
    )
    amount = currencies.exact(sum(point.revenue for point in points), settings.EVENTIFY_CURRENCY)
    return text % {"amount": amount, "count": say.plain_number(orders), "range": RANGE_WORDS[range_]}
