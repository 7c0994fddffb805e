"""Who gets in, what a refusal looks like, and what forms and dangerous acts do with one."""

import pytest
from django.contrib.messages import get_messages
from django.urls import URLPattern, get_resolver

from accounts import roles
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import Role
from accounts.permissions import IDS
from eventify.lib.desk.pages import LOGGED_IN, Page, names_of
from partners import members
from partners.factories import PartnerFactory
from partners.models import Partner

pytestmark = [pytest.mark.django_db, pytest.mark.urls("eventify.tests.desk_pages")]
TEST = "/command-center/test"


@pytest.fixture
def admin(client):
    user = SuperAdminFactory()
    client.force_login(user)
    return user


def with_role(client, name: str):
    user = UserFactory()
    roles.assign(user, Role.objects.get(name=name), by=None)
    client.force_login(user)
    return user


def addresses(patterns):
    for one in patterns:
        if isinstance(one, URLPattern):
            yield one
        else:
            yield from addresses(one.url_patterns)


def desk_pages(urlconf: str) -> dict:
    """url name -> class of every page of the command center."""
    named = [one for one in addresses(get_resolver(urlconf).url_patterns) if (one.name or "").startswith("desk-")]
    return {one.name: getattr(one.callback, "view_class", None) for one in named}


def test_every_page_declares_a_permission_of_the_catalogue():
    pages = desk_pages("eventify.urls")
    assert {"desk-audit", "desk-notifications", "desk-search"} <= pages.keys()
    inside = {name: page for name, page in pages.items() if name != "desk-account"}  # everybody's own
    for name, page in inside.items():
        assert page is not None and issubclass(page, Page), name
        assert names_of(page.permission), f"{name} names no permission."
        assert set(names_of(page.permission)) <= {LOGGED_IN, *IDS}, name


def test_a_page_without_a_permission_answers_nobody(client, admin):
    response = client.get(f"{TEST}/undeclared/")
    assert response.status_code == 403
    assert "Secret" not in response.content.decode()


def test_a_stranger_is_sent_to_log_in_and_comes_back(client):
    response = client.get(f"{TEST}/people/?q=a")
    assert (response.status_code, response["Location"]) == (302, f"/login/?next={TEST}/people/%3Fq%3Da")
    response = client.post(f"{TEST}/done/")
    assert response["Location"] == "/login/?next=/command-center/"
    response = client.get(f"{TEST}/people/", headers={"HX-Request": "true"})
    assert (response.status_code, response["HX-Redirect"]) == (401, "/login/")


@pytest.mark.parametrize(("name", "status"), [("Support", 200), ("Finance", 200), ("Gate", 403)])
def test_a_role_opens_its_pages_and_no_others(client, name, status):
    with_role(client, name)
    response = client.get(f"{TEST}/people/")
    assert response.status_code == status
    page = response.content.decode()
    assert 'aria-label="Command center"' in page
    assert ("You may not see this" in page) is (status == 403)
    assert "no-store" in response["Cache-Control"]


def test_who_may_open_nothing_here_is_led_out_and_others_to_the_overview(client):
    with_role(client, "Gate")
    assert 'href="/command-center/">To the overview' in client.get(f"{TEST}/people/").content.decode()
    client.force_login(UserFactory())
    page = client.get(f"{TEST}/people/").content.decode()
    assert "To the overview" not in page and 'href="/">See what is on' in page


def test_a_banned_person_is_out(client):
    user = with_role(client, "Support")
    assert client.get(f"{TEST}/people/").status_code == 200
    type(user).objects.filter(pk=user.pk).update(is_active=False)
    assert client.get(f"{TEST}/people/").status_code == 302


def test_a_member_enters_only_scoped_pages(client):
    user = UserFactory()
    members.add(PartnerFactory(), user, "org_admin", by=None)
    client.force_login(user)
    assert client.get(f"{TEST}/scoped/").status_code == 200
    assert client.get(f"{TEST}/unscoped/").status_code == 403
    assert client.get("/command-center/audit/").status_code == 403
    client.force_login(UserFactory())
    assert client.get(f"{TEST}/scoped/").status_code == 403


@pytest.mark.parametrize(("role", "status"), [("org_admin", 200), ("org_member", 403), ("volunteer", 403)])
def test_an_object_is_judged_by_the_permission_on_it(client, role, status):
    partner, other, user = PartnerFactory(), PartnerFactory(), UserFactory()
    members.add(partner, user, role, by=None)
    client.force_login(user)
    assert client.get(f"{TEST}/partner/{partner.uid}/").status_code == status
    stranger = client.get(f"{TEST}/partner/{other.uid}/").status_code
    assert stranger == (404 if status == 200 else 403)


def test_who_manages_one_partner_gets_403_for_one_that_they_only_see(client):
    own, seen, user = PartnerFactory(), PartnerFactory(), UserFactory()
    members.add(own, user, "org_admin", by=None)
    members.add(seen, user, "org_member", by=None)
    client.force_login(user)
    assert client.get(f"{TEST}/partner/{seen.uid}/").status_code == 403


def test_a_list_about_one_row_is_judged_as_its_page_is(client):
    own, other, user = PartnerFactory(name="Blue Frog"), PartnerFactory(), UserFactory(full_name="Asha Rao")
    members.add(own, user, "org_admin", by=None)
    client.force_login(user)
    page = client.get(f"{TEST}/members/{own.uid}/").content.decode()
    assert "<h1>Blue Frog</h1>" in page
    assert "Asha Rao" in page and "Administrator" in page
    assert client.get(f"{TEST}/members/{own.uid}/", {"format": "csv"}).status_code == 200
    assert client.get(f"{TEST}/members/{other.uid}/").status_code == 404
    assert client.get(f"{TEST}/members/{other.uid}/", {"format": "csv"}).status_code == 404


def test_unknown_addresses_are_told_inside_the_shell(client, admin):
    page = client.get("/command-center/no/such/page/")
    assert page.status_code == 404
    assert "This page is not here" in page.content.decode()
    assert 'aria-label="Command center"' in page.content.decode()


def test_unknown_addresses_are_told_to_strangers_on_the_public_page(client):
    page = client.get("/command-center/no/such/page/")
    assert page.status_code == 404
    assert 'aria-label="Command center"' not in page.content.decode()


def test_a_button_is_no_link(client, admin):
    assert client.get(f"{TEST}/done/").status_code == 405


def test_a_button_does_it_and_leads_back_into_this_site_only(client, admin):
    response = client.post(f"{TEST}/done/", {"next": "/command-center/audit/"})
    assert response["Location"] == "/command-center/audit/"
    assert [str(one) for one in get_messages(response.wsgi_request)] == ["Done."]
    for wanted in ("https://evil.example/", "//evil.example", "/\\evil", "\x00/", ""):
        assert client.post(f"{TEST}/done/", {"next": wanted})["Location"] == "/command-center/notifications/"


def test_a_refused_button_says_why_with_the_way_back(client, admin):
    response = client.post(f"{TEST}/done/", {"refuse": "1", "next": "/command-center/audit/"})
    page = response.content.decode()
    assert response.status_code == 409
    assert "It cannot be done now." in page
    assert 'href="/command-center/audit/"' in page


def test_a_form_keeps_what_was_typed_and_puts_the_refusal_where_it_belongs(client, admin):
    for name, status, sentence, is_at_field in (
        ("", 400, "This field is required.", True),
        ("field", 422, "That name is taken.", True),
        ("state", 409, "It is closed.", False),
    ):
        response = client.post(f"{TEST}/rename/", {"name": name, "other": "kept <b>"})
        page = response.content.decode()
        assert (response.status_code, sentence in page) == (status, True)
        assert 'value="kept &lt;b&gt;"' in page
        assert ('id="id_name_error"' in page) is is_at_field
    response = client.post(f"{TEST}/rename/", {"name": "Blue Frog"})
    assert response["Location"] == "/command-center/notifications/"
    assert "It is called Blue Frog." in client.get("/command-center/notifications/").content.decode()


def digest_in(page: str) -> str:
    return page.partition('name="digest" value="')[2].partition('"')[0]


def test_a_dangerous_act_is_seen_first_and_done_once(client, admin):
    partner = PartnerFactory(status=Partner.Status.ACTIVE)
    url = f"{TEST}/suspend/{partner.uid}/"
    page = client.get(url).content.decode()
    assert "Nobody can buy." in page
    assert "Active" in page and "Suspended" in page and "Suspend it" in page
    partner.refresh_from_db()
    assert partner.status == "Active"  # looking changes nothing
    assert client.post(url, {"digest": digest_in(page), "reason": ""}).status_code == 400
    response = client.post(url, {"digest": digest_in(page), "reason": "unpaid"})
    assert response["Location"] == "/command-center/notifications/"
    partner.refresh_from_db()
    assert (partner.status, partner.phone) == ("Suspended", "unpaid")
    again = client.post(url, {"digest": digest_in(page), "reason": "unpaid"})
    assert again.status_code == 409
    assert "It is suspended already." in again.content.decode()


def test_a_dangerous_act_is_not_done_when_something_moved(client, admin):
    partner = PartnerFactory(status=Partner.Status.ACTIVE)
    url = f"{TEST}/suspend/{partner.uid}/"
    digest = digest_in(client.get(url).content.decode())
    Partner.objects.filter(pk=partner.pk).update(status=Partner.Status.INVITED)
    response = client.post(url, {"digest": digest, "reason": "unpaid"})
    page = response.content.decode()
    assert response.status_code == 409
    assert "Something has changed since you looked." in page
    assert "unpaid" in page
    partner.refresh_from_db()
    assert partner.status == "Invited"
    assert client.post(url, {"digest": digest_in(page), "reason": "unpaid"}).status_code == 302


def test_a_form_of_another_site_is_refused(admin, client):
    client.handler.enforce_csrf_checks = True
    assert client.post(f"{TEST}/done/").status_code == 403


def test_pages_have_no_inline_code_and_name_every_field(client, admin):
    partner = PartnerFactory()
    paths = ("people/", "people/?is_active=x", "rename/", f"suspend/{partner.uid}/", f"partner/{partner.uid}/")
    for path in paths:
        page = client.get(f"{TEST}/{path}").content.decode()
        assert "style=" not in page and "onclick" not in page and "<style" not in page
        assert all("src=" in tag.partition(">")[0] for tag in page.split("<script")[1:])
        assert 'href="#content"' in page
        assert page.count('method="post"') <= page.count("csrfmiddlewaretoken")
