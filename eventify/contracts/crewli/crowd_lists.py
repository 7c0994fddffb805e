"""Crowd lists: guest lists and other lists of an event's people, for those who plan its crew."""

from django.db.models import F, FilteredRelation, Q, QuerySet
from rest_framework import serializers

from crew import crowd_lists, persons
from crew.models import CrowdList, Person
from eventify.contracts.api_v1 import listing, ok
from eventify.contracts.crewli import planning_shapes as shapes
from eventify.contracts.crewli.conventions import InEvent, Number, Same, Ulid, naming, one, referred, within
from eventify.contracts.crewli.persons import in_our_words
from eventify.contracts.fields import Body, Choice, Text

PER_PAGE = 50  # people of a list
_PLAN = within("manage_crew")
_NAMES = {"crowd_type": "crowd_type_id", "recipient_company": "recipient_company_id", "person": "person_id"}


class CrowdListBody(Body):
    """A list, or what to change in one."""

    ignored = frozenset({"id", "created_at", "is_full", "persons_count"})

    event_id = Same(of="event")
    crowd_type_id = Ulid()
    name = Text(max_length=200)
    type = Choice(CrowdList.Type.values, required=False)
    recipient_company_id = Ulid(required=False, allow_null=True)
    auto_approve = serializers.BooleanField(required=False)
    max_persons = Number(crowd_lists.MOST, least=1, required=False, allow_null=True)


class Entry(Body):
    """Who comes onto the list."""

    person_id = Ulid()


class CrowdLists(InEvent):
    """GET the event's lists, by name; POST makes one."""

    needs = {"GET": _PLAN, "POST": _PLAN}

    def get(self, request, event):
        return listing(request, crowd_lists.listed(self.event).order_by("name", "id"), shapes.crowd_list)

    def post(self, request, event):
        asked = in_our_words(self.event, self.read(CrowdListBody))
        with naming(**_NAMES):
            made = crowd_lists.create(self.event, by=request.user, **asked)
        return ok(_shown(made), status=201)


class CrowdListDetail(InEvent):
    """PUT some fields of a list; DELETE it: its people stay."""

    needs = {"PUT": _PLAN, "DELETE": _PLAN}

    def put(self, request, event, crowd_list):
        row = one(self.event.crowd_lists, crowd_list)
        changes = in_our_words(self.event, self.read(CrowdListBody, partial=True))
        with naming(**_NAMES):
            changed = crowd_lists.change(row, by=request.user, **changes)
        return ok(_shown(changed))

    def delete(self, request, event, crowd_list):
        crowd_lists.delete(one(self.event.crowd_lists, crowd_list), by=request.user)
        return ok()


class Listed(InEvent):
    """GET the people on a list, by name; POST adds one."""

    needs = {"GET": _PLAN, "POST": _PLAN}

    def get(self, request, event, crowd_list):
        row = one(self.event.crowd_lists, crowd_list)
        rows = _on(row).order_by("name", "id")
        return listing(request, rows, shapes.listed_person, per_page=PER_PAGE)

    def post(self, request, event, crowd_list):
        row = one(self.event.crowd_lists, crowd_list)
        person = referred(self.event.persons, self.read(Entry)["person_id"], "person_id")
        with naming(**_NAMES):
            entry = crowd_lists.add(row, person, by=request.user)
        return ok(shapes.listed_person(one(_on(row), str(entry.person.uid))), status=201)


class ListedDetail(InEvent):
    """DELETE: take somebody off a list."""

    needs = {"DELETE": _PLAN}

    def delete(self, request, event, crowd_list, person):
        row = one(self.event.crowd_lists, crowd_list)
        crowd_lists.remove(row, one(_on(row), person), by=request.user)
        return ok()


def _on(row: CrowdList) -> QuerySet[Person]:
    """The people on the list, with `added_at` and `added_by_uid`."""
    entry = FilteredRelation("list_entries", condition=Q(list_entries__crowd_list=row))
    found = persons.listed(row.event).annotate(entry=entry).filter(entry__isnull=False)
    return found.annotate(added_at=F("entry__added_at"), added_by_uid=F("entry__added_by__uid"))


def _shown(row: CrowdList) -> dict:
    return shapes.crowd_list(one(crowd_lists.listed(row.event), str(row.uid)))
