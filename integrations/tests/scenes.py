"""What the tests of integrations start from: organisations that listen, their people, facts, and a receiver."""

import json
import threading
from collections import Counter
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from django.db import connection

from accounts.factories import UserFactory
from integrations import endpoints, kinds
from integrations.models import Endpoint, Fact, Listener
from partners import members
from partners.factories import PartnerFactory
from partners.models import Member, Partner


def organisation(**fields) -> Partner:
    """An organisation that can trade, and `admin`, who may do everything there."""
    partner = PartnerFactory(**fields)
    partner.admin = UserFactory()
    members.add(partner, partner.admin, Member.Role.ADMIN, by=None)
    return partner


def listening_one(**fields) -> Partner:
    """One whose facts are recorded, by an endpoint that never answers and is paused."""
    partner = organisation(**fields)
    endpoints.pause(endpoint_of(partner, "http://127.0.0.1:9/"), by=partner.admin)
    return partner


def endpoint_of(partner: Partner, url: str, kinds=kinds.IDS, **options) -> Endpoint:
    """An endpoint of the organisation; `secret_shown` is what its owner was told."""
    made = endpoints.make(partner, url=url, kinds=kinds, by=partner.admin, **options)
    made.row.secret_shown = made.secret
    return made.row


def told(partner: Partner) -> list[tuple[str, dict]]:
    """(kind, data) of what was recorded, in order; what waits for the commit is done first."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    return list(Fact.objects.filter(partner=partner).order_by("pk").values_list("kind", "data"))


def happen(partner: Partner, how_many: int, kind: str = "order.paid") -> list[Fact]:
    """That many facts, as the triggers would write them, not numbered yet."""
    return Fact.objects.bulk_create(
        Fact(partner=partner, kind=kind, occurred_at="2031-01-01T10:00:00Z", data={"number": number})
        for number in range(how_many)
    )


def listen_without_endpoint(partner: Partner) -> Listener:
    """Recording is on, and nothing is to be delivered."""
    return Listener.objects.create(partner=partner, since="2031-01-01T10:00:00Z")


class Receiver:
    """A real HTTP server, and what it was sent. `behave` says the status of the next answers, or is a function that
    answers by itself; it takes a message when it answers 2xx.
    """

    def __init__(self):
        self.sent: list[tuple[dict, bytes]] = []  # (headers, body) of each request
        self.taken: list[dict] = []
        self.behave = 204
        self.lock = threading.Lock()

    @property
    def seen(self) -> Counter:
        """webhook-id -> how often it was taken."""
        return Counter(one["id"] for one in self.taken)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        with self.lock:
            self.sent.append((dict(handler.headers), body))
            status = self.behave(handler, body) if callable(self.behave) else self.behave
            if status and 200 <= status < 300:
                self.taken.append({**json.loads(body), "webhook-id": handler.headers["webhook-id"]})
        if status:
            handler.send_response(status)
            handler.end_headers()


@contextmanager
def receiver():
    """A receiver on this machine; its address is `url`."""
    one = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            one.answer(self)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    one.url = f"http://127.0.0.1:{server.server_port}/hooks?of=us"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield one
    finally:
        server.shutdown()
        server.server_close()
