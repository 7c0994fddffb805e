"""The addresses of these pages."""

from django.urls import path

from accounts.command_center import audit, notifications, roles, saved, search, staff, theme

urlpatterns = [
    path("audit/", audit.Audit.as_view(), name="desk-audit"),
    path("audit/<uuid:uid>/", audit.AuditLine.as_view(), name="desk-audit-line"),
    path("notifications/", notifications.Notifications.as_view(), name="desk-notifications"),
    path("notifications/read/", notifications.ReadAllNotifications.as_view(), name="desk-notifications-read-all"),
    path("notifications/<uuid:uid>/read/", notifications.ReadNotification.as_view(), name="desk-notification-read"),
    path("views/save/", saved.SaveFilter.as_view(), name="desk-filter-save"),
    path("views/forget/", saved.ForgetFilter.as_view(), name="desk-filter-delete"),
    path("search/", search.Search.as_view(), name="desk-search"),
    path("staff/", staff.Staff.as_view(), name="desk-staff"),
    path("staff/invite/", staff.InviteStaff.as_view(), name="desk-staff-invite"),
    path("staff/<uuid:uid>/", staff.StaffMember.as_view(), name="desk-staff-member"),
    path("staff/<uuid:uid>/invite/", staff.InviteAgain.as_view(), name="desk-staff-invite-again"),
    path("staff/<uuid:uid>/role/", staff.ChooseRole.as_view(), name="desk-staff-role"),
    path("staff/<uuid:uid>/role/change/", staff.ChangeRole.as_view(), name="desk-staff-role-change"),
    path("staff/<uuid:uid>/revoke/", staff.Revoke.as_view(), name="desk-staff-revoke"),
    path("roles/", roles.Roles.as_view(), name="desk-roles"),
    path("roles/new/", roles.NewRole.as_view(), name="desk-role-new"),
    path("roles/<uuid:uid>/", roles.RolePage.as_view(), name="desk-role"),
    path("roles/<uuid:uid>/permissions/", roles.RolePermissions.as_view(), name="desk-role-permissions"),
    path("roles/<uuid:uid>/two-factor/", roles.RoleTwoFactor.as_view(), name="desk-role-two-factor"),
    path("roles/<uuid:uid>/describe/", roles.DescribeRole.as_view(), name="desk-role-describe"),
    path("roles/<uuid:uid>/delete/", roles.DeleteRole.as_view(), name="desk-role-delete"),
    path("theme/", theme.Theme.as_view(), name="desk-theme"),
]
