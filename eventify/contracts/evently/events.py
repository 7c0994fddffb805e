"""What everybody may see: events and their seats."""

from django.db.models import F, FloatField, Q, QuerySet
from django.db.models.functions import Cast, Coalesce, Lower, NullIf
from rest_framework import serializers
from rest_framework.response import Response

from bookings import seats
from eventify.contracts.evently import fields
from eventify.contracts.evently.conventions import Anyone, EventlyView, LenientBearer, number
from eventify.lib.errors import Missing
from eventify.lib.wire import moment
from events import queries, states
from events.models import Event

ACTIVE, INACTIVE = "active", "inactive"
_UTILIZATION = Coalesce(Cast("booked_count", FloatField()) / NullIf(F("capacity"), 0), 0.0)
_SORTS = {"name": Lower("name"), "start_time": F("starts_at"), "utilization": _UTILIZATION}
_ON_SALE = Q(state__in=states.ON_SALE, is_bookable=True)


class Search(fields.Query):
    """The query of the listing."""

    page = serializers.IntegerField(min_value=1, max_value=1_000_000_000, default=1)
    page_size = serializers.IntegerField(min_value=1, max_value=100, default=10)
    q = serializers.CharField(max_length=200, required=False)
    venue = serializers.CharField(max_length=200, required=False)
    status = fields.Choice(ACTIVE, INACTIVE, required=False)
    date_from = fields.Moment(required=False)
    date_to = fields.LastMoment(required=False)
    sort = fields.Choice(*_SORTS, default="start_time")
    order = fields.Choice("asc", "desc", default="asc")


def status_of(state: str, is_bookable: bool) -> str:
    """Evently's word for the state of an event."""
    return ACTIVE if state in states.ON_SALE and is_bookable else INACTIVE


def event_on_wire(event: Event) -> dict:
    """An event as Evently shows it."""
    return {
        "id": event.pk,
        "name": event.name,
        "venue": event.venue_name or event.where,
        "start_time": moment(event.starts_at),
        "end_time": moment(event.ends_at),
        "capacity": event.capacity,
        "booked_count": event.booked_count,
        "waitlisted_count": event.waitlisted_count,
        "status": status_of(event.state, event.is_bookable),
    }


def find(text: str) -> Event:
    """The public event with the id in a path; Missing for drafts too."""
    event = queries.public().select_related("partner").filter(pk=number(text, "Event")).first()
    if event is None:
        raise Missing("Event not found")
    return event


def matching(events: QuerySet[Event], asked: dict) -> QuerySet[Event]:
    """The events that a checked `Search` asks for, in its order."""
    if "q" in asked:
        events = events.filter(Q(name__icontains=asked["q"]) | Q(venue_name__icontains=asked["q"]))
    if "venue" in asked:
        events = events.filter(venue_name__icontains=asked["venue"])
    if "status" in asked:
        events = events.filter(_ON_SALE if asked["status"] == ACTIVE else ~_ON_SALE)
    if "date_from" in asked:
        events = events.filter(starts_at__gte=asked["date_from"])
    if "date_to" in asked:
        events = events.filter(starts_at__lte=asked["date_to"])
    key = _SORTS[asked["sort"]]
    ordered = key.desc(nulls_last=True) if asked["order"] == "desc" else key.asc(nulls_last=True)
    return events.order_by(ordered, "id")


class EventList(EventlyView):
    """GET /events."""

    authentication_classes = []
    needs = {"GET": Anyone}

    def get(self, request):
        asked = self.query(Search)
        found = matching(queries.public(), asked)
        size = asked["page_size"]
        start = (asked["page"] - 1) * size
        items = [event_on_wire(event) for event in found[start : start + size]]
        return Response({"items": items, "meta": {"page": asked["page"], "page_size": size, "total": found.count()}})


class EventDetail(EventlyView):
    """GET /events/{id}."""

    authentication_classes = []
    needs = {"GET": Anyone}

    def get(self, request, id):
        return Response(event_on_wire(find(id)))


class SeatList(EventlyView):
    """GET /events/{id}/seats."""

    authentication_classes = [LenientBearer]
    needs = {"GET": Anyone}

    def get(self, request, id):
        event = find(id)
        asked = self.query(fields.Page)
        seats.make_ready(event)
        rows = event.seats.select_related("reserved_booking").order_by("position")
        if asked:
            rows = self.paged(rows)
        sees_all = request.user is not None and request.user.is_authenticated and request.user.can("view_events", event)
        return Response([_seat_on_wire(seat, request.user, sees_all) for seat in rows])


def _seat_on_wire(seat, user, sees_all: bool) -> dict:
    shows = seat.reserved and (sees_all or (user is not None and seat.reserved_booking.user_id == user.pk))
    return {
        "id": seat.pk,
        "event_id": seat.event_id,
        "label": seat.label,
        "row_label": seat.row_label,
        "col_number": seat.col_number,
        "reserved": not seat.is_for_sale,  # the house keeps some
        "reserved_booking_id": seat.reserved_booking_id if shows else None,
    }
