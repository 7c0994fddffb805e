"""Nobody reads or writes what is another organisation's, whichever id they put wherever.

The walk is generated from the urls and from the bodies' own fields: a route, a parameter, or a reference that the
tables of tests/bodies.py and tests/world.py do not know fails here.
"""

import pytest
from django.apps import apps

from accounts.models import AuditLog, Notification, OutgoingMail, User
from eventify.contracts.crewli import sections, urls
from eventify.contracts.crewli.tests import bodies
from eventify.contracts.crewli.tests.conftest import API, client_of, list_of, member, raw, ulid, with_role
from eventify.contracts.crewli.tests.world import declared, event_of, organisation, parameters, spelled
from eventify.lib.routes import route
from eventify.tests.lent import for_the_module
from events.models import Event
from partners import members
from partners.models import Invitation, Member, Partner

ROUTES = sorted(declared())
CHANGING = [name for name in ROUTES if not name.startswith("GET")]
TABLES = [*apps.get_app_config("crew").get_models(), Event, Partner, Member, Invitation]
COUNTED = (AuditLog, Notification, OutgoingMail, User)
CALLERS = ("administrator", "administrator of both", "Super Admin")
WHO_MAY = {"POST organisations": "Super Admin"}  # not an administrator
UNSCOPED = {"POST organisations", "GET organisations", "POST invitations/<token>/accept"}


both = for_the_module(lambda: (organisation(), organisation()))


@pytest.fixture
def ours(both, db):
    """What a test changes in it is taken back."""
    return both[0]


@pytest.fixture
def theirs(both, db):
    return both[1]


def caller(who: str, ours, theirs):
    if who == "Super Admin":
        return client_of(with_role(who))
    user = member(ours.org)
    if who == "administrator of both":
        members.add(theirs.org, user, "org_admin", by=None)
    return client_of(user)


def everything() -> list:
    """All rows of all tables that this contract writes."""
    rows = [list(model.objects.order_by("pk").values()) for model in TABLES]
    return [*rows, *(model.objects.count() for model in COUNTED)]


def ask(client, name: str, address: str, body: dict):
    return client.get(address, body) if name.startswith("GET") else raw(client, name.split()[0], address, body)


def check_nothing(name: str, answer, before: list, what, statuses=(404, 422)) -> None:
    assert answer.status_code in statuses, (name, what, answer.json())
    assert "data" not in answer.json(), (name, what)
    assert everything() == before, (name, what)


# --- The tables are whole -----------------------------------------------------------------------------


def test_every_route_and_every_reference_is_known(ours):
    assert bodies.BODIES.keys() | bodies.NO_BODY == set(CHANGING)
    assert not bodies.BODIES.keys() & bodies.NO_BODY
    for name in ROUTES:
        assert {one for one in parameters(name) if not hasattr(ours, one)} == set(), name
        assert set(bodies.references(name)) <= bodies.REFERENCES.keys(), name
    assert {name for name in ROUTES if not {"org", "event"} & set(parameters(name))} == UNSCOPED


@pytest.mark.parametrize("path", ["organisations/<org>/new", "events/<event>/new/<thing>"])
def test_control_a_new_route_does_not_pass_unseen(ours, monkeypatch, path):
    fresh = route(f"api/v1/{path}", sections.Sections.as_view())
    monkeypatch.setattr(urls, "urlpatterns", [*urls.urlpatterns, fresh])
    monkeypatch.setitem(globals(), "CHANGING", [name for name in declared() if not name.startswith("GET")])
    with pytest.raises(AssertionError):
        test_every_route_and_every_reference_is_known(ours)


@pytest.mark.parametrize("name", ROUTES)
def test_control_with_ones_own_ids_every_route_works(ours, name):
    """Else the refusals below would prove nothing."""
    body = bodies.good_for(name, ours)
    client = client_of() if "<token>" in name else caller(WHO_MAY.get(name, "administrator"), ours, None)
    unused = {place: getattr(ours, row) for place, row in bodies.UNUSED.get(name, {}).items()}
    answer = ask(client, name, spelled(name, ours, **unused), body)
    assert answer.status_code in (200, 201), (body, answer.json())
    missing = set(bodies.references(name)) - body.keys() - bodies.OPTIONAL.get(name, set())
    assert missing == set(), "the good body has every reference, so that each of them is tried"


# --- Addresses ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", CALLERS)
@pytest.mark.parametrize("name", [name for name in ROUTES if name not in UNSCOPED])
def test_a_foreign_id_in_each_place_of_an_address(ours, theirs, name, who):
    client, places = caller(who, ours, theirs), parameters(name)
    before, body = everything(), bodies.good_for(name, ours)
    mixes = [{place: getattr(theirs, place)} for place in places if len(places) > 1]
    if who == "administrator":
        mixes.append({place: getattr(theirs, place) for place in places})
    for mix in mixes:
        answer = ask(client, name, spelled(name, ours, **mix), body)
        check_nothing(name, answer, before, sorted(mix), statuses=(404,))


@pytest.mark.parametrize(
    "name", [name for name in ROUTES if name.split()[1].startswith("events/") and len(parameters(name)) > 1]
)
def test_what_is_another_events_is_not_in_this_one(ours, name):
    other = event_of(ours)
    client, before, body = caller("administrator", ours, None), everything(), bodies.good_for(name, ours)
    for place in parameters(name):
        answer = ask(client, name, spelled(name, ours, **{place: getattr(other, place)}), body)
        check_nothing(name, answer, before, place, statuses=(404,))


# --- Bodies and queries -------------------------------------------------------------------------------


@pytest.mark.parametrize("who", CALLERS)
@pytest.mark.parametrize("name", [name for name in CHANGING if bodies.references(name)])
def test_a_foreign_id_in_each_reference_of_a_body(ours, theirs, name, who):
    client, before = caller(who, ours, theirs), everything()
    for field in bodies.references(name):
        foreign = ulid(getattr(theirs, bodies.REFERENCES[field]))
        own = bodies.good_for(name, ours)
        tries = [[foreign], [*own.get(field, []), foreign]] if bodies.is_list(name, field) else [foreign]
        for value in tries:
            answer = ask(client, name, spelled(name, ours), {**own, field: value})
            if name in bodies.ERRORS_EACH:
                check_each(answer, value, theirs)
                continue
            check_nothing(name, answer, before, (field, value), statuses=(422,))
            named = {said.split(".")[0] for said in answer.json()["errors"]}
            assert named == {field}, (name, answer.json())


def check_each(answer, value: list[str], theirs) -> None:
    """Those of ours are confirmed, the foreign one is refused, and stays as it was."""
    found = answer.json()["data"]
    assert found["confirmed"] == len(value) - 1
    assert [one["match_id"] for one in found["errors"]] == [value[-1]]
    for row in (theirs.match, theirs.unlinked):
        before = row.updated_at
        row.refresh_from_db()
        assert row.updated_at == before
    assert theirs.match.status == "pending" and theirs.unlinked.user is None


@pytest.mark.parametrize("name", sorted(bodies.QUERIES))
def test_a_foreign_id_in_a_query(ours, theirs, name):
    client, before = caller("administrator of both", ours, theirs), everything()
    for parameter, attribute in bodies.QUERIES[name].items():
        address = f"{spelled(name, ours)}?{parameter}="
        foreign = client.get(address + ulid(getattr(theirs, attribute)))
        assert list_of(client.get(address + ulid(getattr(ours, attribute)))), parameter
        assert list_of(foreign) == [] or foreign.status_code in (404, 422), parameter
        assert foreign.json() == client.get(address + "0" * 26).json(), parameter
        assert everything() == before


# --- Outsiders ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in ROUTES if name not in UNSCOPED])
def test_what_an_outsider_learns_is_what_a_made_up_id_says(ours, theirs, name):
    """The answer for an organisation that is there is the answer for one that is not."""
    client = caller("administrator", theirs, None)
    body = bodies.good_for(name, ours)
    real = ask(client, name, spelled(name, ours), body)
    ghost = API + "/".join("0" * 26 if part.startswith("<") else part for part in name.split()[1].split("/"))
    assert real.json() == ask(client, name, ghost, body).json()
    assert real.status_code == 404
