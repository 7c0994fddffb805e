"""The navigation of the command center, as data. An item shows when its page exists and the person may open it."""

from typing import NamedTuple

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _


class Item(NamedTuple):
    """One place. `permissions`: any of them opens it; `is_scoped`: held on one partner they do, too."""

    page: str
    label: object
    icon: str
    key: str = ""  # "g" and this letter lead there
    permissions: tuple[str, ...] = ()
    is_scoped: bool = False


class Group(NamedTuple):
    label: object
    items: tuple[Item, ...]


OVERVIEW = ("view_analytics", "view_partners", "view_events", "view_financials")  # any of them opens the dashboard
REPORTS = ("view_events", "view_financials", "manage_crew", "check_in")  # any of them: analytics/reports

GROUPS = (
    Group(
        _("Overview"),
        (
            Item("desk-dashboard", _("Dashboard"), "home", "d", OVERVIEW, True),
            Item("desk-reports", _("Reports"), "download", "", REPORTS, True),
        ),
    ),
    Group(
        _("Partners"),
        (
            Item("desk-partners", _("Partners"), "partners", "p", ("view_partners",), True),
            Item("desk-kyc", _("KYC queue"), "check", "k", ("review_kyc",)),
            Item("desk-endpoints", _("Webhooks"), "bell", "w", ("manage_integrations",), True),
        ),
    ),
    Group(
        _("Events"),
        (
            Item("desk-events", _("Events"), "calendar", "e", ("view_events",), True),
            Item("desk-orders", _("Orders"), "ticket", "o", ("view_events", "view_financials"), True),
            Item("desk-door-conflicts", _("Door conflicts"), "warning", "x", ("check_in",), True),
        ),
    ),
    Group(
        _("Crew"),
        (
            Item("desk-crew", _("Crew"), "people", "c", ("manage_crew",), True),
            Item("desk-crew-matches", _("Identity matches"), "check", "i", ("manage_crew",), True),
            Item("desk-crew-settings", _("Crew settings"), "key", "t", ("manage_crew",), True),
        ),
    ),
    Group(_("People"), (Item("desk-users", _("Users"), "people", "u", ("view_users",)),)),
    Group(
        _("Finance"),
        (
            Item("desk-ledger", _("Ledger"), "ledger", "l", ("view_financials",), True),
            Item("desk-payouts", _("Payouts"), "payout", "b", ("view_financials", "manage_payouts"), True),
            Item("desk-webhooks", _("Payment messages"), "bell", "m", ("refund_orders",)),
        ),
    ),
    Group(
        _("Team"),
        (
            Item("desk-staff", _("Staff"), "badge", "s", ("manage_staff",)),
            Item("desk-roles", _("Roles"), "key", "r", ("manage_roles", "manage_staff")),
            Item("desk-audit", _("Audit log"), "audit", "a", ("view_audit",)),
            Item("desk-fsck", _("Integrity"), "check", "f", ("view_audit",)),
        ),
    ),
)


def may(user, permissions: tuple[str, ...], is_scoped: bool) -> bool:
    """Whether the user holds one of the permissions, everywhere or (scoped) on some partner.

    A shift opens no page of the command center: who scans because of one has the scanner.
    """
    return any(map(user.can_for_a_partner if is_scoped else user.can, permissions))


def link(page: str, *args) -> str:
    """The address of a page, with what its address holds; empty while nobody serves it."""
    try:
        return reverse(page, args=args)
    except NoReverseMatch:
        return ""


def address(page: str) -> str:
    """The address of a page that needs nothing more; empty while nobody serves it."""
    return link(page)


def open_to(user) -> tuple[str, ...]:
    """The pages of the places that the user may go to, in their order."""
    return tuple(item.page for group in GROUPS for item in group.items if address(item.page) and _may_go(user, item))


def groups_of(pages: tuple[str, ...], current: str) -> list[dict]:
    """The groups with the places of these pages; `current` is the url name of the place that one is at."""
    shown = []
    for group in GROUPS:
        items = [_place(item, current) for item in group.items if item.page in pages]
        if items:
            shown.append({"label": group.label, "items": items})
    return shown


def _may_go(user, item: Item) -> bool:
    return may(user, item.permissions, item.is_scoped)


def _place(item: Item, current: str) -> dict:
    return {**item._asdict(), "url": address(item.page), "is_current": item.page == current}
