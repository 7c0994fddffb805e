"""Booking places, and undoing it."""

from django.conf import settings
from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.response import Response

from bookings import cancelling, checkout, orders, sales
from bookings.models import Booking, Seat
from eventify.contracts.evently import fields
from eventify.contracts.evently.conventions import BIGINT_MAX, EventlyView, LoggedIn, number
from eventify.contracts.evently.events import find
from eventify.lib.errors import Forbidden, Invalid, Missing
from eventify.lib.wire import moment

LABEL_MAX = 20  # characters


class SeatReference(serializers.Field):
    """A seat: its integer id, or its label such as "A-1"."""

    def to_internal_value(self, data):
        if isinstance(data, int) and not isinstance(data, bool) and 0 < data <= BIGINT_MAX:
            return data
        if isinstance(data, str) and 0 < len(data) <= LABEL_MAX and data.isprintable():
            return data
        raise serializers.ValidationError('Use the id of a seat or its label such as "A-1".', code="seat")

    def to_representation(self, value):
        return value


class NewBooking(fields.Fields):
    """What is asked. `quantity` is another word for `qty`."""

    qty = fields.Integer(min_value=1, max_value=sales.QTY_MAX, required=False)
    quantity = fields.Integer(min_value=1, max_value=sales.QTY_MAX, required=False)
    seat_ids = serializers.ListField(child=SeatReference(), max_length=sales.QTY_MAX, required=False, allow_null=True)
    waitlist = fields.Flag(default=False)

    def validate(self, given):
        qty, quantity = given.get("qty"), given.get("quantity")
        if qty and quantity and qty != quantity:
            raise serializers.ValidationError({"quantity": "qty and quantity differ. Send one of them."})
        given["seat_ids"] = given.get("seat_ids") or []
        places = qty or quantity or len(given["seat_ids"]) or 1
        if given["seat_ids"] and len(given["seat_ids"]) != places:
            raise serializers.ValidationError({"seat_ids": "Choose exactly as many seats as places."})
        return {**given, "qty": places}


def booking_on_wire(booking: Booking) -> dict:
    """A booking as Evently shows it. Fetch lists through `fetched`."""
    return {
        "id": booking.pk,
        "user_id": booking.user_id,
        "event_id": booking.event_id,
        "qty": booking.qty,
        "status": booking.status.upper(),
        "seat_labels": booking.seat_labels,
        "created_at": moment(booking.created_at),
        "payment_url": checkout.url(booking.order),
    }


def fetched(bookings: QuerySet[Booking]) -> QuerySet[Booking]:
    """The bookings with what the wire shows of them, newest first."""
    return bookings.select_related("order").prefetch_related("order__payments").order_by("-id")


class Book(EventlyView):
    """POST /events/{id}/book."""

    needs = {"POST": LoggedIn}
    limits = {"POST": "booking"}

    def post(self, request, id):
        event, key = number(id, "Event"), _key(request)
        given = self.read(NewBooking)
        options = {"chosen": _labels(event, given["seat_ids"]), "waitlist_too": given["waitlist"], "key": key}
        try:
            booking = orders.book(event, given["qty"], by=request.user, **options)
        except (Missing, sales.NotOnSale):
            find(id)  # a draft is nobody's business
            raise
        return Response(booking_on_wire(booking))


def _key(request) -> str:
    header = request.headers.get("Idempotency-Key")
    key = (header or "").strip()
    # The server hands on a key that is no ASCII as an empty one: that must not pass for none.
    if not key and (header is not None or settings.EVENTIFY_IDEMPOTENCY_KEY == "required"):
        raise ParseError(
            "Send an Idempotency-Key header: a new value, such as a UUID, for each booking, "
            "and the same value when you retry it."
        )
    return key


def _labels(event: int, seats: list[int | str]) -> tuple[str, ...]:
    """The labels of the chosen seats; Invalid for an id that is no seat of this event, or a seat named twice."""
    ids = [seat for seat in seats if isinstance(seat, int)]
    label_of = dict(Seat.objects.filter(event=event, pk__in=ids).values_list("pk", "label")) if ids else {}
    unknown = [str(seat) for seat in ids if seat not in label_of]
    if unknown:
        raise Invalid.field("seat_ids", f"This event has no seat {', '.join(unknown[:10])}.")
    labels = tuple(label_of.get(seat, seat) for seat in seats)
    if len(set(labels)) != len(labels):
        raise Invalid.field("seat_ids", "Name each seat once.")
    return labels


class MyBookings(EventlyView):
    """GET /me/bookings."""

    needs = {"GET": LoggedIn}

    def get(self, request):
        rows = self.paged(fetched(Booking.objects.filter(user=request.user)))
        return Response([booking_on_wire(booking) for booking in rows])


class BookingDetail(EventlyView):
    """GET and DELETE /bookings/{id}."""

    needs = {"GET": LoggedIn, "DELETE": LoggedIn}

    def get(self, request, id):
        return Response(booking_on_wire(self._find(id)))

    def delete(self, request, id):
        booking = self._find(id)
        self.read(fields.Nothing)
        if booking.user_id != request.user.pk and not request.user.can("refund_orders", booking):
            raise Forbidden
        cancelling.cancel_booking(booking, by=request.user)
        return Response(booking_on_wire(fetched(Booking.objects).get(pk=booking.pk)))

    def _find(self, id: str) -> Booking:
        """One's own booking, or one of an event that one may look into; Missing for others'."""
        key = number(id, "Booking")
        booking = fetched(Booking.objects).select_related("order", "event__partner").filter(pk=key).first()
        if booking is None or not (booking.user_id == self.request.user.pk or self._sees(booking)):
            raise Missing("Booking not found")
        return booking

    def _sees(self, booking: Booking) -> bool:
        return any(self.request.user.can(permission, booking) for permission in ("view_events", "refund_orders"))
