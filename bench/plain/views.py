"""Plain views: the floor of the scoreboard."""

from django.db import transaction
from django.db.models import Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.template import engines
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.serializers import IntegerField, ModelSerializer, Serializer
from rest_framework.views import APIView
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import OutgoingMail, User
from bookings.models import Booking, Order, Scan, Ticket
from bookings.tickets import new_code
from events.models import Event

PAGE = engines["django"].from_string(
    "<!doctype html><html><head><title>{{ title }}</title></head><body><h1>{{ title }}</h1><ul>"
    '{% for event in events %}<li><a href="/e/{{ event.slug }}/">{{ event.name }}</a>, {{ event.venue_name }}, '
    "{{ event.starts_at|date:'j F Y H:i' }}, {{ event.partner.name }}, {% for kind in event.ticket_types.all %}"
    "{{ kind.name }} {{ kind.price }} {% endfor %}</li>{% endfor %}</ul></body></html>"
)


class Bearer(BaseAuthentication):
    """The user of a token."""

    def authenticate(self, request):
        token = AccessToken(request.headers["Authorization"].split()[1])
        return User.objects.get(uid=token["sub"]), token


class Plain(APIView):
    """What all of them share."""

    authentication_classes = []
    permission_classes = [AllowAny]
    throttle_classes = []


class Health(Plain):
    """Whether it answers."""

    def get(self, request):
        return Response({"status": "ok"})


class EventShape(ModelSerializer):
    """An event."""

    class Meta:
        model = Event
        fields = ["id", "name", "venue_name", "starts_at", "ends_at", "capacity", "booked_count", "waitlisted_count"]


class Pages(PageNumberPagination):
    """Pages by number, with the exact count."""

    page_size = 20
    page_size_query_param = "page_size"


class Events(Plain, ListAPIView):
    """The public events by their start."""

    serializer_class = EventShape
    pagination_class = Pages
    queryset = Event.objects.exclude(state="draft").order_by("starts_at", "id")


class OneEvent(Plain, RetrieveAPIView):
    """One of them."""

    serializer_class = EventShape
    queryset = Event.objects.exclude(state="draft")


class BookingShape(ModelSerializer):
    """A booking."""

    class Meta:
        model = Booking
        fields = ["id", "user", "event", "qty", "status", "created_at"]


class Asked(Serializer):
    """What is asked."""

    qty = IntegerField(min_value=1, max_value=10)


class Book(Plain):
    """Places of the event's first type, under the lock of the event."""

    authentication_classes = [Bearer]

    @transaction.atomic
    def post(self, request, pk):
        asked = Asked(data=request.data)
        asked.is_valid(raise_exception=True)
        qty, key = asked.validated_data["qty"], request.headers.get("Idempotency-Key", "")
        event = get_object_or_404(Event.objects.select_for_update(), pk=pk)
        known = Booking.objects.filter(user=request.user, event=event, idempotency_key=key).first()
        if known:
            return Response(BookingShape(known).data)
        if event.booked_count + qty > event.capacity:
            return Response({"detail": "Sold out."}, status=409)
        return Response(BookingShape(self._sell(event, qty, key)).data)

    def _sell(self, event, qty, key):
        user, now, kind = self.request.user, timezone.now(), event.ticket_types.first()
        held = Booking.objects.filter(user=user, event=event, ticket_type=kind).aggregate(n=Sum("qty"))["n"] or 0
        event.booked_count += qty
        event.save()
        kind.quantity_sold += qty
        kind.save()
        order = Order.objects.create(user=user, total_amount=0, currency="INR", status="paid", paid_at=now)
        booking = Booking.objects.create(
            user=user, event=event, ticket_type=kind, order=order, qty=qty, unit_price=0, status="confirmed",
            idempotency_key=key, fingerprint=str(held),
        )  # fmt: skip
        for _one in range(qty):
            Ticket.objects.create(
                order=order, booking=booking, ticket_type=kind, user=user, event=event, ticket_code=new_code(),
                price_at_purchase=0,
            )  # fmt: skip
        OutgoingMail.objects.create(to=user.email, template="tickets", context={}, sent_at=now)
        return booking


class Checkin(Plain):
    """Use a ticket, under its lock."""

    authentication_classes = [Bearer]

    @transaction.atomic
    def post(self, request):
        rows = Ticket.objects.select_for_update(of=("self",)).select_related("event", "user", "ticket_type", "order")
        ticket = get_object_or_404(rows, ticket_code=request.data["code"])
        if ticket.status != "valid":
            return Response({"detail": "Not valid."}, status=409)
        ticket.status, ticket.used_at, ticket.used_by = "used", timezone.now(), request.user
        ticket.save()
        scan = {"event": ticket.event, "ticket": ticket, "by": request.user, "verdict": "admitted"}
        Scan.objects.create(**scan, code_hash=f"{ticket.pk:064}")
        return Response({"ticket": str(ticket.uid), "event": ticket.event.name, "buyer": ticket.user.full_name})


def home(request):
    """The next events."""
    events = Event.objects.filter(state="published", starts_at__gt=timezone.now()).order_by("starts_at")
    found = events.select_related("partner").prefetch_related("ticket_types")[:20]
    return HttpResponse(PAGE.render({"title": "What is on", "events": found}, request))


def event_page(request, slug):
    """One event."""
    event = get_object_or_404(Event.objects.select_related("partner"), slug=slug)
    return HttpResponse(PAGE.render({"title": event.name, "events": [event]}, request))
