"""The permission catalogue and the default roles, as data.

Every permission lives on the partner organisation (`partners.Partner`): held through a role it counts everywhere,
held on one partner (django-guardian) it counts for what belongs to that partner.
"""

from typing import NamedTuple

from django.utils.translation import gettext_noop as _

LABEL = "partners"  # the app whose model carries the permissions


class Entry(NamedTuple):
    id: str
    name: str
    group: str


CATALOGUE = (
    Entry("manage_staff", _("Manage staff"), _("Team")),
    Entry("manage_roles", _("Manage roles"), _("Team")),
    Entry("view_audit", _("View the audit log"), _("Team")),
    Entry("view_partners", _("View partners"), _("Partners")),
    Entry("manage_partners", _("Manage partners"), _("Partners")),
    Entry("review_kyc", _("Review KYC documents"), _("Partners")),
    Entry("manage_integrations", _("Manage webhooks and API keys"), _("Partners")),
    Entry("view_users", _("View users"), _("Users")),
    Entry("ban_users", _("Ban users"), _("Users")),
    Entry("reset_2fa", _("Reset two-factor"), _("Users")),
    Entry("manage_privacy", _("Export and erase people's data"), _("Users")),
    Entry("view_events", _("View events"), _("Events")),
    Entry("manage_events", _("Manage events"), _("Events")),
    Entry("check_in", _("Check tickets in"), _("Events")),
    Entry("view_financials", _("View financials"), _("Finance")),
    Entry("manage_payouts", _("Manage payouts"), _("Finance")),
    Entry("refund_orders", _("Refund orders"), _("Finance")),
    Entry("manage_crew", _("Manage crew"), _("Crew")),
    Entry("view_analytics", _("View analytics"), _("Analytics")),
)
IDS = tuple(entry.id for entry in CATALOGUE)
NAMES = {entry.id: entry.name for entry in CATALOGUE}

SUPER_ADMIN = "Super Admin"
# name -> (description, permissions, is_system)
DEFAULT_ROLES = {
    SUPER_ADMIN: ("May do everything.", IDS, True),
    "Finance": (
        "Sees the money and pays it out.",
        (
            "view_partners",
            "view_users",
            "view_events",
            "view_financials",
            "manage_payouts",
            "refund_orders",
            "view_analytics",
        ),
        False,
    ),
    "Content Moderator": (
        "Reviews partners, users and events.",
        ("view_partners", "review_kyc", "view_users", "ban_users", "view_events", "manage_events"),
        False,
    ),
    "Support": ("Helps partners and users.", ("view_partners", "view_users", "view_events"), False),
    "Gate": ("Scans tickets at the door.", ("view_events", "check_in"), False),
}
