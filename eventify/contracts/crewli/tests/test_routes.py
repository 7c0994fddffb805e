"""Every route and method with every kind of caller. The walk is generated from the urls: a new route must be declared
in TABLE, or the test fails. Permission is judged before the body, so junk is sent.
"""

import json

import pytest
from django.db import transaction

from accounts import bans, roles
from accounts.factories import UserFactory
from accounts.models import Role
from eventify.contracts.crewli.tests import routes_planning
from eventify.contracts.crewli.tests.callers import (
    ANYONE,
    CALLERS,
    CHANGES_EVENTS,
    IN_EVENT,
    IN_ORGANISATION,
    MANAGES_PARTNER,
    NO_STAFF,
    OUTSIDE,
    OWN,
    PLANS,
    READS,
    SEES_PARTNER,
    caller,
)  # fmt: skip
from eventify.contracts.crewli.tests.conftest import client_of, data_of, errors_of, with_role
from eventify.contracts.crewli.tests.world import METHODS, declared, organisation, routes, spelled
from eventify.contracts.needs import ANYBODY

_ORG = "organisations/<org>"
# "METHOD path" -> who gets past the permission; None: everybody, without a session too
TABLE = {
    "GET organisations": SEES_PARTNER | {"outsider"},  # who sees their own
    "POST organisations": {"Super Admin"},
    f"GET {_ORG}": IN_ORGANISATION,
    f"PUT {_ORG}": MANAGES_PARTNER,
    f"GET {_ORG}/members": SEES_PARTNER,
    f"POST {_ORG}/invite": MANAGES_PARTNER,
    "POST invitations/<token>/accept": ANYONE,
    f"GET {_ORG}/events": IN_ORGANISATION,
    f"POST {_ORG}/events": CHANGES_EVENTS,
    f"GET {_ORG}/events/<event>": IN_EVENT,
    f"PUT {_ORG}/events/<event>": CHANGES_EVENTS,
    f"POST {_ORG}/events/<event>/transition": CHANGES_EVENTS,
    f"GET {_ORG}/events/<event>/children": IN_EVENT,
    f"GET {_ORG}/crowd-types": READS,
    f"POST {_ORG}/crowd-types": PLANS,
    f"PUT {_ORG}/crowd-types/<crowd_type>": PLANS,
    f"DELETE {_ORG}/crowd-types/<crowd_type>": PLANS,
    f"GET {_ORG}/companies": READS,
    f"POST {_ORG}/companies": PLANS,
    f"PUT {_ORG}/companies/<company>": PLANS,
    f"DELETE {_ORG}/companies/<company>": PLANS,
    f"GET {_ORG}/section-categories": READS,
    f"GET {_ORG}/person-tags": READS,
    f"POST {_ORG}/person-tags": PLANS,
    f"PUT {_ORG}/person-tags/<tag>": PLANS,
    f"DELETE {_ORG}/person-tags/<tag>": PLANS,
    f"GET {_ORG}/person-tag-categories": READS,
    # of somebody else; one's own are in test_tags.py
    f"GET {_ORG}/users/<user>/tags": READS,
    f"POST {_ORG}/users/<user>/tags": PLANS,
    f"PUT {_ORG}/users/<user>/tags/sync": PLANS,
    f"DELETE {_ORG}/users/<user>/tags/<user_tag>": PLANS,
    **routes_planning.TABLE,
}


def ask(client, name: str, world):
    return client.generic(name.split()[0], spelled(name, world), '{"junk": 1}', content_type="application/json")


def refusal(who: str, name: str) -> tuple[int, str]:
    """How somebody who does not get past is refused: there is no such thing for outsiders."""
    address = name.split()[1]
    hidden = who in OUTSIDE and "<" in address or who in OWN - IN_EVENT and "<event>" in address
    hidden = hidden or name in routes_planning.THEIRS
    return (404, "not_found") if hidden else (403, "forbidden")


def test_every_route_and_method_declares_what_it_needs_and_is_in_the_table():
    for path, view in routes():
        assert view.needs.keys() == {one for one in METHODS if hasattr(view, one.lower())}, path
    found = declared()
    assert found.keys() == TABLE.keys()
    assert {name for name, need in found.items() if need is ANYBODY} == {n for n, who in TABLE.items() if who is None}


@pytest.mark.parametrize("who", CALLERS)
def test_every_route_with(db, who):
    world = organisation()
    client = client_of(caller(who, world))
    for name, allowed in TABLE.items():
        with transaction.atomic():
            answer = ask(client, name, world)
            transaction.set_rollback(True)
        if allowed is not None and who not in allowed:
            assert errors_of(answer, *refusal(who, name)) == {}, (name, who)
        elif name.startswith("GET"):
            assert answer.status_code == 200, (name, answer.json())
        else:
            assert answer.status_code in (200, 201, 409, 422), (name, answer.json())


@pytest.mark.parametrize("token", ["nobody", "banned", "logged out", "forged"])
def test_every_route_without_a_live_session(db, token):
    world, admin = organisation(), with_role("Super Admin")
    user = with_role("Super Admin") if token == "logged out" else UserFactory()
    client = client_of(None if token == "nobody" else user)
    if token == "banned":
        bans.ban(user, reason="spam", by=admin)
    if token == "logged out":
        data_of(client.post("/api/v1/auth/logout"))
    if token == "forged":
        client.credentials(HTTP_AUTHORIZATION="Bearer a.b.c")
    for name, allowed in TABLE.items():
        answer = ask(client, name, world)
        if allowed is None:
            assert answer.status_code == 422, name
        else:
            assert errors_of(answer, 401, "unauthenticated") == {}, name
            assert answer["WWW-Authenticate"] == 'Bearer realm="eventify"'


def test_a_role_that_demands_two_factor_opens_nothing_without_it(db):
    world, admin = organisation(), with_role("Super Admin")
    client = client_of(with_role("Content Moderator"))
    roles.change(Role.objects.get(name="Content Moderator"), requires_two_factor=True, by=admin)
    for name, allowed in TABLE.items():
        if allowed and "Content Moderator" in allowed:
            assert errors_of(ask(client, name, world), 403, "two_factor_required") == {}, name


@pytest.mark.parametrize("who", NO_STAFF)
def test_a_membership_counts_from_the_next_request_and_so_does_its_end(db, who):
    world = organisation()
    user = caller(who, world)
    client, name = client_of(user), f"GET {_ORG}"
    assert ask(client, name, world).status_code == 200
    user.memberships.all().delete()
    user.crew_persons.all().delete()
    assert errors_of(ask(client, name, world), 404, "not_found") == {}


def test_both_spellings_of_every_path(db):
    world = organisation()
    client = client_of(with_role("Super Admin"))
    for name in TABLE:
        if name.startswith("GET"):
            answer = client.get(spelled(name, world) + "/")
            assert answer.status_code == 200 and "data" in json.loads(answer.content), name
