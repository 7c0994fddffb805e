"""What organisers and staff do: events, seats, bookings, users."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import transaction
from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.response import Response

from accounts import roles, signup, step_up
from accounts.models import Role, User
from accounts.permissions import SUPER_ADMIN
from bookings import capacity, inventory, seats, ticket_types
from bookings.models import Booking
from eventify.contracts.evently import fields
from eventify.contracts.evently.auth import ADMIN, USER, NewUser, user_on_wire
from eventify.contracts.evently.booking import booking_on_wire, fetched
from eventify.contracts.evently.conventions import EventlyView, number, organiser, staff
from eventify.contracts.evently.events import ACTIVE, INACTIVE, event_on_wire
from eventify.lib.errors import Conflict, Forbidden, Missing
from events import editing, queries, states
from events.models import Event
from partners import members


class EventFields(fields.Fields):
    """What can be changed of an event."""

    name = fields.Text(max_length=200)
    venue = fields.Text(max_length=200)
    start_time = fields.Moment()
    end_time = fields.Moment()
    capacity = fields.Integer(min_value=1, max_value=inventory.CAPACITY_MAX)
    status = fields.Choice(ACTIVE, INACTIVE, required=False)


class NewEvent(EventFields):
    """A new event; without a price it is free."""

    description = fields.Text(max_length=10_000, required=False, allow_blank=True)
    price = serializers.DecimalField(
        max_digits=9, decimal_places=2, min_value=0, max_value=ticket_types.PRICE_MAX, required=False
    )
    currency = fields.Text(
        required=False, validators=[RegexValidator(r"\A[A-Z]{3}\Z", "Use three capital letters such as INR.")]
    )


class EventChanges(EventFields):
    """Any of an event's fields; null leaves one as it is."""

    def to_internal_value(self, data):
        if isinstance(data, dict):
            data = {name: value for name, value in data.items() if value is not None or name not in self.fields}
        return super().to_internal_value(data)


class Grid(fields.Fields):
    """Rows and seats in each; `seats_per_row` and `per_row` are other words for `cols`."""

    rows = fields.Integer(min_value=1, max_value=settings.EVENTIFY_SEAT_GRID_MAX, required=False)
    cols = fields.Integer(min_value=1, max_value=settings.EVENTIFY_SEAT_GRID_MAX, required=False)
    seats_per_row = fields.Integer(min_value=1, max_value=settings.EVENTIFY_SEAT_GRID_MAX, required=False)
    per_row = fields.Integer(min_value=1, max_value=settings.EVENTIFY_SEAT_GRID_MAX, required=False)

    def validate(self, given):
        columns = {given[name] for name in ("cols", "seats_per_row", "per_row") if name in given}
        if len(columns) > 1:
            raise serializers.ValidationError({"cols": "cols, seats_per_row and per_row differ. Send one of them."})
        if bool(columns) != ("rows" in given):
            missing = "cols" if "rows" in given else "rows"
            raise serializers.ValidationError({missing: ["Send rows and cols, or neither."]}, code="required")
        return {"rows": given["rows"], "per_row": columns.pop()} if columns else {}


_WORDS = {"venue": "venue_name", "start_time": "starts_at", "end_time": "ends_at"}


def _in_domain_words(given: dict, names: tuple[str, ...]) -> dict:
    return {_WORDS.get(name, name): given[name] for name in names if name in given}


def find(id: str, user: User) -> Event:
    """The event with this id that the user may manage: Missing when they may not see it, Forbidden when not manage."""
    event = queries.visible_to(user).select_related("partner").filter(pk=number(id, "Event")).first()
    if event is None:
        raise Missing("Event not found")
    if not user.can("manage_events", event):
        raise Forbidden
    return event


class EventAdmin(EventlyView):
    """GET and POST /admin/events."""

    needs = {"GET": organiser("view_events"), "POST": organiser("manage_events")}
    limits = {"POST": "event_create"}

    def get(self, request):
        own = members.partners_where(request.user, "view_events").values("pk")
        rows = self.paged(Event.objects.filter(partner__in=own).order_by("-id"))
        return Response([event_on_wire(event) for event in rows])

    def post(self, request):
        event = create(self.read(NewEvent), by=request.user)
        return Response(event_on_wire(event))


@transaction.atomic
def create(given: dict, *, by: User) -> Event:
    """Make an event with one ticket type and publish it (`status` inactive: withdrawn from booking)."""
    event = editing.create(
        editing.partner_for(by),
        by=by,
        seating=Event.Seating.AUTOMATIC,
        is_capacity_fixed=True,
        is_bookable=given.get("status", ACTIVE) == ACTIVE,
        currency=given.get("currency", settings.EVENTIFY_CURRENCY),
        **_in_domain_words(given, ("name", "venue", "start_time", "end_time", "capacity", "description")),
    )
    ticket_types.create(event, by=by, name=ticket_types.GENERAL, price=given.get("price", 0))
    return states.advance(event, Event.State.PUBLISHED, by=by)


class EventAdminDetail(EventlyView):
    """PATCH and DELETE /admin/events/{id}."""

    needs = {"PATCH": organiser("manage_events"), "DELETE": organiser("manage_events")}
    limits = {"PATCH": "event_edit", "DELETE": "event_delete"}

    def patch(self, request, id):
        event = find(id, request.user)
        given = self.read(EventChanges, partial=True)
        return Response(event_on_wire(change(event, given, by=request.user)))

    def delete(self, request, id):
        event = find(id, request.user)
        self.read(fields.Nothing)
        editing.delete(event, by=request.user)
        return Response(status=204)


@transaction.atomic
def change(event: Event, given: dict, *, by: User) -> Event:
    """Change what is given, all or nothing."""
    described = _in_domain_words(given, ("name", "venue", "start_time", "end_time"))
    if described:
        event = editing.change(event, by=by, **described)
    if "capacity" in given:
        event = capacity.change(event, given["capacity"], by=by)
    if "status" in given:
        event = _set_status(event, given["status"], by=by)
    return event


def _set_status(event: Event, status: str, *, by: User) -> Event:
    if status == ACTIVE and event.state not in states.ON_SALE:
        event = states.advance(event, Event.State.PUBLISHED, by=by)
    if event.is_bookable != (status == ACTIVE):
        event = editing.set_bookable(event, status == ACTIVE, by=by)
    return event


class Deactivate(EventlyView):
    """POST /admin/events/{id}/deactivate."""

    needs = {"POST": organiser("manage_events")}
    limits = {"POST": "event_edit"}

    def post(self, request, id):
        event = find(id, request.user)
        self.read(fields.Nothing)
        return Response(event_on_wire(change(event, {"status": INACTIVE}, by=request.user)))


class GenerateSeats(EventlyView):
    """POST /admin/events/{id}/seats/generate."""

    needs = {"POST": organiser("manage_events")}
    limits = {"POST": "seat_generate"}

    def post(self, request, id):
        event = find(id, request.user)
        made, event = generate(event, self.read(Grid), by=request.user)
        return Response({"created": made, "generated": made, "capacity": event.capacity})


@transaction.atomic
def generate(event: Event, grid: dict, *, by: User) -> tuple[int, Event]:
    """Make the explicit grid, whose size becomes the capacity, or (without one) the automatic grid of the capacity."""
    event = inventory.lock([event.pk])[event.pk]
    if grid:
        made = seats.generate(event, **grid)
        return made, capacity.change(event, made, by=by)
    if event.seating != Event.Seating.AUTOMATIC:
        if event.seats.exclude(reserved_booking=None).exists():
            raise Conflict("Seats are taken already; the grid cannot be replaced.")
        event.seats.all().delete()
        event = editing.change(event, by=by, seating=Event.Seating.AUTOMATIC)
    seats.fit_grid(event)
    return event.seats.count(), event


class BookingAdmin(EventlyView):
    """GET /admin/bookings."""

    needs = {"GET": organiser("view_events")}

    def get(self, request):
        rows = self.paged(fetched(_bookings_for(request.user)))
        return Response([booking_on_wire(booking) for booking in rows])


def _bookings_for(user: User) -> QuerySet[Booking]:
    if user.can("view_events"):
        return Booking.objects.all()
    return Booking.objects.filter(event__partner__in=members.partners_where(user, "view_events").values("pk"))


class NewUserWithRole(NewUser):
    """Whom an administrator signs up."""

    role = fields.Choice(USER, ADMIN, default=USER)


class RoleChange(fields.Fields):
    """The new role."""

    role = fields.Choice(USER, ADMIN)


class RoleQuery(fields.Query):
    """Whom to list."""

    role = fields.Choice(USER, ADMIN, required=False)


class UserAdmin(EventlyView):
    """GET and POST /admin/users."""

    needs = {"GET": staff("view_users"), "POST": staff("manage_staff")}

    def get(self, request):
        role = self.query(RoleQuery).get("role")
        users = User.objects.filter(is_guest=False).order_by("id")
        rows = self.paged(users.filter(is_superuser=role == ADMIN) if role else users)
        return Response([user_on_wire(user) for user in rows])

    def post(self, request):
        given = self.read(NewUserWithRole)
        with transaction.atomic():
            user = signup.register(email=given["email"], password=given["password"], full_name=given["name"])
            user = set_role(user, given["role"], request)
        return Response(user_on_wire(user), status=201)


class UserRole(EventlyView):
    """PATCH /admin/users/{id}/role."""

    needs = {"PATCH": staff("manage_staff")}

    def patch(self, request, id):
        user = User.objects.filter(pk=number(id, "User")).first()
        if user is None:
            raise Missing("User not found")
        return Response(user_on_wire(set_role(user, self.read(RoleChange)["role"], request)))


def set_role(user: User, role: str, request) -> User:
    """Make the user a Super Admin, or take that away; another staff role is left alone."""
    if user.is_superuser == (role == ADMIN):
        return user
    step_up.check(request)
    return roles.assign(user, Role.objects.get(name=SUPER_ADMIN) if role == ADMIN else None, by=request.user)
