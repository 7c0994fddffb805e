"""The reports that there are, as data: what each says, whom it is for, how it is narrowed, and what it adds up to."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from analytics.models import Asked
from analytics.reports import of_money, of_sales, of_work
from analytics.reports.columns import Column
from eventify.lib.desk import say
from eventify.lib.errors import Forbidden, Invalid
from events.models import Event
from partners.models import Partner


@dataclass(frozen=True)
class Report:
    """`rows(partner, event)` are all rows of an event, of a partner, or (neither) of the platform, in their order.

    `at` is the path of the moment that the days narrow; `totals(rows)` are (label, figure, currency or "").
    Any of `permissions` will do, held on the partner or everywhere. `is_of_time`: a subscription tells what the period
    brought; without it, all there is at that moment.
    """

    name: str
    title: object
    lead: object
    permissions: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: Callable[[Partner | None, Event | None], QuerySet]
    totals: Callable[[QuerySet], list[tuple]]
    at: str
    is_of_time: bool = True
    is_of_events: bool = True  # makes sense for one event
    is_own: bool = True  # on the organisation's own pages as well

    def is_open_to(self, user: User, scope: Partner | None) -> bool:
        """Whether the person may have it of this partner; None: of the whole platform."""
        return any(user.can(one, on=scope) if scope else user.can(one) for one in self.permissions)


_ALL = (
    Report(
        "attendees", _("Attendees"), _("Everybody who has a ticket, with what lets them in and when they came."),
        ("view_events",), of_sales.ATTENDEES, of_sales.attendees, of_sales.attendees_totals,
        "created_at", is_of_time=False,
    ),
    Report(
        "orders", _("Orders"), _("What was ordered, a line for each kind of ticket, what was paid and given back."),
        ("view_events", "view_financials"), of_sales.ORDERS, of_sales.orders, of_sales.orders_totals,
        "order__created_at",
    ),
    Report(
        "ledger", _("Ledger"), _("Every entry in the books: sales, fees, refunds and payouts."),
        ("view_financials",), of_money.LEDGER, of_money.ledger, of_money.ledger_totals, "created_at",
    ),
    Report(
        "payouts", _("Payouts"), _("What was paid out, to which account, and what is on its way."),
        ("view_financials",), of_money.PAYOUTS, of_money.payouts, of_money.payouts_totals,
        "created_at", is_of_events=False,
    ),
    Report(
        "rosters", _("Rosters"), _("Who works where and when, and how to reach them."),
        ("manage_crew",), of_work.ROSTERS, of_work.rosters, of_work.rosters_totals,
        "shift__time_slot__starts_at", is_of_time=False, is_own=False,
    ),
    Report(
        "scans", _("Check-ins"), _("Every scan at the door, refused ones too."),
        ("check_in",), of_work.SCANS, of_work.scans, of_work.scans_totals, "scanned_at", is_own=False,
    ),
)  # fmt: skip
REPORTS = {one.name: one for one in _ALL}
PERMISSIONS = tuple(dict.fromkeys(name for one in _ALL for name in one.permissions))


def open_to(user: User, partner: Partner | None, event: Event | None = None, *, is_own: bool = False) -> list[Report]:
    """The reports that the person may have of this event, this partner, or (neither) the platform."""
    fitting = (one for one in _ALL if (one.is_of_events or event is None) and (one.is_own or not is_own))
    return [one for one in fitting if one.is_open_to(user, event.partner if event else partner)]


class Days(NamedTuple):
    """From the first to the last day, both with it; None: without an end."""

    first: date | None = None
    last: date | None = None

    def check(self) -> None:
        """Invalid when the last day is before the first."""
        if self.first and self.last and self.last < self.first:
            raise Invalid.field("last_day", _("The last day is before the first."))


def zone_of(asked: Asked) -> ZoneInfo:
    """In which clocks its days and moments are: the event's, else the platform's."""
    return asked.event.zone if asked.event else ZoneInfo(settings.EVENTIFY_TIME_ZONE)


def check_right(asked: Asked) -> Report:
    """The report that is asked for. Forbidden when its person may not have it now, or it makes no sense of that."""
    report = REPORTS.get(asked.report)
    user = User.objects.get(pk=asked.user_id)  # what they hold now, not what was read before
    is_fitting = report is not None and (report.is_of_events or asked.event is None)
    if not is_fitting or not report.is_open_to(user, asked.scope):
        raise Forbidden
    return report


def rows_of(report: Report, asked: Asked, days: Days) -> QuerySet:
    """The rows of the report, narrowed to what is asked."""
    rows = report.rows(asked.partner if asked.event is None else None, asked.event)
    zone = zone_of(asked)
    if days.first:
        rows = rows.filter(**{f"{report.at}__gte": _starts(days.first, zone)})
    if days.last:
        rows = rows.filter(**{f"{report.at}__lt": _ends(days.last, zone)})
    return rows


def _starts(day: date, zone: ZoneInfo) -> datetime:
    return say.day_starts_at(day).replace(tzinfo=zone)


def _ends(day: date, zone: ZoneInfo) -> datetime:
    return say.day_ends_at(day).replace(tzinfo=zone)
