"""What stands around every page of the command center, and the pages for what went wrong, inside it."""

from functools import lru_cache

from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import SafeString
from django.utils.translation import activate, get_language

from eventify.lib.desk import nav
from eventify.lib.prepared import Param, Prepared
from eventify.lib.themes import theme_of

PREFIX = "/command-center/"
MENUS = 500  # that a process keeps
MANY = 99  # unread notifications that are counted


def speak() -> None:
    """From here on English for who reads a language that the command center is not written in."""
    if get_language() not in settings.STAFF_LANGUAGES:
        activate(settings.LANGUAGE_CODE)


_unread = Prepared(
    lambda: get_user_model()
    .notifications.rel.related_model.objects.filter(recipient=Param("user"), is_read=False)
    .order_by()
    .values_list("pk")[: MANY + 1]
)


def around(request: HttpRequest, current: str = "") -> dict:
    """The context of the shell: navigation, unread count, theme, languages. Queries run only when it is rendered."""
    return {"shell": SimpleLazyObject(lambda: _around(request, current))}


def _around(request: HttpRequest, current: str) -> dict:
    user = request.user
    is_known = user.is_authenticated
    pages = nav.open_to(user) if is_known else ()
    raw_url = "/django-admin/" if is_known and user.is_superuser else ""
    return {
        "has_places": bool(pages),
        "places": _places(pages, current if current in pages else "", raw_url, get_language()),
        "shortcuts": _shortcuts(pages, get_language()),
        "unread": len(_unread(user=user.pk)) if is_known else 0,
        "many": MANY,
        "theme": theme_of(request),
        "languages": [one for one in settings.LANGUAGES if one[0] in settings.STAFF_LANGUAGES],
        "language_url": nav.address("set_language") if len(settings.LANGUAGES) > 1 else "",
        **{f"{name}_url": nav.address(f"desk-{name}") for name in ("search", "notifications", "theme", "account")},
    }


@lru_cache(maxsize=MENUS)
def _places(pages: tuple[str, ...], current: str, raw_url: str, _language: str) -> SafeString:
    """The navigation, which is the same for all who may go to these pages: drawn once in a process."""
    context = {"groups": nav.groups_of(pages, current), "raw_url": raw_url}
    return render_to_string("command_center/parts/side.html", context)


@lru_cache(maxsize=MENUS)
def _shortcuts(pages: tuple[str, ...], _language: str) -> SafeString:
    """The keys that lead there, and the others."""
    return render_to_string("command_center/parts/keys.html", {"groups": nav.groups_of(pages, "")})


def refusal(request: HttpRequest, status: int, sentence: str = "", back: str = "", **asked) -> HttpResponse:
    """The page, inside the shell, that says why something was not done or is not here.

    `asks`, `about` and `says` name the question that tells more, the uid that it is about, and its other inputs.
    """
    speak()
    context = {"status": status, "sentence": sentence, "back": back, **asked, **around(request)}
    page = render_to_string("command_center/error.html", context, request)
    return HttpResponse(page, status=status, headers={"Cache-Control": "no-store"})


def is_inside(request: HttpRequest) -> bool:
    """Whether the request is for a page of the command center by somebody who is logged in."""
    user = getattr(request, "user", None)
    return request.path_info.startswith(PREFIX) and user is not None and user.is_authenticated
