"""The headcount: who is there, now and in each hour, each once; and the warning before a place is too full."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog
from accounts.tests.coming_in import log_in
from analytics import attention, headcount
from bookings import checkin, queries
from bookings.door import scanning
from bookings.tests.scenes import book, scene
from crew import assignments
from crew import factories as crew
from crew.models import CrowdListEntry
from eventify.lib.errors import Invalid
from events import licence
from events.models import Event
from partners import members
from partners.models import Member

START = datetime(2030, 6, 1, 12, 30, tzinfo=UTC)  # 18:00 in Kolkata
HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def clock():
    with time_machine.travel(START - 5 * HOUR, tick=False) as clock:
        yield clock


@pytest.fixture
def night(clock) -> Event:
    return evening()


def evening(**event) -> Event:
    when = {"starts_at": START, "ends_at": START + 4 * HOUR, "timezone": "Asia/Kolkata"}
    return scene(capacity=100, **when, **event)[0]


def come(event: Event, moment: datetime, many: int = 1) -> list:
    """Tickets that are let in at that moment."""
    tickets = list(book(event, UserFactory(), many).tickets.all())
    with time_machine.travel(moment, tick=False):
        return [checkin.admit(one.ticket_code, by=None, gate="North", event=event) for one in tickets]


def works(event: Event, since: datetime, hours: float, user=None, name="Worker"):
    """An approved shift, of a person with this account or with none."""
    there = since.astimezone(event.zone)
    end = (since + timedelta(hours=hours)).astimezone(event.zone)
    slot = crew.TimeSlotFactory(event=event, date=there.date(), start_time=there.time(), end_time=end.time())
    shift = crew.ShiftFactory(section=crew.SectionFactory(event=event), time_slot=slot)
    type(slot).objects.filter(pk=slot.pk).update(starts_at=since, ends_at=since + timedelta(hours=hours))
    known = event.persons.filter(user=user).first() if user else None
    person = known or crew.PersonFactory(event=event, name=name, user=user, status="approved")
    assignments.assign(shift, person, by=None, allow_clash=True)
    return person


def invite(event: Event, *persons) -> None:
    guests = crew.CrowdListFactory(event=event)
    for one in persons or [crew.PersonFactory(event=event, status="approved")]:
        CrowdListEntry.objects.create(crowd_list=guests, person=one)


def at(event: Event, moment: datetime) -> tuple:
    with time_machine.travel(moment, tick=False):
        return headcount.of(event).now


def test_who_is_there(night, clock):
    come(night, START + timedelta(minutes=10), 3)
    come(night, START + timedelta(minutes=70))
    both = UserFactory()
    person = works(night, START - HOUR, 3, user=both)
    works(night, START + HOUR, 2, user=both)
    works(night, START - HOUR, 2)
    pending = crew.PersonFactory(event=night, status="pending")
    invite(night, crew.PersonFactory(event=night, status="approved"), pending, person)
    minutes = timedelta(minutes=1)
    assert at(night, START - 2 * HOUR) == (0, 0, 0)
    assert at(night, START - minutes) == (0, 2, 0)
    assert at(night, START + 30 * minutes) == (3, 2, 1)
    assert at(night, START + 75 * minutes) == (4, 1, 1)  # in two shifts at once: one human
    assert at(night, START + 3.5 * HOUR) == (4, 0, 2)  # no shift any more: a guest
    assert at(night, START + 4 * HOUR + headcount.LINGER - minutes) == (4, 0, 2)
    assert at(night, START + 4 * HOUR + headcount.LINGER) == (0, 0, 0)
    clock.move_to(START + 9 * HOUR)
    found = headcount.of(night)
    assert [hour.astimezone(night.zone).hour for hour, _people in found.hours] == [18, 19, 20, 21, 22, 23, 0]
    assert [people for _hour, people in found.hours] == [(3, 2, 1), *[(4, 1, 1)] * 2, *[(4, 0, 2)] * 4]
    assert (found.busiest, found.hours[0][1].total) == (found.hours[0], 6)
    clock.move_to(START + 1.5 * HOUR)  # of what is still to come nothing is told
    assert len(headcount.of(night).hours) == 2


def test_it_is_what_the_door_says(night):
    tickets = come(night, START + timedelta(minutes=5), 4)
    assert at(night, START + HOUR).tickets == night.tickets.filter(queries.INSIDE).count() == 4
    scan = tickets[0].scans.get()
    scanning.undo_as_staff(scan, by=SuperAdminFactory(), reason="Wrong person")
    assert at(night, START + HOUR).tickets == 3


def test_a_festival_counts_its_parts_and_a_day_that_is_over_not(clock):
    festival = evening(kind="festival", name="Fest")
    part = {"parent": festival, "partner": festival.partner, "timezone": "Asia/Kolkata"}
    starts = [START + timedelta(days=n) for n in (0, 1)]
    days = [scene(capacity=50, starts_at=start, ends_at=start + 4 * HOUR, **part)[0] for start in starts]
    come(days[0], START + HOUR, 2)
    come(days[1], START + timedelta(hours=25), 3)
    works(days[1], START + timedelta(hours=24), 5)
    assert at(festival, START + 2 * HOUR) == (2, 0, 0)
    assert at(festival, START + timedelta(hours=26)) == (3, 1, 0)
    assert at(days[0], START + timedelta(hours=26)) == (0, 0, 0)


def test_it_asks_as_much_for_more_people_and_events(night):
    def cost(*events) -> int:
        with CaptureQueriesContext(connection) as asked:
            headcount.now(events)
        return len(asked)

    come(night, START)
    few = cost(night)
    others = [evening(name=f"N{n}") for n in range(2)]
    for one in (night, *others):
        come(one, START, 2)
        works(one, START, 2)
        invite(one)
    assert cost(night, *others) == few == 4


def matters(user) -> list:
    return [one for one in attention.for_user(type(user).objects.get(pk=user.pk)) if "headcount" in one.page]


@pytest.mark.parametrize(
    ("people", "tone", "said"), [(8, None, ""), (9, "caution", "Nearly full"), (10, "negative", "Let nobody in")]
)
def test_the_warning_comes_at_90_and_100_percent(night, clock, client, people, tone, said):
    chief, member, outsider = SuperAdminFactory(), UserFactory(), UserFactory()
    members.add(night.partner, member, Member.Role.MEMBER, by=None)
    licence.set_capacity(night, 10, by=chief)
    invite(night)
    come(night, START, people - 1)
    clock.move_to(START + HOUR)
    for user in (chief, member):
        assert [one.tone for one in matters(user)] == ([tone] if tone else [])
    assert matters(outsider) == []
    page = log_in(client, member).get(f"/command-center/events/{night.uid}/headcount/")
    assert page.context["warning"].get("tone") == tone and said in page.content.decode()
    assert page.context["metrics"][0]["change"] == f"{people * 10} % of 10"


def test_without_a_licence_or_before_the_day_nobody_is_warned(night, clock):
    chief = SuperAdminFactory()
    come(night, START, 3)
    clock.move_to(START + HOUR)
    assert matters(chief) == []
    licence.set_capacity(night, 3, by=chief)
    assert [one.tone for one in matters(chief)] == ["negative"]
    clock.move_to(START + timedelta(days=2))
    assert matters(chief) == []


def test_who_manages_the_event_says_what_is_licensed(night, client):
    manager, member = UserFactory(), UserFactory()
    members.add(night.partner, manager, Member.Role.EVENT_MANAGER, by=None)
    members.add(night.partner, member, Member.Role.MEMBER, by=None)
    path = f"/command-center/events/{night.uid}/licence/"
    assert log_in(client, member).post(path, {"licensed_capacity": "9"}).status_code in (403, 404)
    client = log_in(type(client)(), manager)
    assert client.post(path, {"licensed_capacity": "0"}).status_code == 400
    assert client.post(path, {"licensed_capacity": "150"}).status_code == 302
    night.refresh_from_db()
    assert night.licensed_capacity == 150
    line = AuditLog.objects.get(action="CHANGED_LICENSED_CAPACITY")
    assert (line.actor, line.details) == (manager, {"before": None, "after": 150})
    assert client.post(path, {"licensed_capacity": ""}).status_code == 302
    night.refresh_from_db()
    assert night.licensed_capacity is None
    with pytest.raises(Invalid):
        licence.set_capacity(night, licence.MOST + 1, by=manager)
