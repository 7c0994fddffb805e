"""Lists: narrowing, sorting, paging, parts for htmx, chips, and what hostile addresses get."""

from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import roles
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import Role, User

pytestmark = [pytest.mark.django_db, pytest.mark.urls("eventify.tests.desk_pages")]
URL = "/command-center/test/people/"
HTMX = {"HX-Request": "true", "HX-Target": "results"}
HOSTILE = [
    "\x00",
    "a\x00b",
    "x" * 100_000,
    "\ud800",
    "-1",
    "0",
    "9" * 5000,
    "1e9",
    "NaN",
    "null",
    "[]",
    "%",
    "_",
    "' OR 1=1",
]


@pytest.fixture
def admin(client):
    user = SuperAdminFactory(full_name="Zed Admin", email="zed@example.com")
    client.force_login(user)
    return user


def names(response) -> list[str]:
    return [row.object.full_name for row in response.context["table_rows"]]


def test_rows_are_narrowed_by_every_word(client, admin):
    UserFactory(full_name="Asha Rao", email="asha@example.com")
    UserFactory(full_name="Asha Iyer", email="iyer@example.org")
    assert names(client.get(URL, {"q": "asha example.org"})) == ["Asha Iyer"]
    assert names(client.get(URL, {"q": "%"})) == []
    page = client.get(URL, {"q": "nobody at all"}).content.decode()
    assert "Nothing fits these filters" in page
    assert 'value="nobody at all"' in page


def test_an_empty_list_says_what_to_do(client, admin, monkeypatch):
    monkeypatch.setattr("eventify.tests.desk_pages.People.rows", lambda self: User.objects.none())
    page = client.get(URL).content.decode()
    assert "Nobody" in page and "Invite somebody." in page and 'href="/invite/"' in page
    assert "Nothing fits these filters" not in page
    support = UserFactory()
    roles.assign(support, Role.objects.get(name="Support"), by=None)
    client.force_login(support)
    assert 'href="/invite/"' not in client.get(URL).content.decode()


def test_sorting_goes_both_ways_and_empty_values_are_last(client, admin):
    User.objects.filter(pk=admin.pk).update(last_active_at=None)
    UserFactory(full_name="B", last_active_at=datetime(2026, 1, 2, tzinfo=UTC))
    UserFactory(full_name="A", last_active_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert names(client.get(URL)) == ["A", "B"]
    assert names(client.get(URL, {"sort": "-full_name"})) == ["Zed Admin", "B"]
    assert names(client.get(URL, {"sort": "-last_active_at"})) == ["B", "A"]
    assert names(client.get(URL, {"sort": "-last_active_at", "page": "2"})) == ["Zed Admin"]
    assert 'aria-sort="ascending"' in client.get(URL, {"sort": "full_name"}).content.decode()


@pytest.mark.parametrize("sort", ["password", "-password", "user__pk", "--full_name", "", "-", "?", "full_name,pk"])
def test_only_declared_columns_sort(client, admin, sort):
    UserFactory(full_name="A")
    assert names(client.get(URL, {"sort": sort})) == ["A", "Zed Admin"]


@pytest.mark.parametrize("value", HOSTILE, ids=[ascii(one[:8]) for one in HOSTILE])
@pytest.mark.parametrize("name", ["q", "sort", "page", "format", "is_active", "phone", "since", "unknown"])
def test_no_address_breaks_a_list(client, admin, name, value):
    query = quote(value, errors="surrogatepass")
    for headers in ({}, HTMX):
        assert client.get(f"{URL}?{name}={query}", headers=headers).status_code == 200


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-02-30", "12/31/2026", "10000-01-01"])
def test_far_days_do_no_harm(client, admin, day):
    assert client.get(URL, {"since": day}).status_code == 200


def test_a_bad_value_is_told_at_its_field_and_downloads_nothing(client, admin):
    response = client.get(URL, {"since": "soon"})
    assert 'id="id_since_error"' in response.content.decode()
    assert "From: Enter a valid date." in response.content.decode()
    download = client.get(URL, {"since": "soon", "format": "csv"})
    assert download.status_code == 422
    assert "there is nothing to download" in download.content.decode()


def test_pages_past_the_end_are_the_last_one(client, admin):
    UserFactory.create_batch(4)
    for page in ("3", "99", "9" * 400):
        assert client.get(URL, {"page": page}).context["slice"].number == 3
    page = client.get(URL, {"page": "2", "q": "e"}).content.decode()
    assert "3–4 of 5" in page
    assert 'href="?page=3&amp;q=e"' in page and 'href="?page=1&amp;q=e"' in page


def test_htmx_gets_the_table_alone_and_a_clean_address(client, admin):
    response = client.get(URL, {"q": "zed", "is_active": "", "since": "", "sort": "pk"}, headers=HTMX)
    page = response.content.decode()
    assert page.lstrip().startswith('<section id="results"')
    assert "<html" not in page
    assert response["HX-Push-Url"] == f"{URL}?q=zed&sort=pk"
    assert "HX-Request" in response["Vary"]
    whole = client.get(URL, headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert "<html" in whole.content.decode()


def test_each_filter_in_force_has_a_chip_that_takes_only_it_away(client, admin):
    query = "q=zed&is_active=true&phone=1&phone=2&since=2026-01-05&sort=pk&page=2"
    chips = client.get(f"{URL}?{query}").context["chips"]
    assert [(chip.label, chip.value) for chip in chips] == [
        ("Active", "Yes"),
        ("Phone", "One"),
        ("Phone", "Two"),
        ("From", "5 Jan 2026"),
    ]
    assert chips[0].query == "q=zed&phone=1&phone=2&since=2026-01-05&sort=pk"
    assert chips[1].query == "q=zed&is_active=true&phone=2&since=2026-01-05&sort=pk"


def test_cells_say_their_values(client, admin):
    User.objects.filter(pk=admin.pk).update(full_name="<b>Zed</b>", total_spent="1234.5")
    page = client.get(URL).content.decode()
    assert f'<a href="/x/{admin.uid}/">&lt;b&gt;Zed&lt;/b&gt;</a><span class="below">zed@example.com</span>' in page
    assert '<span class="figures money">₹1,234.50</span>' in page
    assert '<span class="pill positive">Open</span>' in page
    assert '<span class="none">–</span>' in page


def test_bulk_buttons_and_menus_are_for_who_may(client, admin):
    page = client.get(URL).content.decode()
    assert f'name="uid" value="{admin.uid}" form="bulk"' in page
    assert 'formaction="/command-center/test/done/"' in page
    assert 'href="/ban/"' in page
    support = UserFactory()
    roles.assign(support, Role.objects.get(name="Support"), by=None)
    client.force_login(support)
    assert 'name="uid"' not in client.get(URL).content.decode()


@pytest.mark.parametrize("who", ["admin", "support"])
def test_the_number_of_queries_does_not_grow_with_the_rows(client, admin, who, monkeypatch):
    monkeypatch.setattr("eventify.tests.desk_pages.People.per_page", 50)
    if who == "support":
        user = UserFactory()
        roles.assign(user, Role.objects.get(name="Support"), by=None)
        client.force_login(user)
    counts = []
    for _more in range(2):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(URL).status_code == 200
        counts.append(len(queries))
        UserFactory.create_batch(2)
    assert counts[0] == counts[1]
    assert counts[0] <= 14
