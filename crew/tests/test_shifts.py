"""Shifts: what they may refer to, what their status does to people, and how they end by themselves."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.conf import settings

from accounts.models import AuditLog, OutgoingMail
from crew import assignments, shifts, tasks
from crew.factories import LocationFactory, TimeSlotFactory
from crew.models import Assignment, Shift
from crew.tests.invariants import broken, check
from crew.tests.scenes import ZONE, counters, event_with, section_of, shift_at, take, volunteer, volunteers
from eventify.lib import later as later_module
from eventify.lib.errors import Conflict, Invalid, Missing
from events import states
from events.models import Event

pytestmark = pytest.mark.django_db
S = Assignment.Status
TEN = datetime(2031, 6, 13, 22, tzinfo=ZoneInfo(ZONE))  # when the shift of most tests ends


def invalid(call, *args, **options) -> list[str]:
    """The fields that the refusal names."""
    with pytest.raises(Invalid) as refusal:
        call(*args, **options)
    return list(refusal.value.errors)


def statuses(shift) -> list[str]:
    return list(shift.assignments.order_by("pk").values_list("status", flat=True))


def told(template: str) -> list[str]:
    return sorted(OutgoingMail.objects.filter(template=f"crew_{template}").values_list("to", flat=True))


def test_a_shift_is_made(planner):
    event = event_with()
    slot = TimeSlotFactory(event=event)
    draft = shifts.create(section_of(event), by=planner, time_slot=slot)
    full = shifts.create(
        section_of(event), by=planner, time_slot=slot, location=LocationFactory(event=event), title=" Tapping ",
        slots_total=4, slots_open_for_claiming=4, report_time=time(23, 59), status="open", is_lead_role=True,
    )  # fmt: skip
    assert counters(draft) == ("draft", 0, 0, 0)
    assert counters(full) == ("open", 0, 0, 0)
    assert (full.title, full.report_time, full.is_lead_role, full.allow_overlap) == (
        "Tapping",
        time(23, 59),
        True,
        False,
    )
    assert list(AuditLog.objects.filter(actor=planner).values_list("action", flat=True)) == ["CREATED_SHIFT"] * 2


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "x" * 201),
        ("title", "\x00"),
        ("description", "\ud800"),
        ("instructions", "x" * 10_001),
        ("slots_total", 0),
        ("slots_total", -1),
        ("slots_total", 10_001),
        ("slots_total", 2**80),
        ("slots_open_for_claiming", -1),
        ("slots_open_for_claiming", 2),
        ("slots_open_for_claiming", 2**80),
        ("status", "gone"),
    ],
)
def test_impossible_values_are_refused_at_their_field(field, value, planner):
    event = event_with()
    section, slot = section_of(event), TimeSlotFactory(event=event)
    shift = shifts.create(section, by=planner, time_slot=slot)
    assert field in invalid(shifts.create, section, by=planner, time_slot=slot, **{field: value})
    assert field in invalid(shifts.change, shift, by=planner, **{field: value})
    assert Shift.objects.count() == 1


@pytest.mark.parametrize("status", ["full", "cancelled", "completed"])
def test_a_new_shift_is_a_draft_or_open(status, planner):
    event = event_with()
    slot = TimeSlotFactory(event=event)
    assert invalid(shifts.create, section_of(event), by=planner, time_slot=slot, status=status) == ["status"]


def test_what_a_shift_may_refer_to(planner):
    festival = event_with(kind="festival")
    one, two = event_with(parent=festival), event_with(parent=festival)
    section = section_of(one)
    slots = {event: TimeSlotFactory(event=event) for event in (festival, one, two)}
    places = {event: LocationFactory(event=event) for event in (festival, one, two)}
    for event in (festival, one):
        shift = shifts.create(section, by=planner, time_slot=slots[event], location=places[event])
        assert (shift.time_slot, shift.location) == (slots[event], places[event])
    assert invalid(shifts.create, section, by=planner, time_slot=slots[two]) == ["time_slot"]
    assert invalid(shifts.create, section_of(festival), by=planner, time_slot=slots[one]) == ["time_slot"]
    assert invalid(shifts.create, section, by=planner, time_slot=slots[one], location=places[two]) == ["location"]
    assert invalid(shifts.change, shift, by=planner, time_slot=slots[two]) == ["time_slot"]
    assert invalid(shifts.change, shift, by=planner, location=places[two]) == ["location"]
    assert invalid(shifts.change, shift, by=planner, section=section_of(two)) == ["section"]
    assert shifts.change(shift, by=planner, section=section_of(one, "Gate"), location=None).section.name == "Gate"


def test_what_was_deleted_meanwhile_is_missing(planner):
    event = event_with()
    section, slot = section_of(event), TimeSlotFactory(event=event)
    shift = shifts.create(section, by=planner, time_slot=slot)
    TimeSlotFactory(event=event)
    place = LocationFactory(event=event)
    type(place).objects.all().delete()
    with pytest.raises(Missing):
        shifts.change(shift, by=planner, location=place)
    shifts.delete(shift, by=planner)
    for verb in (lambda: shifts.change(shift, by=planner, title="X"), lambda: shifts.delete(shift, by=planner)):
        with pytest.raises(Missing):
            verb()


def test_whether_an_open_shift_is_full_is_computed(planner):
    event = event_with()
    shift = shift_at(event)
    one, two = volunteers(event, 2)
    take(shift, one)
    assert shifts.change(shift, by=planner, slots_total=1, slots_open_for_claiming=1).status == "full"
    assert shifts.change(shift, by=planner, slots_total=2).status == "open"
    assert shifts.change(shift, by=planner, status="full").status == "open"
    assignments.assign(shift, two, by=planner)
    assert counters(shift)[0] == "full"
    assert shifts.change(shift, by=planner, status="open", title="X").status == "full"
    assert shifts.change(shift, by=planner, status="draft").status == "draft"
    check(event)


def test_fewer_places_than_people_is_overbooked_not_refused(planner):
    event = event_with()
    shift = shift_at(event, slots_total=3, slots_open_for_claiming=3)
    for person in volunteers(event, 3):
        take(shift, person)
    assert invalid(shifts.change, shift, by=planner, slots_total=1) == ["slots_open_for_claiming"]
    changed = shifts.change(shift, by=planner, slots_total=1, slots_open_for_claiming=0)
    assert (changed.status, changed.filled_slots, changed.fill_rate) == ("full", 3, 3.0)
    assert sum("oversold" in sentence for sentence in broken(event)) == 2


def test_cancelling_takes_everybody_out_and_tells_them(planner):
    event = event_with()
    shift = shift_at(event)
    one, two = volunteers(event, 2, waits=True)
    assignments.assign(shift, one, by=planner)
    take(shift, two)
    cancelled = shifts.change(shift, by=planner, status="cancelled")
    assert statuses(shift) == [S.CANCELLED, S.CANCELLED]
    assert counters(cancelled) == ("cancelled", 0, 0, 0)
    assert told("cancelled") == sorted([one.email, two.email])
    sources = set(shift.assignments.values_list("cancellation_source", "reason"))
    assert sources == {("organiser", "The shift was cancelled.")}
    again = shifts.change(cancelled, by=planner, status="open")
    assert counters(again) == ("open", 0, 0, 0)
    assert len(told("cancelled")) == 2
    lines = AuditLog.objects.filter(action="CHANGED_SHIFT_STATUS").order_by("pk")
    assert [(line.details["before"], line.details["after"]) for line in lines] == [
        ("open", "cancelled"), ("cancelled", "open"),
    ]  # fmt: skip
    check(event)


def test_moving_a_shift_tells_who_has_it_and_may_clash(planner):
    event = event_with()
    person = volunteer(event)
    other, shift = shift_at(event, "12:00-16:00"), shift_at(event)
    take(shift, person), take(other, person)
    shifts.change(shift, by=planner, title="X", slots_total=5)
    assert told("changed") == []
    shifts.change(shift, by=planner, time_slot=other.time_slot)
    assert told("changed") == [person.email]
    shifts.change(shift, by=planner, location=LocationFactory(event=event))
    shifts.change(shift, by=planner, report_time=time(11, 30))
    assert len(told("changed")) == 3
    assert [sentence.split(": ")[1][:7] for sentence in broken(event)] == ["overlap"]


def test_deleting_cancels_and_tells(planner):
    event = event_with()
    shift, person = shift_at(event), volunteer(event)
    take(shift, person)
    shifts.delete(shift, by=planner)
    assert statuses(shift) == [S.CANCELLED]
    assert told("cancelled") == [person.email]
    assert not Shift.objects.live().exists()
    check(event)


def test_a_shift_that_people_worked_in_stays(planner):
    event = event_with()
    shift = shift_at(event)
    take(shift, volunteer(event))
    with time_machine.travel(TEN, tick=False):
        shifts.change(shift, by=planner, status="completed")
    with pytest.raises(Conflict) as refusal:
        shifts.delete(shift, by=planner)
    assert refusal.value.message == "Bar, Slot, Fri 13 Jun, 18:00 to 22:00: people have worked in it, so it stays."


def test_a_shift_is_completed_by_hand_once_it_has_begun(planner):
    event = event_with()
    shift = shift_at(event)
    one, two = volunteers(event, 2, waits=True)
    assignments.assign(shift, one, by=planner)
    take(shift, two)
    assert invalid(shifts.change, shift, by=planner, status="completed") == ["status"]
    with time_machine.travel(TEN - timedelta(hours=1), tick=False):
        shifts.change(shift, by=planner, status="completed")
        shifts.change(shift, by=planner, status="completed", title="X")
    assert statuses(shift) == [S.COMPLETED, S.REJECTED]
    assert counters(shift) == ("completed", 1, 0, 0)
    assert shift.assignments.get(status=S.REJECTED).decided_by == planner
    check(event)


# --- By themselves ------------------------------------------------------------------------------------


def test_shifts_end_by_themselves_a_quarter_of_an_hour_after_their_slot(planner):
    event = event_with()
    shift, draft, empty_draft = shift_at(event), shift_at(event, status="draft"), shift_at(event, status="draft")
    cancelled, later = shift_at(event, status="cancelled"), shift_at(event, "18:00-22:01")
    one, two, three = volunteers(event, 3, waits=True)
    assignments.assign(shift, one, by=planner)
    waiting = take(shift, two)
    assignments.assign(draft, three, by=planner)
    with time_machine.travel(TEN + timedelta(minutes=15), tick=False):
        assert shifts.complete_past() == 0
    with time_machine.travel(TEN + timedelta(minutes=15, seconds=1), tick=False):
        assert tasks.settle_shifts() == 2
        assert tasks.settle_shifts() == 0
    assert counters(shift) == ("completed", 1, 0, 0)
    assert counters(draft) == ("completed", 1, 0, 0)
    assert [counters(one)[0] for one in (empty_draft, cancelled, later)] == ["draft", "cancelled", "open"]
    assert statuses(shift) == [S.COMPLETED, S.REJECTED]
    waiting.refresh_from_db()
    assert (waiting.decided_by, waiting.reason) == (None, "The shift is over, and nobody had decided on it.")
    assert told("claim_rejected") == [two.email]
    assert AuditLog.objects.filter(action="CHANGED_SHIFT_STATUS", actor=None).count() == 2
    check(event)


def test_a_run_ends_so_many_and_the_next_one_the_rest(monkeypatch):
    monkeypatch.setattr(shifts, "AT_ONCE", 2)
    event = event_with()
    for _number in range(3):
        shift_at(event)
    with time_machine.travel(TEN + timedelta(hours=1), tick=False):
        assert [shifts.complete_past() for _run in range(3)] == [2, 1, 0]
    assert set(Shift.objects.values_list("status", flat=True)) == {"completed"}


def test_a_cancelled_event_lets_its_people_go(planner, monkeypatch):
    event, other = event_with(name="Fest"), event_with()
    past, shift, elsewhere = shift_at(event, "08:00-10:00"), shift_at(event), shift_at(other)
    person = volunteer(event)
    take(past, person), take(shift, person)
    take(elsewhere, volunteer(other))
    Event.objects.filter(pk=event.pk).update(state="cancelled")
    with time_machine.travel(TEN - timedelta(hours=5), tick=False):
        assert tasks.settle_shifts() == 2
        assert tasks.settle_shifts() == 0
    assert statuses(past) == [S.COMPLETED]
    [assignment] = shift.assignments.all()
    assert (assignment.status, assignment.cancellation_source) == (S.CANCELLED, "system")
    assert assignment.reason == "Fest is cancelled."
    assert told("cancelled") == [person.email]
    assert counters(shift) == ("open", 0, 0, 0)
    assert statuses(elsewhere) == [S.APPROVED]


def test_a_cancelled_event_sends_the_task(planner, monkeypatch, django_capture_on_commit_callbacks):
    sent = []
    monkeypatch.setattr(later_module, "_nudged", {})
    monkeypatch.setattr(later_module, "_send", lambda task, _args, **_options: sent.append(task))
    with django_capture_on_commit_callbacks(execute=True):
        states.transition(event_with(), "cancelled", by=planner, reason="Storm")
    assert shifts.TASK in sent


def test_the_task_runs_every_ten_minutes():
    assert settings.PERIODIC_TASKS["crew.tasks.settle_shifts"] == 600


def test_the_list_of_shifts_needs_one_query(django_assert_num_queries):
    event = event_with()
    for count in (1, 3):
        while Shift.objects.count() < count:
            shift_at(event, location=LocationFactory(event=event))
        with django_assert_num_queries(1):
            for shift in shifts.listed(Shift.objects.filter(section__event=event)):
                assert shift.section.event.partner_id and shift.time_slot.event.timezone and shift.location.name
