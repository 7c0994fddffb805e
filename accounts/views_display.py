"""How the site looks in one browser: its colours and its language. No log-in; the choices are in cookies.

The forms are on a page of their own, so that the pages around it hold no token and may be kept by anybody.
"""

from django.conf import settings
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from accounts.pages import safe_next
from eventify.lib import themes


@method_decorator(never_cache, name="dispatch")
class Display(View):
    """`/display/?next=`: system, light or dark; and the language. Leads back to where one came from."""

    def get(self, request):
        context = {"back": safe_next(request), "languages": settings.LANGUAGES}
        return render(request, "accounts/display.html", context)

    def post(self, request):
        return themes.keep(redirect(safe_next(request)), request.POST.get("theme", ""))
