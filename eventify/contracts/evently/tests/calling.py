"""Calling the API as a real client does: over its paths, with JSON and a bearer token."""

from django.test import Client
from django.utils import timezone

from accounts import sessions
from bookings import ticket_types
from bookings.factories import TicketTypeFactory
from events.factories import EventFactory
from events.models import Event

NEW_EVENT = {
    "name": "Dev Summit",
    "venue": "Hall A",
    "start_time": "2030-09-20T10:00:00Z",
    "end_time": "2030-09-20T17:00:00Z",
    "capacity": 200,
}


class Caller:
    """Somebody with a token, or nobody."""

    def __init__(self, user=None, address="127.0.0.1"):
        self.client = Client(raise_request_exception=True)
        self.user = user
        self.headers = {"Authorization": f"Bearer {sessions.start(user)[1]}"} if user else {}
        self.address = address

    def send(self, method, path, body=None, **headers):
        """The response to one request; `body` is JSON, header names have _ for -."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.generic(
            method,
            path,
            data=self.client._encode_json({} if body is None else body, "application/json") if body is not None else "",
            content_type="application/json",
            headers={**self.headers, **headers},
            REMOTE_ADDR=self.address,
        )

    def get(self, path, **headers):
        return self.send("GET", path, **headers)

    def post(self, path, body=None, **headers):
        return self.send("POST", path, body, **headers)

    def patch(self, path, body=None):
        return self.send("PATCH", path, body)

    def delete(self, path):
        return self.send("DELETE", path)

    def book(self, event, body=None, key="key-1"):
        """Book places at an event."""
        return self.post(f"/events/{event.pk}/book", {} if body is None else body, Idempotency_Key=key)


def make_event(price=0, seating=Event.Seating.AUTOMATIC, **fields):
    """A published event with one ticket type, as POST /admin/events makes it."""
    event = EventFactory(seating=seating, **fields)
    TicketTypeFactory(event=event, name=ticket_types.GENERAL, price=price)
    return event


def today():
    """The UTC day as the wire spells it."""
    return timezone.now().date().isoformat()
