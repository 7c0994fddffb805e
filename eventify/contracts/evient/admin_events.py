"""The administration's events, with their ticket types. Partners' people use it for their own events."""

import django_filters
from django.db import transaction
from django.utils.translation import gettext as _
from rest_framework import serializers

from bookings import capacity, inventory
from eventify.contracts.evient import rows, shapes, wording
from eventify.contracts.evient.admin_ticket_types import TicketTypeBody, save_all
from eventify.contracts.evient.conventions import View, listing, ok
from eventify.contracts.evient.events import EventFilters, find
from eventify.contracts.fields import Body, Choice, Link, Moment, Text, read
from eventify.contracts.lists import filtered
from eventify.contracts.needs import organiser
from eventify.lib.errors import Forbidden
from events import editing, states
from events.models import Event

TYPES_MOST = 50  # ticket types in one body
# our word -> the domain's
_FIELDS = {
    "title": "name",
    "start_time": "starts_at",
    "end_time": "ends_at",
    "city": "place",
    "slug": "slug",
    "description": "description",
    "content": "content",
    "location": "location",
    "banner_image": "banner_image",
    "thumbnail_image": "thumbnail_image",
    "is_hot": "is_hot",
    "timezone": "timezone",
}


def _text(most: int):
    return Text(max_length=most, required=False, allow_blank=True, allow_null=True)


class EventChange(Body):
    """The fields of an event, its stock, its state and its ticket types."""

    ignored = frozenset({"id", "price_from", "currency", "is_sold_out", "booked_count", "created_at", "updated_at"})
    title = Text(max_length=200, required=False)
    slug = _text(100)
    description = _text(20_000)
    content = _text(200_000)
    location = _text(200)
    city = _text(100)
    start_time = Moment(required=False, allow_null=True)
    end_time = Moment(required=False, allow_null=True)
    timezone = Text(max_length=64, required=False)
    banner_image = Link()
    thumbnail_image = Link()
    category = _text(100)
    status = Choice(wording.WORDS, required=False)
    is_hot = serializers.BooleanField(required=False)
    capacity = serializers.IntegerField(required=False, min_value=0, max_value=inventory.CAPACITY_MAX)
    ticket_types = TicketTypeBody(many=True, required=False, max_length=TYPES_MOST)


class NewEvent(EventChange):
    """An event needs a title."""

    title = Text(max_length=200)


class AdminEventFilters(EventFilters):
    """The public filters; drafts can be asked for too."""

    status = django_filters.ChoiceFilter(choices=[(word, word) for word in wording.WORDS], method="having")


class Events(View):
    """GET the events that one works with, newest first, drafts included; POST makes one."""

    needs = {"GET": organiser("view_events"), "POST": organiser("manage_events")}

    def get(self, request):
        found = filtered(AdminEventFilters, request, rows.managed_events(request.user).order_by("-id"))
        return listing(request, found, shapes.admin_event)

    @transaction.atomic
    def post(self, request):
        partner = editing.partner_for(request.user)
        asked = read(request, NewEvent)
        event = editing.create(partner, by=request.user, **_in_our_words(asked))
        _apply(event, asked, request.user)
        return ok(_shape(request.user, event), _("The event is created."), status=201)


class EventDetail(View):
    """GET, PUT (some fields) or DELETE one event."""

    needs = {
        "GET": organiser("view_events"),
        "PUT": organiser("manage_events"),
        "DELETE": organiser("manage_events"),
    }

    def get(self, request, id):
        return ok(shapes.admin_event(find(rows.managed_events(request.user), id)))

    @transaction.atomic
    def put(self, request, id):
        event = to_manage(request.user, id)
        asked = read(request, EventChange, partial=True)
        changes = _in_our_words(asked, event)
        if changes:
            editing.change(event, by=request.user, **changes)
        _apply(event, asked, request.user)
        return ok(_shape(request.user, event), _("The event is saved."))

    def delete(self, request, id):
        editing.delete(to_manage(request.user, id), by=request.user)
        return ok(message=_("The event is deleted."))


def to_manage(user, text: str) -> Event:
    """The event to change: Missing when the user does not see it, Forbidden when they may not manage it."""
    event = find(rows.managed_events(user).select_related("category", "partner"), text)
    if not user.can("manage_events", event):
        raise Forbidden
    return event


def _in_our_words(asked: dict, event: Event | None = None) -> dict:
    """The event's own fields among what is asked, as the domain calls them; null and absent texts are empty."""
    changes = {ours: asked[theirs] for theirs, ours in _FIELDS.items() if theirs in asked}
    for name in changes.keys() - {"starts_at", "ends_at"}:
        changes[name] = "" if changes[name] is None else changes[name]
    if changes.get("location") and not (event and event.venue_name):
        changes["venue_name"] = changes["location"]
    if event and changes.get("location") == event.where:
        del changes["location"]  # what was read goes back: a place that follows the venue stays so
    if "category" in asked:
        changes["category"] = editing.category_named(asked["category"] or "")
    return changes


def _apply(event: Event, asked: dict, by) -> None:
    """Stock first, then the state, so that nothing is on sale before all of it is there."""
    if asked.get("capacity") not in (None, event.capacity):
        capacity.change(event, asked["capacity"], by=by)
    event.refresh_from_db()
    save_all(event, asked.get("ticket_types", []), by=by)
    event.refresh_from_db()
    if "status" in asked and asked["status"] != wording.word(event):
        states.advance(event, wording.STATE_FOR[asked["status"]], by=by)


def _shape(user, event: Event) -> dict:
    return shapes.admin_event(rows.managed_events(user).get(pk=event.pk))
