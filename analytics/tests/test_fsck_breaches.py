"""Each check is broken by hand in SQL, and the check of everything sees exactly that."""

import pytest
from django.db import connection, transaction

from analytics import fsck
from analytics.tests import fsck_world
from eventify.lib import checks

pytestmark = pytest.mark.django_db
NOTHING_THERE = {  # where all is well there are none of these at all
    "sessions of the banned",
    "people of dead shifts",
    "messages of providers",
    "events that were called off",
    "refunds of whole events",
}
CHECKS = [check for area in fsck.AREAS for check in area.checks]


@pytest.fixture(scope="module")
def whole_world(django_db_setup, django_db_blocker):
    """The world, committed as far as checks can tell; from here on no trigger and no foreign key guards it."""
    with django_db_blocker.unblock(), transaction.atomic():
        fsck_world.make()
        checks.settle()
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        transaction.set_rollback(True)


@pytest.fixture
def world(whole_world, db):
    """The world; what a test breaks in it is taken back."""


def red() -> dict[str, list[str]]:
    """{check: its sentences} of what is broken."""
    return {result.check: result.sentences for result in fsck.look() if result.breaches}


def test_everything_holds_and_each_check_has_something_to_look_at(world):
    found = list(fsck.look())
    assert {result.check: result.sentences for result in found if result.breaches} == {}
    assert {result.check for result in found if not result.compared} == NOTHING_THERE


@pytest.mark.parametrize("damage", fsck_world.BREAKS, ids=lambda damage: f"{damage.check}: {damage.sql[0][:40]}")
def test_what_was_broken_by_hand_is_reported_and_nothing_else(world, damage):
    with connection.cursor() as cursor:
        for statement in damage.sql:
            cursor.execute(statement)
    found = red()
    assert set(found) == {damage.check, *damage.also}
    assert found[damage.check] and not any("cannot be computed" in one for one in found[damage.check])


def test_each_check_is_broken_once_and_has_a_name_of_its_own():
    names = [check.name for check in CHECKS]
    assert len(set(names)) == len(names)
    assert {damage.check for damage in fsck_world.BREAKS} == set(names)
    assert all(check.hint for check in CHECKS)


def test_rows_that_cannot_be_read_are_a_breach_and_stop_no_other_check(world):
    with connection.cursor() as cursor:
        cursor.execute("""UPDATE bookings_refund SET shares = '{"x": "no number"}' WHERE shares <> '{}'""")
    found = red()
    assert found["money given"][0].startswith("It cannot be computed: invalid input syntax for type numeric")
    assert len(list(fsck.look())) == len(CHECKS)
