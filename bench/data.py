"""Very many events and tickets, written by the database itself, up to a total: what is there already stays.

`bin/bench data --home DIR --events 1000000 --tickets 1000000` leaves them in a home that later runs can use.
"""

import sys

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.db.models import Max, Model
from tqdm import tqdm

from accounts.models import User
from analytics import tally
from analytics.models import Tally
from bookings.models import Booking, Order, Ticket, TicketType
from events.models import Event
from events.tests import many

PART = 10_000  # rows in one statement
PER_BOOKING = 2  # tickets
PEOPLE = 5_000  # who bought them
_PERSON = "bulk-buyer-"
_KEY = "bulk-"
_SPREAD = "now() - make_interval(hours => 1 + mod(n * 37, 4320))"  # over half a year

_UID = {"uid": "gen_random_uuid()"}
_ORDER = {**_UID, "user_id": "buyers[1 + mod(n, array_length(buyers, 1))]", "idempotency_key": f"'{_KEY}' || n"}
_ORDER |= {"created_at": _SPREAD, "paid_at": _SPREAD, "total_amount": "0"}  # free: nobody owes the ledger anything
_BOOKING = {**_UID, "created_at": "made.created_at", "user_id": "made.user_id", "order_id": "made.id"}
_BOOKING |= {"event_id": "kind.event_id", "ticket_type_id": "kind.id", "idempotency_key": "made.idempotency_key"}
_TICKET = {**_UID, "created_at": "made.created_at", "user_id": "made.user_id", "order_id": "made.order_id"}
_TICKET |= {"event_id": "made.event_id", "ticket_type_id": "made.ticket_type_id", "booking_id": "made.id"}
# 26 characters of the alphabet that codes have (bookings/tickets.py)
_TICKET |= {"ticket_code": "left(translate(upper(md5(made.id || '.' || one)), '0189', 'GHJK'), 26)"}
_KINDS = f"""
    bookings_order AS made, LATERAL (SELECT substr(made.idempotency_key, {len(_KEY) + 1})::bigint AS n) AS which,
    (SELECT array_agg(id) AS kinds FROM bookings_tickettype WHERE event_id IN
        (SELECT id FROM events_event WHERE slug LIKE 'many-%%')) AS those,
    LATERAL (SELECT id, event_id FROM bookings_tickettype WHERE id = kinds[1 + mod(n, array_length(kinds, 1))]) AS kind
"""


def make(events: int, tickets: int = 0) -> None:
    """See to it that there are at least so many made-up events, and so many tickets of them."""
    had = (_made(Event, slug__startswith="many-"), _made(Booking, idempotency_key__startswith=_KEY))
    for first in _bar(range(had[0] + 1, events + 1, PART), "events"):
        many.make(min(PART, events - first + 1), first=first)
    last = tickets // PER_BOOKING
    if had[1] < last:
        _people()
        for first in _bar(range(had[1] + 1, last + 1, PART), "bookings"):
            _sell(first, min(first + PART - 1, last))
        _count()
    if had[0] < events or had[1] < last:
        vacuum()


def _made(model: type[Model], **which) -> int:
    return model.objects.filter(**which).count()


def _bar(steps: range, what: str):
    return tqdm(steps, desc=f"{what}, {PART:,} at a time", file=sys.stderr, disable=not steps)


def _people() -> None:
    password, names = make_password("secret"), [f"{_PERSON}{number}" for number in range(PEOPLE)]
    rows = (User(email=f"{n}@example.com", username=n, full_name=n, password=password) for n in names)
    User.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)


@transaction.atomic
def _sell(first: int, last: int) -> None:
    """The bookings with these numbers, each with its order and its tickets."""
    buyers = f"(SELECT array_agg(id) AS buyers FROM accounts_user WHERE username LIKE '{_PERSON}%%') AS people"
    orders, bookings = _newest(Order), _newest(Booking)
    order = Order(currency="INR", status=Order.Status.PAID, payment_method="bulk", fingerprint="bulk")
    many.insert(order, _ORDER, f"{buyers}, generate_series({first}, {last}) AS n")
    booking = Booking(qty=PER_BOOKING, unit_price=0, status=Booking.Status.CONFIRMED, fingerprint="bulk")
    many.insert(booking, _BOOKING, f"{_KINDS} WHERE made.id > {orders}")
    source = f"bookings_booking AS made, generate_series(1, {PER_BOOKING}) AS one WHERE made.id > {bookings}"
    many.insert(Ticket(price_at_purchase=0), _TICKET, source)


def _newest(model: type[Model]) -> int:
    """The highest key, which those that are made next exceed."""
    return model.objects.aggregate(newest=Max("pk", default=0))["newest"]


def _count() -> None:
    """The counters of what was sold, as the verbs would have kept them."""
    sold = "(SELECT {by} AS id, sum(qty) AS n FROM bookings_booking GROUP BY 1) AS sold"
    with connection.cursor() as cursor:
        of_event = sold.format(by="event_id")
        cursor.execute(
            f"UPDATE events_event AS e SET booked_count = n, capacity = greatest(capacity, n + 100) FROM {of_event} "
            "WHERE e.id = sold.id AND slug LIKE 'many-%'"
        )
        of_type = sold.format(by="ticket_type_id")
        cursor.execute(f"UPDATE bookings_tickettype AS t SET quantity_sold = n FROM {of_type} WHERE t.id = sold.id")


def vacuum() -> None:
    """What autovacuum and the worker would have done by the time that somebody asks."""
    tally.catch_up()
    many.vacuum()
    names = ", ".join(model._meta.db_table for model in (User, Order, Booking, Ticket, TicketType, Tally))
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM (ANALYZE) {names}")
