"""What each person keeps for themselves (notifications, views, theme), the search, and the audit log."""

import csv
import io

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import audit, notify, roles, saved_filters
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog, Notification, Role, SavedFilter
from eventify.lib.desk import say, search

pytestmark = pytest.mark.django_db
DESK = "/command-center/"
HTMX = {"HX-Request": "true"}
NASTY = ["\x00", "a\x00b", "x" * 100_000, "<script>", "%", "-1", "9" * 400, "نص"]


@pytest.fixture
def admin(client):
    user = SuperAdminFactory(full_name="Zed Admin", email="zed@example.com")
    client.force_login(user)
    return user


def with_role(client, name: str):
    user = UserFactory()
    roles.assign(user, Role.objects.get(name=name), by=None)
    client.force_login(user)
    return user


def line(action="APPROVED_KYC", target=None, by=None, **details) -> AuditLog:
    return audit.record(action, target or UserFactory(full_name="Asha Rao"), by=by, **details)


def actions(client, **query) -> list[str]:
    return [row.object.action for row in client.get(f"{DESK}audit/", query).context["table_rows"]]


def test_the_audit_log_says_who_did_what_before_and_after(client, admin):
    line("ASSIGNED_ROLE", by=admin, before={"role": "Support"}, after={"role": "Finance"}, reason="moved team")
    page = client.get(f"{DESK}audit/").content.decode()
    for words in ("Zed Admin", "zed@example.com", "Assigned role", "Asha Rao", "role: Support → Finance"):
        assert words in page
    assert "reason: moved team" in page


def test_the_audit_log_is_narrowed(client, admin):
    asha, binh = UserFactory(full_name="Asha Rao"), UserFactory(full_name="Bình Phạm")
    line("BANNED_USER", asha, by=admin)
    line("RESET_2FA", binh)
    assert actions(client) == ["RESET_2FA", "BANNED_USER"]
    assert actions(client, actor="zed@") == ["BANNED_USER"]
    assert actions(client, action="reset 2fa") == ["RESET_2FA"]
    assert actions(client, action="BANNED_USER") == ["BANNED_USER"]
    assert actions(client, target=str(asha.uid)) == ["BANNED_USER"]
    assert actions(client, target="bình") == ["RESET_2FA"]
    assert actions(client, target=f"user_{binh.pk}") == ["RESET_2FA"]
    assert actions(client, q="asha") == ["BANNED_USER"]
    assert actions(client, date_from="2999-01-01") == []
    assert actions(client, date_to="2000-01-01") == []
    assert actions(client, date_from="2000-01-01", date_to="9999-12-31") == ["RESET_2FA", "BANNED_USER"]


def test_days_of_the_audit_log_are_days_of_the_staffs_zone(client, admin, settings):
    settings.EVENTIFY_TIME_ZONE = "Pacific/Kiritimati"  # 14 hours ahead
    made = line().created_at.astimezone(say.zone())
    assert actions(client, date_from=made.date().isoformat(), date_to=made.date().isoformat()) == ["APPROVED_KYC"]


def test_one_line_of_the_audit_log(client, admin):
    written = line("ASSIGNED_ROLE", by=admin, before={"role": "Support"}, after={"role": ["a", "b"]})
    page = client.get(f"{DESK}audit/{written.uid}/").content.decode()
    assert "Assigned role" in page
    assert '<td data-label="Before">Support</td><td data-label="After">a, b</td>' in page
    assert client.get(f"{DESK}audit/{admin.uid}/").status_code == 404
    assert "Nothing more" in client.get(f"{DESK}audit/{line().uid}/").content.decode()


@pytest.mark.parametrize(
    "details",
    [
        {"before": 1, "after": 2},
        {"before": None, "after": {"a": 1}},
        {"before": {"a": {"b": [1]}}, "after": None},
        {"x": None, "y": {}, "z": []},
        {"before": "a"},
    ],
)
def test_any_details_can_be_shown(client, admin, details):
    written = line(**details)
    assert client.get(f"{DESK}audit/{written.uid}/").status_code == 200
    assert client.get(f"{DESK}audit/").status_code == 200


@pytest.mark.parametrize("path", ["audit/", "audit/?format=csv", "audit/?format=xlsx"])
def test_the_audit_log_is_for_who_may_see_it(client, path):
    with_role(client, "Finance")
    assert client.get(f"{DESK}{path}").status_code == 403


def test_the_audit_log_downloads_without_formulas(client, admin):
    line("BANNED_USER", UserFactory(full_name="=HYPERLINK(1)"), by=admin)
    text = b"".join(client.get(f"{DESK}audit/", {"format": "csv"}).streaming_content).decode()
    [row] = [row for row in csv.reader(io.StringIO(text)) if "Banned user" in row]
    assert row[1:4] == ["Zed Admin", "Banned user", "'=HYPERLINK(1)"]


@pytest.mark.parametrize("path", ["audit/", "notifications/"])
def test_the_number_of_queries_does_not_grow_with_the_rows(client, admin, path):
    counts = []
    for more in (1, 2):
        for n in range(more):
            line(by=UserFactory())
            notify.notify(admin, f"Title {n}")
        with CaptureQueriesContext(connection) as queries:
            assert client.get(DESK + path).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_bell_counts_what_is_unread(client, admin):
    notify.notify(UserFactory(), "Not mine")
    assert '<span class="count">' not in client.get(f"{DESK}notifications/").content.decode()
    Notification.objects.bulk_create(Notification(recipient=admin, title=f"T{n}") for n in range(101))
    assert '<span aria-hidden="true">99+</span>' in client.get(f"{DESK}audit/").content.decode()


def test_the_bell_opens_the_newest_few(client, admin):
    for n in range(8):
        notify.notify(admin, f"Title {n}.", level="critical")
    panel = client.get(f"{DESK}notifications/?panel=1", headers=HTMX).content.decode()
    assert "<html" not in panel
    assert "Title 7." in panel and "Title 2." in panel and "Title 1." not in panel
    assert "<html" in client.get(f"{DESK}notifications/?panel=1").content.decode()


def test_notifications_are_ones_own(client, admin):
    foreign = notify.notify(UserFactory(), "Not mine")
    assert "Not mine" not in client.get(f"{DESK}notifications/").content.decode()
    assert client.post(f"{DESK}notifications/{foreign.uid}/read/").status_code == 404
    client.post(f"{DESK}notifications/read/")
    foreign.refresh_from_db()
    assert not foreign.is_read


@pytest.mark.parametrize(
    ("url", "leads"),
    [
        ("/command-center/audit/", "/command-center/audit/"),
        ("", "/command-center/notifications/"),
        ("https://evil.example/", "/command-center/notifications/"),
        ("//evil.example/", "/command-center/notifications/"),
        ("javascript:alert(1)", "/command-center/notifications/"),
    ],
)
def test_reading_one_leads_to_what_it_is_about(client, admin, url, leads):
    one = notify.notify(admin, "Title")
    Notification.objects.filter(pk=one.pk).update(url=url)
    response = client.post(f"{DESK}notifications/{one.uid}/read/")
    one.refresh_from_db()
    assert (response.status_code, response["Location"], one.is_read) == (302, leads, True)


def test_all_are_read_at_once(client, admin):
    for _n in range(2):
        notify.notify(admin, "Title")
    response = client.post(f"{DESK}notifications/read/")
    assert [str(one) for one in get_messages(response.wsgi_request)] == ["2 notifications are marked as read."]
    assert not admin.notifications.filter(is_read=False).exists()
    assert client.get(f"{DESK}notifications/read/").status_code == 405


def view(**changes) -> dict:
    return {"page": "desk-audit", "name": "Bans", "query": "q=ban&sort=created_at", "next": f"{DESK}audit/", **changes}


def test_a_view_is_saved_shown_replaced_and_forgotten(client, admin):
    assert client.post(f"{DESK}views/save/", view())["Location"] == f"{DESK}audit/"
    client.post(f"{DESK}views/save/", view(query="q=banned"))
    saved = SavedFilter.objects.get()
    assert (saved.user, saved.page, saved.name, saved.query) == (admin, "desk-audit", "Bans", "q=banned")
    page = client.get(f"{DESK}audit/?q=banned").content.decode()
    assert '<a class="chip" href="?q=banned" aria-current="true">Bans</a>' in page
    client.post(f"{DESK}views/forget/", {"id": saved.pk})
    assert not SavedFilter.objects.exists()


def test_the_views_of_others_are_neither_seen_nor_forgotten(client, admin):
    other = saved_filters.save(UserFactory(), page="desk-audit", name="Secret view", query="q=a")
    assert "Secret view" not in client.get(f"{DESK}audit/").content.decode()
    assert client.post(f"{DESK}views/forget/", {"id": other.pk}).status_code == 302
    assert SavedFilter.objects.filter(pk=other.pk).exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": "x" * 61},
        {"name": "\x00"},
        {"page": "desk-audit\n"},
        {"page": "../x"},
        {"query": ""},
        {"query": "x" * 1001},
    ],
)
def test_a_view_that_cannot_be_kept_is_refused(client, admin, changes):
    assert client.post(f"{DESK}views/save/", view(**changes)).status_code == 422
    assert not SavedFilter.objects.exists()


@pytest.mark.parametrize("wanted", ["", "x", "-1", "0", "9" * 30, "\x00", "1.5"])
def test_a_view_that_does_not_exist_cannot_be_forgotten(client, admin, wanted):
    assert client.post(f"{DESK}views/forget/", {"id": wanted}).status_code == 422


def test_views_of_one_list_have_an_end(client, admin, monkeypatch):
    monkeypatch.setattr(saved_filters, "MOST", 1)
    client.post(f"{DESK}views/save/", view())
    assert client.post(f"{DESK}views/save/", view(name="More")).status_code == 409
    assert client.post(f"{DESK}views/save/", view(query="q=x")).status_code == 302
    assert SavedFilter.objects.get().query == "q=x"


def found(client, text: str) -> list[str]:
    groups = client.get(f"{DESK}search/", {"q": text}).context["groups"]
    return [hit.title for _source, hits in groups for hit in hits]


def test_people_are_found_by_name_address_and_number(client, admin):
    UserFactory(full_name="Asha Rao", email="rao@example.org", phone="+919876543210")
    UserFactory(full_name="Bình Phạm")
    assert found(client, "asha") == ["Asha Rao"]
    assert found(client, "@example.org") == ["Asha Rao"]
    assert found(client, "98765 43210") == ["Asha Rao"]
    assert found(client, "phạm") == ["Bình Phạm"]
    assert found(client, "a") == []
    assert "Nothing found for" in client.get(f"{DESK}search/", {"q": "zzzz"}).content.decode()


def test_the_search_asks_only_what_the_person_may_see(client, monkeypatch):
    asked = []
    monkeypatch.setattr(search, "_sources", dict(search._sources))

    @search.register("secret", "Secret", "view_audit")
    def _secret(user, text):
        asked.append(text)
        yield search.Hit("Secret", "", "/")

    @search.register("open", "Open", "view_events")
    def _open(user, text):
        for n in range(50):
            yield search.Hit(f"Open {n}", "", "/")

    UserFactory(full_name="Asha Rao")
    with_role(client, "Gate")
    assert found(client, "asha") == [f"Open {n}" for n in range(search.PER_KIND)]
    assert asked == []
    client.force_login(UserFactory())
    assert found(client, "asha") == []
    client.logout()
    assert client.get(f"{DESK}search/", {"q": "asha"}).status_code == 302


def test_htmx_gets_the_hits_alone(client, admin):
    page = client.get(f"{DESK}search/", {"q": "zed"}, headers=HTMX).content.decode()
    assert page.startswith('<div class="hits">')
    assert "Zed Admin" in page


@pytest.mark.parametrize("path", ["search/?q=", "notifications/?page=", "notifications/?panel="])
@pytest.mark.parametrize("value", NASTY, ids=lambda value: ascii(value[:8]))
def test_no_address_breaks_a_page(client, admin, path, value):
    where, _, name = path.partition("?")
    for headers in ({}, HTMX):
        assert client.get(DESK + where, {name.removesuffix("="): value}, headers=headers).status_code == 200


def test_the_theme_is_kept_in_a_cookie(client, admin):
    assert "data-theme" not in client.get(f"{DESK}audit/").content.decode()
    response = client.post(f"{DESK}theme/", {"theme": "dark", "next": f"{DESK}audit/"})
    assert (response["Location"], response.cookies["theme"]["httponly"]) == (f"{DESK}audit/", True)
    assert '<html lang="en" data-theme="dark">' in client.get(f"{DESK}audit/").content.decode()
    client.post(f"{DESK}theme/", {"theme": "<b>"})
    assert "data-theme" not in client.get(f"{DESK}audit/").content.decode()
    client.cookies["theme"] = '"><script>'
    assert "data-theme" not in client.get(f"{DESK}audit/").content.decode()


def test_the_command_center_and_the_raw_view_lead_to_each_other(client, admin):
    assert client.get("/admin/")["Location"] == DESK
    assert 'href="/django-admin/"' in client.get(f"{DESK}audit/").content.decode()
    assert f'href="{DESK}"' in client.get("/django-admin/").content.decode()
    with_role(client, "Support")
    assert 'href="/django-admin/"' not in client.get(f"{DESK}notifications/").content.decode()
