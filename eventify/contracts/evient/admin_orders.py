"""The administration's orders: looking at them, and giving the money back."""

import django_filters
from django.db.models import Q
from django.utils.translation import gettext as _

from bookings import cancelling
from bookings.models import Order
from eventify.contracts.evient import rows, shapes
from eventify.contracts.evient.conventions import View, listing, ok
from eventify.contracts.evient.orders import Cancellation
from eventify.contracts.fields import Body, Choice, Text, read, uid_of
from eventify.contracts.lists import filtered
from eventify.contracts.needs import organiser
from eventify.lib.desk.words import within
from eventify.lib.errors import Conflict

ENDINGS = (Order.Status.CANCELLED.value, Order.Status.REFUNDED.value)


class OrderChange(Body):
    """How an order ends, and why."""

    status = Choice(ENDINGS)
    reason = Text(max_length=200, required=False, allow_blank=True)


class AdminOrderFilters(django_filters.FilterSet):
    """The filters of the administration's orders."""

    status = django_filters.ChoiceFilter(choices=Order.Status.choices)
    search = django_filters.CharFilter(method="search_for")
    user_id = django_filters.UUIDFilter(field_name="user__uid")
    event_id = django_filters.UUIDFilter(field_name="bookings__event__uid", distinct=True)
    date_from = django_filters.DateFilter(field_name="created_at", lookup_expr="date__gte")
    date_to = django_filters.DateFilter(field_name="created_at", lookup_expr="date__lte")

    def search_for(self, orders, name, value):
        uid = uid_of(value)
        wanted = Q(user__email__icontains=value) | Q(user__full_name__icontains=value)
        return orders.filter(wanted | Q(uid=uid) if uid else wanted)


class Orders(View):
    """GET the orders that one may see, newest first."""

    needs = {"GET": organiser("view_financials")}

    def get(self, request):
        seen = rows.orders(rows.managed_orders(request.user, "view_financials")).order_by("-id")
        return listing(request, filtered(AdminOrderFilters, request, seen), shapes.admin_order)


class OrderDetail(View):
    """GET one order; PUT ends it as cancelled or refunded."""

    needs = {"GET": organiser("view_financials"), "PUT": organiser("refund_orders")}

    def get(self, request, id):
        seen = rows.managed_orders(request.user, "view_financials")
        return ok(shapes.admin_order_detail(rows.one(rows.order_details(seen), id)))

    def put(self, request, id):
        order = _to_end(request.user, id)
        asked = read(request, OrderChange)
        if order.status != asked["status"]:
            _end(order, asked, by=request.user)
        return ok(_shape(order), _("The order is %(status)s.") % {"status": within(_status(order))})


class OrderRefund(View):
    """POST: cancel the order and give its money back."""

    needs = {"POST": organiser("refund_orders")}

    def post(self, request, id):
        order = _to_end(request.user, id)
        asked = read(request, Cancellation)
        _end(order, {"status": Order.Status.REFUNDED, **asked}, by=request.user)
        return ok(_shape(order), _("The money goes back to the buyer."))


def _to_end(user, id: str) -> Order:
    return rows.one(rows.managed_orders(user, "refund_orders"), id)


def _end(order: Order, asked: dict, *, by) -> None:
    """Cancel the order. A refund needs money that was paid (Conflict); cancelling a paid order refunds it too."""
    unpaid = order.status == Order.Status.PENDING or (order.status == Order.Status.PAID and not order.total_amount)
    if asked["status"] == Order.Status.REFUNDED and unpaid:
        raise Conflict(_("Nothing was paid for this order. Cancel it instead."))
    cancelling.cancel(order, by=by, reason=asked.get("reason", ""))


def _status(order: Order) -> str:
    return Order.objects.values_list("status", flat=True).get(pk=order.pk)


def _shape(order: Order) -> dict:
    return shapes.admin_order_detail(rows.order_details(Order.objects).get(pk=order.pk))
