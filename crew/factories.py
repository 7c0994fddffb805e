"""Made-up plans and people. Assignments are made by the real verbs (crew/assignments.py)."""

from datetime import time

import factory

from crew import time_slots
from crew.models import Company, CrowdList, CrowdType, Location, Person, PersonTag, Section, Shift, SystemType, TimeSlot
from events.factories import EventFactory
from events.models import Event
from partners.models import Partner


class CrowdTypeFactory(factory.django.DjangoModelFactory):
    """Volunteers of the house; a claim of theirs waits for approval. Set `partner` to the event's."""

    class Meta:
        model = CrowdType

    partner = factory.LazyFunction(lambda: Partner.objects.get(is_house=True))
    name = factory.Sequence(lambda n: f"Volunteer {n}")
    system_type = SystemType.VOLUNTEER


class CompanyFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Company

    name = factory.Sequence(lambda n: f"Company {n}")


class FestivalFactory(EventFactory):
    """A published festival."""

    kind = Event.Kind.FESTIVAL


class LocationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Location

    event = factory.SubFactory(EventFactory)
    name = factory.Sequence(lambda n: f"Location {n}")


class SectionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Section

    event = factory.SubFactory(EventFactory)
    name = factory.Sequence(lambda n: f"Section {n}")
    sort_order = factory.Sequence(lambda n: n)


class TimeSlotFactory(factory.django.DjangoModelFactory):
    """From 18:00 to 22:00 on the event's first day. Set `date`, `start_time`, `end_time`; the moments follow."""

    class Meta:
        model = TimeSlot

    event = factory.SubFactory(EventFactory)
    name = factory.Sequence(lambda n: f"Slot {n}")
    date = factory.LazyAttribute(lambda slot: slot.event.local(slot.event.starts_at)[0])
    start_time = time(18)
    end_time = time(22)
    starts_at = factory.LazyAttribute(lambda slot: _moments(slot)[0])
    ends_at = factory.LazyAttribute(lambda slot: _moments(slot)[1])


def _moments(slot):
    return time_slots.moments(slot.event, slot.date, slot.start_time, slot.end_time)


class ShiftFactory(factory.django.DjangoModelFactory):
    """An open shift for two, both claimable. Give `section` and `time_slot` of one event, or neither."""

    class Meta:
        model = Shift

    section = factory.SubFactory(SectionFactory)
    time_slot = factory.LazyAttribute(lambda shift: TimeSlotFactory(event=shift.section.event))
    title = factory.Sequence(lambda n: f"Shift {n}")
    slots_total = 2
    slots_open_for_claiming = 2
    status = Shift.Status.OPEN


class PersonFactory(factory.django.DjangoModelFactory):
    """An approved volunteer of the event, with an e-mail address and no account."""

    class Meta:
        model = Person

    event = factory.SubFactory(EventFactory)
    crowd_type = factory.LazyAttribute(lambda person: CrowdTypeFactory(partner=person.event.partner))
    name = factory.Faker("name")
    email = factory.Sequence(lambda n: f"crew{n}@example.com")
    status = Person.Status.APPROVED


class CrowdListFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = CrowdList

    event = factory.SubFactory(EventFactory)
    crowd_type = factory.LazyAttribute(lambda one: CrowdTypeFactory(partner=one.event.partner))
    name = factory.Sequence(lambda n: f"List {n}")


class PersonTagFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = PersonTag

    name = factory.Sequence(lambda n: f"Tag {n}")
