"""The people of an event, for those who plan its crew."""

import django_filters
from django.db.models import Q
from rest_framework import serializers

from crew import persons
from crew.models import Person
from eventify.contracts.api_v1 import listing, ok
from eventify.contracts.crewli import planning_shapes as shapes
from eventify.contracts.crewli.conventions import (
    InEvent,
    OptionalText,
    Same,
    Ulid,
    naming,
    one,
    referred,
    within,
)
from eventify.contracts.crewli.filters import UlidFilter, UlidsFilter
from eventify.contracts.fields import Body, Choice, Text
from eventify.contracts.lists import filtered
from events.models import Event

_PLAN = within("manage_crew")
_NAMES = {"crowd_type": "crowd_type_id", "company": "company_id", "user": "user_id"}


class PersonBody(Body):
    """A person, or what to change in one."""

    ignored = frozenset({"id", "created_at", "user_id", "tags", "pending_identity_match", "crowd_list_pivot"})

    event_id = Same(of="event")
    crowd_type_id = Ulid()
    company_id = Ulid(required=False, allow_null=True)
    name = Text(max_length=200)
    email = OptionalText(254)
    phone = OptionalText(30)
    status = Choice(Person.Status.values, required=False)
    is_blacklisted = serializers.BooleanField(required=False)
    notes = OptionalText(persons.NOTES_MAX)


class PersonFilters(django_filters.FilterSet):
    """The filters of the persons. `tags`: those who have all of them."""

    status = django_filters.ChoiceFilter(choices=Person.Status.choices)
    crowd_type_id = UlidFilter(field_name="crowd_type__uid")
    company_id = UlidFilter(field_name="company__uid")
    search = django_filters.CharFilter(method="containing", max_length=200)
    tag = UlidFilter(method="with_tag")
    tags = UlidsFilter(method="with_tags")

    def containing(self, rows, name, value):
        """The text is in their name, e-mail address or phone number."""
        return rows.filter(Q(name__icontains=value) | Q(email__icontains=value) | Q(phone__icontains=value))

    def with_tag(self, rows, name, value):
        return self.with_tags(rows, name, [value])

    def with_tags(self, rows, name, value):
        """Nobody has a tag that the organisation has not."""
        event = self.request.parser_context["view"].event
        found = event.partner.person_tags.in_bulk(value, field_name="uid")
        return persons.with_tags(rows, found.values()) if len(found) == len(value) else rows.none()


class Persons(InEvent):
    """GET the event's people, by name; POST adds one."""

    needs = {"GET": _PLAN, "POST": _PLAN}

    def get(self, request, event):
        rows = persons.listed(self.event).order_by("name", "id")
        return listing(request, filtered(PersonFilters, request, rows), shapes.person)

    def post(self, request, event):
        asked = in_our_words(self.event, self.read(PersonBody))
        with naming(**_NAMES):
            made = persons.create(self.event, by=request.user, **asked)
        return ok(_shown(made), status=201)


class PersonDetail(InEvent):
    """GET one person; PUT some of their fields; DELETE them: the shifts that they have yet to work are cancelled."""

    needs = {"GET": _PLAN, "PUT": _PLAN, "DELETE": _PLAN}

    def get(self, request, event, person):
        return ok(shapes.person(one(persons.listed(self.event), person)))

    def put(self, request, event, person):
        row = one(self.event.persons, person)
        changes = in_our_words(self.event, self.read(PersonBody, partial=True))
        with naming(**_NAMES):
            changed = persons.change(row, by=request.user, **changes)
        return ok(_shown(changed))

    def delete(self, request, event, person):
        persons.delete(one(self.event.persons, person), by=request.user)
        return ok()


class Approve(InEvent):
    """POST: let somebody work at the event; they are told."""

    needs = {"POST": _PLAN}

    def post(self, request, event, person):
        self.expect_nothing()
        return ok(_shown(persons.approve(one(self.event.persons, person), by=request.user)))


def in_our_words(event: Event, asked: dict) -> dict:
    """The body with the rows that its ids name: a crowd type or company of the event's organisation, else Invalid."""
    sources = {
        "crowd_type_id": event.partner.crowd_types,
        "company_id": event.partner.companies,
        "recipient_company_id": event.partner.companies,
    }
    rows = {
        field.removesuffix("_id"): referred(queryset, asked.pop(field), field)
        for field, queryset in sources.items()
        if field in asked
    }
    return {**asked, **rows}


def _shown(person: Person) -> dict:
    return shapes.person(one(persons.listed(person.event), str(person.uid)))
