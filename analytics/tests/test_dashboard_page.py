"""The dashboard as a page: who sees which part of it, and where everything leads."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import resolve

from accounts import roles
from accounts.factories import UserFactory
from accounts.models import Role
from accounts.tests.coming_in import log_in
from bookings.tests.scenes import buy, pay, scene, text
from partners import members, payouts
from partners.factories import PartnerFactory
from partners.tests.money import paper, rich_partner, sell

pytestmark = pytest.mark.django_db
PATH = "/command-center/"


def come_in(client, role: str):
    """The client, logged in as a member of staff in this role; returns the person."""
    user = roles.assign(UserFactory(), Role.objects.get(name=role), by=None)
    log_in(client, user)
    return user


def main(page: str) -> str:
    return page[page.index("<main") : page.index("</main>")]


def headings(page: str) -> list[str]:
    return re.findall(r"<h2[^>]*>([^<]+)</h2>", main(page))


def labels(page: str) -> list[str]:
    return [re.sub("<[^>]+>", "", one) for one in re.findall(r'<p class="metric-label">(.*?)</p>', page)]


def values(page: str) -> list[str]:
    return re.findall(r'<p class="metric-value figures">([^<]*)</p>', page)


def links(page: str) -> list[str]:
    return re.findall(r'href="(/[^"]*)"', main(page))


def test_an_empty_world_says_how_to_start(client):
    come_in(client, "Super Admin")
    page = text(client.get(PATH))
    assert headings(page) == ["Needs attention", "Figures", "Start here", "Next events", "Activity"]
    assert "Nothing waits for you." in page and "Invite the first partner" in page
    assert values(page) == ["₹0.00", "₹0.00", "0", "0", "0", "0", "0"]
    assert "No event is on sale." in page and "Nothing in 30 days" in page and "As 30 days ago" in page


def test_a_world_with_everything(client):
    user = come_in(client, "Super Admin")
    event, kind = scene(name="Summer Night", price="100.00", partner=PartnerFactory())
    pay(buy(UserFactory(), kind, qty=2))
    payouts.create(partners=[rich_partner(500)], by=roles.assign(UserFactory(), user.role, by=None))
    paper(PartnerFactory(), "PAN", status="Pending")
    page = text(client.get(PATH))
    assert headings(page) == ["Needs attention", "Figures", "Revenue", "Next events", "Activity"]
    assert labels(page) == [
        "Total revenue", "Owed to partners", "Tickets sold", "Upcoming events", "Active partners",
        "Documents to review", "Users",
    ]  # fmt: skip
    assert values(page) == ["₹700.00", "₹690.00", "2", "1", "3", "1", "1"]
    assert "₹700.00 in 30 days" in page and "+₹690.00 in 30 days" in page and "₹700.00 from 1 order in 30 days" in page
    assert "Payouts of ₹500.00 wait for your approval." in page
    assert "Summer Night" in page and "2 of 10" in page and "Created payouts" in page
    assert "Start here" not in page
    for one in set(links(page)):
        assert resolve(one.partition("?")[0]), one
        assert client.get(one, follow=True).status_code == 200, one


@pytest.mark.parametrize(
    "role, parts",
    [
        ("Finance", ["Needs attention", "Figures", "Revenue", "Next events"]),
        ("Content Moderator", ["Needs attention", "Next events"]),
        ("Support", ["Needs attention", "Next events"]),
        ("Gate", ["Needs attention", "Next events"]),
    ],
)
def test_each_role_sees_its_parts_and_links_that_open(client, role, parts):
    come_in(client, role)
    paper(PartnerFactory(), "PAN", status="Pending")
    sell(PartnerFactory(), 5)
    page = text(client.get(PATH))
    assert headings(page) == parts
    for one in set(links(page)):
        assert client.get(one, follow=True).status_code == 200, one


def test_who_may_nothing_sees_nothing(client):
    assert client.get(PATH).status_code == 302
    client.force_login(UserFactory())
    assert client.get(PATH).status_code == 403


def test_the_people_of_a_partner_see_their_own(client):
    mine, user = PartnerFactory(name="Mine"), UserFactory()
    members.add(mine, user, "org_admin", by=None)
    scene(name="My night", partner=mine)
    scene(name="Other night", partner=PartnerFactory())
    sell(mine, 10, days_ago=1)
    sell(PartnerFactory(name="Other"), 990, days_ago=1)
    client.force_login(user)
    page = text(client.get(PATH))
    assert labels(page) == ["Total revenue", "Owed to you", "Tickets sold", "Upcoming events", "Buyers"]
    assert values(page) == ["₹10.00", "₹10.00", "0", "1", "0"]
    assert "My night" in page and "Other night" not in page and "Activity" not in headings(page)
    assert "Mine cannot be paid yet." in page and "990" not in page


def test_the_range_is_chosen_by_a_link_and_in_part_by_htmx(client):
    come_in(client, "Finance")
    sell(PartnerFactory(), 70, days_ago=60)
    for range_, words in (("7d", "₹0.00"), ("90d", "₹70.00"), ("12m", "₹70.00"), ("x", "₹0.00")):
        page = text(client.get(PATH, {"range": range_}))
        assert f"{words} from 0 orders in" in page and "<h1>" in page
    part = text(client.get(PATH, {"range": "90d", "part": "revenue"}, headers={"HX-Request": "true"}))
    assert "<html" not in part and "₹70.00 from 0 orders in 90 days" in part and 'aria-current="page"' in part
    part = text(client.get(PATH, {"part": "attention"}, headers={"HX-Request": "true"}))
    assert "<html" not in part and "Nothing waits for you." in part and 'hx-trigger="every 60s"' in part
    assert "<html" in text(client.get(PATH, {"part": "revenue"}))


@pytest.mark.parametrize("query", ["range=%00", "range=7d&range=12m", "part=%00", "part=x&range=", "range=%ff"])
def test_any_query(client, query):
    come_in(client, "Super Admin")
    assert client.get(f"{PATH}?{query}").status_code == 200
    assert client.get(f"{PATH}?{query}", headers={"HX-Request": "true"}).status_code == 200


def test_the_part_of_who_sees_no_figures_is_empty(client):
    come_in(client, "Gate")
    assert client.get(PATH, {"part": "revenue"}, headers={"HX-Request": "true"}).status_code == 403


def test_names_are_shown_as_they_are(client):
    come_in(client, "Super Admin")
    scene(name="<script>alert(1)</script>")
    page = client.get(PATH).content.decode()
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page


def test_as_many_queries_whatever_there_is(client):
    come_in(client, "Super Admin")

    def cost() -> int:
        with CaptureQueriesContext(connection) as counted:
            assert client.get(PATH).status_code == 200
        return len(counted)

    def add_row():
        event, kind = scene(price=10, partner=PartnerFactory())
        pay(buy(UserFactory(), kind))
        paper(event.partner, "PAN", status="Pending")

    add_row()
    cost()
    one = cost()
    add_row()
    add_row()
    assert cost() == one
    assert one <= 45, one
