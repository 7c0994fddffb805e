"""The addresses of the dashboard, of the check of everything, of reports, and of the figures of one event."""

from django.urls import path

from analytics.command_center import dashboard, exports, figures, fsck, reports

urlpatterns = [
    path("", dashboard.Dashboard.as_view(), name="desk-dashboard"),
    path("integrity/", fsck.Integrity.as_view(), name="desk-fsck"),
    path("integrity/run/", fsck.RunAgain.as_view(), name="desk-fsck-run"),
    path("reports/", reports.Reports.as_view(), name="desk-reports"),
    path("reports/regular/<uuid:uid>/end/", exports.Unsubscribe.as_view(), name="desk-subscription-end"),
    path("exports/<uuid:uid>/", exports.ExportPage.as_view(), name="desk-export"),
    path("exports/<uuid:uid>/file/", exports.ExportFile.as_view(), name="desk-export-file"),
    path("events/<uuid:uid>/reports/", reports.EventReports.as_view(), name="desk-event-reports"),
    path("events/<uuid:uid>/pace/", figures.PacePage.as_view(), name="desk-event-pace"),
    path("events/<uuid:uid>/headcount/", figures.HeadcountPage.as_view(), name="desk-event-headcount"),
    path("events/<uuid:uid>/licence/", figures.Licence.as_view(), name="desk-event-licence"),
    path("partners/<uuid:uid>/reports/", reports.PartnerReports.as_view(), name="desk-partner-reports"),
]
