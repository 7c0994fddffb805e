"""Choosing light or dark, or leaving it to the system."""

from django.shortcuts import redirect

from eventify.lib import themes
from eventify.lib.desk.pages import LOGGED_IN, ActionPage


class Theme(ActionPage):
    """`desk-theme`: keeps the choice in a cookie; anything but light and dark means the system's."""

    permission = LOGGED_IN

    def act(self):
        return themes.keep(redirect(self.back_url()), self.request.POST.get("theme", ""))
