"""With the rights of `manage.py rights` the site sells, and what guards the books cannot be taken away."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from accounts import audit, bans, roles, sessions
from accounts.factories import UserFactory
from accounts.models import Role
from analytics import fsck
from bookings import cancelling, checkin, refunds
from bookings.tests.scenes import buy, pay, scene
from privacy import erasing

pytestmark = pytest.mark.django_db
ROLE = "eventify_site_of_a_test"
FORBIDDEN = [
    "ALTER TABLE partners_entry DISABLE TRIGGER ALL",
    "DROP TABLE bookings_invoice",
    "TRUNCATE accounts_auditlog",
    "CREATE OR REPLACE FUNCTION audit_line_hash(line accounts_auditlog) RETURNS text LANGUAGE sql AS $$ SELECT '' $$",
    "DELETE FROM django_migrations",
    "SET session_replication_role = replica",
    "CREATE TABLE mine (id int)",
    f"ALTER ROLE {ROLE} SUPERUSER",
]


@pytest.fixture
def as_the_site():
    """From here on the connection has the rights of the role, until the test's transaction is taken back."""
    out = io.StringIO()
    call_command("rights", ROLE, stdout=out)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {ROLE}")
        cursor.execute(out.getvalue())
        cursor.execute(f"SET LOCAL ROLE {ROLE}")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")


def test_the_site_works(as_the_site):
    admin = roles.assign(UserFactory(), Role.objects.get(name="Super Admin"), by=None)
    buyer = UserFactory()
    sessions.start(buyer)
    event, kind = scene(price=20)
    first, second = (pay(buy(buyer, kind)) for _time in range(2))
    checkin.admit(first.tickets.get().ticket_code, by=None, gate="A", event=event)
    cancelling.cancel(second, by=buyer)
    refunds.send()
    bans.ban(UserFactory(), reason="spam", by=admin)
    guest = UserFactory()
    erasing.erase(guest, by=guest)
    audit.record("LOOKED", event, by=admin)
    assert [result.check for result in fsck.look() if result.breaches] == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == (ROLE,)


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_what_it_may_not(as_the_site, statement):
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_control_the_owner_may(db):
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in FORBIDDEN[:2]:
            cursor.execute(statement)
        transaction.set_rollback(True)


@pytest.mark.parametrize("name", ["", "Robert'; DROP TABLE x", "a b", "Ä"])
def test_what_is_no_name(name):
    with pytest.raises(CommandError):
        call_command("rights", name)
