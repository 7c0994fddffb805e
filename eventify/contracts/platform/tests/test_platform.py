"""Our own API as an organisation's systems and people use it: keys, the feed, endpoints, an order."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import sessions
from accounts.factories import SuperAdminFactory
from accounts.models import AuditLog
from bookings.factories import TicketTypeFactory
from bookings.tests.scenes import buy, pay, people
from events.factories import EventFactory
from integrations import kinds
from integrations.keys import SCOPES
from integrations.models import ApiKey, Delivery, Endpoint, Fact, Listener
from integrations.tests.scenes import endpoint_of, happen, organisation

pytestmark = pytest.mark.django_db
API = "/api/v1/"
NEW = {"url": "https://crm.example.com/hooks", "kinds": ["order.paid", "ticket.issued"], "description": "CRM"}


def of(user) -> APIClient:
    """A client that sends somebody's token."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {sessions.start(user)[1]}")
    return client


def with_key(key: str) -> APIClient:
    """A client that sends a key."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")
    return client


def system_of(partner, *scopes: str, **options) -> APIClient:
    """An organisation's own system, with a key that its administrator made over the API."""
    asked = {"name": "CRM", "scopes": scopes or list(SCOPES), **options}
    made = of(partner.admin).post(f"{API}api-keys", asked, format="json")
    assert made.status_code == 201, made.json()
    return with_key(made.json()["data"]["key"])


@pytest.fixture
def partner():
    return organisation(name="Blue Hall")


def test_a_key_is_shown_once_and_counts_until_it_is_revoked(partner):
    admin = of(partner.admin)
    made = admin.post(f"{API}api-keys", {"name": "CRM", "scopes": ["feed:read"]}, format="json").json()["data"]
    assert made["key"].startswith(made["prefix"]) and len(made["key"]) > 40
    listed = admin.get(f"{API}api-keys").json()["data"]
    assert listed == [{name: value for name, value in made.items() if name != "key"}]
    assert made["key"] not in str(ApiKey.objects.values())
    system = with_key(made["key"])
    assert system.get(f"{API}feed").status_code == 200
    assert ApiKey.objects.get().last_used_at is not None
    assert admin.delete(f"{API}api-keys/{made['id']}").status_code == 200
    refused = system.get(f"{API}feed")
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")
    assert list(AuditLog.objects.order_by("pk").values_list("action", flat=True))[-2:] == [
        "MADE_API_KEY",
        "REVOKED_API_KEY",
    ]
    assert not Listener.objects.get(partner=partner).is_on


def test_a_key_ends_by_itself_and_a_wrong_one_is_none(partner):
    system = system_of(partner, expires_at=(timezone.now() + timedelta(hours=1)).isoformat())
    assert system.get(f"{API}feed").status_code == 200
    ApiKey.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert system.get(f"{API}feed").status_code == 401
    assert with_key("evk_nothing").get(f"{API}feed").status_code == 401
    assert APIClient().get(f"{API}feed").status_code == 401


def test_a_key_has_its_scopes_and_nothing_else(partner):
    system = system_of(partner, "webhooks:manage")
    assert system.get(f"{API}webhooks").status_code == 200
    refused = system.get(f"{API}feed")
    assert refused.status_code == 403 and "feed:read" in refused.json()["message"]
    for path in ("api-keys", "partners", "auth/me", "organisations", "notifications", "audit-logs"):
        assert system.get(f"{API}{path}").status_code == 401, path
    assert system.post(f"{API}api-keys", {"name": "x", "scopes": ["feed:read"]}, format="json").status_code == 401


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "", "scopes": ["feed:read"]}, "name"),
        ({"name": "x", "scopes": []}, "scopes"),
        ({"name": "x", "scopes": ["all"]}, "scopes.0"),
        ({"name": "x", "scopes": ["feed:read"], "expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
    ],
)
def test_keys_that_are_not_made(partner, body, field):
    refused = of(partner.admin).post(f"{API}api-keys", body, format="json")
    assert refused.status_code == 422 and list(refused.json()["errors"]) == [field]


def test_too_many_requests_of_one_key(partner, settings):
    settings.EVENTIFY_RATE_LIMITS, settings.RATE_LIMITS = True, {**settings.RATE_LIMITS, "api_key": (2, 60)}
    system, other = system_of(partner), system_of(partner)
    assert [system.get(f"{API}feed").status_code for _time in range(3)] == [200, 200, 429]
    assert other.get(f"{API}feed").status_code == 200


def test_the_feed_tells_what_was_bought_and_its_order_is_there(partner):
    system = system_of(partner)
    kind = TicketTypeFactory(event=EventFactory(partner=partner), price=10)
    order = pay(buy(people(1)[0], kind, qty=2))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    told = system.get(f"{API}feed").json()
    assert [one["kind"] for one in told["data"]] == ["feed.started", "order.paid", "ticket.issued", "ticket.issued"]
    assert told["meta"] == {"next": "f4", "has_more": False}
    assert system.get(f"{API}feed?after=f4").json() == {"data": [], "meta": {"next": "f4", "has_more": False}}
    [paid] = system.get(f"{API}feed?kinds=order.paid").json()["data"]
    assert paid["organisation_id"] == str(partner.uid) and paid["data"]["amount"] == "20.00"
    found = system.get(f"{API}orders/{paid['data']['order_id']}").json()["data"]
    assert (found["amount"], found["buyer"]["email"]) == ("20.00", order.user.email)
    assert [one["status"] for one in found["bookings"][0]["tickets"]] == ["valid", "valid"]


def test_an_order_of_two_organisations_shows_each_its_part(partner):
    other = organisation(name="Other")
    types = [TicketTypeFactory(event=EventFactory(partner=one), price=10) for one in (partner, other)]
    order = pay(buy(people(1)[0], *types))
    for one in (partner, other):
        found = system_of(one).get(f"{API}orders/{order.uid}").json()["data"]
        assert [part["event_id"] for part in found["bookings"]] == [str(one.events.get().uid)]
    assert system_of(organisation(name="Third")).get(f"{API}orders/{order.uid}").status_code == 404


@pytest.mark.parametrize("query", ["after=nothing", "limit=0", "limit=501", "kinds=no.such", "limit=x"])
def test_a_feed_that_is_asked_wrongly(partner, query):
    refused = system_of(partner).get(f"{API}feed?{query}")
    assert refused.status_code == 422 and list(refused.json()["errors"]) == [query.partition("=")[0]]


def test_a_cursor_that_is_too_old_is_410(partner):
    system = system_of(partner)
    happen(partner, 5)
    system.get(f"{API}feed")
    Fact.objects.filter(position__lte=3).delete()
    gone = system.get(f"{API}feed?after=f1")
    assert (gone.status_code, gone.json()["code"], gone.json()["first"]) == (410, "cursor_too_old", "f3")


def test_a_person_reads_the_feed_of_the_organisation_that_they_name(partner):
    staff = of(SuperAdminFactory())
    assert of(partner.admin).get(f"{API}feed").json()["code"] == "feed_off"
    endpoint_of(partner, NEW["url"])
    assert of(partner.admin).get(f"{API}feed").status_code == 200
    assert list(staff.get(f"{API}feed").json()["errors"]) == ["organisation"]
    assert staff.get(f"{API}feed?organisation={partner.uid}").status_code == 200
    other = organisation(name="Other")
    assert of(other.admin).get(f"{API}feed?organisation={partner.uid}").status_code == 404
    assert system_of(other).get(f"{API}feed?organisation={partner.uid}").status_code == 404


def test_the_life_of_an_endpoint(partner):
    system = system_of(partner, "webhooks:manage")
    made = system.post(f"{API}webhooks", NEW, format="json")
    assert made.status_code == 201
    shown = made.json()["data"]
    secret, address = shown.pop("secret"), f"{API}webhooks/{shown['id']}"
    assert secret.startswith("whsec_") and shown["url"] == NEW["url"] and shown["state"] == "active"
    assert system.get(address).json()["data"] == shown
    assert system.get(f"{API}webhooks").json()["data"] == [shown]
    changed = system.patch(address, {"kinds": ["payout.paid"]}, format="json").json()["data"]
    assert changed == {**shown, "kinds": ["payout.paid"]}
    assert system.post(f"{address}/rotate").json()["data"]["secret"] != secret
    assert system.post(f"{address}/pause").json()["data"]["state"] == "paused"
    assert system.post(f"{address}/test").json()["code"] == "conflict"
    assert system.post(f"{address}/resume").json()["data"]["state"] == "active"
    tested = system.post(f"{address}/test")
    assert tested.status_code == 202 and tested.json()["data"]["kind"] == "webhook.test"
    happen(partner, 2, kind="payout.paid")
    moment = {"since": "2020-01-01T00:00:00Z"}
    assert system.post(f"{address}/replay", moment, format="json").json()["data"] == {"facts": 2}
    [last, _first, _test] = system.get(f"{address}/deliveries").json()["data"]
    assert last["status"] == "waiting" and last["attempts"] == []
    assert system.post(f"{API}deliveries/{last['id']}/replay").json()["data"]["id"] == last["id"]
    assert system.delete(address).json() == {"data": None}
    assert system.get(address).status_code == 404 and not Endpoint.objects.exists()
    line = AuditLog.objects.get(action="MADE_ENDPOINT")
    assert line.actor is None and line.details["api_key"].startswith("evk_") and secret not in str(line.details)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"kinds": ["no.such"]}, "kinds"),
        ({"kinds": []}, "kinds"),
        ({"secret": "mine"}, "secret"),
    ],
)
def test_endpoints_that_are_not_made(partner, wrong, field):
    refused = of(partner.admin).post(f"{API}webhooks", {**NEW, **wrong}, format="json")
    assert refused.status_code == 422 and list(refused.json()["errors"]) == [field]


def test_another_organisations_key_gets_nothing(partner):
    mine, other = endpoint_of(partner, NEW["url"]), system_of(organisation(name="Other"))
    happen(partner, 1)
    of(partner.admin).get(f"{API}feed")
    delivery = Delivery.objects.get(kind="order.paid")
    address = f"{API}webhooks/{mine.uid}"
    for method, path in (
        ("get", address), ("patch", address), ("delete", address), ("get", f"{address}/deliveries"),
        *(("post", f"{address}/{act}") for act in ("pause", "resume", "rotate", "test", "replay")),
        ("post", f"{API}deliveries/{delivery.uid}/replay"), ("get", f"{API}webhooks?organisation={partner.uid}"),
        ("post", f"{API}webhooks?organisation={partner.uid}"), ("get", f"{API}feed?organisation={partner.uid}"),
    ):  # fmt: skip
        assert getattr(other, method)(path, {}, format="json").status_code == 404, (method, path)
    assert other.get(f"{API}webhooks").json()["data"] == []
    assert [one["kind"] for one in other.get(f"{API}feed").json()["data"]] == ["feed.started"]


def test_lists_cost_the_same_with_one_row_and_with_three(partner):
    endpoint = endpoint_of(partner, NEW["url"], kinds=["order.paid"])
    system, admin = system_of(partner), of(partner.admin)
    lists = [
        (system, f"webhooks/{endpoint.uid}/deliveries"),
        (system, "webhooks"),
        (system, "feed"),
        (admin, "api-keys"),
    ]

    def cost() -> list[int]:
        found = []
        for client, path in lists:
            client.get(f"{API}{path}")
            with CaptureQueriesContext(connection) as queries:
                assert client.get(f"{API}{path}").json()["data"]
            found.append(len(queries))
        return found

    happen(partner, 1)
    admin.get(f"{API}feed")
    one = cost()
    happen(partner, 2)
    system_of(partner)
    endpoint_of(partner, "https://two.example.com/", kinds=["order.paid"])
    admin.get(f"{API}feed")
    assert cost() == one


def test_the_kinds_are_for_everybody():
    told = APIClient().get(f"{API}feed/kinds").json()["data"]
    assert [one["kind"] for one in told] == list(kinds.IDS)
    assert all(set(one["example"]) == set(one["fields"]) for one in told)
