"""Signing up, coming in, going out."""

from rest_framework.response import Response

from accounts import sessions, signup
from accounts.models import User
from eventify.contracts.evently import fields
from eventify.contracts.evently.conventions import Anyone, EventlyView, LoggedIn
from eventify.lib import ratelimit

ADMIN, USER = "admin", "user"


class NewUser(fields.Fields):
    """Who signs up."""

    name = fields.Text(max_length=200)
    email = fields.Text(max_length=254)
    password = fields.Text(max_length=signup.PASSWORD_MAX, trim_whitespace=False)


class Credentials(fields.Fields):
    """Who comes in; with two-factor also the code."""

    email = fields.Text(max_length=254)
    password = fields.Text(max_length=signup.PASSWORD_MAX, trim_whitespace=False)
    otp = fields.Text(max_length=32, required=False, allow_blank=True)


def user_on_wire(user: User) -> dict:
    """Evently knows two roles: `admin` is the Super Admin."""
    role = ADMIN if user.is_superuser else USER
    return {"id": user.pk, "name": user.full_name or user.username, "email": user.email, "role": role}


class Signup(EventlyView):
    """POST /auth/signup."""

    authentication_classes = []
    needs = {"POST": Anyone}
    limits = {"POST": "signup"}

    def post(self, request):
        given = self.read(NewUser)
        user = signup.register(
            email=given["email"], password=given["password"], full_name=given["name"], by_themself=True
        )
        return Response(user_on_wire(user))


class Login(EventlyView):
    """POST /auth/login."""

    authentication_classes = []
    needs = {"POST": Anyone}
    limits = {"POST": "login"}

    def post(self, request):
        given = self.read(Credentials)
        address, agent = ratelimit.client_address(request), request.META.get("HTTP_USER_AGENT", "")
        otp = given.get("otp", "")
        user = sessions.check_credentials(given["email"], given["password"], otp=otp, address=address)
        _session, token = sessions.start(user, address=address, user_agent=agent)
        return Response({"access_token": token, "token_type": "bearer"})


class Logout(EventlyView):
    """POST /auth/logout."""

    needs = {"POST": LoggedIn}

    def post(self, request):
        self.read(fields.Nothing)
        sessions.end(request.auth)
        return Response({"detail": "Logged out."})


class Me(EventlyView):
    """GET /auth/me."""

    needs = {"GET": LoggedIn}

    def get(self, request):
        return Response(user_on_wire(request.user))
