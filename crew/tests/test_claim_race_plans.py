"""What runs while a lock is held finds its rows by an index, in an organisation that has many."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crew.factories import PersonFactory, ShiftFactory
from crew.models import Assignment, Person, Shift
from crew.tests.scenes import event_with, section_of, shift_at, take, volunteer

pytestmark = pytest.mark.django_db
MANY = 4000
WALK = re.compile(r"Seq Scan on crew_(person|assignment|shift)\b")


@pytest.fixture
def crowd():
    """A volunteer among 4,000 people, each with an assignment, in 1,000 shifts; the volunteer has two."""
    event = event_with(rest=60)
    section = section_of(event)
    me = volunteer(event)
    others = PersonFactory.build_batch(MANY, event=event, crowd_type=me.crowd_type, user=None)
    people = Person.objects.bulk_create(others)
    slot = shift_at(section, "08:00-12:00").time_slot
    shifts = Shift.objects.bulk_create(ShiftFactory.build(section=section, time_slot=slot) for _ in range(MANY // 4))
    Assignment.objects.bulk_create(
        Assignment(shift=shifts[n // 4], person=person, status="approved", origin="assigned")
        for n, person in enumerate(people)
    )
    for hours in ("14:00-15:00", "23:00-23:30"):
        take(shift_at(section, hours), me)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return me, shift_at(section)


def plan(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        return "\n".join(line for (line,) in cursor.fetchall())


@pytest.mark.parametrize("held", [2, 3])
def test_a_claim_asks_equally_often_and_walks_no_large_table(crowd, held):
    me, shift = crowd
    if held == 3:
        take(shift_at(shift.section, "12:00-12:30"), me)
    with CaptureQueriesContext(connection) as asked:
        take(shift, me)
    reads = [query["sql"] for query in asked if query["sql"].startswith("SELECT")]
    walked = [sql for sql in reads if WALK.search(plan(sql))]
    assert walked == []
    assert len(asked) == 14
