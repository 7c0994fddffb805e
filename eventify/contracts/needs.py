"""Who may call what: a view declares it for each method, and what declares nothing answers nobody."""

from dataclasses import dataclass

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.permissions import BasePermission
from rest_framework.views import APIView

from accounts import step_up, two_factor
from accounts.authentication import BearerAuthentication


@dataclass(frozen=True)
class Need:
    """What a caller needs: one of the permissions, everywhere or (`own`) on one organisation; none: a session.

    `fresh`: the person must have proved lately who they are (step-up), for money, papers and roles.
    """

    permissions: tuple[str, ...] = ()
    own: bool = False
    fresh: bool = False

    def met_by(self, user) -> bool:
        """Whether the user holds it; `fresh` is a question to the session, not to the user."""
        if not user or not user.is_authenticated:
            return False
        holds = user.can_anywhere if self.own else user.can
        return not self.permissions or any(holds(permission) for permission in self.permissions)


ANYBODY = None
SIGNED_IN = Need()


def staff(*permissions: str, fresh: bool = False) -> Need:
    """One of these permissions, held everywhere."""
    return Need(permissions, fresh=fresh)


def organiser(*permissions: str) -> Need:
    """One of these permissions, held everywhere or on an organisation; the view asks about the object again."""
    return Need(permissions, own=True)


class Declared(BasePermission):
    """The view's `needs` for the method; a method that declares nothing answers nobody."""

    def has_permission(self, request, view):
        need = view.need()
        if need is ANYBODY:
            return True
        if not need.met_by(request.user):
            return _refuse(request.user)
        if need.fresh:
            step_up.check(request.auth)
        return True


def _refuse(user) -> bool:
    """False (401 or 403); TwoFactorRequired for staff whom nothing but their missing second factor keeps out."""
    if user and user.is_authenticated:
        two_factor.check_set_up(user)
    return False


class OnlyJSON(DefaultContentNegotiation):
    """JSON whatever the Accept header or a `format` in the query says."""

    def select_renderer(self, request, renderers, format_suffix=None):
        return renderers[0], renderers[0].media_type


class DeclaredView(APIView):
    """A view whose `needs` map each of its methods to ANYBODY, SIGNED_IN or a Need."""

    needs: dict = {}
    permission_classes = [Declared]
    content_negotiation_class = OnlyJSON

    def need(self) -> Need | None:
        """What the request's method needs. OPTIONS, and methods that the path does not have, need nothing."""
        method = "GET" if self.request.method == "HEAD" else self.request.method
        if method == "OPTIONS" or method not in self.allowed_methods:
            return ANYBODY
        return self.needs[method]

    def expect_nothing(self) -> None:
        """Nothing of the body is wanted; what is no JSON is refused all the same (400, 415)."""
        _ = self.request.data

    def get_authenticators(self):
        # An outdated token does not keep anybody from what is public: a client that logs in again may still send it.
        return [] if self.need() is ANYBODY else [BearerAuthentication()]
