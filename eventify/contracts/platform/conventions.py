"""The conventions of our own API: those of /api/v1 (../api_v1.py), ids as UUIDs, and who asks.

A view for people derives from `api_v1.View`, as in contracts 000 and 004. One that an organisation's own systems may
call as well is a `KeyedView`: its `needs` are made by `keyed`, which names the scope of a key beside the permission of
a person. Both kinds of token come as `Authorization: Bearer`.
"""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from rest_framework.authentication import get_authorization_header
from rest_framework.exceptions import AuthenticationFailed

from accounts.authentication import BearerAuthentication
from eventify.contracts.api_v1 import View
from eventify.contracts.fields import uid_of
from eventify.contracts.needs import Need
from eventify.lib.errors import Forbidden, Invalid, Missing
from integrations import keys
from integrations.models import ApiKey
from integrations.trail import Actor
from partners import members
from partners.models import Partner


@dataclass(frozen=True)
class Holder:
    """Who asks with a key: the organisation's own system. It holds no permission, only the key's scopes."""

    key: ApiKey
    is_authenticated: bool = True
    is_active: bool = True
    pk: None = None


@dataclass(frozen=True)
class Keyed(Need):
    """A key with this scope, or a person with one of the permissions, everywhere or on one organisation."""

    scope: str = ""

    def met_by(self, user) -> bool:
        """Forbidden, which names the scope, for a key without it."""
        if not isinstance(user, Holder):
            return super().met_by(user)
        if self.scope not in user.key.scopes:
            raise Forbidden(_("The key lacks the scope %(scope)s.") % {"scope": self.scope})
        return True


def keyed(scope: str, permission: str = keys.PERMISSION) -> Keyed:
    """This scope of a key, or this permission of a person on the organisation."""
    return Keyed((permission,), own=True, scope=scope)


class KeyOrBearer(BearerAuthentication):
    """The key of an organisation, or the token of a person."""

    def authenticate(self, request):
        scheme, _space, token = get_authorization_header(request).partition(b" ")
        text = token.strip().decode("latin-1")
        if scheme.lower() != b"bearer" or not text.startswith(keys.START):
            return super().authenticate(request)
        key = keys.find(text)
        if key is None:
            raise AuthenticationFailed(_("The key is not known, has ended or was revoked."))
        return Holder(key), key


class KeyedView(View):
    """A view that an organisation's own systems may call."""

    def get_authenticators(self):
        return [KeyOrBearer()]

    @property
    def actor(self) -> Actor:
        """Who acts: the key, or the person."""
        return self.request.auth if isinstance(self.request.auth, ApiKey) else self.request.user

    def organisations(self):
        """The organisations that the caller may ask about here."""
        if isinstance(self.request.auth, ApiKey):
            return Partner.objects.filter(pk=self.request.auth.partner_id)
        return members.partners_where(self.request.user, self.need().permissions[0])

    def organisation(self) -> Partner:
        """The one that `organisation` of the query names, or the only one. Missing for another's, Invalid for none."""
        named = self.request.query_params.get("organisation", "").strip()
        if named:
            found = self.organisations().filter(uid=uid_of(named)).first()
            if found is None:
                raise Missing
            return found
        own = list(self.organisations().order_by("pk")[:2])
        if len(own) != 1:
            raise Invalid.field("organisation", _("Name the organisation by its id."))
        return own[0]

    def one(self, rows, text: str):
        """The row of this id, of an organisation that the caller may ask about; Missing for any other."""
        uid = uid_of(text)
        found = rows.filter(uid=uid, partner__in=self.organisations()).first() if uid else None
        if found is None:
            raise Missing
        return found
