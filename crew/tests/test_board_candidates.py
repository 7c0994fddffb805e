"""Who is proposed for a shift or a day: who fits first, everybody else with the words of the refusal they would get."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.factories import UserFactory
from crew import assignments, candidates
from crew.assignments import Refused
from crew.candidates import Wanted
from crew.factories import CrowdTypeFactory, PersonFactory, PersonTagFactory, SectionFactory, ShiftFactory
from crew.models import CrewPlan, Person, Section, UserTag
from crew.tests.board_world import Plan, festival
from events.factories import EventFactory

pytestmark = pytest.mark.django_db
ANYBODY = Wanted()


@pytest.fixture
def plan():
    return Plan()


def proposed(shift, wanted=ANYBODY) -> dict[str, str]:
    """Name -> the code of what speaks against them, in order."""
    return {one.person.name: one.code for one in candidates.for_shift(shift, wanted).shown}


def test_who_fits_comes_first_and_the_others_with_the_reason(plan):
    plan.person("Pending", status=Person.Status.PENDING)
    plan.person("Never", is_blacklisted=True)
    plan.person("Rejected", status=Person.Status.REJECTED)
    found = candidates.for_shift(plan.scan, ANYBODY)
    assert {one.person.name: one.code for one in found.shown} == {
        "Dev Nair": "",
        "Asha Rao": "overlap",
        "Binh Pham": "overlap",
        "Chloe Vos": "already",
        "Never": "blacklisted",
        "Pending": "not_approved",
    }
    assert [one.person.name for one in found.shown][0] == "Dev Nair"
    assert (found.count, found.more) == (6, 0)
    for one in found.shown:
        if one.why_not:
            with pytest.raises(Refused) as refusal:
                assignments.assign(plan.scan, one.person, by=None, overbook=True)
            assert (refusal.value.code, str(refusal.value.message)) == (one.code, one.why_not)
    assignments.assign(plan.scan, found.shown[0].person, by=None, overbook=True)


def test_rest_counts_and_the_longer_one_of_two_events(plan):
    late = ShiftFactory(section=plan.bar, time_slot=plan.slot("Late", 23, 3))
    assert proposed(late)["Asha Rao"] == ""
    CrewPlan.objects.create(event=plan.event, minimum_rest_minutes=120)
    assert proposed(late)["Asha Rao"] == "rest"
    CrewPlan.objects.update(minimum_rest_minutes=60)
    assert proposed(late)["Asha Rao"] == ""
    other = EventFactory(partner=plan.partner)
    CrewPlan.objects.create(event=other, minimum_rest_minutes=660)
    twin = PersonFactory(event=other, crowd_type=plan.kind, email=plan.dev.email.upper())
    slot = plan.slot("Noon", 11, 13)
    slot.event = other
    slot.save()
    assignments.assign(ShiftFactory(section=SectionFactory(event=other), time_slot=slot), twin, by=None)
    found = proposed(late)
    assert (found["Dev Nair"], list(found)[0]) == ("rest", "Asha Rao")


def test_one_account_at_two_events_is_one_human(plan):
    user = UserFactory()
    Person.objects.filter(pk=plan.dev.pk).update(user=user)
    other = EventFactory(partner=plan.partner)
    twin = PersonFactory(event=other, crowd_type=plan.kind, user=user)
    slot = plan.slot("There", 19, 21)
    slot.event = other
    slot.save()
    assignments.assign(ShiftFactory(section=SectionFactory(event=other), time_slot=slot), twin, by=None)
    assert proposed(plan.tap)["Dev Nair"] == "overlap"


def test_a_shift_beside_others_hinders_nobody(plan):
    plan.tap.allow_overlap = True
    plan.tap.save()
    found = proposed(plan.scan)
    assert (found["Asha Rao"], found["Binh Pham"]) == ("", "")
    plan.scan.allow_overlap, plan.tap.allow_overlap = True, False
    plan.scan.save(), plan.tap.save()
    found = proposed(plan.scan)
    assert (found["Asha Rao"], found["Chloe Vos"]) == ("", "already")


def test_the_slots_own_kind_comes_first(plan):
    press = CrowdTypeFactory(partner=plan.partner, name="Press", system_type="PRESS")
    PersonFactory(event=plan.event, name="Aaron Press", crowd_type=press)
    assert list(proposed(plan.early))[-1] == "Aaron Press"
    assert candidates.on_day(plan.event, plan.day, ANYBODY).shown[-1].person.name == "Aaron Press"


def test_people_are_looked_for(plan):
    tag = PersonTagFactory(partner=plan.partner, name="First aid")
    other = PersonTagFactory(partner=plan.partner, name="Radio")
    user = UserFactory()
    Person.objects.filter(pk=plan.dev.pk).update(user=user)
    for one in (tag, other):
        UserTag.objects.create(user=user, tag=one, source=UserTag.Source.ORGANISER)
    press = CrowdTypeFactory(partner=plan.partner, system_type="PRESS")
    assert list(proposed(plan.early, Wanted("dev na"))) == ["Dev Nair"]
    assert list(proposed(plan.early, Wanted(plan.asha.email))) == ["Asha Rao"]
    assert list(proposed(plan.early, Wanted(tags=[tag, other]))) == ["Dev Nair"]
    assert proposed(plan.early, Wanted(crowd_type=press)) == {}
    [dev] = candidates.for_shift(plan.early, Wanted("dev")).shown
    assert sorted(dev.tags) == ["First aid", "Radio"]
    [dev] = candidates.on_day(plan.event, plan.day, Wanted("dev")).shown
    assert sorted(dev.tags) == ["First aid", "Radio"]


def test_the_people_of_the_festival_and_of_its_parts():
    main, (first, _second) = festival()
    kind = CrowdTypeFactory(partner=main.partner)
    everywhere = PersonFactory(event=main, name="Everywhere", crowd_type=kind)
    here = PersonFactory(event=first, name="Here", crowd_type=kind)
    shared = ShiftFactory(section=SectionFactory(event=main, type=Section.Type.CROSS_EVENT))
    own = ShiftFactory(section=SectionFactory(event=main))
    part = ShiftFactory(section=SectionFactory(event=first))
    assert [list(proposed(shift)) for shift in (shared, own, part)] == [
        ["Everywhere", "Here"],
        ["Everywhere"],
        ["Everywhere", "Here"],
    ]
    day = main.local(main.starts_at)[0]
    assert [one.person for one in candidates.on_day(main, day, ANYBODY).shown] == [everywhere, here]
    assert [one.person for one in candidates.on_day(first, day, ANYBODY).shown] == [everywhere, here]


def test_who_is_free_that_day(plan):
    plan.person("Pending", status=Person.Status.PENDING)
    found = candidates.on_day(plan.event, plan.day, ANYBODY)
    assert [(one.person.name, one.held) for one in found.shown] == [
        ("Dev Nair", 0),
        ("Asha Rao", 1),
        ("Binh Pham", 1),
        ("Chloe Vos", 1),
    ]
    few = candidates.on_day(plan.event, plan.day, ANYBODY, most=1)
    assert (len(few.shown), few.count, few.more) == (1, 4, 3)


def test_as_many_questions_for_more_people(plan):
    def asked(query) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert query().shown
        return len(queries)

    def day():
        return candidates.on_day(plan.event, plan.day, ANYBODY)

    def shift():
        return candidates.for_shift(plan.scan, ANYBODY)

    Person.objects.filter(pk=plan.asha.pk).update(user=UserFactory())
    before = asked(day), asked(shift)
    for number in range(5):
        person = plan.person(f"More {number}", user=UserFactory())
        assignments.assign(plan.tap, person, by=None, overbook=True)
    assert (asked(day), asked(shift)) == before
    assert max(before) <= 8
