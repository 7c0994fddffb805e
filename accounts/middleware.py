"""Who a page's request belongs to, and where staff go first when their role demands two-factor."""

from functools import partial

from django.contrib.auth import middleware
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.functional import SimpleLazyObject

from accounts import browser

_STAFF_PAGES = ("/command-center/", "/django-admin/")
_SET_UP = "/account/security/"


class AuthenticationMiddleware(middleware.AuthenticationMiddleware):
    """`request.user`, as Django's, but nobody once the log-in was ended from another device."""

    def process_request(self, request):
        super().process_request(request)
        request.user = SimpleLazyObject(partial(browser.user_of, request))

    def process_view(self, request, view, args, kwargs):
        """Lead staff whose role demands two-factor to where they set it up; they may do nothing before."""
        if not request.path_info.startswith(_STAFF_PAGES):
            return None
        if not (request.user.is_authenticated and request.user.lacks_two_factor):
            return None
        if "HX-Request" in request.headers:
            return HttpResponse(status=403, headers={"HX-Redirect": _SET_UP})
        return redirect(_SET_UP)
