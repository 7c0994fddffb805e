"""A stranger's id in a query or in a body: it finds nothing, and it ties nothing of a stranger's to one's own.

Which filters and fields name rows is read from the code: one that REFERENCES does not know fails here. Contract 004
has its own walk of the same kind (crewli/tests/test_isolation.py), for all its fields name rows of one organisation.
"""

import importlib
import pkgutil

import django_filters
import pytest
from django.db import transaction
from rest_framework import serializers

from bookings.tests.scenes import book
from eventify import contracts
from eventify.contracts.fields import Uid
from eventify.contracts.tests.foreign_walk import Asker, Route, Target, body_of, digest, filled, routes, uids_in
from eventify.contracts.tests.foreign_world import SECRET
from eventify.tests.page_world import CALLERS, WORDS, A, B
from events.models import Event

NOTHING = "01900000-0000-7000-8000-000000000000"  # the id of nothing
# "METHOD path" -> {parameter of the query: what row it names}
QUERIES = {
    "GET api/v1/financials/entries": {
        "partner": "partners", "event": "events", "order": "orders", "transfer": "transfers",
    },
    "GET api/v1/financials/payouts": {"partner": "partners"},
    "GET api/admin/orders": {"user_id": "orders.user", "event_id": "events", "search": "orders.user.full_name"},
    "GET api/admin/tickets": {
        "event_id": "events", "user_id": "orders.user", "order_id": "orders", "code": "tickets.ticket_code",
        "search": "orders.user.full_name",
    },
    "GET api/admin/events": {"search": "events.name"},
    "GET api/v1/partners": {"search": "partners.name"},
}  # fmt: skip
# Filters and fields of what only staff with a permission held everywhere may ask: nothing is foreign to them.
STAFFS = {
    "command_center.logs.AuditFilters.actor",
    "command_center.logs.AuditFilters.target",
    "command_center.team.StaffFilters.role_id",
    "command_center.team.NewStaff.role_id",
    "command_center.team.RoleChoice.role_id",
    "command_center.partners.Review.document_id",  # of the partner in the address: BODIES below
    "command_center.financials.NewPayouts.partner_ids",
    "evient.admin_banners.BannerChange.event_id",
    "evient.admin_banners.NewBanner.event_id",
}
# Fields that the cases of BODIES put a stranger's id into.
TRIED = {
    "command_center.financials.BatchFilters.partner",
    *(f"command_center.financials.EntryFilters.{name}" for name in ("partner", "event", "order", "transfer")),
    *(f"evient.admin_orders.AdminOrderFilters.{name}" for name in ("user_id", "event_id")),
    *(f"evient.admin_tickets.AdminTicketFilters.{name}" for name in ("user_id", "event_id", "order_id")),
    "evient.admin_scanners.Question.event_id",
    "evient.admin_scanners.Scan.event_id",
    "evient.orders.Item.ticket_type_id",
    "evient.admin_ticket_types.TicketTypeBody.id",
}
_TYPE = "api/admin/events/<id>/ticket-types/<type_id>"
# (who, "METHOD path", body in the words of foreign_table.BODIES, of whose rows, what it may answer)
BODIES = [
    ("outsider", "POST api/orders", {"ticket_items": [{"ticket_type_id": "hidden", "quantity": 1}]}, {404}),
    ("org_admin of A", "PUT api/admin/events/<id>", {"ticket_types": [{"id": "ticket-types", "name": "Mine"}]}, {422}),
    ("org_admin of A", "POST api/admin/events", {"title": "New", "ticket_types": [{"id": "ticket-types"}]}, {422}),
    ("org_admin of A", f"PUT {_TYPE}", {"id": "ticket-types", "name": "Mine"}, {422}),
    ("org_admin of A", "POST api/admin/scanners/checkin", {"code": "x", "event_id": "events"}, {404}),
    ("org_admin of A", "GET api/admin/scanners/validate", {"code": "x", "event_id": "events"}, {404}),
    ("Content Moderator", "POST api/v1/partners/<id>/kyc/review",
     {"document_id": "documents", "decision": "Rejected", "reason": "because"}, {404, 422}),
    ("outsider", "POST api/events/event-details", {"event_id": "drafts"}, {404}),
    ("outsider", "POST api/events/event-images", {"event_id": "drafts"}, {404}),
    ("org_admin of A", "POST api/events/event-details", {"event_id": "drafts"}, {404}),
]  # fmt: skip


@pytest.fixture
def seats(foreign_world):
    """An event of A with a seat plan, and a seat of B's."""
    for owner in (A, B):
        Event.objects.filter(pk=foreign_world.rows[owner]["events"].pk).update(seating=Event.Seating.AUTOMATIC)
    return foreign_world


def route_of(name: str) -> Route:
    return next(route for route in routes() if route.name == name)


def leaks(text: str, world, owner: str = B) -> set[str]:
    """What the answer says of the owner."""
    words = {WORDS[owner]} if WORDS[owner].lower() in text.lower() else set()
    return words | (uids_in(text) & world.uids[owner])


# --- The tables are whole -----------------------------------------------------------------------------


def declared() -> set[str]:
    """Every filter and every field of a body that takes an id, but those of contract 004."""
    for module in pkgutil.walk_packages(contracts.__path__, "eventify.contracts."):
        if ".tests" not in module.name:
            importlib.import_module(module.name)
    found = set()
    for base, members, kinds in (
        (django_filters.FilterSet, "base_filters", (django_filters.UUIDFilter, django_filters.NumberFilter)),
        (serializers.Serializer, "_declared_fields", (Uid, serializers.PrimaryKeyRelatedField)),
    ):
        for one in subclasses(base):
            module = one.__module__.removeprefix("eventify.contracts.")
            if module != one.__module__ and not module.startswith("crewli"):
                found |= {
                    f"{module}.{one.__name__}.{name}"
                    for name, member in getattr(one, members).items()
                    if isinstance(member, kinds) or isinstance(getattr(member, "child", None), kinds)
                }
    return found


def subclasses(base: type):
    for one in base.__subclasses__():
        yield one
        yield from subclasses(one)


def test_every_filter_and_field_that_takes_an_id_is_known():
    assert declared() - STAFFS - TRIED == set(), "say in this file what a stranger's id may do there"
    assert declared() >= STAFFS | TRIED


# --- Queries ------------------------------------------------------------------------------------------


def asked(name: str, world, owner: str) -> dict[str, str]:
    """The parameters with the ids, words and codes of the owner."""
    found = {}
    for parameter, row in QUERIES[name].items():
        word, *path = row.split(".")
        value = world.rows[owner][word]
        for attribute in path:
            value = getattr(value, attribute)
        found[parameter] = str(getattr(value, "uid", value))
    return found


@pytest.mark.parametrize("name", QUERIES)
def test_a_foreign_id_in_a_query_finds_nothing(foreign_world, name):
    """And says the same as an id of nothing, so that nobody learns which ids there are."""
    asker = Asker(foreign_world, "org_admin of A")
    wrong = []
    for parameter, value in asked(name, foreign_world, B).items():
        answers = [
            asker.client.get(f"/{name.split()[1]}", {parameter: one}, headers=asker.headers)
            for one in (value, NOTHING if parameter != "search" else "nobody of this name")
        ]
        if answers[0].json() != answers[1].json() or leaks(body_of(answers[0]), foreign_world):
            wrong.append(f"{parameter}: {answers[0].json()}")
    assert wrong == []


@pytest.mark.parametrize("name", QUERIES)
def test_control_ones_own_id_finds_something(foreign_world, name):
    asker = Asker(foreign_world, "org_admin of A")
    for parameter, value in asked(name, foreign_world, A).items():
        response = asker.client.get(f"/{name.split()[1]}", {parameter: value}, headers=asker.headers)
        assert response.status_code == 200 and response.json()["data"], parameter


# --- Bodies -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("who", "name", "body", "statuses"), BODIES)
def test_a_foreign_id_in_a_body_is_refused_and_changes_nothing(foreign_world, who, name, body, statuses):
    asker, route = Asker(foreign_world, who), route_of(name)
    places = len(route.places)
    sent = filled(body, route.contract, foreign_world.rows[B])
    asker.body = lambda *_about: sent | (asker.device if route.contract == "eventify_plus" else {})
    with transaction.atomic():
        response = asker.ask(route, Target((A,) * places))
        changed = [one for one in asker.written_since() if asker.digests.get(one, "") != digest(one)]
        transaction.set_rollback(True)
    assert response.status_code in statuses, response.content
    assert changed == []
    if CALLERS[who].strangers:
        assert not leaks(body_of(response), foreign_world)


def test_a_seat_of_another_event_is_no_seat_of_this_one(seats):
    """Contract 002 takes the ids of seats."""
    asker, route = Asker(seats, "outsider"), route_of("POST events/<id>/book")
    own, foreign = (seats.rows[owner]["events"] for owner in (A, B))
    for event in (own, foreign):
        asker.client.get(f"/events/{event.pk}/seats")
    seat = foreign.seats.first()
    asker.body = lambda *_about: {"qty": 1, "seat_ids": [seat.pk]}
    assert asker.ask(route, Target((A,))).status_code == 422
    seat.refresh_from_db()
    assert seat.reserved_booking is None


def test_who_sits_where_is_not_said(seats):
    """The map of seats tells strangers which are taken, not by which booking."""
    event, outsider = seats.rows[B]["events"], Asker(seats, "outsider")
    outsider.client.get(f"/events/{event.pk}/seats")
    free = event.seats.filter(reserved_booking=None).first()
    assert book(event, seats.rows[B]["orders"].user, chosen=(free.label,)).seat_labels == [free.label]
    rows = outsider.client.get(f"/events/{event.pk}/seats", headers=outsider.headers).json()
    assert {row["reserved_booking_id"] for row in rows} == {None}
    owner = Asker(seats, "org_admin of B")
    rows = owner.client.get(f"/events/{event.pk}/seats", headers=owner.headers).json()
    assert {row["reserved_booking_id"] for row in rows} != {None}


def test_drafts_are_in_no_public_list(foreign_world):
    """Their names are secrets of their owner until they are published."""
    draft = foreign_world.rows[B]["drafts"]
    Event.objects.filter(pk=draft.pk).update(name=f"{WORDS[B]}-{SECRET}", category=None)
    asker = Asker(foreign_world, "outsider")
    for path in (
        "/events",
        "/api/events",
        "/api/events/featured",
        "/api/banners",
        "/stats/homepage",
        "/calendar/",
        "/",
    ):
        assert SECRET not in body_of(asker.client.get(path)), path
    for address in (f"/api/events/{draft.slug}", f"/e/{draft.slug}/", f"/e/{draft.slug}/seats/"):
        assert asker.client.get(address).status_code == 404, address
