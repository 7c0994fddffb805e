"""Notifications and the audit log."""

from datetime import UTC, datetime

import pytest
import time_machine

from accounts import audit, notify
from accounts.factories import UserFactory
from accounts.models import AuditLog
from eventify.contracts.command_center.tests.conftest import client_of, data_of, errors_of, meta_of
from eventify.lib.wire import moment

INBOX, LINES = "/api/v1/notifications", "/api/v1/audit-logs"


@pytest.fixture
def inbox(admin):
    notify.notify(UserFactory(), "Not yours")
    return [notify.notify(admin, f"{level} news", "Read it.", level=level) for level in ("info", "success", "critical")]


def test_the_own_inbox_newest_first(as_admin, admin, inbox):
    answer = as_admin.get(INBOX)
    assert meta_of(answer) == {"current_page": 1, "per_page": 25, "total": 3, "last_page": 1}
    assert data_of(answer)[0] == {
        "id": str(inbox[2].uid),
        "recipient_id": str(admin.uid),
        "type": "Critical",
        "title": "critical news",
        "message": "Read it.",
        "url": None,
        "is_read": False,
        "created_at": moment(inbox[2].created_at),
    }
    assert [one["type"] for one in data_of(answer)] == ["Critical", "Success", "Info"]


def test_inbox_filters(as_admin, inbox):
    data_of(as_admin.post(f"{INBOX}/{inbox[0].uid}/read"))
    for query, found in (
        ("type=Success", ["Success"]),
        ("is_read=true", ["Info"]),
        ("is_read=false", ["Critical", "Success"]),
    ):
        assert [one["type"] for one in data_of(as_admin.get(f"{INBOX}?{query}"))] == found, query
    assert set(errors_of(as_admin.get(f"{INBOX}?type=critical"), 422, "invalid")) == {"type"}


def test_reading_one_and_all(as_admin, inbox):
    read = data_of(as_admin.post(f"{INBOX}/{inbox[0].uid}/read"))
    assert read["id"] == str(inbox[0].uid) and read["is_read"] is True
    assert data_of(as_admin.post(f"{INBOX}/read-all")) == {"read": 2}
    assert data_of(as_admin.post(f"{INBOX}/read-all")) == {"read": 0}
    assert {one["is_read"] for one in data_of(as_admin.get(INBOX))} == {True}


def test_somebody_elses_message_is_not_there(db, inbox):
    errors_of(client_of(UserFactory()).post(f"{INBOX}/{inbox[0].uid}/read"), 404, "not_found")
    inbox[0].refresh_from_db()
    assert inbox[0].is_read is False


@pytest.fixture
def lines(admin, partner):
    AuditLog.objects.none()
    made = {}
    for day, action, by in (
        ("01", "INVITED_PARTNER", admin),
        ("02", "APPROVED_KYC", admin),
        ("03", "APPROVED_KYC", None),
    ):
        with time_machine.travel(datetime(2030, 1, int(day), 12, tzinfo=UTC), tick=False):
            made[day] = audit.record(action, partner, by=by, before={"status": "Pending"}, after={"status": "Verified"})
    return made


def test_the_audit_log_newest_first(as_admin, admin, partner, lines):
    answer = as_admin.get(LINES)
    assert data_of(answer)[0]["actor"] is None and data_of(answer)[0]["actor_id"] is None
    assert data_of(answer)[1] == {
        "id": str(lines["02"].uid),
        "actor_id": str(admin.uid),
        "actor": {"id": str(admin.uid), "full_name": "Ada Admin", "email": "admin@example.com"},
        "action": "APPROVED_KYC",
        "target_resource": f"partner_{partner.pk}",
        "target_id": str(partner.uid),
        "target": "Blue Hall",
        "details": {"before": {"status": "Pending"}, "after": {"status": "Verified"}},
        "created_at": "2030-01-02T12:00:00Z",
    }
    assert data_of(as_admin.get("/api/v1/dashboard/activity")) == data_of(answer)


def test_audit_filters(as_admin, admin, partner, lines):
    for query, days in (
        (f"target={partner.uid}", ["03", "02", "01"]),
        (f"target={partner.uid}&actor={admin.uid}", ["02", "01"]),
        ("action=APPROVED_KYC", ["03", "02"]),
        ("date_from=2030-01-02&date_to=2030-01-02", ["02"]),
        ("date_from=2030-01-04", []),
        (f"target={admin.uid}&date_from=2030-01-01", []),
    ):
        found = [one["id"] for one in data_of(as_admin.get(f"{LINES}?{query}"))]
        assert found == [str(lines[day].uid) for day in days], query
    bad = errors_of(as_admin.get(f"{LINES}?actor=x&target=partner_1&date_from=yesterday"), 422, "invalid")
    assert set(bad) == {"actor", "target", "date_from"}


def test_days_are_those_of_the_platform(as_admin, lines, settings):
    settings.EVENTIFY_TIME_ZONE = "Pacific/Kiritimati"  # noon of the second in UTC is the third there
    found = data_of(as_admin.get(f"{LINES}?date_from=2030-01-03&date_to=2030-01-03"))
    assert [one["id"] for one in found] == [str(lines["02"].uid)]


def test_paging(as_admin, lines):
    total = AuditLog.objects.count()
    answer = as_admin.get(f"{LINES}?page=2&per_page=2")
    assert meta_of(answer) == {"current_page": 2, "per_page": 2, "total": total, "last_page": -(-total // 2)}
    assert data_of(as_admin.get(f"{LINES}?page=999")) == []
    for query in ("page=0", "page=-1", "page=x", "per_page=101", "per_page=0", "page=99999999999999999999"):
        errors_of(as_admin.get(f"{LINES}?{query}"), 422, "invalid")
