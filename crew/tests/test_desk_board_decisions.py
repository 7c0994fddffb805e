"""What planners decide: swaps, clashes, the rules, and whether people may sign up; and the list of events."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.factories import UserFactory
from bookings.tests.desk import said, shown
from bookings.tests.scenes import text
from crew import assignments, board, swaps
from crew.factories import CrowdTypeFactory, PersonFactory, SectionFactory, ShiftFactory
from crew.models import Assignment, CrewPlan, Person, Shift, Swap
from crew.tests.board_world import CREW, Plan, address, festival, planner
from events.models import Event

pytestmark = pytest.mark.django_db
S = Assignment.Status


@pytest.fixture
def plan():
    return Plan()


@pytest.fixture
def pia(client, plan):
    return planner(client, plan.partner)


def state_of(row) -> str:
    return type(row).objects.get(pk=row.pk).status


# --- Swaps --------------------------------------------------------------------------------------------


@pytest.fixture
def swap(plan):
    """Eva gives her shift to Finn, and a planner has to approve it."""
    eva, finn = (plan.person(name, user=UserFactory()) for name in ("Eva Give", "Finn Take"))
    held = assignments.assign(plan.early, eva, by=None)
    return swaps.take(swaps.offer(held, by=eva.user, note="My sister marries."), finn, by=finn.user)


def test_a_swap_is_approved(client, plan, pia, swap):
    assert "1 swap waits" in text(client.get(f"{CREW}/")) and client.get(plan.at()).context["strip"].swaps == 1
    page = client.get(plan.at("claims/"))
    assert "Eva Give gives a shift to Finn Take." in text(page) and "My sister marries." in text(page)
    response = client.post(f"{CREW}/swaps/{swap.uid}/approve/")
    assert (response["Location"], said(response)) == (plan.at("claims/"), ["The swap is done, and both are told."])
    assert state_of(swap) == Swap.Status.DONE
    names = plan.early.assignments.filter(status=S.APPROVED).values_list("person__name", flat=True)
    assert list(names) == ["Finn Take"]
    again = client.post(f"{CREW}/swaps/{swap.uid}/refuse/")
    assert again.status_code == 409 and state_of(swap) == Swap.Status.DONE


def test_a_swap_is_refused(client, plan, pia, swap):
    response = client.post(f"{CREW}/swaps/{swap.uid}/refuse/", {"reason": "Not this time."})
    assert said(response) == ["The swap is refused, and both are told."]
    assert state_of(swap) == Swap.Status.DECLINED
    names = plan.early.assignments.filter(status=S.APPROVED).values_list("person__name", flat=True)
    assert list(names) == ["Eva Give"]


def test_a_swap_of_others_is_not_there(client, plan, swap):
    planner(client, Plan().partner)
    assert client.post(f"{CREW}/swaps/{swap.uid}/approve/").status_code == 404
    assert state_of(swap) == Swap.Status.WAITING


# --- Clashes ------------------------------------------------------------------------------------------


def test_a_clash_is_put_right(client, plan, pia):
    both = plan.clash()
    url = plan.at("clashes/")
    page = client.get(url)
    for words in ("Asha Rao", "At the same time", "Two shifts at the same time, for 4:00 h.", "Bartender", "Scanner"):
        assert words in text(page), words
    [problem] = page.context["problems"]
    assert {side.assignment for side in problem.sides} == {plan.has, both}
    response = client.post(url, {"act": "remove", "assignment": str(both.uid), "next": f"{url}?day={plan.day}"})
    assert (response["Location"], said(response)) == (f"{url}?day={plan.day}", ["Asha Rao no longer has the shift."])
    both.refresh_from_db()
    assert (both.status, both.reason) == (S.CANCELLED, "It clashed with another shift.")
    assert "No clashes" in text(client.get(url))


def test_a_clash_is_moved_away(client, plan, pia):
    plan.clash()
    url = plan.at("clashes/")
    side = next(side for side in client.get(url).context["problems"][0].sides if side.assignment == plan.has)
    assert [shift for shift, _label in side.elsewhere] == [plan.early]
    client.post(url, {"act": "move", "assignment": str(plan.has.uid), "shift": str(plan.early.uid)})
    assert state_of(plan.has) == S.CANCELLED
    assert Assignment.objects.filter(shift=plan.early, person=plan.asha, status=S.APPROVED).count() == 1
    assert "No clashes" in text(client.get(url))


def test_a_clash_is_allowed(client, plan, pia):
    both = plan.clash()
    url = plan.at("clashes/")
    response = client.post(url, {"act": "allow", "assignment": str(both.uid)})
    assert "may be held beside other shifts now." in said(response)[0]
    assert Shift.objects.get(pk=plan.scan.pk).allow_overlap
    assert "No clashes" in text(client.get(url)) and state_of(both) == S.APPROVED


def test_too_little_rest_is_a_clash(client, plan, pia):
    CrewPlan.objects.create(event=plan.event, minimum_rest_minutes=120)
    assignments.assign(plan.early, plan.asha, by=None, allow_clash=True)
    page = client.get(plan.at("clashes/"))
    assert "Too little rest" in text(page) and "1:00 h between two shifts; the rules ask 2:00 h of rest." in text(page)


def test_stale_acts_on_clashes_are_said(client, plan, pia):
    both = plan.clash()
    url = plan.at("clashes/")
    client.post(url, {"act": "remove", "assignment": str(both.uid)})
    again = client.post(url, {"act": "remove", "assignment": str(both.uid)})
    assert again.status_code == 409 and "was decided already" in text(again)
    full = client.post(url, {"act": "move", "assignment": str(plan.has.uid), "shift": str(plan.scan.uid)})
    assert full.status_code == 422 and "its only place is filled" in text(full)
    assert state_of(plan.has) == S.APPROVED
    for values in ({"act": "x"}, {"act": "remove"}, {"act": "move", "assignment": str(plan.has.uid), "shift": "x"}):
        assert client.post(url, values).status_code in (404, 422)


def test_only_the_day_that_is_asked_for_and_what_is_to_come(client, plan, pia):
    plan.clash()
    url = plan.at("clashes/")
    assert len(client.get(url, {"day": plan.day.isoformat()}).context["problems"]) == 1
    assert client.get(url, {"day": (plan.day + timedelta(days=1)).isoformat()}).context["problems"] == []
    assert "This is not a day." in text(client.get(url, {"day": "x"}))
    past = timezone.now() - timedelta(days=2)
    for slot in (plan.evening,):
        slot.starts_at, slot.ends_at = past, past + timedelta(hours=4)
        slot.save()
    assert client.get(url).context["problems"] == []
    assert len(client.get(url, {"day": plan.day.isoformat()}).context["problems"]) == 1


def test_another_organisations_half_of_a_clash_is_not_touched(client, plan, pia):
    other = Plan()
    strange = other.clash()
    page = client.post(plan.at("clashes/"), {"act": "remove", "assignment": str(strange.uid)})
    assert page.status_code == 404 and state_of(strange) == S.APPROVED


# --- Rules and registration ---------------------------------------------------------------------------


def test_the_rules_are_saved(client, plan, pia):
    kind = CrowdTypeFactory(partner=plan.partner, name="Helper")
    page = client.get(plan.at("plan/"))
    values = {"minimum_rest_minutes": "480", "cancel_hours": "48", "signup_crowd_type": str(kind.uid), "welcome": "Hi",
              "seen": page.context["seen"]}  # fmt: skip
    assert said(client.post(plan.at("plan/"), values)) == ["The rules are saved."]
    saved = CrewPlan.objects.get(event=plan.event)
    assert (saved.minimum_rest_minutes, saved.cancel_hours, saved.signup_crowd_type, saved.welcome) == (
        480,
        48,
        kind,
        "Hi",
    )
    stale = client.post(plan.at("plan/"), values)
    assert stale.status_code == 409 and "Somebody else changed this meanwhile." in text(stale)


@pytest.mark.parametrize(("field", "value"), [
    ("minimum_rest_minutes", "2881"),
    ("minimum_rest_minutes", "-1"),
    ("cancel_hours", "721"),
    ("cancel_hours", ""),
    ("signup_crowd_type", "x"),
])  # fmt: skip
def test_wrong_rules_are_said_at_their_field(client, plan, pia, field, value):
    page = client.post(plan.at("plan/"), {"minimum_rest_minutes": "0", "cancel_hours": "24", field: value})
    assert page.status_code == 400 and list(page.context["form"].errors) == [field]
    assert not CrewPlan.objects.exists()


def test_registration_is_opened_and_closed(client, plan, pia):
    assert "Open registration" in text(client.get(plan.at("plan/")))
    assert said(client.post(plan.at("plan/registration/"), {"open": "1"})) == [
        "Registration is open: people can sign up."
    ]
    assert Event.objects.get(pk=plan.event.pk).state == Event.State.REGISTRATION_OPEN
    assert "Close registration" in text(client.get(plan.at("plan/")))
    again = client.post(plan.at("plan/registration/"), {"open": "1"})
    assert again.status_code == 422
    client.post(plan.at("plan/registration/"), {"open": "0"})
    assert Event.objects.get(pk=plan.event.pk).state == Event.State.PUBLISHED


def test_what_keeps_registration_from_being_opened(client):
    main, _days = festival()
    planner(client, main.partner)
    page = client.get(f"{CREW}/{main.uid}/plan/")
    assert page.context["missing"] == [
        "To open registration an event needs at least one time slot.",
        "To open registration an event needs at least one section.",
        "There is no crowd type that people could become. Make one, or choose one here.",
    ]
    Event.objects.filter(pk=main.pk).update(state=Event.State.DRAFT)
    page = client.get(f"{CREW}/{main.uid}/plan/")
    assert page.context["missing"][0] == "Registration opens from Published. This event is Draft."
    assert client.post(f"{CREW}/{main.uid}/plan/registration/", {"open": "1"}).status_code == 422


# --- The events ---------------------------------------------------------------------------------------


def test_the_events_with_what_needs_attention(client, plan, pia):
    plan.clash()
    PersonFactory(event=plan.event, crowd_type=plan.kind, status=Person.Status.APPLIED)
    [row] = shown(client.get(f"{CREW}/"))
    assert (row.persons_count, row.places, row.filled, row.missing, row.waiting, row.applied, row.clashes) == (
        5, 6, 2, 3, 1, 1, 1,
    )  # fmt: skip
    page = client.get(f"{CREW}/")
    for words, link in (
        ("1 clash", plan.at("clashes/")),
        ("3 missing", plan.at("") + "?only=gaps"),
        ("1 claim waits", plan.at("claims/")),
        ("1 person waits", plan.at("persons/")),
    ):
        assert words in text(page) and link in page.content.decode(), words
    head, line = client.get(f"{CREW}/", {"format": "csv"}).getvalue().decode().splitlines()
    assert head == "\ufeffEvent,Starts,State,Persons,Shifts filled,Places,Missing,Waiting,Applied"
    assert line.startswith("Jazz Night,") and line.endswith(",5,2 of 6,6,3,1,1")


def test_a_festival_stands_above_its_parts_and_what_is_over_last(client, plan, pia):
    main, (first, second) = festival(plan.partner)
    Event.objects.filter(pk=main.pk).update(starts_at=main.starts_at - timedelta(days=1))
    past = timezone.now() - timedelta(days=9)
    Event.objects.filter(pk=plan.event.pk).update(starts_at=past, ends_at=past + timedelta(hours=1))
    assert shown(client.get(f"{CREW}/")) == [main, first, second, plan.event]
    assert "Part of Monsoon Fields" in text(client.get(f"{CREW}/"))
    for query, rows in (
        ({"time": "over"}, [plan.event]),
        ({"time": "coming"}, [main, first, second]),
        ({"kind": ["festival"]}, [main]),
        ({"planned": "true"}, [plan.event]),
        ({"planned": "false"}, [main, first, second]),
        ({"q": "monsoon fields"}, [main, first, second]),
        ({"state": ["draft"]}, []),
        ({"sort": "-name"}, [main, plan.event, second, first]),
    ):
        assert shown(client.get(f"{CREW}/", query)) == rows, query


def test_one_sees_the_events_of_ones_own_organisations(client, plan, pia):
    Plan()
    assert shown(client.get(f"{CREW}/")) == [plan.event]


def test_the_parts_of_a_festival_are_looked_after_from_it(client):
    main, (first, _second) = festival()
    planner(client, main.partner)
    kind = CrowdTypeFactory(partner=main.partner)
    shift = ShiftFactory(section=SectionFactory(event=first))
    claim = assignments.claim(shift, PersonFactory(event=main, crowd_type=kind), by=None)
    assert shown(client.get(f"{CREW}/{main.uid}/claims/")) == [claim]
    assert shown(client.get(f"{CREW}/{main.uid}/shifts/")) == [shift]
    assert client.get(address(shift)).context["event"] == first
    [row] = [one for one in shown(client.get(f"{CREW}/")) if one == main]
    [day] = board.days_of(main)
    assert (row.waiting, row.places, row.missing) == (1, day.places, day.missing) == (1, 2, 1)


def test_the_swaps_of_a_part_count_for_its_festival(client):
    main, (first, second) = festival()
    planner(client, main.partner)
    waits = Plan(main.partner)
    Event.objects.filter(pk=waits.event.pk).update(parent=first.parent)
    eva, finn = (waits.person(name, user=UserFactory()) for name in ("Eva Give", "Finn Take"))
    held = assignments.assign(waits.early, eva, by=None)
    swaps.take(swaps.offer(held, by=eva.user), finn, by=finn.user)
    counts = {row.pk: (row.swaps, row.waiting) for row in shown(client.get(f"{CREW}/"))}
    assert counts == {main.pk: (1, 1), first.pk: (0, 0), second.pk: (0, 0), waits.event.pk: (1, 1)}
    assert len(client.get(f"{CREW}/{main.uid}/claims/").context["swaps"]) == 1


def test_a_start_is_said_in_the_zone_of_the_event(client):
    """Not in that of the staff: the rosters and the portal say it so, too."""
    event = Plan(timezone="Asia/Kolkata", starts_at=datetime(2031, 6, 13, 13, 30, tzinfo=UTC)).event
    planner(client, event.partner)
    [cell] = [row.cells[1][1] for row in client.get(f"{CREW}/").context["table_rows"]]
    assert "Fri 13 Jun 2031, 19:00" in cell and "IST" in cell
    Event.objects.filter(pk=event.pk).update(starts_at=None)
    assert client.get(f"{CREW}/").status_code == 200
