"""Calling contract 003 as its clients do."""

import json

from django.test import Client

from accounts import sessions
from accounts.factories import UserFactory

SITE = "http://testserver"
PATHS = (
    "user/register",
    "user/login",
    "user/status",
    "user/logout",
    "events/type-list",
    "events/pincode-events",
    "events/event-details",
    "events/event-images",
    "events/events-by-category",
    "events/events-by-month-year",
    "events/events-by-date",
)
WITH_TOKEN = PATHS[2:]
# the fields that make each endpoint answer 200 (there need not be such an event)
FIELDS = {
    "events/event-details": {"event_id": 1},
    "events/event-images": {"event_id": 1},
    "events/events-by-category": {"category_id": 1},
    "events/events-by-month-year": {"month": "August", "year": 2025},
    "events/events-by-date": {"date_of_event": "2025-08-15"},
}


def post(path, body, **extra):
    """POST a body (a str or bytes is sent as it is); the response, with `.json()`."""
    data = body if isinstance(body, str | bytes) else json.dumps(body)
    client = Client(raise_request_exception=True)
    return client.post(f"/api/{path}", data, content_type="application/json", **extra)


class Caller:
    """A user with a device token."""

    def __init__(self, **fields):
        self.user = UserFactory(**fields)
        self.token = sessions.new_device_token(self.user)

    def post(self, path, **fields):
        """POST the fields with the caller's token and username."""
        return post(path, {"token": self.token, "username": self.user.username, **fields})
