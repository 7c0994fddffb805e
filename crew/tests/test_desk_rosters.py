"""Who works where: as a list to download, and on paper by section or by person."""

import io

import pytest
import time_machine
from openpyxl import load_workbook

from bookings.tests.desk import shown
from bookings.tests.scenes import text
from crew import assignments, shifts
from crew.factories import LocationFactory, SectionFactory, ShiftFactory
from crew.models import Assignment, Shift
from crew.tests.board_world import Plan, festival, planner
from events.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan():
    return Plan()


@pytest.fixture
def pia(client, plan):
    return planner(client, plan.partner)


def people(page) -> list[str]:
    return [row.person.name for row in shown(page)]


def test_the_list_of_who_works_where(client, plan, pia):
    gone = assignments.assign(plan.early, plan.dev, by=None)
    assignments.cancel(gone, by=None)
    url = plan.at("rosters/")
    assert sorted(people(client.get(url))) == ["Asha Rao", "Binh Pham", "Chloe Vos"]
    for query, names in (
        ({"section": plan.door.uid}, ["Chloe Vos"]),
        ({"day": plan.day.isoformat(), "q": "asha"}, ["Asha Rao"]),
        ({"day": "2001-01-01"}, []),
        ({"status": ["pending_approval"]}, ["Binh Pham"]),
        ({"person": plan.asha.uid}, ["Asha Rao"]),
    ):
        assert people(client.get(url, query)) == names, query
    assert "The shifts of Asha Rao." in text(client.get(url, {"person": plan.asha.uid}))


def test_the_download_has_what_one_needs_at_the_desk(client, plan, pia):
    plan.asha.phone = "+31612345678"
    plan.asha.name = "=Asha"
    plan.asha.save()
    Shift.objects.filter(pk=plan.tap.pk).update(location=LocationFactory(event=plan.event, name="Tent"))
    lines = client.get(plan.at("rosters/"), {"format": "csv"}).getvalue().decode().splitlines()
    assert lines[0].lstrip("\ufeff") == (
        "Person,E-mail,Phone,Crowd type,Company,Day,Time slot,Starts,Ends,Section,Job,Where to report,Be there at,"
        "Leads the section,Status"
    )
    asha = next(line for line in lines if "Asha" in line)
    assert asha == (
        f"'=Asha,{plan.asha.email},'+31612345678,Volunteer,,{plan.day},Evening,18:00,22:00,Main bar,Bartender,Tent,,No,"
        "Approved"
    )
    book = load_workbook(io.BytesIO(client.get(plan.at("rosters/"), {"format": "xlsx"}).getvalue()), read_only=True)
    assert len(list(book.worksheets[0].iter_rows())) == 4
    narrowed = client.get(plan.at("rosters/"), {"format": "csv", "section": plan.door.uid}).getvalue().decode()
    assert "Chloe" in narrowed and "Asha" not in narrowed
    assert client.get(plan.at("rosters/"), {"format": "csv", "section": "x"}).status_code == 422


def test_paper_says_the_time_of_the_event(client, plan):
    """Nobody at the gate of a festival in India reads UTC."""
    Event.objects.filter(pk=plan.event.pk).update(timezone="Asia/Kolkata")
    for by in ("section", "person"):
        with time_machine.travel("2031-06-13T18:45:00Z", tick=False):
            planner(client, plan.partner)
            page = text(client.get(plan.at("rosters/"), {"print": by}))
        assert "As of Sat 14 Jun, 00:15 IST" in page and "All times are those of Asia/Kolkata." in page


def test_on_paper_by_section(client, plan, pia):
    page = client.get(plan.at("rosters/"), {"print": "section"})
    sheets = page.context["sheets"]
    assert [sheet.of for sheet in sheets] == [plan.bar, plan.door]
    [(day, lines)] = sheets[0].in_order
    assert day == plan.day
    assert [(line.shift, [one.person.name for one in line.people], len(line.free)) for line in lines] == [
        (plan.early, [], 2),
        (plan.tap, ["Asha Rao", "Binh Pham"], 1),
    ]
    assert "Jazz Night" in text(page) and "(waiting)" in text(page)
    [sheet] = client.get(plan.at("rosters/"), {"print": "section", "section": plan.door.uid}).context["sheets"]
    assert sheet.of == plan.door
    [sheet] = client.get(plan.at("rosters/"), {"print": "section", "q": "asha"}).context["sheets"]
    assert [[one.person for one in line.people] for _day, lines in sheet.in_order for line in lines] == [[plan.asha]]


def test_on_paper_by_person(client, plan, pia):
    later = ShiftFactory(section=plan.door, time_slot=plan.slot("Next", 9, 12, days=1))
    assignments.assign(later, plan.asha, by=None)
    page = client.get(plan.at("rosters/"), {"print": "person"})
    assert [sheet.of for sheet in page.context["sheets"]] == [plan.asha, plan.binh, plan.chloe]
    assert [day for day, _lines in page.context["sheets"][0].in_order] == [plan.day, later.time_slot.date]
    [sheet] = client.get(plan.at("rosters/"), {"print": "person", "person": plan.binh.uid}).context["sheets"]
    assert sheet.of == plan.binh


def test_nothing_to_print_and_nonsense(client, plan, pia):
    page = client.get(plan.at("rosters/"), {"print": "section", "day": "2001-01-01"})
    assert "There is nothing to print" in text(page)
    assert "sheets" not in client.get(plan.at("rosters/"), {"print": "nonsense"}).context
    page = client.get(plan.at("rosters/"), {"print": "section", "section": "x"})
    assert page.status_code == 200 and "sheets" not in page.context


def test_cancelled_shifts_are_not_on_it(client, plan, pia):
    shifts.change(plan.tap, status=Shift.Status.CANCELLED, by=None)
    assert people(client.get(plan.at("rosters/"))) == ["Chloe Vos"]
    lines = [line for sheet in client.get(plan.at("rosters/"), {"print": "section"}).context["sheets"]
             for _day, some in sheet.in_order for line in some]  # fmt: skip
    assert [line.shift for line in lines] == [plan.early, plan.scan]


def test_a_festival_has_the_rosters_of_its_parts(client):
    main, (first, _second) = festival()
    planner(client, main.partner)
    part = Plan(main.partner)
    part.event.parent = main
    part.event.save()
    other = ShiftFactory(section=SectionFactory(event=first))
    assignments.assign(other, part.dev.__class__.objects.create(
        event=first, crowd_type=part.kind, name="Eva", status="approved"), by=None)  # fmt: skip
    page = client.get(f"/command-center/crew/{main.uid}/rosters/")
    assert sorted(people(page)) == ["Asha Rao", "Binh Pham", "Chloe Vos", "Eva"]
    assert people(client.get(f"/command-center/crew/{first.uid}/rosters/")) == ["Eva"]
    assert Assignment.objects.count() == 4
