"""The ticket types of an event, nested in its body or on their own."""

from django.db import transaction
from django.utils.translation import gettext as _
from rest_framework import serializers

from bookings import inventory, sales, ticket_types
from bookings.models import TicketType
from eventify.contracts.evient import rows, shapes
from eventify.contracts.evient.conventions import LIMIT_MOST, View, listing, ok
from eventify.contracts.evient.events import find
from eventify.contracts.fields import Body, Choice, Moment, Price, Text, Uid, read
from eventify.contracts.needs import organiser
from eventify.lib.errors import Forbidden, Invalid
from events.models import Event

_FIELDS = {"sales_start": "sales_start_at", "sales_end": "sales_end_at"}
_PEOPLE = {"required": False, "allow_null": True, "min_value": 1, "max_value": inventory.CAPACITY_MAX}


class TicketTypeBody(Body):
    """A type; `id` only where an event's body names one that exists."""

    ignored = frozenset({"event_id", "quantity_sold", "available"})
    id = Uid(required=False)
    name = Text(max_length=100, required=False)
    description = Text(max_length=5000, required=False, allow_blank=True, allow_null=True)
    price = Price(required=False)
    original_price = Price(required=False, allow_null=True)
    quantity_total = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=inventory.CAPACITY_MAX
    )
    status = Choice(TicketType.Status.values, required=False)
    min_per_order = serializers.IntegerField(required=False, min_value=1, max_value=sales.LEAST_MAX)
    max_per_order = serializers.IntegerField(**_PEOPLE)
    max_per_person = serializers.IntegerField(**_PEOPLE)
    sales_start = Moment(required=False, allow_null=True)
    sales_end = Moment(required=False, allow_null=True)


class TicketTypes(View):
    """GET the types of an event; POST adds one."""

    needs = {"GET": organiser("view_events"), "POST": organiser("manage_events")}

    def get(self, request, id):
        event = find(rows.managed_events(request.user), id)
        shape = lambda row: shapes.admin_ticket_type(row, event)  # noqa: E731
        return listing(request, event.ticket_types.order_by("position", "id"), shape, limit=LIMIT_MOST)

    @transaction.atomic
    def post(self, request, id):
        event = _event(request.user, id)
        made = _create(event, read(request, TicketTypeBody), "", by=request.user)
        return ok(_shape(made), _("The ticket type is created."), status=201)


class TicketTypeDetail(View):
    """GET, PUT (some fields) or DELETE one type of an event."""

    needs = {
        "GET": organiser("view_events"),
        "PUT": organiser("manage_events"),
        "DELETE": organiser("manage_events"),
    }

    def get(self, request, id, type_id):
        event = find(rows.managed_events(request.user), id)
        return ok(_shape(rows.one(_types(event), type_id)))

    @transaction.atomic
    def put(self, request, id, type_id):
        found = rows.one(_types(_event(request.user, id)), type_id)
        asked = read(request, TicketTypeBody, partial=True)
        if asked.pop("id", found.uid) != found.uid:
            raise Invalid.field("id", _("The id of a ticket type cannot be changed."))
        return ok(_shape(_change(found, asked, "", by=request.user)), _("The ticket type is saved."))

    def delete(self, request, id, type_id):
        ticket_types.delete(rows.one(_types(_event(request.user, id)), type_id), by=request.user)
        return ok(message=_("The ticket type is deleted."))


def save_all(event: Event, items: list[dict], *, by) -> None:
    """Change the types that have an id, make those that have none; types that are not named stay."""
    known = {one.uid: one for one in _types(event)} if items else {}
    for number, item in enumerate(items):
        prefix, uid = f"ticket_types.{number}.", item.pop("id", None)
        if uid is None:
            _create(event, item, prefix, by=by)
        elif uid in known:
            _change(known[uid], item, prefix, by=by)
        else:
            raise Invalid.field(f"{prefix}id", _("This event has no such ticket type."))


def _create(event: Event, asked: dict, prefix: str, *, by) -> TicketType:
    asked.pop("id", None)
    if not asked.get("name"):
        raise Invalid.field(f"{prefix}name", _("A ticket type needs a name."))
    _check_total(event, asked.get("quantity_total"), prefix)
    return ticket_types.create(event, by=by, **_in_our_words(asked))


def _change(row: TicketType, asked: dict, prefix: str, *, by) -> TicketType:
    if "quantity_total" in asked:
        _check_total(row.event, asked["quantity_total"], prefix, was=row.quantity_total)
    return ticket_types.change(row, by=by, **_in_our_words(asked)) if asked else row


def _check_total(event: Event, total: int | None, prefix: str, was: int | None = 0) -> None:
    """A type without a number of its own shares the event's capacity, so that must not follow the types."""
    if total is None and was is not None and not event.is_capacity_fixed:
        raise Invalid.field(f"{prefix}quantity_total", _("Say how many there are, or give the event a capacity."))


def _in_our_words(asked: dict) -> dict:
    changes = {_FIELDS.get(name, name): value for name, value in asked.items()}
    if "description" in changes:
        changes["description"] = changes["description"] or ""
    return changes


def _types(event: Event):
    return TicketType.objects.filter(event=event).select_related("event")


def _event(user, text: str) -> Event:
    event = find(rows.managed_events(user).select_related("category", "partner"), text)
    if not user.can("manage_events", event):
        raise Forbidden
    return event


def _shape(row: TicketType) -> dict:
    return shapes.admin_ticket_type(row, row.event)
