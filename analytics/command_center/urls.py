"""The addresses of the dashboard and of the check of everything."""

from django.urls import path

from analytics.command_center import dashboard, fsck

urlpatterns = [
    path("", dashboard.Dashboard.as_view(), name="desk-dashboard"),
    path("integrity/", fsck.Integrity.as_view(), name="desk-fsck"),
    path("integrity/run/", fsck.RunAgain.as_view(), name="desk-fsck-run"),
]
