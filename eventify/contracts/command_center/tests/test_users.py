"""The users of the shop."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import bans, two_factor
from accounts.factories import UserFactory
from accounts.models import AuditLog, OutgoingMail, User
from accounts.tests.coming_in import turn_on
from bookings.tests.scenes import buy, pay, scene
from eventify.contracts.command_center.tests.conftest import client_of, data_of, errors_of, meta_of, with_role
from eventify.lib.wire import moment

PATH = "/api/v1/users"


def row_of(user: User, **changed) -> dict:
    """A user as the list shows them."""
    return {
        "id": str(user.uid),
        "email": user.email,
        "phone": user.phone,
        "full_name": user.full_name,
        "status": "Active",
        "is_closed": False,
        "banned_at": None,
        "ban_reason": None,
        "total_spent": "0.00",
        "currency": "INR",
        "spent_by_currency": {},
        "last_active_at": None,
        "created_at": moment(user.created_at),
        **changed,
    }


@pytest.fixture
def zoe(db):
    return UserFactory(email="zoe@example.com", full_name="Zoe Z", phone="+919812345678", total_spent="12.5")


def emails(answer) -> list[str]:
    return [one["email"] for one in data_of(answer)]


def test_users_that_are_not_staff_newest_first(as_admin, zoe):
    newer = UserFactory(is_active=False)
    answer = as_admin.get(PATH)
    assert data_of(answer) == [row_of(newer, is_closed=True), row_of(zoe, total_spent="12.50")]
    assert meta_of(answer) == {"current_page": 1, "per_page": 25, "total": 2, "last_page": 1}


def test_amounts_of_several_currencies_stand_beside_each_other(as_admin):
    user = UserFactory()
    for price, currency in ((10, "INR"), ("30.50", "EUR")):
        pay(buy(user, scene(price=price, currency=currency)[1]))
    spent = {"total_spent": "10.00", "spent_by_currency": {"EUR": "30.50", "INR": "10.00"}}
    found = data_of(as_admin.get(PATH))
    assert found == [row_of(user, **spent)]
    with CaptureQueriesContext(connection) as one_row:
        as_admin.get(PATH)
    UserFactory.create_batch(2)
    with CaptureQueriesContext(connection) as three_rows:
        as_admin.get(PATH)
    assert len(one_row) == len(three_rows)
    user.refresh_from_db()
    banned = data_of(as_admin.post(f"{PATH}/{user.uid}/ban", {"reason": "Sold fakes."}))
    assert (banned["total_spent"], banned["spent_by_currency"]) == tuple(spent.values())


def test_filters(as_admin, admin, zoe):
    bans.ban(UserFactory(email="bad@example.com", full_name="Bad B"), reason="spam", by=admin)
    for query, found in (
        ("search=zoe%20z", ["zoe@example.com"]),
        ("search=bad@", ["bad@example.com"]),
        ("search=%2B9198", ["zoe@example.com"]),
        ("search=admin", []),
        ("status=Banned", ["bad@example.com"]),
        ("status=Active", ["zoe@example.com"]),
        ("sort=-total_spent", ["zoe@example.com", "bad@example.com"]),
        ("sort=email", ["bad@example.com", "zoe@example.com"]),
        ("date_from=2199-01-01", []),
    ):
        assert emails(as_admin.get(f"{PATH}?{query}")) == found, query
    assert set(errors_of(as_admin.get(f"{PATH}?status=banned&date_to=x"), 422, "invalid")) == {"status", "date_to"}


def test_ban_and_unban(as_admin, admin, zoe):
    client = client_of(zoe)
    found = data_of(as_admin.post(f"{PATH}/{zoe.uid}/ban", {"reason": "Sold fakes."}))
    zoe.refresh_from_db()
    banned = {"status": "Banned", "banned_at": moment(zoe.banned_at), "ban_reason": "Sold fakes."}
    assert found == row_of(zoe, total_spent="12.50", **banned)
    errors_of(client.get("/api/v1/auth/me"), 401, "unauthenticated")
    assert data_of(as_admin.post(f"{PATH}/{zoe.uid}/unban")) == row_of(zoe, total_spent="12.50")
    errors_of(client.get("/api/v1/auth/me"), 401, "unauthenticated")
    data_of(client_of(User.objects.get(pk=zoe.pk)).get("/api/v1/auth/me"))
    lines = AuditLog.objects.filter(target_uid=zoe.uid, actor=admin).order_by("id")
    assert list(lines.values_list("action", flat=True)) == ["BANNED_USER", "UNBANNED_USER"]


def test_a_ban_needs_a_reason(as_admin, zoe):
    for body in ({}, {"reason": ""}, {"reason": "  "}, {"reason": None}, {"reason": 5}, {"reason": "x" * 501}):
        assert list(errors_of(as_admin.post(f"{PATH}/{zoe.uid}/ban", body), 422, "invalid")) == ["reason"]
    zoe.refresh_from_db()
    assert not zoe.is_banned


def test_whom_nobody_bans(as_admin, admin):
    other = with_role("Super Admin")
    for user in (admin, other):
        errors_of(as_admin.post(f"{PATH}/{user.uid}/ban", {"reason": "x"}), 409, "conflict")
    moderator, gate = client_of(with_role("Content Moderator")), with_role("Gate")
    errors_of(moderator.post(f"{PATH}/{gate.uid}/ban", {"reason": "x"}), 403, "forbidden")
    assert not User.objects.exclude(banned_at=None).exists()


def test_reset_two_factor(as_admin, admin, zoe):
    turn_on(zoe)
    path = f"{PATH}/{zoe.uid}/reset-2fa"
    assert list(errors_of(as_admin.post(path, {}), 422, "invalid")) == ["reason"]
    assert data_of(as_admin.post(path, {"reason": "Lost the phone."}))["id"] == str(zoe.uid)
    assert not two_factor.is_on(zoe)
    line = AuditLog.objects.get(action="RESET_2FA")
    assert (line.actor, line.target_uid, line.details["reason"]) == (admin, zoe.uid, "Lost the phone.")
    assert OutgoingMail.objects.get(template="two_factor_reset").to == "zoe@example.com"
    errors_of(as_admin.post(path, {"reason": "Again."}), 409, "conflict")


def test_a_staff_member_who_lost_the_phone_is_helped_here_too(as_admin, admin):
    gate = with_role("Gate")
    turn_on(gate)
    data_of(as_admin.post(f"{PATH}/{gate.uid}/reset-2fa", {"reason": "Lost."}))
    turn_on(admin)
    errors_of(client_of(admin).post(f"{PATH}/{admin.uid}/reset-2fa", {"reason": "Lost."}), 409, "conflict")
