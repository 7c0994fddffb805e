"""Sections: the parts of an event's terrain or work, a festival's shared ones among those of its sub-events."""

from django.db.models import Case, Value, When
from django.utils.translation import gettext as _
from rest_framework import serializers

from crew import plans, sections
from crew.models import Section
from eventify.contracts.api_v1 import listing, ok
from eventify.contracts.crewli import planning_shapes as shapes
from eventify.contracts.crewli.conventions import InEvent, Number, OptionalText, Same, Ulids, one, within
from eventify.contracts.fields import Body, Choice, Text
from eventify.lib.errors import Invalid
from events.models import Event

REORDER_MOST = 2000  # sections in one request
_WRITE = within("manage_crew")


class SectionBody(Body):
    """A section, or what to change in one."""

    ignored = frozenset({"id", "created_at"})

    event_id = Same(of="event")
    name = Text(max_length=100)
    category = OptionalText(50)
    type = Choice(Section.Type.values, required=False)
    crew_need = Number(sections.NEED_MOST, required=False, allow_null=True)
    is_gate = serializers.BooleanField(required=False)
    sort_order = Number(sections.ORDER_MOST, required=False)


class Order(Body):
    """The sections in their new order."""

    sections = Ulids(most=REORDER_MOST)


def section_of(event: Event, text: str) -> Section:
    """The event's section that a path names; Missing for none.

    Invalid for one of its festival that serves it, too: that one is planned under the festival's id.
    """
    row = one(plans.usable_sections(event).select_related("event"), text)
    if row.event_id != event.pk:
        words = {"section": row.name, "festival": row.event.name}
        sentence = _("%(section)s is a section of %(festival)s: use the id of that event in the address.")
        raise Invalid.field("event", sentence % words)
    row.event = event
    return row


class Sections(InEvent):
    """GET the event's sections in their order, then those of its festival that serve it; POST makes one."""

    needs = {"GET": within(), "POST": _WRITE}

    def get(self, request, event):
        borrowed = Case(When(event=self.event.pk, then=Value(0)), default=Value(1))
        rows = plans.usable_sections(self.event).select_related("event")
        return listing(request, rows.order_by(borrowed, "sort_order", "id"), shapes.section)

    def post(self, request, event):
        made = sections.create(self.event, by=request.user, **self.read(SectionBody))
        return ok(shapes.section(made), status=201)


class SectionDetail(InEvent):
    """PUT some fields of a section; DELETE one without shifts."""

    needs = {"PUT": _WRITE, "DELETE": _WRITE}

    def put(self, request, event, section):
        row = section_of(self.event, section)
        changes = self.read(SectionBody, partial=True)
        return ok(shapes.section(sections.change(row, by=request.user, **changes)))

    def delete(self, request, event, section):
        sections.delete(section_of(self.event, section), by=request.user)
        return ok()


class Reorder(InEvent):
    """POST: put the event's own sections into another order; the answer is all of them in it."""

    needs = {"POST": _WRITE}

    def post(self, request, event):
        in_order = sections.reorder(self.event, self.read(Order)["sections"], by=request.user)
        return ok([shapes.section(row) for row in in_order])
