"""`manage.py seed --festival`: a whole festival, here a smaller one of the same maker."""

from datetime import timedelta

import pytest
from django.contrib.auth import authenticate
from django.db import connection, transaction
from django.db.models import Count, F

from accounts.models import OutgoingMail, User
from bookings.demo import people
from bookings.demo.quiet import quietly
from crew import clashes
from crew.demo import festival, terrain
from crew.models import (
    Assignment,
    Company,
    CrewPlan,
    CrowdList,
    CrowdListEntry,
    CrowdType,
    IdentityMatch,
    Location,
    Person,
    PersonTag,
    Section,
    Shift,
    TimeSlot,
    UserTag,
)
from crew.tests import invariants
from events.models import Event

pytestmark = pytest.mark.django_db
DAYS = 8  # on which people work; each has one clash that is meant
SIZE = festival.Size(sections=16, persons=240, shifts=360)
EVERYTHING = (Assignment, Company, CrewPlan, CrowdList, CrowdListEntry, CrowdType, IdentityMatch, Location, Person)
EVERYTHING += (PersonTag, Section, Shift, TimeSlot, UserTag, User, Event)


def made(size: festival.Size) -> Event | None:
    with quietly():
        return festival.make(people.administrator(), lambda items, label: items, size)


def rows() -> dict:
    return {model: list(model.objects.order_by("pk").values()) for model in EVERYTHING}


@pytest.fixture(scope="module")
def fields(django_db_setup, django_db_blocker):
    """The festival, made once for this file and taken away after it (so no test here may be transactional)."""
    with django_db_blocker.unblock():
        with transaction.atomic():
            yield made(SIZE)
            transaction.set_rollback(True)
        connection.close()


def test_it_has_what_was_asked_for(fields):
    assert (Section.objects.count(), Person.objects.count(), Shift.objects.count()) == SIZE
    days = list(fields.children.order_by("starts_at"))
    assert [day.sub_event_label for day in days] == ["Friday", "Saturday", "Sunday"]
    assert [day.starts_on.weekday() for day in days] == [4, 5, 6]
    assert {event.state for event in (fields, *days)} == {"registration_open"}
    assert all(Section.objects.filter(event=event).exists() for event in (fields, *days))
    assert set(Section.objects.values_list("type", flat=True)) == {"standard", "cross_event"}
    assert Section.objects.filter(is_gate=True, type="cross_event").count() == 2
    assert Shift.objects.filter(time_slot__date__lt=fields.starts_on).exists()  # build-up
    assert Shift.objects.filter(time_slot__date__gt=days[2].starts_on).exists()  # teardown
    assert Shift.objects.filter(time_slot__end_time__lt=F("time_slot__start_time")).exists()  # past midnight
    assert 1.5 * SIZE.shifts < Assignment.objects.count() < 3.5 * SIZE.shifts


def test_its_people_are_of_every_kind(fields):
    kinds = set(Person.objects.values_list("crowd_type__system_type", flat=True))
    assert kinds == {"VOLUNTEER", "CREW", "SUPPLIER", "ARTIST", "GUEST", "PRESS", "PARTNER"}
    assert set(Person.objects.values_list("status", flat=True)) == set(Person.Status.values)
    assert set(Assignment.objects.values_list("status", flat=True)) == {"approved", "pending_approval", "cancelled"}
    assert set(Shift.objects.values_list("status", flat=True)) >= {"open", "full", "draft"}
    assert Person.objects.filter(company__isnull=False).exists() and UserTag.objects.exists()
    linked = Person.objects.exclude(user=None).count()
    waiting = IdentityMatch.objects.filter(status="pending", person__user=None, person__email=F("user__email")).count()
    assert linked > waiting == IdentityMatch.objects.count() > 3


def test_nobody_is_matched_twice_or_not_at_all(fields):
    """Every account with the address of a person that is not linked waits as a match, and only those."""
    users = dict(User.objects.values_list("email", "pk"))
    unlinked = {
        (person.pk, users[person.email]) for person in Person.objects.filter(user=None) if person.email in users
    }
    assert unlinked == set(IdentityMatch.objects.values_list("person", "user"))


def test_its_rosters_are_right(fields):
    meant = clashes.of_event(fields)
    assert 2 < len(meant) <= DAYS
    assert {clash.kind for clash in meant} == {"overlap"}
    given = [clash.second for clash in meant]
    for event in (fields, *fields.children.all()):
        invariants.check(event, allowed=given)
    alive = Assignment.objects.filter(status__in=Assignment.ALIVE)
    assert not alive.exclude(shift__time_slot__person_type=F("person__crowd_type__system_type")).exists()
    assert not alive.exclude(person__status="approved").exists()
    assert not alive.filter(person__is_blacklisted=True).exists()
    assert not Assignment.objects.exclude(person__event=fields).exists()


def test_its_slots_are_local_times(fields):
    for slot in TimeSlot.objects.select_related("event"):
        start = slot.starts_at.astimezone(fields.zone)
        assert (start.date(), start.time()) == (slot.date, slot.start_time)
        assert slot.event.children.exists() or timedelta(hours=2) <= slot.ends_at - slot.starts_at < timedelta(hours=9)


def test_its_lists_keep_their_limits(fields):
    lists = CrowdList.objects.annotate(people=Count("entries"))
    assert len(lists) == len(terrain.LISTS)
    assert not [one for one in lists if one.max_persons and one.people > one.max_persons]
    assert [one.name for one in lists if one.max_persons == one.people]
    for entry in CrowdListEntry.objects.select_related("crowd_list__event", "person"):
        assert entry.person.crowd_type_id == entry.crowd_list.crowd_type_id
        event = entry.crowd_list.event
        assert entry.person.event_id in (event.pk, event.parent_id)
        assert not (entry.crowd_list.auto_approve and entry.person.status == "pending")


def test_the_coordinator_and_the_volunteer_can_log_in(fields):
    planner = authenticate(username="crew@evient.com", password="admin123")
    assert planner.can("manage_crew", on=fields) and not planner.can("manage_events", on=fields)
    assert not planner.is_staff
    volunteer = authenticate(username="volunteer@evient.com", password="secret123")
    person = volunteer.crew_persons.get()
    assert (person.event, person.status) == (fields, "approved")
    mine = Assignment.objects.filter(person=person).select_related("shift__section", "shift__time_slot")
    assert [given.status for given in mine] == ["approved", "approved"]
    assert len({given.shift.time_slot.date for given in mine}) == 2
    assert all(given.shift.section.is_gate for given in mine)


def test_a_second_run_changes_nothing(fields):
    before = rows()
    assert made(SIZE) is None
    assert rows() == before


def test_nobody_gets_a_mail(fields):
    assert not OutgoingMail.objects.exists()
