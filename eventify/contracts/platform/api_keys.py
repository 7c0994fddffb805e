"""The keys of an organisation's own systems. People make and revoke them; a key does not make keys."""

from rest_framework import serializers

from eventify.contracts import fields
from eventify.contracts.api_v1 import listing, ok
from eventify.contracts.fields import Body, Choice, Moment, Text
from eventify.contracts.needs import Need, organiser
from eventify.contracts.platform.conventions import KeyedView
from integrations import keys
from integrations.models import ApiKey

MANAGES = organiser(keys.PERMISSION)
MAKES = Need((keys.PERMISSION,), own=True, fresh=True)


class KeyBody(Body):
    """A new key."""

    name = Text(max_length=keys.NAME_MAX)
    scopes = serializers.ListField(child=Choice(keys.SCOPES), min_length=1, max_length=len(keys.SCOPES))
    expires_at = Moment(required=False, allow_null=True)


def api_key(row: ApiKey, **more) -> dict:
    """A key on the wire; the key itself only when it was just made."""
    return {
        "id": str(row.uid),
        "organisation_id": str(row.partner.uid),
        "name": row.name,
        "prefix": row.prefix,
        "scopes": row.scopes,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        "last_used_at": row.last_used_at,
        "revoked_at": row.revoked_at,
        **more,
    }


class OfPeople(KeyedView):
    """A view whose organisation is found as a KeyedView finds it, but which knows people only."""

    def get_authenticators(self):
        return super(KeyedView, self).get_authenticators()


class ApiKeys(OfPeople):
    """GET an organisation's keys, newest first; POST makes one."""

    needs = {"GET": MANAGES, "POST": MAKES}

    def get(self, request):
        rows = ApiKey.objects.filter(partner=self.organisation()).select_related("partner").order_by("-pk")
        return listing(request, rows, api_key)

    def post(self, request):
        partner = self.organisation()
        made = keys.make(partner, by=request.user, **fields.read(request, KeyBody))
        return ok(api_key(made.row, key=made.key), status=201)


class ApiKeyDetail(OfPeople):
    """DELETE: revoke it, at once and for ever."""

    needs = {"DELETE": MANAGES}

    def delete(self, request, id):
        keys.revoke(self.one(ApiKey.objects.select_related("partner"), id), by=request.user)
        return ok()
