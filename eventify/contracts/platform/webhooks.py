"""The endpoints of an organisation, what they were sent, and sending it again."""

from rest_framework import serializers

from eventify.contracts import fields
from eventify.contracts.api_v1 import listing, ok
from eventify.contracts.fields import Body, Moment, Text
from eventify.contracts.platform.conventions import KeyedView, keyed
from eventify.lib.errors import Missing
from integrations import endpoints
from integrations.addresses import URL_MAX
from integrations.kinds import IDS
from integrations.models import Delivery, Endpoint

MANAGES = keyed("webhooks:manage")


class EndpointBody(Body):
    """An endpoint, or what to change in one."""

    url = Text(max_length=URL_MAX)
    kinds = serializers.ListField(child=Text(max_length=40), min_length=1, max_length=len(IDS))
    description = Text(max_length=endpoints.DESCRIPTION_MAX, required=False, allow_blank=True)


class ReplayBody(Body):
    """From which moment on."""

    since = Moment()


def endpoint(row: Endpoint, **more) -> dict:
    """An endpoint on the wire; its secret only when it was just made."""
    return {
        "id": str(row.uid),
        "organisation_id": str(row.partner.uid),
        "url": row.url,
        "description": row.description,
        "kinds": row.kinds,
        "state": row.state,
        "failing_since": row.failing_since,
        "retry_at": row.retry_at,
        "created_at": row.created_at,
        **more,
    }


def attempt(row) -> dict:
    """One sending on the wire."""
    return {
        "started_at": row.started_at,
        "status": row.status or None,
        "milliseconds": row.milliseconds,
        "answer": row.answer,
        "error": row.error,
    }


def delivery(row: Delivery) -> dict:
    """A delivery on the wire, with its attempts, the latest first."""
    return {
        "id": str(row.uid),
        "fact_id": str(row.fact.uid) if row.fact else None,
        "kind": row.kind,
        "status": row.status,
        "created_at": row.created_at,
        "next_attempt_at": row.next_attempt_at if row.status == Delivery.Status.WAITING else None,
        "delivered_at": row.delivered_at,
        "attempts": [attempt(one) for one in row.attempts.all()],
    }


class Endpoints(KeyedView):
    """GET an organisation's endpoints; POST makes one."""

    needs = {"GET": MANAGES, "POST": MANAGES}

    def get(self, request):
        rows = Endpoint.objects.filter(partner=self.organisation()).select_related("partner").order_by("pk")
        return listing(request, rows, endpoint)

    def post(self, request):
        partner = self.organisation()
        made = endpoints.make(partner, by=self.actor, **fields.read(request, EndpointBody))
        return ok(endpoint(made.row, secret=made.secret), status=201)


class OfEndpoint(KeyedView):
    """Below /webhooks/<id>."""

    def endpoint(self, text: str) -> Endpoint:
        """The endpoint that the address names."""
        return self.one(Endpoint.objects.select_related("partner"), text)


class EndpointDetail(OfEndpoint):
    """GET, PATCH or DELETE one."""

    needs = {"GET": MANAGES, "PATCH": MANAGES, "DELETE": MANAGES}

    def get(self, request, id):
        return ok(endpoint(self.endpoint(id)))

    def patch(self, request, id):
        row = self.endpoint(id)
        return ok(endpoint(endpoints.change(row, by=self.actor, **fields.read(request, EndpointBody, partial=True))))

    def delete(self, request, id):
        endpoints.remove(self.endpoint(id), by=self.actor)
        return ok()


class Pause(OfEndpoint):
    """POST: send nothing until it is resumed."""

    needs = {"POST": MANAGES}

    def post(self, request, id):
        row = self.endpoint(id)
        self.expect_nothing()
        return ok(endpoint(endpoints.pause(row, by=self.actor)))


class Resume(OfEndpoint):
    """POST: send again, what waits first."""

    needs = {"POST": MANAGES}

    def post(self, request, id):
        row = self.endpoint(id)
        self.expect_nothing()
        return ok(endpoint(endpoints.resume(row, by=self.actor)))


class Rotate(OfEndpoint):
    """POST: another secret; the old one signs as well for a day."""

    needs = {"POST": MANAGES}

    def post(self, request, id):
        row = self.endpoint(id)
        self.expect_nothing()
        made = endpoints.rotate(row, by=self.actor)
        return ok(endpoint(made.row, secret=made.secret))


class Test(OfEndpoint):
    """POST: send it a `webhook.test` soon."""

    needs = {"POST": MANAGES}

    def post(self, request, id):
        row = self.endpoint(id)
        self.expect_nothing()
        return ok(delivery(endpoints.test(row, by=self.actor)), status=202)


class Replay(OfEndpoint):
    """POST: send everything since a moment once more."""

    needs = {"POST": MANAGES}

    def post(self, request, id):
        row = self.endpoint(id)
        since = fields.read(request, ReplayBody)["since"]
        return ok({"facts": endpoints.replay_since(row, since, by=self.actor)}, status=202)


class Deliveries(OfEndpoint):
    """GET what it was sent or is owed, newest first, with each attempt."""

    needs = {"GET": MANAGES}

    def get(self, request, id):
        rows = Delivery.objects.filter(endpoint=self.endpoint(id)).select_related("fact").prefetch_related("attempts")
        return listing(request, rows.order_by("-pk"), delivery)


class DeliveryReplay(KeyedView):
    """POST: send one delivery once more, under the same id."""

    needs = {"POST": MANAGES}

    def post(self, request, id):
        uid = fields.uid_of(id)
        mine = Delivery.objects.filter(endpoint__partner__in=self.organisations()).select_related("endpoint__partner")
        found = mine.filter(uid=uid).first() if uid else None
        if found is None:
            raise Missing
        self.expect_nothing()
        return ok(delivery(endpoints.replay(found, by=self.actor)), status=202)
