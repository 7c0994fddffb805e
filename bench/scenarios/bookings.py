"""Booking: one hot event, more clients, a steady pace, sold out, retries, a hundred events at once.

HTTP does it with the real rules on (token, session, idempotency key, limits, waitlist); the limit is pgbench writing
the same rows under the same lock: an order, a booking, its tickets and an outgoing mail.
"""

import json
from collections.abc import Iterator
from itertools import count

from django.db.models import Count

from bench.load import Request, Result, bearer
from bench.scenario import Goal, HttpScenario
from bench.world import BUYERS
from bookings import orders
from bookings.models import Booking, Ticket
from bookings.tests import invariants
from events.models import Event

PLACES = 2  # per booking
ROOM = 1_000_000  # places: more than any round sells
MANY = 100  # events of one scenario
CROWD = 32  # clients
KEY = "the-same"  # of what is asked again
PACE = 1000  # bookings a second

SQL = f"""
\\set buyer random(1, {BUYERS})
\\set event random(:first_event, :last_event)
BEGIN;
SELECT capacity, booked_count, waitlisted_count FROM events_event WHERE id = :event FOR NO KEY UPDATE;
UPDATE events_event SET booked_count = booked_count + {PLACES} WHERE id = :event;
UPDATE bookings_tickettype SET quantity_sold = quantity_sold + {PLACES} WHERE event_id = :event
  RETURNING id AS type \\gset
INSERT INTO bookings_order (uid, created_at, updated_at, user_id, total_amount, currency, status, payment_method,
  payment_transaction_id, paid_at, has_expired, idempotency_key, fingerprint, buyer_name, buyer_email, buyer_phone,
  company, company_address, company_tax_number)
  VALUES (gen_random_uuid(), now(), now(), :first + :buyer - 1, 0, 'INR', 'paid', 'free', '', now(), false, '', '',
  '', '', '', '', '', '')
  RETURNING id AS order_id \\gset
INSERT INTO bookings_booking (uid, created_at, updated_at, user_id, event_id, ticket_type_id, order_id, qty, unit_price,
  tax_rate, given_back, is_forfeited, status, seat_labels, attendees, takes_any_type, idempotency_key, fingerprint)
  VALUES (gen_random_uuid(), now(), now(), :first + :buyer - 1, :event, :type, :order_id, {PLACES}, 0, 0, 0, false,
  'confirmed', '[]', '[]', false, gen_random_uuid()::text, md5(random()::text)) RETURNING id AS booking_id \\gset
INSERT INTO bookings_ticket (uid, created_at, updated_at, order_id, booking_id, ticket_type_id, user_id, event_id,
  ticket_code, status, used_gate, attendee_name, attendee_email, price_at_purchase)
  SELECT gen_random_uuid(), now(), now(), :order_id, :booking_id, :type, :first + :buyer - 1, :event,
  left(upper(md5(random()::text)), 26), 'valid', '', '', '', 0 FROM generate_series(1, {PLACES});
INSERT INTO accounts_outgoingmail ("to", template, context, language, created_at, sent_at, attempts, next_attempt_at,
  last_error) VALUES ('buyer@example.com', 'tickets', '{{}}', '', now(), now(), 0, now(), '');
COMMIT;
"""


class Bookings(HttpScenario):
    """What all of them share. `events` are those of the last run, `sold` every one that was sold over HTTP."""

    def prepare(self):
        self.sold: list[Event] = []
        self.confirmed = 0  # bookings that buyers were told of
        self.tokens = self.world.tokens

    def places(self) -> int:
        """Of each fresh event."""
        return ROOM

    def fresh(self):
        self.events = [self.world.event(self.places())]

    def limit_names(self):
        keys = [event.pk for event in self.events]
        return {"first_event": min(keys), "last_event": max(keys), "first": self.world.buyers[0].pk}

    def ask(self, client: int) -> Iterator[Request]:
        for number in self.world.asked:
            yield self.book(number, f"bench-{number}")

    def book(self, number: int, key: str) -> Request:
        """The request of one buyer for one of the events."""
        event, token = self.events[number % len(self.events)], self.tokens[number % BUYERS]
        headers = bearer(token, Idempotency_Key=key)
        return Request("POST", f"/events/{event.pk}/book", headers, json.dumps({"qty": PLACES}))

    def used_by(self, ask, clients=0, rate=0.0) -> tuple[Result, dict[str, float]]:
        self.sold += self.events
        result, used = super().used_by(ask, clients, rate)
        self.confirmed += result.statuses[200]
        return result, used

    def wrong(self):
        """Places sold twice, bookings that a buyer was told of and that are not there, and keys used twice."""
        booked = Booking.objects.filter(event__in=self.sold, status=Booking.Status.CONFIRMED)
        keys = booked.values("user", "event", "idempotency_key").annotate(n=Count("pk")).filter(n__gt=1)
        return {
            "oversold": sum(map(_oversold, self.sold)),
            "lost": max(0, self.confirmed - booked.count()),
            "duplicates": keys.count(),
            "broken_rules": sum(len(invariants.broken(event)) for event in self.sold[-3:]),
        }


def _oversold(event: Event) -> int:
    """Places sold past the capacity, counted from the rows (not from the counters)."""
    live = Booking.objects.filter(event=event).exclude(status__in=["cancelled", "waitlisted"])
    places = sum(live.values_list("qty", flat=True))
    tickets = Ticket.objects.filter(event=event).exclude(status="cancelled").count()
    return max(0, places - event.capacity, tickets - event.capacity)


class OneEvent(Bookings):
    """A hot event."""

    name, title = "booking", "Booking on one hot event, beside pgbench and beside the plain implementation"
    goals = (Goal("of_limit", 0.55, 0.75),)
    limit_sql, has_floor = SQL, True


class Crowd(Bookings):
    """More clients than the server has threads."""

    name, title = "crowd", f"The same with {CROWD} clients, beside the usual number and beside pgbench with as many"
    goals = (Goal("of_usual", 0.95, 1.0), Goal("p99_ms", 40, 30, at_most=True))
    clients, limit_sql = CROWD, SQL

    def measure(self):
        super().measure()
        self.fresh()
        usual, _used = self.used_by(self.ask, clients=self.options.clients)
        self.note(usual=usual.per_second, of_usual=self.rounds["per_second"][-1] / usual.per_second)


class Paced(Bookings):
    """A load that it can carry."""

    name, title = "paced", f"{PACE:,} bookings a second, at their moments: how long does a buyer wait? Beside pgbench"
    goals = (Goal("p99_ms", 8, 5, at_most=True),)
    rate, limit_sql = PACE, SQL


class BesideABooking(Bookings):
    """Something that must be no slower than a booking, which is measured in the same round."""

    goals = (Goal("of_booking", 1.0, 1.0),)

    def measure(self):
        super().measure()
        self.events = [self.world.event(ROOM)]
        booked, _used = self.used_by(super().ask)
        self.note(booking=booked.per_second, of_booking=self.rounds["per_second"][-1] / booked.per_second)


class SoldOut(BesideABooking):
    """Refusals."""

    name, title = "soldout", "Answers that an event is sold out, beside bookings"
    expected = frozenset({200, 409})

    def places(self):
        return PLACES


class Retries(BesideABooking):
    """Buyers whose connection broke send the same request again."""

    name, title = "retries", "Requests that were answered before, sent again with their key, beside bookings"

    def fresh(self):
        super().fresh()
        for buyer in self.world.buyers:
            orders.book(self.events[0].pk, PLACES, by=buyer, key=KEY)

    def ask(self, client):
        for number in count(client):
            yield self.book(number % BUYERS, KEY)

    def wrong(self):
        """Each buyer has one booking of each event on which all requests were repetitions."""
        rows = Booking.objects.filter(event__in=self.sold, idempotency_key=KEY).values("user", "event")
        twice = rows.annotate(n=Count("pk")).filter(n__gt=1)
        return {"oversold": sum(map(_oversold, self.sold)), "duplicates": twice.count()}


class ManyEvents(BesideABooking):
    """No hot row."""

    name, title = "spread", f"Bookings of {MANY} events at once, beside bookings of one"
    limit_sql = SQL

    def fresh(self):
        self.events = [self.world.event(ROOM) for _one in range(MANY)]


SCENARIOS = (OneEvent, Crowd, Paced, SoldOut, Retries, ManyEvents)
