"""Nobody reads or writes what is another's: every route and method of the five contracts, asked by every kind of
visitor, with the ids of everybody's rows in the address and in the body. test_page_routes.py does the same with pages.
"""

import re
from pathlib import Path

import pytest
from django.conf import settings

from accounts.models import User
from eventify.contracts.crewli import sections
from eventify.contracts.tests import foreign_walk
from eventify.contracts.tests.foreign_table import BODIES, REACH, UPLOADS
from eventify.contracts.tests.foreign_table import CREWLI as CREWLI_REACH
from eventify.contracts.tests.foreign_walk import Route, is_known, routes, targets, walk
from eventify.contracts.tests.foreign_world import OWNERS, is_free_text
from eventify.tests.page_world import CALLERS, A, B
from partners import members
from partners.models import Partner

EVERY_CALLER = pytest.mark.parametrize("name", CALLERS)
# Of the routes about an owner, so many answer their own people with a 2xx; the rest is staff's or wants another state.
REACHED_LEAST = {"org_admin of A": 85, "org_admin of B": 85, "Super Admin": 105, "crew of A": 10, "buyer": 8}


# --- The tables are whole -----------------------------------------------------------------------------


def unknown(world) -> list[str]:
    """What somebody who adds a route must say, in sentences."""
    said = {name for table in REACH.values() for name in table} | {_prefixed(name) for name in CREWLI_REACH}
    found = {route.name for route in routes()}
    problems = [f"{one}: say in foreign_table.REACH who may reach what is another's." for one in found - said]
    problems += [f"{one} is in the tables, but there is no such route." for one in said - found]
    for route in routes():
        if not is_known(route, world):
            problems.append(f"{route}: ForeignWorld makes no row for this address yet. Make one there.")
    return problems


def _prefixed(name: str) -> str:
    method, path = name.split()
    return f"{method} api/v1/{path}"


def test_every_route_is_known(foreign_world):
    assert unknown(foreign_world) == []
    assert BODIES.keys() | UPLOADS <= {route.name for route in routes()}


@pytest.mark.parametrize("path", ["api/v1/organisations", "api/v1/organisations/<thing>"])
def test_control_a_new_route_does_not_pass_unseen(foreign_world, monkeypatch, path):
    new = Route("crewli", "PATCH", path)
    monkeypatch.setattr("eventify.contracts.tests.test_foreign_ids.routes", lambda: (*foreign_walk.routes(), new))
    problems = unknown(foreign_world)
    assert len(problems) == 1 + path.endswith(">") and all("PATCH api/v1/organisations" in one for one in problems)


def test_every_text_of_both_owners_carries_their_word(foreign_world):
    """Else a leak of it would not be seen. What cannot be changed is what the database protects."""
    assert foreign_world.marked[A] >= foreign_world.marked[B]  # A also has what only one owner needs to have
    lacking = {
        f"{model._meta.label}.{field.name}"
        for model, keys in foreign_world.belongings[B].items()
        for field in model._meta.concrete_fields
        if keys and is_free_text(field)
    } - foreign_world.marked[B]
    assert {one.split(".")[1] for one in lacking} <= {"Transfer", "Entry", "Invoice", "InvoiceLine", "Fact"}, lacking
    assert len(foreign_world.marked[B]) >= 80
    assert all(len(foreign_world.uids[owner]) > 50 for owner in OWNERS)


# --- The walk -----------------------------------------------------------------------------------------


@EVERY_CALLER
def test_nobody_reaches_what_is_anothers(foreign_world, name):
    walked = walk(foreign_world, name)
    assert not walked.wrong, "\n".join(walked.wrong)
    assert len(walked.reached) >= REACHED_LEAST.get(name, 0), "own rows must be reached, or refusals prove nothing"


def is_of_partners(route: Route) -> bool:
    """Half of the routes, of three contracts: enough for a control."""
    return route.contract != "crewli"


def test_control_without_permissions_the_walk_finds_leaks_and_writes(foreign_world, monkeypatch):
    """Everybody may everything: the outsider is given what they must not see, and changes it."""
    monkeypatch.setattr(User, "can", lambda user, permission, on=None: True)
    wrong = walk(foreign_world, "outsider", only=is_of_partners).wrong
    assert sum("shows Wombat" in one for one in wrong) > 15
    assert sum("changed bookings_" in one for one in wrong) > 5
    assert any("changed partners_contact" in one for one in wrong)


def test_control_without_the_filter_the_walk_finds_leaks(foreign_world, monkeypatch):
    """Lists and rows of everybody: an administrator of A is shown what is B's."""
    monkeypatch.setattr(members, "partners_where", lambda user, permission: Partner.objects.all())
    wrong = walk(foreign_world, "org_admin of A", only=is_of_partners).wrong
    assert any("GET api/admin/tickets, rows of : shows Wombat" in one for one in wrong)
    assert any("GET api/admin/events/<id>, rows of B: 200" in one for one in wrong)


def test_control_a_silent_write_is_noticed(foreign_world, monkeypatch):
    """A refusal that changes something on the way out."""
    refuse = sections.Sections.permission_denied
    partner = foreign_world.of(Partner, B)

    called = []

    def write_and_refuse(view, request, message=None, code=None):
        called.append(Partner.objects.filter(pk=partner.pk).update(phone="+31201234567"))
        refuse(view, request, message, code)

    monkeypatch.setattr(sections.Sections, "permission_denied", write_and_refuse)
    wrong = walk(foreign_world, "nobody", only=lambda route: route.path.endswith("/sections")).wrong
    assert any("changed partners_partner" in one for one in wrong), (wrong, called, foreign_walk.written())


def test_how_much_is_walked():
    """The numbers that docs/security.md gives as at least so many."""
    addresses = {(route.contract, route.path) for route in routes()}
    cases = sum(len(targets(route, caller)) for caller in CALLERS.values() for route in routes())
    text = (Path(settings.BASE_DIR) / "docs" / "security.md").read_text()
    said = re.search(r"(\d+) routes with (\d+) methods, (\d+) visitors, ([\d,]+) cases", text)
    assert said, "docs/security.md must say how much is walked"
    told = [int(number.replace(",", "")) for number in said.groups()]
    counted = [len(addresses), len(routes()), len(CALLERS), cases]
    print(dict(zip(("routes", "methods", "visitors", "cases"), counted, strict=True)))
    assert all(real >= said for real, said in zip(counted, told, strict=True)), (counted, told)
