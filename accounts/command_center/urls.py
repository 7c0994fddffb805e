"""The addresses of these pages."""

from django.urls import path

from accounts.command_center import audit, notifications, saved, search, theme

urlpatterns = [
    path("audit/", audit.Audit.as_view(), name="desk-audit"),
    path("audit/<uuid:uid>/", audit.AuditLine.as_view(), name="desk-audit-line"),
    path("notifications/", notifications.Notifications.as_view(), name="desk-notifications"),
    path("notifications/read/", notifications.ReadAllNotifications.as_view(), name="desk-notifications-read-all"),
    path("notifications/<uuid:uid>/read/", notifications.ReadNotification.as_view(), name="desk-notification-read"),
    path("views/save/", saved.SaveFilter.as_view(), name="desk-filter-save"),
    path("views/forget/", saved.ForgetFilter.as_view(), name="desk-filter-delete"),
    path("search/", search.Search.as_view(), name="desk-search"),
    path("theme/", theme.Theme.as_view(), name="desk-theme"),
]
