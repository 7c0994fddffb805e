"""Events of an organisation: festivals, series and their sub-events, and the way through their states."""

import django_filters
from django.conf import settings
from django.db import transaction
from django.db.models import F, Prefetch, QuerySet, prefetch_related_objects
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from accounts.models import User
from crew import access, plans
from eventify.contracts.api_v1 import listing, ok
from eventify.contracts.crewli import shapes
from eventify.contracts.crewli.conventions import (
    Day,
    InOrganisation,
    Number,
    OptionalText,
    Same,
    Ulid,
    naming,
    referred,
    within,
)
from eventify.contracts.fields import Body, Choice, Text
from eventify.contracts.lists import filtered
from events import editing, states
from events.models import Event

_SCHEDULE = (F("starts_at").asc(nulls_last=True), "id")
# wire -> the domain's word
_FIELDS = {
    "name": "name",
    "slug": "slug",
    "event_type": "kind",
    "sub_event_label": "sub_event_label",
    "timezone": "timezone",
    "start_date": "starts_on",
    "end_date": "ends_on",
}
_NAMES = {"parent": "parent_event_id", "kind": "event_type", "start_time": "start_date", "end_time": "end_date"}


# --- Bodies -------------------------------------------------------------------------------------------


class Unwritten(serializers.Field):
    """A field that is changed in another way: a sentence says how."""

    def __init__(self, sentence, **options):
        super().__init__(required=False, allow_null=True, **options)
        self.sentence = sentence

    def run_validation(self, data=serializers.empty):
        if data is serializers.empty:
            raise serializers.SkipField
        raise serializers.ValidationError(self.sentence)


class EventBody(Body):
    """An event, or what to change in one."""

    ignored = frozenset({"id", "created_at", "allowed_transitions", "children", "parent"})

    organisation_id = Same(of="organisation")
    name = Text(max_length=200)
    slug = Text(max_length=100, required=False)
    event_type = Choice(Event.Kind.values, required=False)
    sub_event_label = OptionalText(100)
    parent_event_id = Ulid(required=False, allow_null=True)
    start_date = Day(required=False, allow_null=True)
    end_date = Day(required=False, allow_null=True)
    timezone = Text(max_length=64, required=False)
    minimum_rest_minutes = Number(plans.REST_MOST, required=False)
    status = Unwritten(gettext_lazy("The status changes by itself: send it to the event's transition address."))


class Step(Body):
    """The status to go to; a cancellation may say why."""

    status = Text(max_length=100)
    reason = OptionalText(2000)


class EventFilters(django_filters.FilterSet):
    """The filters of the events."""

    type = django_filters.ChoiceFilter(field_name="kind", choices=Event.Kind.choices)
    status = django_filters.ChoiceFilter(field_name="state", choices=Event.State.choices)
    search = django_filters.CharFilter(field_name="name", lookup_expr="icontains", max_length=200)
    include_children = django_filters.ChoiceFilter(
        method="unfiltered", choices=[(word, word) for word in ("true", "false", "1", "0")]
    )

    def unfiltered(self, events, name, value):
        return events


# --- Views --------------------------------------------------------------------------------------------


class Events(InOrganisation):
    """GET the events that are no sub-events, the latest first; POST makes a draft."""

    needs = {"GET": within(), "POST": within("manage_events")}

    def get(self, request, org):
        rows = _seen(request.user).filter(partner=self.organisation, parent=None)
        found = filtered(EventFilters, request, rows.order_by(F("starts_at").desc(nulls_last=True), "-id"))
        if request.query_params.get("include_children") not in ("true", "1"):
            return listing(request, found, shapes.event)
        return listing(request, _with_children(found, request.user), shapes.event_with_children)

    @transaction.atomic
    def post(self, request, org):
        asked = self.read(EventBody)
        fields, rest = _in_our_words(self, asked)
        zone = fields["parent"].timezone if fields.get("parent") else settings.EVENTIFY_TIME_ZONE
        usual = {"timezone": zone, "currency": settings.EVENTIFY_CURRENCY}
        with naming(**_NAMES):
            made = editing.create(self.organisation, by=request.user, **{**usual, **fields})
        _apply_rest(made, rest, request.user)
        return ok(_detail(made, request.user), status=201)


class EventDetail(InOrganisation):
    """GET one event with its sub-events and its festival; PUT some of its fields."""

    needs = {"GET": within(), "PUT": within("manage_events")}

    def get(self, request, org, event):
        return ok(_detail(self.event, request.user))

    @transaction.atomic
    def put(self, request, org, event):
        asked = self.read(EventBody, partial=True)
        changes, rest = _in_our_words(self, asked, self.event)
        with naming(**_NAMES):
            if changes:
                editing.change(self.event, by=request.user, **changes)
        _apply_rest(self.event, rest, request.user)
        return ok(_detail(self.event, request.user))


class Transition(InOrganisation):
    """POST: take one step through the states."""

    needs = {"POST": within("manage_events")}

    def post(self, request, org, event):
        asked = self.read(Step)
        states.transition(self.event, asked["status"], by=request.user, reason=asked.get("reason", ""))
        return ok(_detail(self.event, request.user))


class Children(InOrganisation):
    """GET the sub-events of a festival or series, in the order of its programme."""

    needs = {"GET": within()}

    def get(self, request, org, event):
        rows = _seen(request.user).filter(parent=self.event)
        return listing(request, rows.order_by(*_SCHEDULE), shapes.event)


# --- Rows ---------------------------------------------------------------------------------------------


def _seen(user: User) -> QuerySet[Event]:
    return access.events_for(user).select_related("partner", "parent")


def _with_children(events: QuerySet[Event], user: User) -> QuerySet[Event]:
    return events.prefetch_related(_children(user))


def _children(user: User) -> Prefetch:
    return Prefetch("children", queryset=_seen(user).order_by(*_SCHEDULE), to_attr="shown_children")


def _detail(event: Event, user: User) -> dict:
    row = access.event_for(user, event.uid)  # as it is now, after a change
    prefetch_related_objects([row], _children(user))
    parent = row.parent and access.event_for(user, row.parent.uid)
    return shapes.event_detail(row, parent, plans.plan_for(row))


def _in_our_words(view: InOrganisation, asked: dict, event: Event | None = None) -> tuple[dict, dict]:
    """(the event's fields as the domain calls them, what is kept elsewhere). Days move with the time zone."""
    fields = {ours: asked[theirs] for theirs, ours in _FIELDS.items() if theirs in asked}
    if "parent_event_id" in asked:
        events = _seen(view.request.user).filter(partner=view.organisation)
        fields["parent"] = referred(events, asked["parent_event_id"], "parent_event_id")
    if event and "timezone" in fields:
        days = {"starts_on": event.local(event.starts_at)[0], "ends_on": event.local(event.ends_at)[0]}
        fields = {**days, **fields}
    return fields, {name: asked[name] for name in ("minimum_rest_minutes",) if name in asked}


def _apply_rest(event: Event, rest: dict, by: User) -> None:
    if rest and rest["minimum_rest_minutes"] != plans.plan_for(event).minimum_rest_minutes:
        plans.set_plan(event, by=by, **rest)
