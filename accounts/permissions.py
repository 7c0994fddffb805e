"""The permission catalogue and the default roles, as data.

Every permission lives on the partner organisation (`partners.Partner`): held through a role it counts everywhere,
held on one partner (django-guardian) it counts for what belongs to that partner.
"""

from typing import NamedTuple

LABEL = "partners"  # the app whose model carries the permissions


class Entry(NamedTuple):
    id: str
    name: str
    group: str


CATALOGUE = (
    Entry("manage_staff", "Manage staff", "Team"),
    Entry("manage_roles", "Manage roles", "Team"),
    Entry("view_audit", "View the audit log", "Team"),
    Entry("view_partners", "View partners", "Partners"),
    Entry("manage_partners", "Manage partners", "Partners"),
    Entry("review_kyc", "Review KYC documents", "Partners"),
    Entry("view_users", "View users", "Users"),
    Entry("ban_users", "Ban users", "Users"),
    Entry("reset_2fa", "Reset two-factor", "Users"),
    Entry("view_events", "View events", "Events"),
    Entry("manage_events", "Manage events", "Events"),
    Entry("check_in", "Check tickets in", "Events"),
    Entry("view_financials", "View financials", "Finance"),
    Entry("manage_payouts", "Manage payouts", "Finance"),
    Entry("refund_orders", "Refund orders", "Finance"),
    Entry("manage_crew", "Manage crew", "Crew"),
    Entry("view_analytics", "View analytics", "Analytics"),
)
IDS = tuple(entry.id for entry in CATALOGUE)

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
