"""Every route and method with every kind of caller. The walk is generated from the urls: a new route must be declared
in TABLE, or the test fails. Permission is judged before the body, so junk is sent.
"""

import json

import pytest
import time_machine

from accounts import bans, roles
from accounts.factories import UserFactory
from accounts.models import Role
from eventify.contracts.command_center import urls
from eventify.contracts.command_center.tests.conftest import client_of, data_of, errors_of, member, with_role
from eventify.contracts.needs import ANYBODY, Need
from partners import members
from partners.factories import PartnerFactory

STAFF_ROLES = ("Super Admin", "Finance", "Content Moderator", "Support", "Gate")
CALLERS = (*STAFF_ROLES, "role without permissions", "org_admin", "org_member", "outsider")
SUPER = {"Super Admin"}
EVERYBODY = set(CALLERS)
SEES_PARTNERS = SUPER | {"Finance", "Content Moderator", "Support", "org_admin", "org_member"}
MANAGES_PARTNERS = SUPER | {"org_admin"}
REVIEWS = SUPER | {"Content Moderator"}
SEES_USERS = SUPER | {"Finance", "Content Moderator", "Support"}
SEES_MONEY = SUPER | {"Finance", "org_admin"}
PAYS = SUPER | {"Finance"}
SEES_FIGURES = SUPER | {"Finance", "org_admin"}

# "METHOD path" -> who gets past the permission; None: everybody, without a session too
TABLE = {
    "POST auth/login": None,
    "POST auth/refresh": None,
    "POST auth/logout": EVERYBODY,
    "GET auth/me": EVERYBODY,
    "POST auth/step-up": EVERYBODY,
    "GET dashboard/metrics": SEES_FIGURES,
    "GET dashboard/revenue-chart": SEES_FIGURES,
    "GET dashboard/activity": SUPER,
    "GET partners": SEES_PARTNERS,
    "POST partners": SUPER,
    "GET partners/<id>": SEES_PARTNERS,
    "GET partners/<id>/documents": SEES_PARTNERS,
    "POST partners/<id>/documents": MANAGES_PARTNERS,
    "PATCH partners/<id>/status": SUPER,
    "POST partners/<id>/kyc/review": REVIEWS,
    "GET partners/<id>/contacts": SEES_PARTNERS,
    "POST partners/<id>/contacts": MANAGES_PARTNERS,
    "PATCH partners/<id>/contacts/<contact_id>": MANAGES_PARTNERS,
    "DELETE partners/<id>/contacts/<contact_id>": MANAGES_PARTNERS,
    "GET admin/users": SUPER,
    "POST admin/users": SUPER,
    "DELETE admin/users/<id>": SUPER,
    "PATCH admin/users/<id>/role": SUPER,
    "GET admin/roles": SUPER,
    "POST admin/roles": SUPER,
    "DELETE admin/roles/<id>": SUPER,
    "PUT admin/roles/<id>/permissions": SUPER,
    "GET admin/permissions": SUPER,
    "GET users": SEES_USERS,
    "POST users/<id>/ban": REVIEWS,
    "POST users/<id>/unban": REVIEWS,
    "POST users/<id>/reset-2fa": SUPER,
    "GET financials/entries": SEES_MONEY,
    "GET financials/payouts": SEES_MONEY,
    "POST financials/payouts": PAYS,
    "GET financials/payouts/<id>": SEES_MONEY,
    "POST financials/payouts/<id>/approve": PAYS,
    "POST financials/payouts/<id>/discard": PAYS,
    "GET notifications": EVERYBODY,
    "POST notifications/read-all": EVERYBODY,
    "POST notifications/<id>/read": EVERYBODY,
    "GET audit-logs": SUPER,
}
# money, papers and roles want a fresh proof of who one is
FRESH = {
    "POST partners/<id>/kyc/review",
    "POST admin/users",
    "DELETE admin/users/<id>",
    "PATCH admin/users/<id>/role",
    "POST admin/roles",
    "DELETE admin/roles/<id>",
    "PUT admin/roles/<id>/permissions",
    "POST users/<id>/reset-2fa",
    "POST financials/payouts",
    "POST financials/payouts/<id>/approve",
    "POST financials/payouts/<id>/discard",
}
UID = "01900000-0000-7000-8000-000000000000"  # of nothing
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def routes():
    """(pattern as in the table, view class) of every route."""
    for one in urls.urlpatterns:
        text = one.pattern.regex.pattern.removeprefix("^api/v1/").removesuffix("/?$")
        for name in ("id", "contact_id"):
            text = text.replace(f"(?P<{name}>[^/]+)", f"<{name}>")
        yield text, one.callback.view_class


def declared() -> dict[str, Need | None]:
    """What every route and method of the urls needs."""
    return {f"{method} {path}": need for path, view in routes() for method, need in view.needs.items()}


def path_of(name: str, id: str = UID) -> str:
    return "/api/v1/" + name.split()[1].replace("<id>", id).replace("<contact_id>", UID)


def ask(client, name: str, id: str = UID):
    return client.generic(name.split()[0], path_of(name, id), '{"junk": 1}', content_type="application/json")


def caller(who: str):
    if who in STAFF_ROLES:
        return with_role(who)
    if who == "role without permissions":
        return roles.assign(UserFactory(), roles.create("Nothing", by=None), by=None)
    return UserFactory() if who == "outsider" else member(role=who)


def test_every_route_and_method_declares_what_it_needs_and_is_in_the_table():
    for path, view in routes():
        assert view.needs.keys() == {one for one in METHODS if hasattr(view, one.lower())}, path
    found = declared()
    assert found.keys() == TABLE.keys()
    assert {name for name, need in found.items() if need is ANYBODY} == {n for n, who in TABLE.items() if who is None}
    assert {name for name, need in found.items() if need and need.fresh} == FRESH


@pytest.mark.parametrize("who", CALLERS)
def test_every_route_with(db, who):
    user = caller(who)
    for name, allowed in TABLE.items():
        answer = ask(client_of(user), name)
        if allowed is not None and who not in allowed:
            assert errors_of(answer, 403, "forbidden") == {}, name
        elif name.startswith("GET") and "<" not in name:
            assert answer.status_code == 200, (name, answer.json())
        elif "<" in name:
            assert errors_of(answer, 404, "not_found") == {}, name
        else:
            assert answer.status_code in (200, 422), (name, answer.json())


@pytest.mark.parametrize("token", ["nobody", "banned", "logged out", "forged"])
def test_every_route_without_a_live_session(admin, token):
    user = with_role("Super Admin") if token == "logged out" else UserFactory()
    client = client_of(None if token == "nobody" else user)
    if token == "banned":
        bans.ban(user, reason="spam", by=admin)
    if token == "logged out":
        data_of(client.post("/api/v1/auth/logout"))
    if token == "forged":
        client.credentials(HTTP_AUTHORIZATION="Bearer a.b.c")
    for name, allowed in TABLE.items():
        answer = ask(client, name)
        if allowed is None:
            assert answer.status_code == 422, name
        else:
            assert errors_of(answer, 401, "unauthenticated") == {}, name
            assert answer["WWW-Authenticate"] == 'Bearer realm="eventify"'


@pytest.mark.parametrize("name", sorted(FRESH))
def test_an_old_proof_is_not_enough(admin, name):
    with time_machine.travel("2030-01-01T10:00Z", tick=False) as clock:
        client = client_of(admin)
        assert ask(client, name).json()["code"] != "step_up_required"
        clock.shift(14 * 60)
        assert ask(client, name).json()["code"] != "step_up_required"
        clock.shift(2 * 60)
        assert errors_of(ask(client, name), 403, "step_up_required") == {}
        assert errors_of(ask(client_of(UserFactory()), name), 403, "forbidden") == {}
        data_of(client.post("/api/v1/auth/step-up", {"password": "secret"}))
        assert ask(client, name).json()["code"] != "step_up_required"


def test_what_is_not_dangerous_asks_for_no_fresh_proof(admin):
    with time_machine.travel("2030-01-01T10:00Z", tick=False) as clock:
        client = client_of(admin)
        clock.shift(60 * 60)
        for name in TABLE.keys() - FRESH - {"POST auth/logout"}:
            assert ask(client, name).json().get("code") != "step_up_required", name


OWN = sorted(name for name in TABLE if name.split()[1].startswith("partners/<id>"))


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("who", ["org_admin", "org_member"])
def test_other_partners_are_not_there(db, name, who):
    """Another partner's id is a 404 (or the 403 that all its routes give), never a word about it."""
    other = PartnerFactory()
    answer = ask(client_of(member(role=who)), name, str(other.uid))
    expected = (404, "not_found") if who in TABLE[name] else (403, "forbidden")
    assert errors_of(answer, *expected) == {}


@pytest.mark.parametrize("name", OWN)
def test_what_one_sees_but_may_not_manage_is_forbidden(db, name):
    """Manager of one partner, plain member of another: the route is open, the other's object is not."""
    user, other = member(), PartnerFactory()
    members.add(other, user, "org_member", by=None)
    answer = ask(client_of(user), name, str(other.uid))
    if "org_admin" not in TABLE[name] or "org_member" not in TABLE[name]:
        assert errors_of(answer, 403, "forbidden") == {}
    else:
        assert answer.status_code == 200


def test_a_role_counts_from_the_next_request_and_so_does_its_loss(admin):
    user = UserFactory()
    client = client_of(user)
    assert ask(client, "GET users").status_code == 403
    roles.assign(user, Role.objects.get(name="Support"), by=admin)
    assert ask(client, "GET users").status_code == 200
    roles.set_permissions(Role.objects.get(name="Support"), ["view_events"], by=admin)
    assert ask(client, "GET users").status_code == 403


def test_a_role_that_demands_two_factor_opens_nothing_without_it(admin):
    user = with_role("Finance")
    roles.change(Role.objects.get(name="Finance"), requires_two_factor=True, by=admin)
    client = client_of(user)
    for name, allowed in TABLE.items():
        if allowed and "Finance" in allowed and allowed != EVERYBODY:
            assert errors_of(ask(client, name), 403, "two_factor_required") == {}, name
    assert data_of(client.get("/api/v1/auth/me"))["must_set_up_two_factor"] is True


def test_both_spellings_of_every_path(as_admin):
    for name in TABLE:
        if name.startswith("GET") and "<" not in name:
            with_slash = as_admin.get(path_of(name) + "/")
            assert with_slash.status_code == 200 and "data" in json.loads(with_slash.content), name
