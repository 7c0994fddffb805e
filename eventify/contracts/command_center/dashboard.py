"""The dashboard: figures, the revenue chart, and what happened last."""

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from accounts.models import User
from analytics import dashboard
from eventify.contracts.api_v1 import View, listing, ok
from eventify.contracts.command_center import logs, shapes
from eventify.contracts.needs import organiser, staff
from eventify.lib.wire import moment
from partners import members
from partners.models import Partner

MONEY = {"total_revenue", "open_balance"}


class Metrics(View):
    """GET the seven figures; of all, or of the organisations on which the caller holds the permission."""

    needs = {"GET": organiser("view_analytics")}

    def get(self, request):
        figures = dashboard.metrics(_partners(request.user))
        now = timezone.now()
        response = ok({name: _metric(name, figure) for name, figure in figures.items()})
        response.beside = {"meta": {"from": moment(dashboard.starts(now)[0]), "to": moment(now)}}
        return response


def _metric(name: str, figure: dashboard.Metric) -> dict:
    if name not in MONEY:
        return {**figure._asdict(), "change": figure.change}
    amounts = {key: shapes.money(amount) for key, amount in figure._asdict().items()}
    return {**amounts, "change": figure.change, "currency": settings.EVENTIFY_CURRENCY}


class RevenueChart(View):
    """GET the points of the last 7, 30 (unless asked otherwise) or 90 days, or of the last 12 months."""

    needs = {"GET": organiser("view_analytics")}

    def get(self, request):
        range_ = _range_of(request)
        points = dashboard.revenue_chart(range_, _partners(request.user))
        return ok(
            {
                "range": range_,
                "currency": settings.EVENTIFY_CURRENCY,
                "timezone": settings.EVENTIFY_TIME_ZONE,
                "points": [
                    {"date": shapes.day(point.date), "revenue": shapes.money(point.revenue), "orders": point.orders}
                    for point in points
                ],
            }
        )


def _range_of(request) -> str:
    range_ = request.query_params.get("range", "").strip() or "30d"
    if range_ not in dashboard.RANGES:
        raise ValidationError({"range": [_("Choose one of: %(words)s.") % {"words": ", ".join(dashboard.RANGES)}]})
    return range_


def _partners(user: User) -> QuerySet[Partner] | None:
    """Those to whom the figures are narrowed; None for all."""
    return None if user.can("view_analytics") else members.partners_where(user, "view_analytics")


class Activity(View):
    """GET the newest lines of the audit log."""

    needs = {"GET": staff("view_audit")}

    def get(self, request):
        return listing(request, logs.lines(), shapes.audit_line)
