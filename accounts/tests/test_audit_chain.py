"""The audit log: the database refuses changes, each line is chained, and the proof finds any tampering."""

from functools import partial
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from accounts import audit, audit_chain
from accounts.audit_chain import Broken
from accounts.factories import UserFactory
from accounts.models import AuditLog, User
from accounts.tests.racing import good, race

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def user() -> User:
    return UserFactory(full_name="Maya Rao")


@pytest.fixture
def lines(user) -> list[AuditLog]:
    for number in range(5):
        audit.record("CHANGED_ROLE", user, by=user, before={"a": [1.50, None]}, after={"n": number, "ü": "“x”"})
    return list(AuditLog.objects.order_by("sequence"))


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("audit_verify", *arguments, stdout=out)
    return out.getvalue()


def tamper(statement: str, *values) -> None:
    """As somebody would who owns the database: with the triggers off."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement, values)


def test_an_untouched_log_is_proved(lines):
    assert [line.sequence for line in lines] == [1, 2, 3, 4, 5]
    assert run() == f"5 lines, head {lines[-1].hash}\n"


def test_an_empty_log_is_proved():
    assert run() == f"0 lines, head {'0' * 64}\n"
    assert run("--expect", "0" * 64)


def test_the_time_zone_of_the_connection_does_not_matter(lines):
    with connection.cursor() as cursor:
        cursor.execute("SET TIME ZONE 'Asia/Kolkata'")
    try:
        assert run() == f"5 lines, head {lines[-1].hash}\n"
    finally:
        connection.close()


COLUMNS = {
    "id": "id + 1000",
    "uid": "gen_random_uuid()",
    "actor_id": "NULL",
    "action": "'X'",
    "target_resource": "'user_0'",
    "target_uid": "gen_random_uuid()",
    "target_label": "'Nobody'",
    "details": "'{}'",
    "created_at": "created_at + interval '1 microsecond'",
    "sequence": "99",
    "previous_hash": "repeat('0', 64)",
    "hash": "repeat('0', 64)",
}


def test_every_column_is_under_the_proof():
    assert {field.column for field in AuditLog._meta.concrete_fields} == COLUMNS.keys()


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("place", [1, 2, 4])
def test_one_changed_column_is_found(lines, column, place):
    tamper(f"UPDATE accounts_auditlog SET {column} = {COLUMNS[column]} WHERE id = %s", lines[place].pk)
    with pytest.raises(CommandError) as error:
        run()
    assert error.value.returncode == 1
    assert str(error.value).startswith(f"Line {place + 1} ")


def test_a_changed_line_with_a_hash_of_its_own_is_found_at_the_next(lines):
    tamper("UPDATE accounts_auditlog SET action = 'X' WHERE id = %s", lines[1].pk)
    tamper("UPDATE accounts_auditlog SET hash = audit_line_hash(accounts_auditlog) WHERE id = %s", lines[1].pk)
    with pytest.raises(Broken, match="^Line 3 .* does not continue"):
        audit_chain.verify()


@pytest.mark.parametrize("place", [0, 1, 3])
def test_a_deleted_line_is_found(lines, place):
    tamper("DELETE FROM accounts_auditlog WHERE id = %s", lines[place].pk)
    with pytest.raises(Broken, match=f"^Line {place + 1} is missing"):
        audit_chain.verify()


def test_lines_cut_off_at_the_end_are_found_by_the_anchor(lines):
    anchor = lines[-1].hash
    assert run("--expect", anchor.upper())
    audit.record("X", lines[0].actor, by=None)
    assert run("--expect", anchor).startswith("6 lines")  # the log may have grown since
    tamper("DELETE FROM accounts_auditlog WHERE sequence > 4")
    assert run().startswith("4 lines")  # which the chain alone cannot know
    with pytest.raises(CommandError, match="are missing"):
        run("--expect", anchor)


def test_two_lines_that_changed_places_are_found(lines):
    tamper("UPDATE accounts_auditlog SET sequence = NULL WHERE id = %s", lines[2].pk)
    tamper("UPDATE accounts_auditlog SET sequence = 3 WHERE id = %s", lines[3].pk)
    tamper("UPDATE accounts_auditlog SET sequence = 4 WHERE id = %s", lines[2].pk)
    with pytest.raises(Broken, match="^Line 3 "):
        audit_chain.verify()


def test_a_line_that_was_slipped_in_is_found(lines, user):
    tamper(
        "INSERT INTO accounts_auditlog (uid, action, target_resource, target_label, details, created_at, previous_hash,"
        " hash) VALUES (gen_random_uuid(), 'X', 'user_1', '', '{}', now(), '', '')"
    )
    with pytest.raises(Broken, match="was never chained"):
        audit_chain.verify()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts_auditlog SET action = 'X'",
        "UPDATE accounts_auditlog SET sequence = 99, hash = 'x' WHERE sequence = 5",
        "DELETE FROM accounts_auditlog",
        "TRUNCATE accounts_auditlog",
    ],
)
def test_the_database_refuses_changes(lines, statement):
    with pytest.raises(DatabaseError, match="append-only"), connection.cursor() as cursor:
        cursor.execute("SET eventify.may_truncate = off")
        cursor.execute(statement)
    connection.close()
    assert run().startswith("5 lines")


def test_writers_at_once_make_one_chain_without_gaps(user):
    def write(number: int) -> None:
        for line in range(6):
            with transaction.atomic():
                audit.record("X", user, by=user, writer=number, line=line)
                audit.record("Y", user, by=user, writer=number, line=line)

    good(race(*[partial(write, number) for number in range(8)]))
    assert audit_chain.verify().lines == 96
    assert list(AuditLog.objects.order_by("sequence").values_list("sequence", flat=True)) == list(range(1, 97))


def test_a_transaction_that_is_rolled_back_leaves_no_gap(lines, user):
    with pytest.raises(RuntimeError), transaction.atomic():
        audit.record("X", user, by=user)
        raise RuntimeError
    audit.record("Y", user, by=user)
    assert audit_chain.verify().lines == 6


def test_a_long_log_is_read_in_batches(lines, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(audit_chain, "_BATCH", 2)
    with django_assert_num_queries(1):
        assert audit_chain.verify().lines == 5
