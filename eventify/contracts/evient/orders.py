"""Buying, and the own orders."""

import django_filters
from django.utils.translation import gettext as _
from rest_framework import serializers

from accounts.models import User
from bookings import cancelling, orders, payments, sales
from bookings.models import Order, TicketType
from eventify.contracts.evient import rows, shapes
from eventify.contracts.evient.auth import count
from eventify.contracts.evient.conventions import View, listing, ok
from eventify.contracts.fields import Body, Text, Uid, read
from eventify.contracts.lists import filtered
from eventify.contracts.needs import SIGNED_IN
from eventify.lib.errors import Invalid, Missing
from events.models import Event


class Item(Body):
    """So many places of one type."""

    ticket_type_id = Uid()
    quantity = serializers.IntegerField(min_value=1, max_value=sales.QTY_MAX)


class NewOrder(Body):
    """What is bought at once."""

    ticket_items = Item(many=True, allow_empty=False, max_length=orders.LINES_MAX)


class Cancellation(Body):
    """Why, if anybody says so."""

    reason = Text(max_length=200, required=False, allow_blank=True)


class OrderFilters(django_filters.FilterSet):
    """The filters of the own orders."""

    status = django_filters.ChoiceFilter(choices=Order.Status.choices)


class Orders(View):
    """GET the own orders, newest first; POST buys, all or nothing."""

    needs = {"GET": SIGNED_IN, "POST": SIGNED_IN}

    def get(self, request):
        mine = rows.orders(request.user.orders.order_by("-id"))
        return listing(request, filtered(OrderFilters, request, mine), shapes.order)

    def post(self, request):
        count(request, "booking")
        items = read(request, NewOrder)["ticket_items"]
        key = _key(request)
        order = orders.place(_lines(items, request.user, key), by=request.user, key=key)
        return ok(shapes.order_detail(_details(request.user).get(pk=order.pk)), _sentence(order), status=201)


def _key(request) -> str:
    """The Idempotency-Key, "" when none is sent. One without readable characters must not pass for none."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not key.strip():
        raise Invalid.field("Idempotency-Key", _("Use visible ASCII characters, or leave the header out."))
    return (key or "").strip()


def _lines(items: list[dict], buyer: User, key: str) -> list[orders.Line]:
    """The items as the domain knows them; Missing for a type that the buyer cannot see.

    A key that has its order already only asks for that order again, whatever has become of its types.
    """
    types = TicketType.objects.filter(uid__in=[item["ticket_type_id"] for item in items])
    if not (key and Order.objects.filter(user=buyer, idempotency_key=key).exists()):
        types = types.exclude(event__state=Event.State.DRAFT).exclude(status=TicketType.Status.HIDDEN)
    keys = dict(types.values_list("uid", "pk"))
    if any(item["ticket_type_id"] not in keys for item in items):
        raise Missing(_("There is no such ticket type."))
    return [orders.Line(keys[item["ticket_type_id"]], item["quantity"]) for item in items]


def _sentence(order: Order) -> str:
    """What to tell the buyer; a key that is used again may find its order cancelled."""
    if order.status == Order.Status.PENDING:
        return _("Your places are held. Pay at payment_url before expires_at.")
    if order.status == Order.Status.PAID:
        return _("Your tickets are ready.")
    return _("This order was cancelled. Use a new Idempotency-Key to order again.")


class OrderDetail(View):
    """GET one of the own orders with its tickets. For a pending one the provider is asked: its webhook may be late."""

    needs = {"GET": SIGNED_IN}

    def get(self, request, id):
        order = payments.refresh(rows.one(request.user.orders, id))
        return ok(shapes.order_detail(_details(request.user).get(pk=order.pk)))


class OrderCancel(View):
    """POST: give the places back; money that was paid goes back too."""

    needs = {"POST": SIGNED_IN}

    def post(self, request, id):
        order = rows.one(request.user.orders, id)
        reason = read(request, Cancellation).get("reason", "")
        cancelling.cancel(order, by=request.user, reason=reason)
        return ok(shapes.order_detail(_details(request.user).get(pk=order.pk)), _("The order is cancelled."))


def _details(user: User):
    return rows.order_details(user.orders)
