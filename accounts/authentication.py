"""The bearer token of contracts 000, 001, 002 and 004."""

from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed

from accounts import sessions


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <JWT>`; `request.user` is the user and `request.auth` the session."""

    www_authenticate_realm = "eventify"

    def authenticate(self, request):
        scheme, _space, token = get_authorization_header(request).partition(b" ")
        if not scheme:
            return None
        session = sessions.find(token.strip().decode("latin-1")) if scheme.lower() == b"bearer" else None
        if session is None:
            raise AuthenticationFailed(_("The token is invalid or has expired. Log in again."))
        return session.user, session

    def authenticate_header(self, request):
        return f'Bearer realm="{self.www_authenticate_realm}"'
