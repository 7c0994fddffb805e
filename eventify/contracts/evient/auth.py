"""Coming in and going out."""

from django.utils.translation import gettext as _

from accounts import sessions, signup
from eventify.contracts.evient import shapes
from eventify.contracts.evient.conventions import View, ok
from eventify.contracts.fields import Body, Secret, Text, read
from eventify.contracts.needs import ANYBODY, SIGNED_IN
from eventify.lib import ratelimit


class Credentials(Body):
    """Who one is, the password, and with two-factor the code."""

    email = Text(max_length=254)
    password = Secret()
    otp = Text(max_length=32, required=False, allow_blank=True)


class NewAccount(Body):
    """What a new account starts with."""

    email = Text(max_length=254)
    password = Secret()
    full_name = Text(max_length=200, required=False, allow_blank=True)


def count(request, limit: str) -> None:
    """Count this request of its address and path against the limit; TooManyRequests past it."""
    ratelimit.hit(limit, ratelimit.client_address(request), request.path_info.rstrip("/"))


class Login(View):
    """POST: a token for an e-mail address (or username, or phone number) and a password."""

    needs = {"POST": ANYBODY}

    def post(self, request):
        count(request, "login")
        asked = read(request, Credentials)
        address = ratelimit.client_address(request)
        otp = asked.get("otp", "")
        user = sessions.check_credentials(asked["email"], asked["password"], otp=otp, address=address)
        return ok(_with_token(user, request), _("You are logged in."))


class Register(View):
    """POST: a new account, logged in at once."""

    needs = {"POST": ANYBODY}

    def post(self, request):
        count(request, "signup")
        user = signup.register(**read(request, NewAccount), by_themself=True)
        return ok(_with_token(user, request), _("Your account is ready."), status=201)


class Me(View):
    """GET: who is logged in."""

    needs = {"GET": SIGNED_IN}

    def get(self, request):
        return ok(shapes.person(request.user))


class Logout(View):
    """POST: end the session; its token opens nothing any more."""

    needs = {"POST": SIGNED_IN}

    def post(self, request):
        self.expect_nothing()
        sessions.end(request.auth)
        return ok(message=_("You are logged out."))


def _with_token(user, request) -> dict:
    agent = request.META.get("HTTP_USER_AGENT", "")
    _session, token = sessions.start(user, address=ratelimit.client_address(request), user_agent=agent)
    return shapes.person(user, token=token)
