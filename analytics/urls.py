"""A partner's own reports, and why something is refused."""

from django.urls import path

from analytics import views, views_why

urlpatterns = [
    path("why/", views_why.why, name="why"),
    path("partner/<slug:slug>/reports/", views.PartnerReports.as_view(), name="partner-reports"),
]
