"""Shifts, sections, time slots and locations in the command center: made, changed, copied, put in order, deleted."""

import re
from datetime import time, timedelta

import pytest

from accounts.models import AuditLog, OutgoingMail
from bookings.tests.desk import confirm, said, shown
from bookings.tests.scenes import text
from crew import assignments
from crew.factories import LocationFactory, SectionFactory, ShiftFactory, TimeSlotFactory
from crew.models import Assignment, Location, Section, Shift, TimeSlot
from crew.tests.board_world import CREW, Plan, address, festival, planner
from eventify.lib.desk import search

pytestmark = pytest.mark.django_db
WORK = {"slots_total": "2", "slots_open_for_claiming": "1"}


@pytest.fixture
def plan():
    return Plan()


@pytest.fixture
def pia(client, plan):
    return planner(client, plan.partner)


def form_of(page) -> dict:
    """What a browser would send back untouched."""
    form = page.context["form"]
    values = {"seen": page.context.get("seen") or ""}
    for name, field in form.fields.items():
        value = form.get_initial_for_field(field, name)
        if value not in (None, False):
            values[name] = field.prepare_value(value)
    return values


def edit(client, url: str, **changes):
    """Open the form, change some of it, send it."""
    page = client.get(url)
    assert page.status_code == 200
    return client.post(url, {**form_of(page), **changes})


# --- Shifts -------------------------------------------------------------------------------------------


def test_the_list_is_narrowed_and_downloaded(client, plan, pia):
    tomorrow = ShiftFactory(section=plan.bar, time_slot=plan.slot("Next", 9, 12, days=1), status="draft", title="Clean")
    assert shown(client.get(plan.at("shifts/"))) == [plan.early, plan.scan, plan.tap, tomorrow]
    day = plan.day.isoformat()
    for query, rows in (
        ({"q": "bartender"}, [plan.tap]),
        ({"section": plan.door.uid}, [plan.scan]),
        ({"first_day": tomorrow.time_slot.date.isoformat()}, [tomorrow]),
        ({"first_day": day, "last_day": day, "section": plan.bar.uid}, [plan.early, plan.tap]),
        ({"status": ["draft"]}, [tomorrow]),
        ({"status": ["full"]}, [plan.scan]),
        ({"only": "gaps"}, [plan.early, plan.tap, tomorrow]),
        ({"only": "waiting"}, [plan.tap]),
        ({"only": "over"}, []),
        ({"sort": "-title"}, [plan.scan, tomorrow, plan.early, plan.tap]),
    ):
        assert shown(client.get(plan.at("shifts/"), query)) == rows, query
    lines = client.get(plan.at("shifts/"), {"format": "csv"}).getvalue().decode().splitlines()
    assert lines[0].startswith("\ufeffJob,Section,Day,Time,Filled,Waiting,Status,Category,People needed")
    assert any(line.startswith("Bartender,Main bar,") and ",1 of 3,1,Open,Bars,3,1,3," in line for line in lines)


def test_deleted_shifts_and_those_of_others_are_not_in_the_list(client, plan, pia):
    Plan()
    Shift.objects.filter(pk=plan.scan.pk).update(deleted_at="2030-01-01T00:00:00Z")
    assert shown(client.get(plan.at("shifts/"))) == [plan.early, plan.tap]


def test_a_shift_is_made_in_several_slots(client, plan, pia):
    page = client.get(plan.at("shifts/new/"), {"section": plan.door.uid, "slot": plan.evening.uid})
    form = page.context["form"]
    assert (form["section"].value(), form["slots"].value()) == (plan.door.uid, [plan.evening.uid])
    assert form.fields["slots"].queryset[0] == plan.evening  # what was clicked stands on top
    slots = [str(plan.evening.uid), str(plan.afternoon.uid)]
    values = {"section": str(plan.door.uid), "slots": slots, "title": "Bag check", "status": "open", **WORK}
    response = client.post(plan.at("shifts/new/"), values)
    assert said(response) == ["2 shifts are there."]
    made = Shift.objects.filter(title="Bag check")
    assert set(made.values_list("section", "time_slot", "slots_total", "slots_open_for_claiming", "status")) == {
        (plan.door.pk, slot.pk, 2, 1, "open") for slot in (plan.evening, plan.afternoon)
    }
    assert {line.actor for line in AuditLog.objects.filter(action="CREATED_SHIFT")} == {pia}


@pytest.mark.parametrize(("wrong", "field"), [
    ({"section": ""}, "section"),
    ({"slots": []}, "slots"),
    ({"slots_total": "0"}, "slots_total"),
    ({"slots_total": "99999999999"}, "slots_total"),
    ({"slots_open_for_claiming": "3"}, "slots_open_for_claiming"),
    ({"report_time": "25:00"}, "report_time"),
    ({"status": "full"}, "status"),
    ({"title": "x" * 201}, "title"),
])  # fmt: skip
def test_a_wrong_shift_is_said_at_its_field(client, plan, pia, wrong, field):
    values = {"section": str(plan.bar.uid), "slots": [str(plan.evening.uid)], "status": "draft", **WORK, **wrong}
    before = Shift.objects.count()
    page = client.post(plan.at("shifts/new/"), values)
    assert page.status_code in (400, 422)
    assert list(page.context["form"].errors) == [field]
    assert Shift.objects.count() == before


def test_rows_of_others_are_no_choice(client, plan, pia):
    other = Plan()
    where = LocationFactory(event=other.event)
    values = {"section": str(other.bar.uid), "slots": [str(other.evening.uid)], "location": str(where.uid), **WORK,
              "status": "draft"}  # fmt: skip
    page = client.post(plan.at("shifts/new/"), values)
    assert page.status_code == 400
    assert set(page.context["form"].errors) == {"section", "slots", "location"}


def test_a_shift_is_changed_and_who_has_it_told(client, plan, pia):
    where = LocationFactory(event=plan.event, name="Crew tent")
    before = OutgoingMail.objects.count()
    response = edit(client, address(plan.tap, "edit"), title="Tapster", location=str(where.uid), report_time="17:45")
    assert (response.status_code, response["Location"]) == (302, address(plan.tap))
    plan.tap.refresh_from_db()
    assert (plan.tap.title, plan.tap.location, plan.tap.report_time) == ("Tapster", where, time(17, 45))
    assert (plan.tap.status, plan.tap.slots_total, plan.tap.time_slot) == ("open", 3, plan.evening)
    assert OutgoingMail.objects.count() > before
    assert "Crew tent" in text(client.get(address(plan.tap)))
    assert said(edit(client, address(plan.tap, "edit"))) == ["Nothing was changed."]


def test_what_somebody_else_changed_is_not_written_over(client, plan, pia):
    page = client.get(address(plan.tap, "edit"))
    Shift.objects.filter(pk=plan.tap.pk).update(title="Changed by Quinn")
    stale = client.post(address(plan.tap, "edit"), {**form_of(page), "title": "Mine", "instructions": "Typed."})
    assert stale.status_code == 409
    assert "Somebody else changed this meanwhile." in text(stale) and "Typed." in text(stale)
    assert Shift.objects.get(pk=plan.tap.pk).title == "Changed by Quinn"
    again = client.post(address(plan.tap, "edit"), {**form_of(page), "title": "Mine", "seen": stale.context["seen"]})
    assert again.status_code == 302 and Shift.objects.get(pk=plan.tap.pk).title == "Mine"


def test_claims_meanwhile_are_no_change_of_the_form(client, plan, pia):
    page = client.get(address(plan.tap, "edit"))
    assignments.assign(plan.tap, plan.dev, by=None)
    assert client.post(address(plan.tap, "edit"), {**form_of(page), "title": "Mine"}).status_code == 302


def test_a_shift_is_copied_to_other_slots(client, plan, pia):
    page = client.get(address(plan.tap, "copy"))
    assert list(page.context["form"].fields["slots"].queryset) == [plan.afternoon]
    response = client.post(address(plan.tap, "copy"), {"slots": [str(plan.afternoon.uid)]})
    assert said(response) == ["1 copy is there, as a draft."]
    copy = Shift.objects.latest("pk")
    assert (copy.title, copy.time_slot, copy.section, copy.status) == ("Bartender", plan.afternoon, plan.bar, "draft")
    assert client.post(address(plan.tap, "copy"), {"slots": [str(plan.evening.uid)]}).status_code == 400


def test_drafts_are_opened_many_at_once(client, plan, pia):
    drafts = [ShiftFactory(section=plan.bar, time_slot=plan.evening, status="draft") for _n in range(2)]
    Shift.objects.filter(pk=plan.early.pk).update(status="cancelled")
    strange = ShiftFactory(section=Plan().bar, status="draft")
    uids = [str(one.uid) for one in (*drafts, plan.early, strange)]
    response = client.post(f"{CREW}/shifts/open/", {"uid": uids, "next": plan.at("shifts/")})
    assert (response.status_code, response["Location"]) == (302, plan.at("shifts/"))
    assert said(response) == ["3 shifts are open now."]
    statuses = dict(Shift.objects.values_list("pk", "status"))
    assert [statuses[one.pk] for one in (*drafts, plan.early, strange)] == ["open", "open", "cancelled", "draft"]
    for uids in ([], ["x"] * 501):
        answer = client.post(f"{CREW}/shifts/open/", {"uid": uids, "next": plan.at("shifts/") + "?status=draft"})
        assert (answer.status_code, answer["Location"]) == (302, plan.at("shifts/") + "?status=draft")
        assert said(answer)[-1].startswith("At most 500 rows" if uids else "Nothing is chosen.")


def test_a_deletion_says_whom_it_touches(client, plan, pia):
    page = client.get(address(plan.tap, "delete"))
    assert "2 people who have it or wait for it are told." in text(page) and "Asha Rao, Binh Pham" in text(page)
    response = confirm(client, address(plan.tap, "delete"))
    assert response["Location"] == plan.at("shifts/")
    assert Shift.objects.get(pk=plan.tap.pk).deleted_at
    assert set(plan.tap.assignments.values_list("status", flat=True)) == {"cancelled"}
    assert client.get(address(plan.tap)).status_code == 404
    assert "Nobody has it." in text(client.get(address(plan.early, "delete")))


def test_what_moved_since_the_preview_is_not_deleted(client, plan, pia):
    page = client.get(address(plan.tap, "delete"))
    assignments.assign(plan.tap, plan.dev, by=None)
    response = client.post(address(plan.tap, "delete"), {"digest": page.context["digest"]})
    assert response.status_code == 409 and Shift.objects.get(pk=plan.tap.pk).deleted_at is None
    assert "Dev Nair" in text(response)


def test_a_shift_that_was_worked_stays(client, plan, pia):
    Assignment.objects.filter(pk=plan.has.pk).update(status="completed")
    page = client.get(address(plan.tap, "delete"))
    assert "people have worked in it, so it stays." in text(page)


# --- Sections -----------------------------------------------------------------------------------------


def order(event) -> list[str]:
    return list(event.sections.values_list("name", flat=True))


def test_sections_are_put_in_order(client, plan, pia):
    SectionFactory(event=plan.event, name="Third")
    url = plan.at("sections/")
    assert order(plan.event) == ["Main bar", "Main gate", "Third"]
    response = client.post(url, {"down": str(plan.bar.uid)})
    assert response["Location"] == f"{url}?down={plan.bar.uid}" and focused(client.get(url)) == ""
    assert focused(client.get(response["Location"])) == f"down {plan.bar.uid}"
    client.post(url, {"up": str(plan.door.uid)})  # is the first already
    assert order(plan.event) == ["Main gate", "Main bar", "Third"]
    response = client.post(url, {"up": str(plan.bar.uid)})
    assert focused(client.get(response["Location"])) == f"down {plan.bar.uid}"  # at the end, the other one
    assert order(plan.event) == ["Main bar", "Main gate", "Third"]
    moved = client.post(url, {"down": str(plan.bar.uid)}, headers={"X-Board": "1"})
    assert focused(moved) == f"down {plan.bar.uid}" and "Main bar is number 2 of 3 now." in moved.content.decode()
    client.post(url, {"up": str(plan.bar.uid)})
    dragged = client.post(url, {"section": [str(plan.door.uid), str(plan.bar.uid)]}, headers={"X-Board": "1"})
    assert focused(dragged) == "" and dragged.status_code == 200 and "<html" not in dragged.content.decode()
    assert dragged.content.decode().index("Main gate") < dragged.content.decode().index("Main bar")
    assert order(plan.event) == ["Main gate", "Main bar", "Third"]


def focused(response) -> str:
    """Which button of which section has the focus when the answer is shown."""
    found = re.findall(r'name="(\w+)" value="([\w-]+)" autofocus', response.content.decode())
    return " ".join(found[0]) if found else ""


@pytest.mark.parametrize("values", [{"section": ["x"]}, {"up": "x"}, {"down": "01900000-0000-7000-8000-000000000000"},
                                    {"section": ["01900000-0000-7000-8000-000000000000"]}])  # fmt: skip
def test_an_order_that_is_not_possible(client, plan, pia, values):
    before = order(plan.event)
    page = client.post(plan.at("sections/"), values)
    assert page.status_code == 422 and page.context["refusal"] and order(plan.event) == before
    assert "Main bar" in text(page)
    part = client.post(plan.at("sections/"), values, headers={"X-Board": "1"})
    assert part.status_code == 422 and part.context["refusal"] in text(part) and "<html" not in part.content.decode()


def test_another_events_sections_stay_where_they_are(client, plan, pia):
    other = Plan(plan.partner)
    page = client.post(plan.at("sections/"), {"section": [str(other.door.uid), str(plan.bar.uid)]})
    assert page.status_code == 422 and order(other.event) == ["Main bar", "Main gate"]


def test_a_section_is_made_changed_and_deleted(client, plan, pia):
    page = client.get(plan.at("sections/new/"))
    assert "type" not in page.context["form"].fields and '<option value="Bars">' in page.content.decode()
    response = client.post(plan.at("sections/new/"), {"name": "Cloakroom", "category": "Visitors", "crew_need": "4"})
    assert said(response) == ["Cloakroom is there."]
    section = Section.objects.get(name="Cloakroom")
    assert (section.category, section.crew_need, section.is_gate) == ("Visitors", 4, False)
    assert order(plan.event)[-1] == "Cloakroom"
    url = f"{CREW}/sections/{section.uid}/"
    edit(client, url, is_gate="on", crew_need="")
    section.refresh_from_db()
    assert (section.is_gate, section.crew_need, section.name) == (True, None, "Cloakroom")
    confirm(client, f"{url}delete/")
    assert not Section.objects.filter(pk=section.pk).exists()
    page = client.get(f"{CREW}/sections/{plan.bar.uid}/delete/")
    assert "Main bar has shifts. Delete those first." in text(page)
    assert client.post(plan.at("sections/new/"), {"name": " "}).status_code == 400


def test_a_festivals_section_serves_its_parts(client):
    main, (first, _second) = festival()
    planner(client, main.partner)
    client.post(f"{CREW}/{main.uid}/sections/new/", {"name": "Gate", "type": "cross_event"})
    assert Section.objects.get(name="Gate").type == "cross_event"
    page = client.get(f"{CREW}/{first.uid}/sections/")
    assert "These serve all parts of Monsoon Fields." in text(page) and "Gate" in text(page)


def test_a_stale_section_is_not_written_over(client, plan, pia):
    url = f"{CREW}/sections/{plan.bar.uid}/"
    page = client.get(url)
    Section.objects.filter(pk=plan.bar.pk).update(category="Drinks")
    assert client.post(url, {**form_of(page), "name": "Bar 2"}).status_code == 409
    assert Section.objects.get(pk=plan.bar.pk).name == "Main bar"


# --- Time slots and locations -------------------------------------------------------------------------


def test_slots_stand_by_day(client, plan, pia):
    night = plan.slot("Night", 23, 3, days=1)
    page = client.get(plan.at("slots/"))
    assert [(day, [row["slot"] for row in rows]) for day, rows in page.context["days"]] == [
        (plan.day, [plan.afternoon, plan.evening]),
        (night.date, [night]),
    ]
    assert "next day" in text(page) and "23:00–03:00" in text(page)


def test_a_part_shows_the_festivals_slots_too(client):
    main, (first, _second) = festival()
    planner(client, main.partner)
    TimeSlotFactory(event=main, name="Build-up")
    assert "of Monsoon Fields" in text(client.get(f"{CREW}/{first.uid}/slots/"))


def test_a_slot_is_made_changed_and_deleted(client, plan, pia):
    page = client.get(plan.at("slots/new/"))
    assert page.context["form"]["start_time"].value() == plan.evening.end_time  # where the last one ends
    values = {"name": "Night", "person_type": "CREW", "date": plan.day.isoformat(), "start_time": "22:00",
              "end_time": "02:00"}  # fmt: skip
    assert said(client.post(plan.at("slots/new/"), values)) == ["Night is there."]
    slot = TimeSlot.objects.get(name="Night")
    assert (slot.ends_at - slot.starts_at, slot.person_type) == (timedelta(hours=4), "CREW")
    url = f"{CREW}/slots/{slot.uid}/"
    edit(client, url, end_time="03:00")
    slot.refresh_from_db()
    assert slot.ends_at - slot.starts_at == timedelta(hours=5)
    confirm(client, f"{url}delete/")
    assert not TimeSlot.objects.filter(pk=slot.pk).exists()
    assert "Evening has shifts. Delete those first." in text(client.get(f"{CREW}/slots/{plan.evening.uid}/delete/"))


@pytest.mark.parametrize("wrong", [{"date": "2201-01-01"}, {"date": "x"}, {"start_time": "x"}, {"person_type": "x"},
                                   {"name": ""}])  # fmt: skip
def test_a_wrong_slot_is_said_at_its_field(client, plan, pia, wrong):
    values = {"name": "Night", "person_type": "CREW", "date": plan.day.isoformat(), "start_time": "22:00",
              "end_time": "02:00", **wrong}  # fmt: skip
    page = client.post(plan.at("slots/new/"), values)
    assert page.status_code in (400, 422) and list(page.context["form"].errors) == list(wrong)


def test_a_moved_slot_is_told(client, plan, pia):
    before = OutgoingMail.objects.count()
    edit(client, f"{CREW}/slots/{plan.evening.uid}/", start_time="19:00")
    assert OutgoingMail.objects.count() > before


def test_a_day_is_copied(client, plan, pia):
    to = (plan.day + timedelta(days=1)).isoformat()
    response = client.post(plan.at("slots/copy/"), {"day": plan.day.isoformat(), "to": to})
    assert said(response) == ["2 time slots are copied."]
    again = client.post(plan.at("slots/copy/"), {"day": plan.day.isoformat(), "to": to})
    assert again.status_code == 422 and "There is nothing to copy" in text(again)
    for wrong in ({"day": "2001-01-01", "to": to}, {"day": plan.day.isoformat(), "to": "x"}):
        assert client.post(plan.at("slots/copy/"), wrong).status_code == 400
    assert TimeSlot.objects.filter(event=plan.event).count() == 4


def test_a_location_is_made_changed_and_deleted(client, plan, pia):
    values = {"name": "Crew tent", "address": "Field 1", "latitude": "52.4", "longitude": "4.7"}
    assert said(client.post(plan.at("locations/new/"), values)) == ["Crew tent is there."]
    location = Location.objects.get()
    url = f"{CREW}/locations/{location.uid}/"
    edit(client, url, instructions="Behind the stage.")
    location.refresh_from_db()
    assert (location.instructions, str(location.latitude)) == ("Behind the stage.", "52.400000")
    Shift.objects.filter(pk=plan.tap.pk).update(location=location)
    assert "1 shift begins there and has no place then." in text(client.get(f"{url}delete/"))
    confirm(client, f"{url}delete/")
    assert not Location.objects.exists() and Shift.objects.get(pk=plan.tap.pk).location is None
    assert client.post(plan.at("locations/new/"), {"name": "X", "latitude": "91"}).status_code == 400


def test_the_search_finds_ones_own(client, plan, pia):
    Plan()
    found = dict((source.kind, hits) for source, hits in search.everywhere(pia, "main b"))
    assert [hit.url for hit in found["Sections"]] == [f"{CREW}/sections/{plan.bar.uid}/"]
    assert {hit.url for hit in found["Shifts"]} == {address(plan.tap), address(plan.early)}
    assert [hit.title for _source, hits in search.everywhere(pia, "scanner") for hit in hits] == ["Scanner"]
