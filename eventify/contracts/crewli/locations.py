"""Locations: the places on an event's terrain where shifts begin."""

from decimal import Decimal

from rest_framework import serializers

from crew import locations
from eventify.contracts.api_v1 import listing, ok
from eventify.contracts.crewli import planning_shapes as shapes
from eventify.contracts.crewli.conventions import InEvent, OptionalText, Same, one, within
from eventify.contracts.fields import Body, Text

_WRITE = within("manage_crew")
_PLACES = 6  # of a degree: about 10 cm


class Degrees(serializers.FloatField):
    """A latitude or longitude, as a number or a text of one; more than six places are rounded."""

    def __init__(self, **options):
        super().__init__(min_value=-180, max_value=180, required=False, allow_null=True, **options)

    def to_internal_value(self, data):
        if isinstance(data, bool):
            self.fail("invalid")
        number = super().to_internal_value(data)
        if number != number:  # NaN is within every range
            self.fail("invalid")
        return number

    def run_validation(self, data=serializers.empty):
        number = super().run_validation(data)
        if number is None:
            return None
        return Decimal(f"{round(number, _PLACES) or 0:.{_PLACES}f}")  # no -0


class LocationBody(Body):
    """A location, or what to change in one."""

    ignored = frozenset({"id", "created_at"})

    event_id = Same(of="event")
    name = Text(max_length=200)
    address = OptionalText(300)
    latitude = Degrees()
    longitude = Degrees()
    instructions = OptionalText(10_000)


class Locations(InEvent):
    """GET the event's locations, by name; POST makes one."""

    needs = {"GET": within(), "POST": _WRITE}

    def get(self, request, event):
        return listing(request, self.event.locations.order_by("name", "id"), shapes.location)

    def post(self, request, event):
        made = locations.create(self.event, by=request.user, **self.read(LocationBody))
        return ok(shapes.location(made), status=201)


class LocationDetail(InEvent):
    """PUT some fields of a location; DELETE it: shifts that begin there have none then."""

    needs = {"PUT": _WRITE, "DELETE": _WRITE}

    def put(self, request, event, location):
        row = one(self.event.locations, location)
        changes = self.read(LocationBody, partial=True)
        return ok(shapes.location(locations.change(row, by=request.user, **changes)))

    def delete(self, request, event, location):
        locations.delete(one(self.event.locations, location), by=request.user)
        return ok()
