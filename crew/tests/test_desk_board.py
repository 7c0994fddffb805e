"""The board and what is done from it: looking, assigning, moving, and what comes back to the page."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.factories import UserFactory
from bookings.tests.desk import said
from bookings.tests.scenes import text
from crew import assignments, board
from crew.factories import (
    CrowdTypeFactory,
    PersonFactory,
    PersonTagFactory,
    SectionFactory,
    ShiftFactory,
    TimeSlotFactory,
)
from crew.models import Assignment, Person, Section, Shift, UserTag
from crew.tests.board_world import CREW, Plan, address, festival, planner

pytestmark = pytest.mark.django_db
S = Assignment.Status
BOARD = {"X-Board": "1"}


@pytest.fixture
def plan():
    return Plan()


@pytest.fixture
def pia(client, plan):
    return planner(client, plan.partner)


def send(client, plan, shift, **values):
    """As the board's script does it."""
    looked_at = {"board": str(plan.event.uid), "day": plan.day.isoformat()}
    return client.post(address(shift), {**looked_at, **values}, headers=BOARD)


def state_of(assignment) -> str:
    return Assignment.objects.get(pk=assignment.pk).status


# --- Looking ------------------------------------------------------------------------------------------


def test_the_board_says_it_all(client, plan, pia):
    plan.clash()
    page = client.get(plan.at())
    for words in ("Main bar", "Bars", "Gates", "Gate", "Evening", "Bartender", "1/3", "1 missing", "1 waiting",
                  "Nobody yet", "1 clash", "1 too many", "Binh P.", "Asha R."):  # fmt: skip
        assert words in text(page), words
    html = page.content.decode()
    for shift in (plan.early, plan.tap, plan.scan):
        assert f'id="{shift.uid}" href="{address(shift)}"' in html
    new = f"{plan.at('shifts/new/')}?section={plan.door.uid}&amp;slot={plan.afternoon.uid}"
    assert new in html
    assert page.context["strip"].clashes == 1


def test_the_day_and_the_narrowing_come_from_the_address(client, plan, pia):
    plan.clash()
    other = TimeSlotFactory(event=plan.event, name="Breakfast", date=plan.day + timedelta(days=1))
    assert "Breakfast" not in text(client.get(plan.at()))
    page = client.get(plan.at(), {"day": other.date.isoformat()})
    assert "Breakfast" in text(page) and page.context["board"].day == other.date
    page = client.get(plan.at(), {"only": "clashes"})
    assert "Build the bar" not in text(page) and "Scanner" in text(page)
    page = client.get(plan.at(), {"section": plan.door.uid})
    assert "Bartender" not in text(page) and "Scanner" in text(page)


@pytest.mark.parametrize(("name", "value", "said_so"), [
    ("day", "nonsense", "This is not a day."),
    ("day", "2001-01-01", "Nothing is planned on this day."),
    ("only", "nonsense", "Select a valid choice."),
    ("part", "nonsense", "Choose one of the list."),
    ("section", "nonsense", "Choose one of the list."),
])  # fmt: skip
def test_a_wrong_address_is_said(client, plan, pia, name, value, said_so):
    page = client.get(plan.at(), {name: value})
    assert page.status_code == 200 and said_so in text(page) and "Bartender" in text(page)


def test_a_plan_begins_with_time_slots(client, plan, pia):
    empty = Plan.__new__(Plan)
    empty.event = plan.event.__class__.objects.create(partner=plan.partner, name="Bare", slug="bare")
    page = client.get(empty.at())
    assert "Nothing is planned yet" in text(page) and empty.at("slots/new/") in page.content.decode()


def test_a_part_shows_the_festivals_sections_as_a_hint(client):
    main, (first, _second) = festival()
    planner(client, main.partner)
    gate = SectionFactory(event=main, name="Gate", type=Section.Type.CROSS_EVENT)
    shared = ShiftFactory(section=gate)
    TimeSlotFactory(event=first, date=shared.time_slot.date)
    ShiftFactory(section=SectionFactory(event=first, name="Stage"), time_slot=shared.time_slot)
    page = client.get(f"{CREW}/{first.uid}/")
    assert "Sections of the festival that serve this event, too." in text(page)
    assert address(shared) in page.content.decode()
    assert f"{CREW}/{main.uid}/shifts/new/" not in page.content.decode()
    page = client.get(f"{CREW}/{main.uid}/")
    assert [block.event for block in page.context["board"].blocks] == [main, first]
    page = client.get(f"{CREW}/{main.uid}/", {"part": main.uid})
    assert [block.event for block in page.context["board"].blocks] == [main]


def test_the_people_for_the_day(client, plan, pia):
    page = client.get(plan.at("free/"))
    assert page.templates[0].name == "command_center/crew/board_free.html"
    assert [one.person for one in page.context["found"].shown] == [plan.dev, plan.asha, plan.binh, plan.chloe]
    part = client.get(plan.at("free/"), {"day": plan.day.isoformat(), "q": "chl"}, headers={"HX-Request": "true"})
    assert part.templates[0].name == "command_center/crew/board_free_part.html"
    assert "<html" not in part.content.decode()
    assert [one.person for one in part.context["found"].shown] == [plan.chloe]


# --- One shift ----------------------------------------------------------------------------------------


def test_a_shift_without_javascript(client, plan, pia):
    page = client.get(address(plan.tap))
    for words in ("Binh Pham", "Approve", "Reject", "Asha Rao", "Take out", "Dev Nair", "Chloe Vos", "Assign anyway"):
        assert words in text(page), words
    page = client.get(address(plan.tap), {"q": "dev"})
    assert [one.person for one in page.context["found"].shown] == [plan.dev]
    response = client.post(address(plan.tap), {"act": "assign", "person": str(plan.dev.uid)})
    assert (response.status_code, response["Location"]) == (302, address(plan.tap))
    assert said(response) == ["Dev Nair has the shift now."]
    made = Assignment.objects.get(shift=plan.tap, person=plan.dev)
    assert (made.status, made.origin, made.assigned_by) == (S.APPROVED, "assigned", pia)


@pytest.mark.parametrize(("target", "template"), [
    ("people", "board_shift_panel.html"), ("candidates", "board_candidates.html"), ("other", "shift.html")
])  # fmt: skip
def test_parts_of_a_shift(client, plan, pia, target, template):
    page = client.get(address(plan.tap), headers={"HX-Request": "true", "HX-Target": target})
    assert page.templates[0].name == f"command_center/crew/{template}"
    assert "Dev Nair" in text(page)


def test_claims_are_decided(client, plan, pia):
    client.post(address(plan.tap), {"act": "approve", "assignment": str(plan.claim.uid)})
    assert state_of(plan.claim) == S.APPROVED
    again = client.post(address(plan.tap), {"act": "approve", "assignment": str(plan.claim.uid)})
    assert again.status_code == 409 and "was decided already" in text(again)
    other = assignments.claim(plan.tap, plan.dev, by=None)
    response = client.post(address(plan.tap), {"act": "reject", "assignment": str(other.uid), "reason": "Too late."})
    assert said(response) == ["Rejected: Dev Nair is told."]
    other.refresh_from_db()
    assert (other.status, other.reason, other.decided_by) == (S.REJECTED, "Too late.", pia)


def test_somebody_is_taken_out(client, plan, pia):
    response = client.post(address(plan.tap), {"act": "cancel", "assignment": str(plan.has.uid)})
    assert said(response) == ["Asha Rao no longer has the shift."]
    plan.has.refresh_from_db()
    assert (plan.has.status, plan.has.cancelled_by) == (S.CANCELLED, pia)
    assert "No longer in it" in text(client.get(address(plan.tap)))
    again = client.post(address(plan.tap), {"act": "cancel", "assignment": str(plan.has.uid)})
    assert again.status_code == 409 and "was decided already" in text(again)


def test_somebody_is_moved_from_the_page(client, plan, pia):
    page = client.get(address(plan.tap))
    assert [shift for shift, _label in page.context["elsewhere"]] == [plan.early]
    values = {"act": "send", "assignment": str(plan.has.uid)}
    refused = client.post(address(plan.tap), {**values, "to": str(plan.scan.uid)})
    assert refused.status_code == 422 and "its only place is filled" in text(refused)
    assert dict(refused.context["again"]) == {**values, "to": str(plan.scan.uid), "overbook": "1"}
    response = client.post(address(plan.tap), {**values, "to": str(plan.early.uid)})
    assert said(response)[0].startswith("Asha Rao is moved to Main bar · ")
    assert state_of(plan.has) == S.CANCELLED and plan.early.assignments.get().person == plan.asha
    strange = Plan().early
    gone = client.post(address(plan.tap), {"act": "send", "assignment": str(plan.claim.uid), "to": str(strange.uid)})
    assert gone.status_code == 404 and state_of(plan.claim) == S.PENDING


def test_what_is_full_is_refused_and_then_insisted_on(client, plan, pia):
    page = client.post(address(plan.scan), {"act": "assign", "person": str(plan.dev.uid)})
    assert page.status_code == 422
    assert "its only place is filled" in text(page) and "Assign anyway" in text(page)
    again = page.context["again"]
    assert dict(again) == {"act": "assign", "person": str(plan.dev.uid), "overbook": "1"}
    assert said(client.post(address(plan.scan), dict(again))) == ["Dev Nair has the shift now."]


def test_full_and_clashing_is_insisted_on_twice(client, plan, pia):
    page = client.post(address(plan.scan), {"act": "assign", "person": str(plan.asha.uid)})
    page = client.post(address(plan.scan), dict(page.context["again"]))
    assert page.status_code == 422 and "is at the same time as" in text(page)
    assert dict(page.context["again"]) == {
        "act": "assign", "person": str(plan.asha.uid), "overbook": "1", "allow_clash": "1"
    }  # fmt: skip
    assert client.post(address(plan.scan), dict(page.context["again"])).status_code == 302
    assert Shift.objects.get(pk=plan.scan.pk).filled_slots == 2


@pytest.mark.parametrize("who", ["pending", "never", "there already"])
def test_on_what_nobody_may_insist(client, plan, pia, who):
    people = {
        "pending": lambda: plan.person("Pending", status=Person.Status.PENDING),
        "never": lambda: plan.person("Never", is_blacklisted=True),
        "there already": lambda: plan.asha,
    }
    page = client.post(address(plan.tap), {"act": "assign", "person": str(people[who]().uid), "overbook": "1"})
    assert page.status_code == 422 and page.context["again"] == [] and page.context["refusal_here"]
    assert Assignment.objects.filter(shift=plan.tap).count() == 2


def test_nobody_of_another_organisation_is_assigned(client, plan, pia):
    strange = PersonFactory(event=Plan().event)
    page = client.post(address(plan.tap), {"act": "assign", "person": str(strange.uid)})
    assert page.status_code == 404 and strange.name not in text(page)
    other = Plan()
    page = client.post(address(plan.tap), {"act": "move", "assignment": str(other.has.uid)})
    assert page.status_code == 404 and state_of(other.has) == S.APPROVED


def test_the_form_and_the_double_press(client, plan, pia):
    for act in ("", "nonsense"):
        assert client.post(address(plan.tap), {"act": act}).status_code == 422
    for _twice in range(2):
        page = client.post(address(plan.tap), {"act": "assign", "person": str(plan.dev.uid)})
    assert page.status_code == 422 and "this person has it already" in text(page)
    assert Assignment.objects.filter(shift=plan.tap, person=plan.dev).count() == 1


def test_who_could_take_it_is_said_with_the_reason(client, plan, pia):
    tag = PersonTagFactory(partner=plan.partner, name="First aid")
    Person.objects.filter(pk=plan.dev.pk).update(user=UserFactory())
    plan.dev.refresh_from_db()
    UserTag.objects.create(user=plan.dev.user, tag=tag, source=UserTag.Source.ORGANISER)
    page = client.get(address(plan.scan))
    assert "All places are filled" in text(page) and "First aid" in text(page)
    assert "is at the same time as Main bar, Evening" in text(page)
    page = client.get(address(plan.scan), {"tag": str(tag.uid)})
    assert [one.person for one in page.context["found"].shown] == [plan.dev]
    strange = CrowdTypeFactory(partner=Plan().partner)
    page = client.get(address(plan.scan), {"crowd_type": str(strange.uid)})
    assert "Choose one of the list." in text(page) and len(page.context["found"].shown) == 4


# --- From the board -----------------------------------------------------------------------------------


def test_the_board_gets_the_parts_that_changed(client, plan, pia):
    response = send(client, plan, plan.early, act="assign", person=str(plan.asha.uid))
    html = response.content.decode()
    assert response.status_code == 200 and "<html" not in html
    assert f'id="{plan.early.uid}"' in html and "1/2" in html
    assert f'id="{plan.tap.uid}"' in html  # another shift of hers: it may clash now
    assert f'id="{plan.scan.uid}"' not in html
    assert 'id="board-strip"' in html and "Asha Rao has the shift now." in html
    made = Assignment.objects.get(shift=plan.early)
    undo = send(client, plan, plan.early, act="cancel", assignment=str(made.uid))
    assert "Asha Rao no longer has the shift." in undo.content.decode() and "0/2" in undo.content.decode()
    assert state_of(made) == S.CANCELLED


def test_a_refusal_stands_beside_the_shift(client, plan, pia):
    response = send(client, plan, plan.scan, act="assign", person=str(plan.asha.uid), overbook="1")
    html = response.content.decode()
    assert response.status_code == 422
    assert f'data-at="{plan.scan.uid}"' in html and 'role="alert"' in html and "Assign anyway" in html
    for name, value in (("allow_clash", "1"), ("overbook", "1"), ("person", plan.asha.uid)):
        assert f'name="{name}" value="{value}"' in html
    assert f'id="{plan.scan.uid}"' in html
    response = send(client, plan, plan.scan, act="assign", person=str(plan.asha.uid), overbook="1", allow_clash="1")
    html = response.content.decode()
    assert html.count("is-clash") == 2  # both shifts are drawn again


def test_a_person_is_moved_and_moved_back(client, plan, pia):
    response = send(client, plan, plan.early, act="move", assignment=str(plan.has.uid))
    html = response.content.decode()
    assert "Asha Rao is moved here." in html
    assert f'id="{plan.early.uid}"' in html and f'id="{plan.tap.uid}"' in html
    assert f'action="{address(plan.tap)}"' in html  # where undo leads
    assert state_of(plan.has) == S.CANCELLED
    now = Assignment.objects.get(shift=plan.early)
    send(client, plan, plan.tap, act="move", assignment=str(now.uid), overbook="1", allow_clash="1")
    assert Assignment.objects.get(shift=plan.tap, person=plan.asha, status=S.APPROVED)
    assert state_of(now) == S.CANCELLED


def test_two_planners_move_the_same_person(client, plan, pia):
    send(client, plan, plan.early, act="move", assignment=str(plan.has.uid))
    stale = send(client, plan, plan.scan, act="move", assignment=str(plan.has.uid), overbook="1")
    assert stale.status_code == 409 and "was decided already" in stale.content.decode()
    assert Assignment.objects.filter(person=plan.asha, status=S.APPROVED).count() == 1
    gone = send(client, plan, plan.scan, act="move", assignment="01900000-0000-7000-8000-000000000000")
    assert gone.status_code == 404 and "It is not here any more." in gone.content.decode()


def test_a_shift_that_was_deleted_meanwhile(client, plan, pia):
    Shift.objects.filter(pk=plan.early.pk).update(deleted_at=timezone.now())
    assert send(client, plan, plan.early, act="assign", person=str(plan.dev.uid)).status_code == 404


@pytest.mark.parametrize("looked_at", [{}, {"board": "x", "day": "y"}, {"day": "9999-99-99"}])
def test_an_act_that_does_not_say_which_board(client, plan, pia, looked_at):
    values = {"act": "assign", "person": str(plan.dev.uid), **looked_at}
    response = client.post(address(plan.early), values, headers=BOARD)
    assert response.status_code == 200 and "Dev Nair has the shift now." in response.content.decode()
    assert "board-strip" not in response.content.decode()


def test_a_board_of_somebody_else_is_not_drawn(client, plan, pia):
    other = Plan()
    values = {"board": str(other.event.uid), "day": other.day.isoformat()}
    response = client.post(address(plan.early), {"act": "assign", "person": str(plan.dev.uid), **values}, headers=BOARD)
    assert "board-strip" not in response.content.decode()


# --- Large --------------------------------------------------------------------------------------------


def test_a_large_day_is_one_page(client, plan, pia):
    """40 sections, 1,000 shifts, 2,000 people: as many questions as for three, and a page of a size that loads."""
    sections = [SectionFactory(event=plan.event, name=f"Section {n}", category=f"Part {n % 8}") for n in range(40)]
    slots = [plan.slot(f"Slot {hour}", hour, hour + 2) for hour in range(6, 22, 2)]
    Shift.objects.bulk_create(
        Shift(section=sections[n % 40], time_slot=slots[n // 40 % 8], title=f"Job {n}", slots_total=3, filled_slots=2,
              status="open")
        for n in range(1000)
    )  # fmt: skip
    people = Person.objects.bulk_create(
        Person(event=plan.event, crowd_type=plan.kind, name=f"Person {n}", status=Person.Status.APPROVED)
        for n in range(2000)
    )
    shifts = list(Shift.objects.filter(title__startswith="Job").order_by("pk"))
    Assignment.objects.bulk_create(
        Assignment(shift=shifts[n % 1000], person=people[n], status=S.APPROVED, origin="assigned") for n in range(2000)
    )
    page = client.get(plan.at())
    assert page.content.count(b'class="shift ') == 1003
    assert len(page.content) < 1_500_000
    assert board.of_day(plan.event, page.context["board"].totals).clashes == 0
