"""The people in the command center: found, helped, and kept out when it must be."""

import pytest

from accounts import bans, roles, sessions, two_factor
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog, OutgoingMail, Role, User
from accounts.tests.coming_in import log_in, turn_on
from bookings.tests.desk import DESK, HOSTILE, confirm, member, queries_of, said, shown, staff
from bookings.tests.scenes import buy, pay, scene, text, wait
from eventify.lib.desk.pages import NotNow
from partners.factories import PartnerFactory
from partners.models import Member

pytestmark = pytest.mark.django_db
LIST = f"{DESK}/users/"


@pytest.fixture
def admin(client):
    user = SuperAdminFactory(full_name="Zed Admin")
    log_in(client, user)
    return user


@pytest.fixture
def asha():
    return UserFactory(full_name="Asha Rao", email="asha@example.com", phone="+919812345678")


def page_of(user: User, act: str = "") -> str:
    return f"{LIST}{user.uid}/{act and act + '/'}"


def test_the_list_is_narrowed(client, admin, asha):
    closed = UserFactory(is_active=False, full_name="Closed")
    banned = bans.ban(UserFactory(full_name="Mallory"), reason="Fraud", by=admin)
    pay(buy(asha, scene(price="10.50")[1]))
    page = client.get(LIST)
    assert shown(page) == [banned, closed, asha, admin]
    for words in ("Asha Rao", "asha@example.com", "₹10.50", "Banned", "Closed"):
        assert words in text(page)
    for query, rows in (
        ({"q": "asha"}, [asha]),
        ({"q": "+919812"}, [asha]),
        ({"state": "banned"}, [banned]),
        ({"state": "closed"}, [closed]),
        ({"state": "active"}, [asha, admin]),
        ({"is_staff": "true"}, [admin]),
        ({"first_day": "2999-01-01"}, []),
        ({"last_day": "1999-01-01"}, []),
        ({"sort": "-paid_orders", "state": "active"}, [asha, admin]),
    ):
        assert shown(client.get(LIST, query)) == rows, query


def test_the_list_asks_as_often_for_3_rows_as_for_1(client, admin):
    few = queries_of(client, LIST)
    UserFactory.create_batch(3)
    assert queries_of(client, LIST) == few


def test_one_person(client, admin, asha):
    event, ticket_type = scene(price=0, capacity=1, name="Jazz Night")
    buy(asha, ticket_type)
    event.refresh_from_db()
    wait(event, asha, 1)
    sessions.start(asha, user_agent="Firefox", address="10.0.0.9")
    page = text(client.get(page_of(asha)))
    for words in ("asha@example.com", "+91 98123 45678", "Jazz Night", "Firefox", "10.0.0.9", "On waitlists", "Off"):
        assert words in page


def test_one_person_asks_as_often_for_many_orders(client, admin, asha):
    def busy():
        sessions.start(asha)
        buy(asha, scene()[1], scene()[1])

    busy()
    client.get(page_of(asha))
    few = queries_of(client, page_of(asha))
    busy()
    busy()
    assert queries_of(client, page_of(asha)) == few


@pytest.mark.parametrize(
    ("role", "may_ban"), [("Support", False), ("Finance", False), ("Content Moderator", True), ("Gate", None)]
)
def test_who_may_do_what(client, asha, role, may_ban):
    staff(client, role)
    turn_on(asha)
    page = client.get(page_of(asha))
    if may_ban is None:
        assert (page.status_code, client.get(LIST).status_code) == (403, 403)
        return
    assert [one.label for one in page.context["actions"]] == (["Ban"] if may_ban else [])
    assert client.get(page_of(asha, "ban")).status_code == (200 if may_ban else 403)
    assert client.post(page_of(asha, "unban")).status_code == (302 if may_ban else 403)
    assert client.get(page_of(asha, "reset-2fa")).status_code == 403


def test_partners_see_no_users(client, asha):
    member(client, PartnerFactory(), Member.Role.ADMIN)
    assert {client.get(url).status_code for url in (LIST, page_of(asha), page_of(asha, "ban"))} == {403}


def test_a_ban_is_previewed_then_done(client, admin, asha):
    pay(buy(asha, scene(price=10)[1]))
    sessions.start(asha)
    page = text(client.get(page_of(asha, "ban")))
    for words in ("Asha Rao is logged out everywhere at once", "Tickets that are bought keep working", "Ban Asha Rao"):
        assert words in page
    assert client.post(page_of(asha, "ban"), {"reason": " "}).status_code == 400
    answer = confirm(client, page_of(asha, "ban"), reason="Fraud")
    assert said(answer) == ["Asha Rao is banned."]
    asha.refresh_from_db()
    assert (asha.is_banned, asha.ban_reason, asha.sessions.filter(ended_at=None).count()) == (True, "Fraud", 0)
    page = client.get(page_of(asha))
    assert "Let in again" in text(page)
    assert [one.label for one in page.context["actions"]] == ["Send their data", "Erase"]
    answer = client.post(page_of(asha, "unban"))
    assert said(answer)[-1] == "Asha Rao may log in again."
    asha.refresh_from_db()
    assert not asha.is_banned
    actions = AuditLog.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions)[-2:] == ["BANNED_USER", "UNBANNED_USER"]


def test_what_moved_since_the_preview_is_shown_again(client, admin, asha):
    digest = client.get(page_of(asha, "ban")).context["digest"]
    sessions.start(asha)
    answer = client.post(page_of(asha, "ban"), {"digest": digest, "reason": "Fraud"})
    assert (answer.status_code, "Something has changed since you looked" in text(answer)) == (409, True)
    asha.refresh_from_db()
    assert not asha.is_banned


def test_nobody_bans_themselves_or_a_super_admin(client, admin):
    other = SuperAdminFactory()
    for user in (admin, other):
        assert "You cannot ban yourself or a Super Admin." in text(client.get(page_of(user, "ban")))
        ban = next(one for one in client.get(page_of(user)).context["actions"] if one.label == "Ban")
        assert ban == NotNow("Ban", "ban_user", user.uid)  # no button: the question why not


def test_somebody_is_logged_out_everywhere_with_a_reason(client, admin, asha):
    assert "Log out everywhere" not in text(client.get(page_of(asha)))
    _session, access = sessions.start(asha)
    app = sessions.new_device_token(asha)
    assert "Log out everywhere" in text(client.get(page_of(asha)))
    assert client.post(page_of(asha, "log-out"), {"reason": " "}).status_code == 400
    assert sessions.find(access)
    answer = client.post(page_of(asha, "log-out"), {"reason": "Her phone was stolen"})
    assert said(answer) == ["Asha Rao is logged out everywhere."]
    assert (sessions.find(access), sessions.find_device_token(app)) == (None, None)
    line = AuditLog.objects.get(action="ENDED_SESSIONS")
    assert (line.target_uid, line.details) == (asha.uid, {"reason": "Her phone was stolen", "sessions": 2})
    assert sessions.check_credentials(asha.email, "secret") == asha


def test_nobody_logs_out_themselves_or_somebody_above_them(client, admin):
    """The control: who may is told so by the button."""
    other, colleague = SuperAdminFactory(), roles.assign(UserFactory(), Role.objects.get(name="Support"), by=None)
    for one in (other, colleague):
        sessions.start(one)
        assert "Log out everywhere" in text(client.get(page_of(one)))
    assert client.post(page_of(admin, "log-out"), {"reason": "Because"}).status_code == 409
    staff(client, "Content Moderator")
    for one in (other, colleague):
        assert "Log out everywhere" not in text(client.get(page_of(one)))
        assert client.post(page_of(one, "log-out"), {"reason": "Because"}).status_code == 403
        assert one.sessions.filter(ended_at=None).exists()


def test_a_lost_two_factor_is_reset_with_a_reason(client, admin, asha):
    turn_on(asha)
    assert "Reset two-factor" in text(client.get(page_of(asha)))
    OutgoingMail.objects.all().delete()
    assert client.post(page_of(asha, "reset-2fa"), {"reason": ""}).status_code == 400
    answer = client.post(page_of(asha, "reset-2fa"), {"reason": "Lost the phone"})
    assert (answer["Location"], len(said(answer))) == (page_of(asha), 1)
    assert not two_factor.is_on(asha)
    assert OutgoingMail.objects.get().template == "two_factor_reset"
    assert AuditLog.objects.get(action="RESET_2FA").details == {"reason": "Lost the phone"}
    answer = client.post(page_of(asha, "reset-2fa"), {"reason": "Again"})
    assert (answer.status_code, "Two-factor is off already." in text(answer)) == (409, True)
    log_in(client, admin, fresh=False)
    assert client.get(page_of(asha, "reset-2fa"))["Location"].startswith("/account/confirm/")


@pytest.mark.parametrize("value", HOSTILE)
def test_odd_values_are_answered(client, admin, asha, value):
    for name in ("q", "state", "is_staff", "first_day", "last_day", "sort", "page"):
        assert client.get(LIST, {name: value}).status_code == 200, name
    for act in ("ban", "reset-2fa"):
        assert client.post(page_of(asha, act), {"reason": value, "digest": value}).status_code in (400, 409)


def test_the_search_finds_people(client, admin, asha):
    for words in ("asha r", "asha@", "+919812345678"):
        assert "Asha Rao" in text(client.get(f"{DESK}/search/", {"q": words})), words
