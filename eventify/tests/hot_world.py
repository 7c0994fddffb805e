"""A site with a hundred thousand of everything, written by the database itself: for the plans of what is asked most.

Row number n of a table has the key FIRST + n, and refers to row n of the others: order n is what user n % BUYERS has
bought, for booking n, with ticket n and payment n. A tenth of all bookings are of one event.
"""

import time

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.db.models import Model

from accounts.models import DeviceToken, Notification, OutgoingMail, Session, User
from analytics import tally
from analytics.models import Counted, Tally
from bookings.models import (
    Booking,
    Invoice,
    InvoiceSeries,
    Order,
    Payment,
    Refund,
    Scan,
    Seat,
    Ticket,
    TicketTransfer,
    TicketType,
    WebhookDelivery,
)
from eventify import pytest_emptying
from events.models import Banner, Category, Event
from partners.models import Entry, Partner, Transfer

ROWS = 100_000
FIRST = 1_000  # the keys of migrations' rows are below
BUYERS, PARTNERS, KINDS = 20_000, 500, 8
VACUUMS = 10
HOT = FIRST + 1  # the event that a tenth of all bookings are of

_ME, _BUYER = f"{FIRST} + n", f"{FIRST} + 1 + mod(n, {BUYERS})"
_EVENT = f"CASE mod(n, 10) WHEN 0 THEN {HOT} ELSE {FIRST} + n END"
_AGO = "now() - make_interval(mins => 3 * n)"  # spread over half a year, the newest first
_UID = {"id": _ME, "uid": "gen_random_uuid()"}
_DATED = {**_UID, "created_at": _AGO, "updated_at": _AGO}
_IS_OPEN = "mod(n, 500) = 8"  # orders that wait for their money, and their payments
_IS_OVER = "(mod(n, 20) = 1 OR mod(n, 40) = 7)"  # bookings that were cancelled, by whom or with their event
_WAITS = "mod(n, 100) = 2"
_CODE = "left(translate(upper(md5('ticket' || n)), '0189', 'GHJK'), 26)"  # of the letters that codes have
_WORDS = "ARRAY['Jazz', 'Monsoon', 'Electric', 'Harvest', 'Midnight', 'Open', 'Summer', 'Night']"
_CITIES = "ARRAY['Mumbai', 'Pune', 'Delhi', 'Bengaluru', 'Kolkata', 'Chennai', 'Jaipur', 'Goa', 'Zürich', 'Delft']"
_KIND = {**_DATED, "name": "'Kind ' || n", "slug": "'kind-' || n"}
_START = (
    "date_trunc('hour', now()) + CASE mod(n, 10) WHEN 3 THEN -1 ELSE 1 END * make_interval(hours => 1 + mod(n, 8760))"
)
_STATE = "CASE WHEN mod(n, 200) = 7 THEN 'cancelled' WHEN mod(n, 40) = 9 THEN 'draft' ELSE 'published' END"
_SENT = {"created_at": _AGO, "sent_at": _AGO, "next_attempt_at": _AGO, '"to"': "'a' || n || '@example.com'"}

_PARTNER, _OF_BUYER = f"{FIRST} + 1 + mod(n, {PARTNERS})", {"user_id": _BUYER}
_SOLD = {**_DATED, **_OF_BUYER, "event_id": _EVENT, "ticket_type_id": _EVENT}
_ORDERED = f"CASE WHEN {_IS_OPEN} THEN 'pending' WHEN {_IS_OVER} THEN 'cancelled' ELSE 'paid' END"
_BOOKED = f"CASE WHEN {_IS_OPEN} THEN 'pending' WHEN {_IS_OVER} THEN 'cancelled' WHEN {_WAITS} THEN 'waitlisted' "
_BOOKED += "ELSE 'confirmed' END"
_IN_TIME = f"CASE WHEN {_IS_OPEN} THEN now() + interval '1 day' END"
_PAID_AT = f"CASE WHEN {_IS_OPEN} THEN NULL ELSE {_AGO} END"


class Filled:
    """Rows of one table: like this one, but for these columns, each an SQL expression in which n is the number."""

    def __init__(self, row: Model, rows: int = ROWS, **columns: str):
        self.row, self.rows, self.columns = row, rows, columns
        self.table = row._meta.db_table


def _people() -> list[Filled]:
    """Who is there, and what they were told."""
    return [
        Filled(Category(), KINDS, **_KIND),
        Filled(Partner(), PARTNERS, **{**_KIND, "name": "'Hall ' || n", "slug": "'many-' || n"}),
        Filled(
            User(password=make_password("secret")),
            **_DATED,
            email="'hot' || n || '@example.com'",
            username="'hot' || n",
            full_name="'Person ' || n",
        ),
        Filled(Session(), **_UID, user_id=_ME, created_at=_AGO, ended_at=f"CASE mod(n, 3) WHEN 0 THEN {_AGO} END"),
        Filled(DeviceToken(), id=_ME, user_id=_ME, key_hash="md5('key' || n)", created_at=_AGO, last_used_at="now()"),
        Filled(Notification(level="info", kind="order", title="Your tickets are ready"), **_DATED, recipient_id=_BUYER),
        Filled(OutgoingMail(template="tickets", attempts=1), id=_ME, **_SENT),
    ]


def _events() -> list[Filled]:
    """What happens."""
    return [
        Filled(
            Event(timezone="Asia/Kolkata", description="What it is about. " * 20, capacity=100),
            **_DATED,
            partner_id=_PARTNER,
            category_id=f"{FIRST} + 1 + mod(n, {KINDS})",
            kind="CASE mod(n, 50) WHEN 0 THEN 'festival' ELSE 'event' END",
            parent_id=f"CASE WHEN mod(n, 50) BETWEEN 1 AND 9 AND n > 50 THEN {FIRST} + n - mod(n, 50) END",
            name=f"({_WORDS})[1 + mod(n, 8)] || ' ' || ({_WORDS})[1 + mod(n / 8, 8)] || ' ' || n",
            slug="'many-' || n",
            venue_name="'Hall ' || mod(n, 500)",
            place=f"({_CITIES})[1 + mod(n, 10)]",
            pincode="(400000 + mod(n, 2000))::text",
            starts_at=_START,
            ends_at=f"{_START} + interval '3 hours'",
            state=_STATE,
            is_hot="mod(n, 500) = 1",
            booked_count=f"CASE WHEN {_WAITS} THEN 100 ELSE 1 END",  # full where somebody waits
            waitlisted_count=f"CASE WHEN {_WAITS} THEN 1 ELSE 0 END",
        ),
        Filled(Banner(title="Now"), 3, **_DATED, event_id=_ME, image_url="'https://example.com/now.png'"),
        Filled(
            TicketType(name="General", quantity_sold=1),
            **_DATED,
            event_id=_ME,
            price="mod(n + 19, 20) * 100",
            event_starts_at=_START,
        ),
        Filled(
            Seat(row_label="A"),
            **_UID,
            event_id=f"{FIRST} + 1 + mod(n, 200)",
            label="'A-' || n",
            **{"col_number": "n", "position": "n"},
        ),
    ]


def _sales() -> list[Filled]:
    """What was bought."""
    return [
        Filled(
            Order(currency="INR", total_amount=100),
            **{**_DATED, **_OF_BUYER},
            status=_ORDERED,
            expires_at=_IN_TIME,
            paid_at=_PAID_AT,
            payment_transaction_id="'paid-' || n",
            idempotency_key="'key-' || n",
        ),
        Filled(
            Booking(qty=1, unit_price=100),
            **_SOLD,
            order_id=f"CASE WHEN {_WAITS} THEN NULL ELSE {_ME} END",
            status=_BOOKED,
            cancelled_at=f"CASE WHEN {_IS_OVER} THEN {_AGO} END",
            idempotency_key="'key-' || n",
        ),
        Filled(
            Ticket(price_at_purchase=100),
            **_SOLD,
            order_id=_ME,
            booking_id=_ME,
            ticket_code=_CODE,
            status=f"CASE WHEN {_IS_OVER} THEN 'cancelled' WHEN mod(n, 3) = 0 THEN 'used' ELSE 'valid' END",
            used_at=f"CASE WHEN mod(n, 3) = 0 THEN {_AGO} END",
        ),
    ]


def _money() -> list[Filled]:
    """What was paid for it, and the papers."""
    return [
        Filled(
            Payment(provider="sandbox", amount=100, currency="INR"),
            **_DATED,
            order_id=_ME,
            status=f"CASE WHEN {_IS_OPEN} THEN 'open' ELSE 'paid' END",
            provider_reference="'paid-' || n",
            paid_at=_PAID_AT,
            asked_at="now()",
            look_at=_IN_TIME,
        ),
        Filled(
            Refund(status="done", amount=1),
            ROWS // 20,
            **{**_DATED, "created_at": "now() - interval '90 days'"},
            payment_id=f"{FIRST} + 20 * n",
        ),
        Filled(InvoiceSeries(year=2026, last_number=ROWS), 1, id=_ME, partner_id=_ME),
        Filled(
            Invoice(kind="invoice", currency="INR", total=100, tax=0, data={}),
            **_DATED,
            series_id=str(FIRST + 1),
            number="n",
            key="'invoice:' || n",
            order_id=_ME,
            issued_at=_AGO,
        ),
    ]


def _afterwards() -> list[Filled]:
    """What came of it: messages, scans, links, the books."""
    return [
        Filled(
            WebhookDelivery(provider="sandbox", body={}, attempts=1),
            **_UID,
            delivery_id="'evt-' || n",
            received_at=f"greatest({_AGO}, now() - interval '179 days')",
            processed_at=_AGO,
        ),
        Filled(Scan(verdict="admitted", gate="A"), **_DATED, event_id=_EVENT, ticket_id=_ME, code_hash="md5(n::text)"),
        Filled(
            TicketTransfer(status="accepted"),
            **_DATED,
            ticket_id=_ME,
            sender_id=_BUYER,
            to_email="'to' || n || '@example.com'",
            token_hash="md5('token' || n)",
            seed="'seed'",
            expires_at=_AGO,
        ),
        Filled(
            Transfer(kind="sale", currency="INR"),
            ROWS,
            id=_ME,
            uid="gen_random_uuid()",
            key="'sale:' || n",
            created_at=_AGO,
        ),
        Filled(
            Entry(),
            id=_ME,
            uid="gen_random_uuid()",
            transfer_id=_ME,
            account="CASE mod(n, 2) WHEN 0 THEN 'cash' ELSE 'partner_payable' END",
            partner_id=f"CASE mod(n, 2) WHEN 0 THEN NULL ELSE {_PARTNER} END",
            debit="CASE mod(n, 2) WHEN 0 THEN 100 ELSE 0 END",
            credit="CASE mod(n, 2) WHEN 0 THEN 0 ELSE 100 END",
            booking_uid="gen_random_uuid()",
            order_uid="gen_random_uuid()",
            event_uid="gen_random_uuid()",
            created_at=_AGO,
        ),
    ]


def _filled() -> list[Filled]:
    return [*_people(), *_events(), *_sales(), *_money(), *_afterwards()]


def make() -> list[str]:
    """Write all of it; returns the tables that are large now. Nothing is checked, told or counted by a trigger."""
    filled = _filled()
    tables = [one.table for one in filled]
    with transaction.atomic():
        _run("SET LOCAL session_replication_role = replica", "SET LOCAL maintenance_work_mem = '128MB'")
        indexes = _indexes(tables)
        _run(*(f'DROP INDEX "{name}"' for name, _sql in indexes))
        for one in filled:
            _insert(one)
            _run(f"SELECT setval(pg_get_serial_sequence('{one.table}', 'id'), {FIRST + one.rows})")
        for what in tally.SOURCES:
            Counted.objects.create(what=what, up_to=FIRST + ROWS)
        _run(*(sql for _name, sql in indexes))
    _vacuum(tables)
    return [one.table for one in filled if one.rows == ROWS]


def _vacuum(tables: list[str]) -> None:
    """What autovacuum would have done. Where an old transaction keeps rows from being seen by all, once more."""
    unseen = "SELECT count(*) FROM pg_class WHERE relname = ANY(%s) AND relallvisible < relpages / 2"
    for _attempt in range(VACUUMS):
        _run(f"VACUUM (ANALYZE) {', '.join(tables)}")
        with connection.cursor() as cursor:
            cursor.execute(unseen, [tables])
            if cursor.fetchone() == (0,):
                return
        time.sleep(1)
    raise AssertionError("A transaction stays open: the plans of these tables say nothing.")


def _insert(filled: Filled) -> None:
    fields = [one for one in filled.row._meta.concrete_fields if not (one.primary_key or one.generated)]
    usual = [one for one in fields if one.column not in filled.columns and f'"{one.column}"' not in filled.columns]
    values = [one.get_db_prep_save(getattr(filled.row, one.attname), connection) for one in usual]
    names = ", ".join([*(one.column for one in usual), *filled.columns])
    said = ", ".join([*("%s" for _one in usual), *filled.columns.values()])
    with connection.cursor() as cursor:
        source = f"generate_series(1, {filled.rows}) AS n"
        cursor.execute(f"INSERT INTO {filled.table} ({names}) SELECT {said} FROM {source}", values)


def _indexes(tables: list[str]) -> list[tuple[str, str]]:
    """Those that serve no constraint: they are made anew when the rows are there, which is several times quicker."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = ANY(%s)"
            " AND indexname NOT IN (SELECT conname FROM pg_constraint)",
            [tables],
        )
        return cursor.fetchall()


def unmake() -> None:
    """Take all of it away again, and bring back what migrations have made."""
    tables = {one.table for one in _filled()} | {model._meta.db_table for model in (Counted, Tally)}
    _run(f"TRUNCATE {', '.join(sorted(tables))} CASCADE")
    pytest_emptying.empty()


def _run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
