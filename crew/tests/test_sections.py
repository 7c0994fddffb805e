"""Sections, their order, and locations."""

import uuid
from decimal import Decimal

import pytest

from accounts.models import AuditLog
from crew import locations, sections, shifts
from crew.models import Location, Section, Shift
from crew.tests.scenes import event_with, house, section_of, shift_at
from eventify.lib.errors import Conflict, Invalid, Missing
from partners.factories import PartnerFactory

pytestmark = pytest.mark.django_db


def names(event) -> list[str]:
    return list(event.sections.order_by("sort_order", "id").values_list("name", flat=True))


def actions(user) -> list[str]:
    return list(AuditLog.objects.filter(actor=user).order_by("pk").values_list("action", flat=True))


def test_sections_are_added_behind_the_others(planner):
    event = event_with()
    first = sections.create(event, by=planner, name=" Bar ", category="Bars", crew_need=12, is_gate=True)
    second = sections.create(event, by=planner, name="Gate")
    third = sections.create(event, by=planner, name="Stage", sort_order=0)
    assert (first.name, first.category, first.type, first.crew_need, first.is_gate) == (
        "Bar", "Bars", "standard", 12, True,
    )  # fmt: skip
    assert [one.sort_order for one in (first, second, third)] == [0, 1, 0]
    assert sections.change(first, by=planner, name="Main bar", crew_need=None).crew_need is None
    sections.change(first, by=planner, name="Main bar")
    sections.delete(second, by=planner)
    assert names(event) == ["Main bar", "Stage"]
    assert actions(planner) == [*["CREATED_SECTION"] * 3, "CHANGED_SECTION", "DELETED_SECTION"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 101),
        ("name", "\x00"),
        ("category", "x" * 51),
        ("category", "\udfff"),
        ("type", "other"),
        ("type", "cross_event"),  # of an event without sub-events
        ("crew_need", -1),
        ("crew_need", 100_001),
        ("sort_order", -1),
        ("sort_order", 2**70),
    ],
)
def test_impossible_sections_are_refused_at_their_field(field, value, planner):
    event = event_with()
    section = section_of(event)
    for verb in (
        lambda: sections.create(event, by=planner, **{"name": "New", field: value}),
        lambda: sections.change(section, by=planner, **{field: value}),
    ):
        with pytest.raises(Invalid) as refusal:
            verb()
        assert list(refusal.value.errors) == [field]
    assert names(event) == ["Bar"]


@pytest.mark.parametrize("kind", ["festival", "series"])
def test_festivals_and_series_have_sections_for_all_their_parts(kind, planner):
    event = event_with(kind=kind)
    assert sections.create(event, by=planner, name="First aid", type="cross_event").type == "cross_event"
    assert sections.change(section_of(event), by=planner, type="cross_event").type == "cross_event"


def test_a_section_with_shifts_stays(planner):
    event = event_with()
    shift = shift_at(event)
    with pytest.raises(Conflict) as refusal:
        sections.delete(shift.section, by=planner)
    assert refusal.value.message == "Bar has shifts. Delete those first."
    shifts.delete(shift, by=planner)
    sections.delete(shift.section, by=planner)
    assert not Section.objects.exists() and not Shift.objects.exists()
    with pytest.raises(Missing):
        sections.change(shift.section, by=planner, name="X")


def test_a_new_order(planner):
    event = event_with()
    a, b, c, d = (sections.create(event, by=planner, name=name) for name in "abcd")
    other = section_of(event_with())
    assert [one.name for one in sections.reorder(event, [c.uid, a.uid], by=planner)] == ["c", "a", "b", "d"]
    assert names(event) == ["c", "a", "b", "d"]
    assert [one.sort_order for one in event.sections.order_by("sort_order")] == [0, 1, 2, 3]
    for bad in ([a.uid, a.uid], [other.uid], [a.uid, uuid.uuid4()]):
        with pytest.raises(Invalid) as refusal:
            sections.reorder(event, bad, by=planner)
        assert refusal.value.errors == {"sections": ["Name sections of this event, each at most once."]}
    assert [one.name for one in sections.reorder(event, [], by=planner)] == ["c", "a", "b", "d"]
    sections.reorder(event, [d.uid, c.uid, b.uid, a.uid], by=planner)
    assert names(event) == ["d", "c", "b", "a"]
    assert "REORDERED_SECTIONS" in actions(planner)


def test_the_categories_of_an_organisation():
    event, other = event_with(), event_with(partner=PartnerFactory())
    for place, category in ((event, "Podium"), (event, "Bar"), (event_with(), "Bar"), (event, ""), (other, "Secret")):
        section_of(place, category=category)
    assert sections.categories(house()) == ["Bar", "Podium"]


def test_locations(planner):
    event = event_with()
    place = locations.create(event, by=planner, name="Tent", latitude=Decimal("52.370216"), longitude=Decimal("-4.9"))
    assert locations.change(place, by=planner, name="Big tent", address="Dam 1").name == "Big tent"
    shift = shift_at(event, location=place)
    locations.delete(place, by=planner)
    shift.refresh_from_db()
    assert shift.location is None
    assert actions(planner) == ["CREATED_LOCATION", "CHANGED_LOCATION", "DELETED_LOCATION"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", "x" * 201),
        ("address", "x" * 301),
        ("latitude", Decimal("90.1")),
        ("latitude", Decimal("NaN")),
        ("longitude", Decimal("-180.1")),
        ("longitude", Decimal("1e30")),
        ("instructions", "x" * 10_001),
        ("instructions", "\x00"),
    ],
)
def test_impossible_locations_are_refused_at_their_field(field, value, planner):
    with pytest.raises(Invalid) as refusal:
        locations.create(event_with(), by=planner, **{"name": "Tent", field: value})
    assert list(refusal.value.errors) == [field]
    assert not Location.objects.exists()
