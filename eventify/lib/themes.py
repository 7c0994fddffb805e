"""Light or dark, or what the system says: a choice in a cookie of the browser, for every face, without a log-in."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

THEMES = ("light", "dark")
COOKIE, A_YEAR = f"{settings.COOKIE_PREFIX}theme", 365 * 24 * 60 * 60  # seconds


def theme_of(request: HttpRequest) -> str:
    """The theme that the person chose (light or dark); empty: the system's."""
    chosen = request.COOKIES.get(COOKIE, "")
    return chosen if chosen in THEMES else ""


def keep(response: HttpResponse, chosen: str) -> HttpResponse:
    """Let the browser keep the choice for a year; anything but light and dark forgets it."""
    if chosen not in THEMES:
        response.delete_cookie(COOKIE, samesite="Lax")
        return response
    is_secure = settings.SESSION_COOKIE_SECURE
    response.set_cookie(COOKIE, chosen, A_YEAR, secure=is_secure, httponly=True, samesite="Lax")
    return response
