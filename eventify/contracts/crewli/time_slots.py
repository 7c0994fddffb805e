"""Time slots: stretches of a day that shifts are planned in, local to the event."""

import django_filters

from crew import plans, time_slots
from crew.models import SystemType, TimeSlot
from eventify.contracts.api_v1 import listing, ok
from eventify.contracts.crewli import planning_shapes as shapes
from eventify.contracts.crewli.conventions import Clock, Day, InEvent, Same, one, within
from eventify.contracts.fields import Body, Choice, Text
from eventify.contracts.lists import filtered

_WRITE = within("manage_crew")


class TimeSlotBody(Body):
    """A time slot, or what to change in one."""

    ignored = frozenset({"id", "created_at", "event_name", "source", "duration_hours"})

    event_id = Same(of="event")
    name = Text(max_length=100)
    person_type = Choice(SystemType.values)
    date = Day()
    start_time = Clock()
    end_time = Clock()


class TimeSlotFilters(django_filters.FilterSet):
    """The filters of the time slots."""

    include_parent = django_filters.ChoiceFilter(
        method="unfiltered", choices=[(word, word) for word in ("true", "false", "1", "0")]
    )

    def unfiltered(self, slots, name, value):
        return slots


class TimeSlots(InEvent):
    """GET the event's time slots by their start, with its festival's when asked to; POST makes one."""

    needs = {"GET": within(), "POST": _WRITE}

    def get(self, request, event):
        own = TimeSlot.objects.filter(event=self.event)
        with_parent = request.query_params.get("include_parent") in ("true", "1")
        rows = plans.usable_slots(self.event) if with_parent else own
        found = filtered(TimeSlotFilters, request, rows.select_related("event").order_by("starts_at", "id"))
        return listing(request, found, shapes.time_slot)

    def post(self, request, event):
        made = time_slots.create(self.event, by=request.user, **self.read(TimeSlotBody))
        return ok(shapes.time_slot(made), status=201)


class TimeSlotDetail(InEvent):
    """PUT some fields of a time slot; DELETE one that no shift uses."""

    needs = {"PUT": _WRITE, "DELETE": _WRITE}

    def put(self, request, event, slot):
        row = one(self.event.time_slots, slot)
        changes = self.read(TimeSlotBody, partial=True)
        return ok(shapes.time_slot(time_slots.change(row, by=request.user, **changes)))

    def delete(self, request, event, slot):
        time_slots.delete(one(self.event.time_slots, slot), by=request.user)
        return ok()
