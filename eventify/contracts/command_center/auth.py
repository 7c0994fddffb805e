"""Coming in, staying in, proving oneself again, and going out."""

from django.conf import settings

from accounts import sessions, step_up, two_factor
from accounts.models import User
from accounts.permissions import IDS
from eventify.contracts.api_v1 import View, ok
from eventify.contracts.command_center import shapes
from eventify.contracts.fields import Body, Secret, Text, read
from eventify.contracts.needs import ANYBODY, SIGNED_IN
from eventify.lib.ratelimit import client_address


class Credentials(Body):
    """Who one is, the password, and with two-factor the code."""

    email = Text(max_length=254)
    password = Secret()
    otp = Text(max_length=40, required=False, allow_blank=True, allow_null=True)


class Refreshing(Body):
    """The refresh token of the last log-in or refresh."""

    refresh_token = Text(max_length=2000)


class Proof(Body):
    """The password, or with two-factor the code."""

    password = Secret(required=False, allow_blank=True)
    otp = Text(max_length=40, required=False, allow_blank=True)


class Login(View):
    """POST: tokens for an e-mail address (or username, or phone number) and a password."""

    needs = {"POST": ANYBODY}
    limits = {"POST": "login"}

    def post(self, request):
        asked, address = read(request, Credentials), client_address(request)
        user = sessions.check_credentials(
            asked["email"], asked["password"], otp=asked.get("otp") or "", address=address
        )
        user.refresh_from_db(fields=["last_active_at"])
        session, access = sessions.start(user, address=address, user_agent=request.headers.get("User-Agent", ""))
        return ok({**_tokens(access, sessions.refresh_token(session)), "user": profile(user)})


class Refresh(View):
    """POST: a fresh pair of tokens; the refresh token that was sent is used up."""

    needs = {"POST": ANYBODY}

    def post(self, request):
        session, access, fresh = sessions.refresh(read(request, Refreshing)["refresh_token"])
        return ok({**_tokens(access, fresh), "user": profile(session.user)})


class Logout(View):
    """POST: end the session; its tokens open nothing any more."""

    needs = {"POST": SIGNED_IN}

    def post(self, request):
        self.expect_nothing()
        sessions.end(request.auth)
        return ok()


class Me(View):
    """GET: who is logged in, and what they may do."""

    needs = {"GET": SIGNED_IN}

    def get(self, request):
        return ok(profile(request.user))


class StepUp(View):
    """POST: prove oneself again; for a while this session may touch money, papers and roles."""

    needs = {"POST": SIGNED_IN}

    def post(self, request):
        asked = read(request, Proof)
        step_up.confirm(request.auth, address=client_address(request), **asked)
        return ok({"confirmed_for": settings.EVENTIFY_STEP_UP_MINUTES * 60})


def profile(user: User) -> dict:
    """The user as `me` shows them. Four queries."""
    held = [permission for permission in IDS if user.can(permission)]
    memberships = user.memberships.select_related("partner").order_by("partner__name", "id")
    return shapes.me(user, held, memberships, two_factor.is_on(user))


def _tokens(access: str, refresh: str) -> dict:
    seconds = int(settings.SIMPLE_JWT["ACCESS_TOKEN_LIFETIME"].total_seconds())
    return {"access_token": access, "refresh_token": refresh, "token_type": "bearer", "expires_in": seconds}
