"""What everybody may see: events and their seats."""

from rest_framework import serializers
from rest_framework.response import Response

from bookings import seats
from eventify.contracts.evently import fields, listing
from eventify.contracts.evently.conventions import Anyone, EventlyView, LenientBearer, number
from eventify.contracts.evently.listing import ACTIVE, INACTIVE, SORTS
from eventify.lib.errors import Missing
from eventify.lib.prepared import Param, Prepared
from eventify.lib.wire import moment
from events import queries, states
from events.models import Event

# What an event shows, in the order of `on_wire`.
_SHOWN = ("pk", "name", "venue_name", "location", "place", "starts_at", "ends_at")
_SHOWN += ("capacity", "booked_count", "waitlisted_count", "state", "is_bookable")
_one = Prepared(lambda: queries.public().filter(pk=Param("pk")).values_list(*_SHOWN))


class Search(fields.Query):
    """The query of the listing."""

    page = serializers.IntegerField(min_value=1, max_value=1_000_000_000, default=1)
    page_size = serializers.IntegerField(min_value=1, max_value=100, default=10)
    q = serializers.CharField(max_length=200, required=False)
    venue = serializers.CharField(max_length=200, required=False)
    status = fields.Choice(ACTIVE, INACTIVE, required=False)
    date_from = fields.Moment(required=False)
    date_to = fields.LastMoment(required=False)
    sort = fields.Choice(*SORTS, default="start_time")
    order = fields.Choice("asc", "desc", default="asc")


def status_of(state: str, is_bookable: bool) -> str:
    """Evently's word for the state of an event."""
    return ACTIVE if state in states.ON_SALE and is_bookable else INACTIVE


def event_on_wire(event: Event) -> dict:
    """An event as Evently shows it."""
    return on_wire(*(getattr(event, name) for name in _SHOWN))


def on_wire(pk, name, venue, location, place, starts_at, ends_at, capacity, booked, waitlisted, state, is_bookable):
    """The same of an event's columns."""
    return {
        "id": pk,
        "name": name,
        "venue": venue or location or place,
        "start_time": moment(starts_at),
        "end_time": moment(ends_at),
        "capacity": capacity,
        "booked_count": booked,
        "waitlisted_count": waitlisted,
        "status": status_of(state, is_bookable),
    }


def find(text: str) -> Event:
    """The public event with the id in a path; Missing for drafts too."""
    event = queries.public().select_related("partner").filter(pk=number(text, "Event")).first()
    if event is None:
        raise Missing("Event not found")
    return event


class EventList(EventlyView):
    """GET /events."""

    authentication_classes = []
    needs = {"GET": Anyone}

    def get(self, request):
        asked = self.query(Search)
        rows, total = listing.page(asked, _SHOWN)
        meta = {"page": asked["page"], "page_size": asked["page_size"], "total": total}
        return Response({"items": [on_wire(*row) for row in rows], "meta": meta})


class EventDetail(EventlyView):
    """GET /events/{id}."""

    authentication_classes = []
    needs = {"GET": Anyone}

    def get(self, request, id):
        found = _one(pk=number(id, "Event"))
        if not found:
            raise Missing("Event not found")
        return Response(on_wire(*found[0]))


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
