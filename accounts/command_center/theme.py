"""Choosing light or dark, or leaving it to the system."""

from django.conf import settings
from django.shortcuts import redirect

from eventify.lib.desk.pages import LOGGED_IN, ActionPage
from eventify.lib.desk.shell import THEMES

A_YEAR = 365 * 24 * 60 * 60  # seconds


class Theme(ActionPage):
    """`desk-theme`: keeps the choice in a cookie; anything but light and dark means the system's."""

    permission = LOGGED_IN

    def act(self):
        chosen = self.request.POST.get("theme", "")
        response = redirect(self.back_url())
        if chosen not in THEMES:
            response.delete_cookie("theme", samesite="Lax")
            return response
        is_secure = settings.SESSION_COOKIE_SECURE
        response.set_cookie("theme", chosen, A_YEAR, secure=is_secure, httponly=True, samesite="Lax")
        return response
