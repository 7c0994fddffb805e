"""The routes of contract 000, in the document's order."""

from eventify.contracts.command_center import auth, dashboard, financials, logs, partners, team, users
from eventify.lib.routes import route

_PARTNER = "api/v1/partners/<id>"
_PAYOUT = "api/v1/financials/payouts/<id>"

urlpatterns = [
    route("api/v1/auth/login", auth.Login.as_view()),
    route("api/v1/auth/refresh", auth.Refresh.as_view()),
    route("api/v1/auth/logout", auth.Logout.as_view()),
    route("api/v1/auth/me", auth.Me.as_view()),
    route("api/v1/auth/step-up", auth.StepUp.as_view()),
    route("api/v1/dashboard/metrics", dashboard.Metrics.as_view()),
    route("api/v1/dashboard/revenue-chart", dashboard.RevenueChart.as_view()),
    route("api/v1/dashboard/activity", dashboard.Activity.as_view()),
    route("api/v1/partners", partners.Partners.as_view()),
    route(_PARTNER, partners.PartnerDetail.as_view()),
    route(f"{_PARTNER}/documents", partners.Documents.as_view()),
    route(f"{_PARTNER}/status", partners.PartnerStatus.as_view()),
    route(f"{_PARTNER}/kyc/review", partners.KycReview.as_view()),
    route(f"{_PARTNER}/contacts", partners.Contacts.as_view()),
    route(f"{_PARTNER}/contacts/<contact_id>", partners.ContactDetail.as_view()),
    route("api/v1/admin/users", team.Staff.as_view()),
    route("api/v1/admin/users/<id>", team.StaffMember.as_view()),
    route("api/v1/admin/users/<id>/role", team.StaffRole.as_view()),
    route("api/v1/admin/roles", team.Roles.as_view()),
    route("api/v1/admin/roles/<id>", team.RoleDetail.as_view()),
    route("api/v1/admin/roles/<id>/permissions", team.RolePermissions.as_view()),
    route("api/v1/admin/permissions", team.Permissions.as_view()),
    route("api/v1/users", users.Users.as_view()),
    route("api/v1/users/<id>/ban", users.Ban.as_view()),
    route("api/v1/users/<id>/unban", users.Unban.as_view()),
    route("api/v1/users/<id>/reset-2fa", users.ResetTwoFactor.as_view()),
    route("api/v1/financials/entries", financials.Entries.as_view()),
    route("api/v1/financials/payouts", financials.Payouts.as_view()),
    route(_PAYOUT, financials.PayoutDetail.as_view()),
    route(f"{_PAYOUT}/approve", financials.PayoutApproval.as_view()),
    route(f"{_PAYOUT}/discard", financials.PayoutDiscard.as_view()),
    route("api/v1/notifications", logs.Notifications.as_view()),
    route("api/v1/notifications/read-all", logs.NotificationsRead.as_view()),
    route("api/v1/notifications/<id>/read", logs.NotificationRead.as_view()),
    route("api/v1/audit-logs", logs.AuditLogs.as_view()),
]
