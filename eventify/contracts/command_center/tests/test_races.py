"""Two people decide at the same moment, over the API."""

import pytest

from accounts import roles
from accounts.models import AuditLog, Role, User
from accounts.tests.racing import meet_after, race, switch_row_locks_off
from eventify.contracts.command_center.tests.conftest import client_of, with_role
from partners import payouts
from partners.models import PayoutBatch
from partners.tests.money import owed, rich_partner

pytestmark = pytest.mark.django_db(transaction=True)


def approvals() -> tuple[list[int], PayoutBatch]:
    """Two others approve one batch at once; the statuses of the answers, sorted."""
    partner = rich_partner(1000)
    batch = payouts.create(partners=[partner], by=with_role("Finance"))
    path = f"/api/v1/financials/payouts/{batch.uid}/approve"
    clients = [client_of(with_role("Finance")) for _one in range(2)]
    return sorted(race(*[lambda one=one: one.post(path).status_code for one in clients])), batch


def lines_of(batch: PayoutBatch) -> int:
    return AuditLog.objects.filter(action="APPROVED_PAYOUTS", target_uid=batch.uid).count()


def test_one_of_two_approvals_counts():
    statuses, batch = approvals()
    assert statuses == [200, 409]
    assert lines_of(batch) == 1 and owed(batch.payouts.get().partner) == 0


def test_control_without_the_lock_both_count(monkeypatch):
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, payouts, "_check_draft", 2)
    statuses, batch = approvals()
    assert statuses != [200, 409] or lines_of(batch) != 1


def same_key(times: int) -> list[int]:
    """One request, sent so many times at once under one key; the statuses of the answers."""
    rich_partner(1000)
    client = client_of(with_role("Finance"))
    path, key = "/api/v1/financials/payouts", {"HTTP_IDEMPOTENCY_KEY": "once"}
    return race(*[lambda: client.post(path, {}, **key).status_code] * times)


def test_one_key_at_the_same_moment_is_one_batch():
    assert same_key(3) == [202, 202, 202]
    assert PayoutBatch.objects.count() == 1


def test_control_without_the_lock_a_retry_is_refused(monkeypatch):
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, payouts, "_known", 3)
    assert same_key(3) != [202, 202, 202]


def revocations() -> tuple[list[int], int]:
    """Two Super Admins revoke each other at once: the statuses of the answers, and how many Super Admins are left."""
    first, second = with_role("Super Admin"), with_role("Super Admin")
    calls = [
        lambda by=by, of=of: client_of(by).delete(f"/api/v1/admin/users/{of.uid}").status_code
        for by, of in ((first, second), (second, first))
    ]
    return sorted(race(*calls)), User.objects.filter(is_superuser=True, is_active=True).count()


def test_two_super_admins_do_not_revoke_each_other():
    statuses, left = revocations()
    assert left == 1 and statuses[0] == 200 and statuses[1] >= 400
    assert Role.objects.get(name="Super Admin").user_set.count() == 1


def test_control_without_the_lock_none_is_left(monkeypatch):
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, roles, "_check_demotion", 2)
    assert revocations() == ([200, 200], 0)
