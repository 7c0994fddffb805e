"""The command center's pages about staff and roles."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import password_links, roles, sessions
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog, OutgoingMail, Role, User
from accounts.tests.coming_in import log_in, turn_on

pytestmark = pytest.mark.django_db
STAFF, ROLES = "/command-center/staff/", "/command-center/roles/"
NASTY = ["\x00", "a\x00b", "x" * 100_000, "<script>", "%", "-1", "9" * 400, "نص"]


@pytest.fixture
def admin(client) -> User:
    user = SuperAdminFactory(full_name="Zed Admin", email="zed@example.com")
    log_in(client, user)
    return user


def role(name: str) -> Role:
    return Role.objects.get(name=name)


def member(name="Nia Okoro", of="Finance", **fields) -> User:
    return roles.assign(UserFactory(full_name=name, **fields), role(of), by=None)


def page_of(answer, status=200) -> str:
    text = answer.content.decode()
    assert answer.status_code == status, text
    assert "style=" not in text and not re.search("<script(?! src)", text)
    return re.sub(r"\s+", " ", text)


def press(client: Client, url: str, **fields):
    """Read the preview at this address and press its button."""
    page = page_of(client.get(url))
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.partition("confirm-sentence")[0])
    hidden += re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)" id=', page)
    data: dict[str, list] = {}
    for name, value in hidden:
        data.setdefault(name, []).append(value)
    return client.post(url, {**data, **fields})


def addresses(user: User, one: Role) -> list[str]:
    staff, of_role = f"{STAFF}{user.uid}/", f"{ROLES}{one.uid}/"
    more = ("", "role/", f"role/change/?role={one.uid}", "revoke/")
    return [
        STAFF,
        f"{STAFF}invite/",
        *(f"{staff}{end}" for end in more),
        ROLES,
        f"{ROLES}new/",
        *(f"{of_role}{end}" for end in ("", "permissions/", "two-factor/?on=yes", "describe/", "delete/")),
    ]


# --- Who may open them ------------------------------------------------------------------------------------


def test_every_page_opens_for_a_super_admin_and_for_nobody_without_the_permission(client, admin):
    user, one = member(), role("Gate")
    for url in addresses(user, one):
        page_of(client.get(url))
    support, nobody, buyer = Client(), Client(), Client()
    log_in(support, member(of="Support"), fresh=False)  # the permission is judged before the proof
    log_in(buyer, UserFactory(), fresh=False)
    for url in addresses(user, one):
        for method in ("get", "post"):
            assert getattr(support, method)(url).status_code == 403, url
            assert getattr(buyer, method)(url).status_code == 403, url
            assert getattr(nobody, method)(url)["Location"].startswith("/login/?next="), url


def test_the_dangerous_ones_want_a_fresh_proof(client):
    log_in(client, SuperAdminFactory(), fresh=False)
    user, one = member(), role("Gate")
    for url in addresses(user, one):
        calm = url in (STAFF, ROLES, f"{ROLES}{one.uid}/", f"{STAFF}{user.uid}/", f"{STAFF}{user.uid}/role/")
        answer = client.get(url)
        assert (answer.status_code == 200) if calm else answer["Location"].startswith("/account/confirm/"), url
    answer = client.post(f"{STAFF}{user.uid}/revoke/", {"digest": "x"})
    assert answer.status_code == 403 and 'name="digest" value="x"' in answer.content.decode()
    assert User.objects.get(pk=user.pk).is_staff


def test_what_is_not_there_is_a_404(client, admin):
    for url in addresses(UserFactory(is_active=False), Role(name="Unsaved"))[2:6]:
        assert client.get(url).status_code == 404
    assert client.get(f"{ROLES}{admin.uid}/").status_code == 404


# --- Staff ------------------------------------------------------------------------------------------------


def test_the_list_shows_who_works_here(client, admin):
    user = member(email="nia@example.com")
    turn_on(user)
    UserFactory(full_name="Only A Buyer")
    page = page_of(client.get(STAFF))
    assert "Nia Okoro" in page and "nia@example.com" in page and "Finance" in page and "Only A Buyer" not in page
    finance = role("Finance").uid
    for query, found in (
        ("two_factor=on", True),
        (f"role={finance}", True),
        ("q=nia", True),
        ("two_factor=off", False),
    ):
        file = b"".join(client.get(f"{STAFF}?{query}&format=csv").streaming_content).decode()
        assert ("Nia Okoro" in file, "Zed Admin" in file) == (found, not found), query


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
@pytest.mark.parametrize("name", ["q", "role", "two_factor", "sort", "page"])
def test_no_query_is_a_server_error(client, admin, name, text):
    assert client.get(STAFF, {name: text}).status_code == 200


def queries_of(client, url: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert client.get(url).status_code == 200
    return len(asked)


@pytest.mark.parametrize("path", ["staff/", "staff/?format=csv", "roles/", "roles/finance/"])
def test_lists_ask_the_same_for_one_and_for_three(client, admin, path):
    url = f"/command-center/{path}".replace("finance", str(role("Finance").uid))
    member()
    one = queries_of(client, url)
    for number in range(2):
        turn_on(member(name=f"Extra {number}"))
        roles.set_permissions(roles.create(f"Extra {number}", by=None), ["check_in"], by=None)
    assert queries_of(client, url) == one <= 16


def test_a_member_of_staff_on_one_page(client, admin):
    user = member(email="nia@example.com")
    page = page_of(client.get(f"{STAFF}{user.uid}/"))
    assert "As Finance they may" in page and "view financials, manage payouts and refund orders" in page
    assert "Assigned role" in page  # its history
    assert f"{STAFF}{user.uid}/revoke/" in page
    assert "revoke" not in page_of(client.get(f"{STAFF}{admin.uid}/"))  # not oneself
    Role.objects.filter(name="Finance").update(requires_two_factor=True)
    assert "so far they may do nothing as staff" in page_of(client.get(f"{STAFF}{user.uid}/"))


def test_the_history_is_for_who_may_read_the_audit_log(client):
    one = roles.set_permissions(roles.create("Lead", by=None), ["manage_staff"], by=None)
    log_in(client, roles.assign(UserFactory(), one, by=None))
    assert "<h2>History</h2>" not in page_of(client.get(f"{STAFF}{member().uid}/"))


def test_inviting_somebody(client, admin):
    page = page_of(client.get(f"{STAFF}invite/"))
    assert "Finance: Sees the money and pays it out." in page
    answer = client.post(f"{STAFF}invite/", {"email": "nobody", "full_name": "", "role": ""})
    page = page_of(answer, 400)
    assert "Choose what the person may do." in page and 'value="nobody"' in page
    fields = {"email": "nia@example.com", "full_name": "Nia Okoro", "role": role("Gate").uid}
    answer = client.post(f"{STAFF}invite/", fields)
    user = User.objects.get(email="nia@example.com")
    assert answer["Location"] == f"{STAFF}{user.uid}/"
    assert (user.role.name, OutgoingMail.objects.get().template) == ("Gate", "staff_invited")
    page = page_of(client.get(answer["Location"]))
    assert "The link went to nia@example.com." in page and "has not chosen a password yet" in page
    answer = client.post(f"{STAFF}{user.uid}/invite/", {"next": f"{STAFF}{user.uid}/"}, follow=True)
    assert "A new link went to nia@example.com." in answer.content.decode() and OutgoingMail.objects.count() == 2
    password_links.use(user.uid, password_links.path_for(user).split("/")[-2], "a good one")
    assert page_of(client.post(f"{STAFF}{user.uid}/invite/"), 409)


def test_inviting_an_address_that_has_an_account_leads_to_that_account(client, admin):
    user = UserFactory(email="nia@example.com")
    fields = {"email": "NIA@example.com", "full_name": "Nia Okoro", "role": role("Gate").uid}
    answer = client.post(f"{STAFF}invite/", fields)
    assert answer["Location"] == f"{STAFF}{user.uid}/role/change/?role={role('Gate').uid}"
    assert "Be sure that nia@example.com is the person&#x27;s own." in page_of(client.get(answer["Location"]))
    assert not User.objects.get(pk=user.pk).is_staff


def test_another_role_shows_what_is_gained_and_lost_and_then_does_it(client, admin):
    user = member()
    page = page_of(client.get(f"{STAFF}{user.uid}/role/"))
    assert str(role("Finance").uid) not in page  # the one they have
    answer = client.post(f"{STAFF}{user.uid}/role/", {"role": role("Support").uid})
    page = page_of(client.get(answer["Location"]))
    assert "Nia Okoro becomes Support." in page
    assert "<dt>May from now on</dt><dd>nothing</dd>" in page
    assert "<dd>view financials, manage payouts, refund orders and view analytics</dd>" in page
    assert User.objects.get(pk=user.pk).role.name == "Finance"  # seeing changes nothing
    other = Client()
    log_in(other, User.objects.get(pk=user.pk))
    assert other.get("/command-center/audit/").status_code == 403
    answer = press(client, answer["Location"])
    assert answer["Location"] == f"{STAFF}{user.uid}/"
    assert User.objects.get(pk=user.pk).role.name == "Support"
    line = AuditLog.objects.latest("id")
    assert (line.action, line.actor) == ("ASSIGNED_ROLE", admin)
    assert line.details == {"before": {"role": "Finance"}, "after": {"role": "Support"}}


def test_a_role_that_moved_since_the_preview_is_shown_again(client, admin):
    user = member()
    url = f"{STAFF}{user.uid}/role/change/?role={role('Support').uid}"
    page = page_of(client.get(url))
    digest = re.search('name="digest" value="([0-9a-f]+)"', page)[1]
    roles.set_permissions(role("Support"), ["view_users"], by=None)
    answer = client.post(url, {"digest": digest, "role": role("Support").uid})
    assert "Something has changed since you looked." in page_of(answer, 409)
    assert User.objects.get(pk=user.pk).role.name == "Finance"


@pytest.mark.parametrize("text", [*NASTY, ""], ids=range(len(NASTY) + 1))
def test_no_role_of_any_kind_is_a_server_error(client, admin, text):
    user = member()
    url = f"{STAFF}{user.uid}/role/change/"
    assert client.get(url, {"role": text}).status_code == 200
    for target in (url, f"{STAFF}{user.uid}/role/", f"{STAFF}invite/"):
        answer = client.post(target, {"role": text, "digest": text, "email": text, "full_name": text})
        assert answer.status_code == 400, target
    assert User.objects.get(pk=user.pk).role.name == "Finance"


def test_nobody_is_offered_a_role_that_may_more_than_they(client):
    lead = roles.set_permissions(roles.create("Lead", by=None), ["manage_staff", "view_events", "check_in"], by=None)
    log_in(client, roles.assign(UserFactory(), lead, by=None))
    page = page_of(client.get(f"{STAFF}invite/"))
    assert str(role("Gate").uid) in page and str(role("Finance").uid) not in page
    user = UserFactory()
    url = f"{STAFF}{user.uid}/role/change/?role={role('Finance').uid}"
    assert "which you do not hold yourself" in page_of(client.get(url))


def test_taking_the_access_away(client, admin):
    user = member()
    token = sessions.start(user)[1]
    page = page_of(client.get(f"{STAFF}{user.uid}/revoke/"))
    assert "1 log-in ends" in page and "manage payouts" in page
    assert press(client, f"{STAFF}{user.uid}/revoke/")["Location"] == STAFF
    assert not User.objects.get(pk=user.pk).is_staff and sessions.find(token) is None
    assert AuditLog.objects.latest("id").action == "REVOKED_STAFF"
    assert "You cannot take your own access away." in page_of(client.get(f"{STAFF}{admin.uid}/revoke/"))


# --- Roles ------------------------------------------------------------------------------------------------


def test_roles_read_like_sentences_and_stand_side_by_side(client, admin):
    member()
    page = page_of(client.get(ROLES))
    assert "Super Admin may do everything." in page
    assert "Gate may view events and check tickets in." in page
    assert "Support may view partners; view users; view events." in page
    assert page.count('<span class="hidden-visually">Yes</span>') == sum(
        len(roles.permissions_of(one)) for one in Role.objects.all()
    )
    assert "1 person" in page


def test_a_role_for_who_may_only_look(client):
    one = roles.set_permissions(roles.create("Lead", by=None), ["manage_staff"], by=None)
    log_in(client, roles.assign(UserFactory(), one, by=None))
    page = page_of(client.get(f"{ROLES}{role('Gate').uid}/"))
    assert "See what changes" not in page and page.count(" disabled") == 19
    assert client.get(f"{ROLES}{role('Gate').uid}/permissions/?permissions=check_in").status_code == 403


def test_changing_permissions_shows_whom_it_touches_and_then_does_it(client, admin):
    first, second = member("Ada Berg", of="Gate"), member("Bo Chen", of="Gate")
    url = f"{ROLES}{role('Gate').uid}/permissions/?permissions=check_in&permissions=view_users"
    page = page_of(client.get(url))
    assert "This touches 2 people with the role Gate, from their next click." in page
    assert "<dd>view users</dd>" in page and "<dd>view events</dd>" in page and "Ada Berg, Bo Chen" in page
    assert roles.permissions_of(role("Gate")) == ["view_events", "check_in"]
    assert press(client, url)["Location"] == f"{ROLES}{role('Gate').uid}/"
    for user in (first, second):
        fresh = User.objects.get(pk=user.pk)
        assert fresh.can("view_users") and not fresh.can("view_events")
    line = AuditLog.objects.latest("id")
    assert line.details["before"] == {"permissions": ["view_events", "check_in"]}
    assert line.details["after"] == {"permissions": ["view_users", "check_in"]}
    assert "Nothing would change." in page_of(client.get(url))


def test_what_one_does_not_hold_is_closed(client):
    one = roles.set_permissions(roles.create("Lead", by=None), ["manage_roles", "check_in"], by=None)
    log_in(client, roles.assign(UserFactory(), one, by=None))
    page = page_of(client.get(f"{ROLES}{role('Gate').uid}/"))
    assert 'value="manage_payouts" disabled' in page and 'value="view_events" checked>' in page
    url = f"{ROLES}{role('Gate').uid}/permissions/?permissions=manage_payouts"
    assert "You cannot hand out “Manage payouts”" in page_of(client.get(url))


def test_the_super_admin_role_is_shown_and_stays(client, admin):
    one = role("Super Admin")
    page = page_of(client.get(f"{ROLES}{one.uid}/"))
    assert "See what changes" not in page and "stays as it is" in page
    assert "stays as it is" in page_of(client.get(f"{ROLES}{one.uid}/permissions/?permissions=check_in"))
    assert "cannot be deleted" in page_of(client.get(f"{ROLES}{one.uid}/delete/"))


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_no_permission_of_any_kind_is_a_server_error(client, admin, text):
    url = f"{ROLES}{role('Gate').uid}/"
    for end in ("permissions/", "two-factor/", "describe/", "delete/"):
        assert client.get(url + end, {"permissions": text, "on": text}).status_code == 200
        data = {"permissions": text, "digest": text, "on": text, "description": text}
        assert client.post(url + end, data).status_code in (302, 400, 409), end
    assert client.post(f"{ROLES}new/", {"name": text, "description": text}).status_code in (302, 400, 422)
    assert roles.permissions_of(role("Gate")) == ["view_events", "check_in"]


def test_demanding_two_factor_says_whom_it_keeps_out(client, admin):
    user = member("Ada Berg", of="Gate")
    turn_on(member("Bo Chen", of="Gate"))
    url = f"{ROLES}{role('Gate').uid}/two-factor/?on=yes"
    page = page_of(client.get(url))
    assert "1 person has not set it up and may do nothing as staff until then." in page
    assert "<dd>Ada Berg</dd>" in page
    assert press(client, url)["Location"] == f"{ROLES}{role('Gate').uid}/"
    assert User.objects.get(pk=user.pk).lacks_two_factor
    assert press(client, url.replace("yes", "no")).status_code == 302
    assert not User.objects.get(pk=user.pk).lacks_two_factor


def test_making_describing_and_deleting_a_role(client, admin):
    answer = client.post(f"{ROLES}new/", {"name": "Night shift", "description": "Doors"})
    one = role("Night shift")
    assert answer["Location"] == f"{ROLES}{one.uid}/"
    assert "There is a role of this name already." in page_of(client.post(f"{ROLES}new/", {"name": "night SHIFT"}), 409)
    client.post(f"{ROLES}{one.uid}/describe/", {"description": "All doors at night"})
    assert role("Night shift").description == "All doors at night"
    assert press(client, f"{ROLES}{one.uid}/delete/")["Location"] == ROLES
    assert not Role.objects.filter(name="Night shift").exists()
