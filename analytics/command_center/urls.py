"""The address of the dashboard."""

from django.urls import path

from analytics.command_center import dashboard

urlpatterns = [path("", dashboard.Dashboard.as_view(), name="desk-dashboard")]
