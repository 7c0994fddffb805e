"""The requests that bench/profile.py sends into the WSGI application, and what is counted of them."""

import cProfile
import io
import json
import pstats
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count, cycle
from uuid import uuid4

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import sessions
from accounts.factories import SuperAdminFactory, UserFactory
from bookings import orders
from bookings.door import devices
from bookings.factories import TicketTypeFactory
from bookings.models import Ticket
from crew.factories import SectionFactory
from eventify.lib.ids import to_ulid
from eventify.lib.wire import moment
from eventify.wsgi import application
from events.factories import EventFactory
from partners import members

WARM = 30  # requests before anything is measured: plans are made, modules loaded
EVENTS = 100
Asked = Iterator[tuple[str, str, dict, dict]]  # method, path, headers, body


def show(name: str, options) -> None:
    """Print what a request of this name costs."""
    ask = _asking(WHAT[name]())
    for _request in range(WARM):
        ask()
    with CaptureQueriesContext(connection) as asked:
        ask()
    statements = len(asked)  # the next request forgets them
    began = time.process_time()
    for _request in range(options.requests):
        ask()
    spent = (time.process_time() - began) * 1000 / options.requests
    stats = _profiled(ask, options.requests)
    print(f"{name:10} {statements:10} {stats.total_calls / options.requests:10,.0f} {spent:8.2f}", flush=True)
    if options.lines:
        stats.sort_stats("tottime").print_stats(options.lines)


def _profiled(ask: Callable[[], None], times: int) -> pstats.Stats:
    profile = cProfile.Profile()
    profile.enable()
    for _request in range(times):
        ask()
    profile.disable()
    return pstats.Stats(profile)


def _asking(requests: Asked) -> Callable[[], None]:
    def ask() -> None:
        status = _answer(*next(requests))
        if not status.startswith("200"):
            sys.exit(f"bench: an answer was {status}")

    return ask


def _answer(method: str, path: str, headers: dict, body: dict) -> str:
    data, statuses = json.dumps(body).encode(), []
    path, _mark, query = path.partition("?")
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "127.0.0.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(data)),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(data),
        "wsgi.errors": sys.stderr,
        **{f"HTTP_{name.upper()}": value for name, value in headers.items()},
    }
    response = application(environ, lambda status, _headers, _error=None: statuses.append(status))
    b"".join(response)
    response.close()
    return statuses[0]


def _event(places: int = 1_000_000):
    return TicketTypeFactory(event=EventFactory(capacity=places), price=0).event


def _booking() -> Asked:
    event, token = _event(), sessions.start(UserFactory())[1]
    for number in count():
        headers = {"authorization": f"Bearer {token}", "idempotency_key": f"key-{number}"}
        yield "POST", f"/events/{event.pk}/book", headers, {"qty": 2}


def _codes(event) -> Iterator[str]:
    """Codes of tickets that nobody has used."""
    while True:
        orders.book(event.pk, 1000, by=UserFactory())
        yield from list(Ticket.objects.filter(event=event, status="valid").values_list("ticket_code", flat=True))


def _checkin() -> Asked:
    event, token = _event(), sessions.start(SuperAdminFactory())[1]
    for code in _codes(event):
        yield "POST", "/api/admin/scanners/checkin", {"authorization": f"Bearer {token}"}, {"code": code}


def _doorscan() -> Asked:
    event = _event()
    _device, invitation = devices.invite(event, by=SuperAdminFactory(), name="Phone")
    token = devices.enrol(invitation)[1]
    for code in _codes(event):
        body = {"client_uid": str(uuid4()), "code": code, "scanned_at": moment(timezone.now())}
        yield "POST", "/door/api/scan/", {"x_door_token": token}, body


def _reading(*paths: str) -> Asked:
    return (("GET", path, {}, {}) for path in cycle(paths))


def _of_events(path: str) -> Asked:
    events = [_event() for _number in range(EVENTS)]
    return _reading(*(path.format(event) for event in events))


def _crewli() -> Asked:
    """A crew coordinator's three: the organisation's events, one of them, and its sections."""
    event, user = SectionFactory().event, UserFactory()
    members.add(event.partner, user, "crew_coordinator", by=None)
    org = f"/api/v1/organisations/{to_ulid(event.partner.uid)}"
    paths = (f"{org}/events", f"{org}/events/{to_ulid(event.uid)}", f"/api/v1/events/{to_ulid(event.uid)}/sections")
    headers = {"authorization": f"Bearer {sessions.start(user)[1]}"}
    return (("GET", path, headers, {}) for path in cycle(paths))


WHAT: dict[str, Callable[[], Asked]] = {
    "booking": _booking,
    "checkin": _checkin,
    "doorscan": _doorscan,
    "crewli": _crewli,
    "list": lambda: _reading(*(f"/events?page_size=20&page={number}" for number in range(1, 4))),
    "event": lambda: _of_events("/events/{0.pk}"),
    "eventpage": lambda: _of_events("/e/{0.slug}/"),
    "home": lambda: _reading("/"),
}
