"""Who may call what. Permission is judged before the body: those who may not get 401 or 403 even for junk."""

import pytest

from accounts.factories import SuperAdminFactory, UserFactory
from eventify.contracts.evient import urls
from eventify.contracts.evient.tests.conftest import client_of, member, with_role
from eventify.contracts.needs import ANYBODY, Need

ROLES = ("user", "Finance", "Content Moderator", "Support", "Gate", "partner", "Super Admin")
SUPER = {"Super Admin"}
EVERY_ROLE = set(ROLES)
SEES_USERS = {"Finance", "Content Moderator", "Support"} | SUPER
SEES_EVENTS = {"Finance", "Content Moderator", "Support", "Gate"} | SUPER
MANAGES_EVENTS = {"Content Moderator"} | SUPER
CHECKS_IN = {"Gate"} | SUPER
MONEY = {"Finance"} | SUPER
OWN = {"partner"}  # passes the door of the route; other organisations' rows are 404

# "METHOD path" -> who gets past the permission; None: everybody, without a session too
TABLE = {
    "POST auth/login": None,
    "POST auth/register": None,
    "GET auth/me": EVERY_ROLE,
    "POST auth/logout": EVERY_ROLE,
    "GET users/profile": EVERY_ROLE,
    "PUT users/profile": EVERY_ROLE,
    "GET users/tickets": EVERY_ROLE,
    "GET notifications": EVERY_ROLE,
    "POST notifications/read-all": EVERY_ROLE,
    "POST notifications/<id>/read": EVERY_ROLE,
    "GET events": None,
    "GET events/featured": None,
    "GET events/<id>": None,
    "GET banners": None,
    "GET orders": EVERY_ROLE,
    "POST orders": EVERY_ROLE,
    "GET orders/<id>": EVERY_ROLE,
    "POST orders/<id>/cancel": EVERY_ROLE,
    "GET admin/stats": MONEY,
    "GET admin/scanners/validate": CHECKS_IN | OWN,
    "POST admin/scanners/checkin": CHECKS_IN | OWN,
    "GET admin/users": SEES_USERS,
    "POST admin/users": SUPER,
    "GET admin/users/<id>": SEES_USERS,
    "PUT admin/users/<id>": {"Content Moderator"} | SUPER,
    "DELETE admin/users/<id>": SUPER,
    "GET admin/events": SEES_EVENTS | OWN,
    "POST admin/events": MANAGES_EVENTS | OWN,
    "GET admin/events/<id>": SEES_EVENTS | OWN,
    "PUT admin/events/<id>": MANAGES_EVENTS | OWN,
    "DELETE admin/events/<id>": MANAGES_EVENTS | OWN,
    "GET admin/events/<id>/ticket-types": SEES_EVENTS | OWN,
    "POST admin/events/<id>/ticket-types": MANAGES_EVENTS | OWN,
    "GET admin/events/<id>/ticket-types/<type_id>": SEES_EVENTS | OWN,
    "PUT admin/events/<id>/ticket-types/<type_id>": MANAGES_EVENTS | OWN,
    "DELETE admin/events/<id>/ticket-types/<type_id>": MANAGES_EVENTS | OWN,
    "GET admin/orders": MONEY | OWN,
    "GET admin/orders/<id>": MONEY | OWN,
    "PUT admin/orders/<id>": MONEY | OWN,
    "POST admin/orders/<id>/refund": MONEY | OWN,
    "GET admin/tickets": CHECKS_IN | OWN,
    "GET admin/tickets/<id>": CHECKS_IN | OWN,
    "PUT admin/tickets/<id>": CHECKS_IN | MONEY | OWN,
    "GET admin/banners": SEES_EVENTS,
    "POST admin/banners": MANAGES_EVENTS,
    "GET admin/banners/<id>": SEES_EVENTS,
    "PUT admin/banners/<id>": MANAGES_EVENTS,
    "DELETE admin/banners/<id>": MANAGES_EVENTS,
}
UID = "01900000-0000-7000-8000-000000000000"


def routes():
    """(pattern as in the table, view class) of every route."""
    for one in urls.urlpatterns:
        text = one.pattern.regex.pattern.removeprefix("^api/").removesuffix("/?$")
        for name in ("id", "type_id"):
            text = text.replace(f"(?P<{name}>[^/]+)", f"<{name}>")
        yield text, one.callback.view_class


def person(role: str):
    if role == "user":
        return UserFactory()
    if role == "partner":
        return member()
    return SuperAdminFactory() if role == "Super Admin" else with_role(role)


def test_every_route_and_method_declares_what_it_needs_and_is_in_the_table():
    declared = {}
    for path, view in routes():
        offered = {method for method in ("GET", "POST", "PUT", "PATCH", "DELETE") if hasattr(view, method.lower())}
        assert view.needs.keys() == offered, path
        declared |= {f"{method} {path}": view.needs[method] for method in offered}
    assert declared.keys() == TABLE.keys()
    for name, need in declared.items():
        assert (need is ANYBODY) == (TABLE[name] is None) and isinstance(need, Need | None), name


def ask(client, name, body="junk"):
    method, path = name.split()
    path = path.replace("<id>", UID).replace("<type_id>", UID)
    return client.generic(method, f"/api/{path}", '{"junk": 1}', content_type="application/json")


@pytest.mark.parametrize("role", ROLES)
def test_the_table(db, role):
    user = person(role)
    for name, allowed in TABLE.items():
        status = ask(client_of(user), name).status_code
        assert (status == 403) == (allowed is not None and role not in allowed), (name, status)
        assert status != 401 and status < 500, (name, status)


def test_nobody(db):
    for name, allowed in TABLE.items():
        status = ask(client_of(), name).status_code
        assert (status == 401) == (allowed is not None), (name, status)


def test_a_partner_of_nothing_in_particular(db):
    """A volunteer has no permissions on the partner, so the administration stays shut."""
    client = client_of(member(role="volunteer"))
    for name in TABLE:
        if " admin/" in name:
            assert ask(client, name).status_code == 403, name
