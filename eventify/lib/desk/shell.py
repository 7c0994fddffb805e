"""What stands around every page of the command center, and the pages for what went wrong, inside it."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.functional import SimpleLazyObject

from eventify.lib.desk import nav
from eventify.lib.themes import theme_of

PREFIX = "/command-center/"
MANY = 99  # unread notifications that are counted


def around(request: HttpRequest, current: str = "") -> dict:
    """The context of the shell: navigation, unread count, theme, languages. Queries run only when it is rendered."""
    return {"shell": SimpleLazyObject(lambda: _around(request, current))}


def _around(request: HttpRequest, current: str) -> dict:
    user = request.user
    is_known = user.is_authenticated
    return {
        "groups": nav.groups_for(user, current) if is_known else [],
        "unread": user.notifications.filter(is_read=False)[: MANY + 1].count() if is_known else 0,
        "many": MANY,
        "theme": theme_of(request),
        "languages": settings.LANGUAGES,
        "language_url": nav.address("set_language") if len(settings.LANGUAGES) > 1 else "",
        **{f"{name}_url": nav.address(f"desk-{name}") for name in ("search", "notifications", "theme", "account")},
        "raw_url": "/django-admin/" if is_known and user.is_superuser else "",
    }


def refusal(request: HttpRequest, status: int, sentence: str = "", back: str = "") -> HttpResponse:
    """The page, inside the shell, that says why something was not done or is not here."""
    context = {"status": status, "sentence": sentence, "back": back, **around(request)}
    page = render_to_string("command_center/error.html", context, request)
    return HttpResponse(page, status=status, headers={"Cache-Control": "no-store"})


def is_inside(request: HttpRequest) -> bool:
    """Whether the request is for a page of the command center by somebody who is logged in."""
    user = getattr(request, "user", None)
    return request.path_info.startswith(PREFIX) and user is not None and user.is_authenticated
