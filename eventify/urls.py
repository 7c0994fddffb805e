"""The map. What is asked most comes first, for a path is compared with one route after another."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from django.views.static import serve

handler400 = "eventify.contracts.errors.bad_request"
handler403 = "eventify.contracts.errors.forbidden"
handler404 = "eventify.contracts.errors.not_found"
handler500 = "eventify.contracts.errors.server_error"

# The contracts whose paths begin with api/, those with more special paths first.
UNDER_API = ("command_center", "crewli", "platform", "eventify_plus", "evient")

urlpatterns = [
    re_path(r"^(?=api/admin/)", include("eventify.contracts.evient.urls")),  # with the door, which is in a hurry
    re_path(r"^(?=api/)", include([path("", include(f"eventify.contracts.{name}.urls")) for name in UNDER_API])),
    path("", include("eventify.contracts.evently.urls")),
    path("", include("eventify.openapi.urls")),
    path("", include("events.urls")),
    path("", include("bookings.urls")),
    path("", include("accounts.urls")),
    path("", include("privacy.urls")),
    path("", include("integrations.urls")),
    path("", include("partners.urls")),
    path("", include("analytics.urls")),
    path("", include("crew.urls")),
    path("", include("django_prometheus.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("command-center/", include("analytics.command_center.urls")),
    path("command-center/", include("accounts.command_center.urls")),
    path("command-center/", include("partners.command_center.urls")),
    path("command-center/", include("bookings.command_center.urls")),
    path("command-center/", include("crew.command_center.urls")),
    path("command-center/", include("integrations.command_center.urls")),
    path("command-center/", include("privacy.command_center.urls")),
    path("admin/", RedirectView.as_view(url="/command-center/"), name="admin-redirect"),
    path("django-admin/", admin.site.urls),
    re_path(r"^media/(?P<path>event_images/.+|event_type_icons/.+)$", serve, {"document_root": settings.MEDIA_ROOT}),
]
