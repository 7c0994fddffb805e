"""What search engines are told: which pages there are, and which are none of theirs."""

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from events import queries
from events.models import Event

_PRIVATE = (
    "/account/",
    "/command-center/",
    "/django-admin/",
    "/near/",
    "/orders/",
    "/partner/",
    "/tickets/",
    "/wallet/",
    "/api/",
)


class EventPages(Sitemap):
    """The pages of the events that can still be attended; 5,000 in a file."""

    limit = 5000

    def items(self):
        return queries.upcoming().only("slug", "updated_at")

    def lastmod(self, event: Event):
        return event.updated_at

    def location(self, event: Event) -> str:
        return f"/e/{event.slug}/"


class FixedPages(Sitemap):
    """The pages that are always there."""

    def items(self):
        return ["/", "/whats-on/", "/calendar/", "/crew/"]

    def location(self, path: str) -> str:
        return path


SITEMAPS = {"pages": FixedPages, "events": EventPages}


@require_safe
def robots(request):
    """`/robots.txt`."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in _PRIVATE), f"Sitemap: {settings.SITE_URL}/sitemap.xml"]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
