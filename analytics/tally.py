"""Rows counted beforehand by the quarter of an hour (some: the hour) in which they began, and read together with what
is newer.

`catch_up` (a task, every minute) counts what has come since it last ran; bookings and payments do not wait for it and
do nothing for it. What is read is exact at any moment, in one statement and so of one moment: what was counted, the
corrections of rows that changed after that, and the rows that are too new to be counted.

- What is counted has an id up to `Counted.up_to`, and all with such an id are there: rows get ids before they can be
  seen, so `catch_up` waits until every transaction has ended that may have had one of these ids.
- Triggers write a Correction when a ticket is cancelled, or a row is deleted or gets another moment (migration 0001).
  Counting takes the corrections along that it sees, in the statement in which it sees the rows: what a transaction
  changes that commits later is in neither, and its correction counts from then on.
- The ledger never changes, so it has no corrections.
"""

import time
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from analytics.models import Counted

TICKETS, BOOKINGS, LEDGER, EVENTS = "tickets", "bookings", "ledger", "events"
EVER = datetime(1970, 1, 1, tzinfo=UTC)
QUARTER = 15 * 60  # seconds
AT_ONCE = 200_000  # rows
PATIENCE = 5.0  # seconds that `catch_up` waits for transactions that are older than it


class Source(NamedTuple):
    """A table whose rows are counted: those that count, as (id, at, detail, amount); and how long a slot of it is."""

    table: str
    rows: str
    slot: str = "15 minutes"


SOURCES = {
    TICKETS: Source(  # all that are not cancelled
        "bookings_ticket",
        "SELECT id, created_at AS at, '' AS detail, 0 AS amount FROM bookings_ticket WHERE status <> 'cancelled'",
    ),
    BOOKINGS: Source(  # all that were ever made
        "bookings_booking", "SELECT id, created_at AS at, '' AS detail, 0 AS amount FROM bookings_booking"
    ),
    LEDGER: Source(  # what is owed to partners, or was taken from that
        "partners_entry",
        """SELECT entry.id, entry.created_at AS at, credit - debit AS amount,
               currency || ':' || kind || CASE WHEN is_house THEN ':house' ELSE '' END AS detail
           FROM partners_entry AS entry JOIN partners_transfer AS transfer ON transfer.id = transfer_id
               JOIN partners_partner AS partner ON partner.id = partner_id
           WHERE account = 'partner_payable'""",
    ),
    EVENTS: Source(  # the tickets again, event by event: by the hour, for most events sell one now and then
        "bookings_ticket",
        """SELECT id, created_at AS at, event_id::text AS detail, 0 AS amount FROM bookings_ticket
           WHERE status <> 'cancelled'""",
        slot="1 hour",
    ),
}

# The upper bound is no restriction: it tells the planner that there are few.
_ALL = """
    WITH counted AS (SELECT coalesce(max(up_to), 0) AS up_to FROM analytics_counted WHERE what = %(what)s)
    SELECT {columns} FROM (
        SELECT at, detail, number, amount FROM analytics_tally WHERE what = %(what)s AND at >= %(since)s
        UNION ALL
        SELECT at, detail, number, 0 FROM analytics_correction
            WHERE what = %(what)s AND row_id <= (SELECT up_to FROM counted) AND at >= %(since)s
        UNION ALL
        SELECT at, detail, 1, amount FROM ({source.rows}) AS fresh
            WHERE id > (SELECT up_to FROM counted) AND id <= (SELECT max(id) FROM {source.table}) AND at >= %(since)s
    ) AS everything WHERE detail = ANY(%(details)s) {grouped}
"""
_COUNT = """
    WITH gone AS (
        DELETE FROM analytics_correction WHERE what = %(what)s AND row_id <= %(to)s RETURNING row_id, at, number, detail
    ), found AS (
        SELECT at, detail, 1 AS number, amount FROM ({source.rows}) AS fresh
            WHERE id > %(up_to)s AND id <= %(to)s
        UNION ALL
        SELECT at, detail, number, 0 FROM gone WHERE row_id <= %(up_to)s
    )
    INSERT INTO analytics_tally AS kept (what, at, detail, number, amount)
        SELECT %(what)s, date_bin('{source.slot}', at, '2000-01-01Z'), detail, sum(number), sum(amount)
        FROM found GROUP BY 2, 3
    ON CONFLICT (what, at, detail) DO UPDATE
        SET number = kept.number + excluded.number, amount = kept.amount + excluded.amount
"""
_DAYS_BEFORE = """
    floor(extract(epoch FROM
        (%(starts)s::timestamptz[])[array_position(%(details)s::text[], detail::text)]
        - date_bin('1 hour', at, '2000-01-01Z')) / 86400)::int
"""
_OLDER = """
    SELECT EXISTS (SELECT FROM pg_stat_activity WHERE xact_start < %s AND pid <> pg_backend_pid()
        AND datname = current_database() AND backend_type = 'client backend')
"""


# --- Reading ------------------------------------------------------------------------------------------


class Sum(NamedTuple):
    """How many rows, and what they add up to (of the ledger)."""

    number: int
    amount: Decimal


def since(what: str, *moments: datetime, details: Iterable[str] = ("",)) -> list[Sum]:
    """What began since each of the moments, each moved back to the beginning of its quarter of an hour. One query."""
    starts = [quarter(moment) for moment in moments]
    one = "coalesce(sum({}) FILTER (WHERE at >= %(start{})s), 0)"
    columns = ", ".join(one.format(column, n) for n in range(len(starts)) for column in Sum._fields)
    named = {f"start{n}": start for n, start in enumerate(starts)}
    [row] = _read(what, columns, since=min(starts), details=list(details), **named)
    return [Sum(int(row[n]), row[n + 1]) for n in range(0, len(row), 2)]


def by_start(what: str, unit: str, first: datetime, zone: ZoneInfo, details: Iterable[str] = ("",)) -> dict[date, Sum]:
    """{first day of each `day` or `month` of this zone: what began in it} since `first`, without the empty ones."""
    columns = "date_trunc(%(unit)s, at AT TIME ZONE %(zone)s)::date, sum(number), sum(amount)"
    asked = {"unit": unit, "zone": zone.key, "since": quarter(first), "details": list(details)}
    rows = _read(what, columns, "GROUP BY 1", **asked)
    return {start: Sum(int(number), amount) for start, number, amount in rows}


def by_days_before(starts: dict[int, datetime]) -> dict[int, dict[int, int]]:
    """Event (an id) -> whole days before its start -> the tickets of it that were made then and are not cancelled.

    `starts` says when each begins; what came after the start has negative days. One query, however many tickets there
    are. Where one day ends and the next begins is true to the hour, whether a ticket has been counted yet or not.
    """
    asked = {"details": [str(pk) for pk in starts], "starts": list(starts.values()), "since": EVER}
    rows = _read(EVENTS, f"detail::bigint, {_DAYS_BEFORE}, sum(number)", "GROUP BY 1, 2", **asked) if starts else []
    found: dict[int, dict[int, int]] = {pk: {} for pk in starts}
    for event, days, number in rows:
        found[event][days] = int(number)
    return found


def quarter(moment: datetime) -> datetime:
    """When its quarter of an hour began."""
    seconds = int(moment.timestamp())
    return datetime.fromtimestamp(seconds - seconds % QUARTER, UTC)


def _read(what: str, columns: str, grouped: str = "", **asked) -> list[tuple]:
    sql = _ALL.format(columns=columns, source=SOURCES[what], grouped=grouped)
    with connection.cursor() as cursor:
        cursor.execute(sql, {"what": what, **asked})
        return cursor.fetchall()


# --- Counting -----------------------------------------------------------------------------------------


def catch_up() -> int:
    """Count all that has come since the last time; how many ids that were. Safe to run twice at once.

    While a transaction is open that may have written some of it, nothing is counted: another time, then.
    """
    newest = {what: _newest(source.table) for what, source in SOURCES.items()}
    if not _have_ended(_now()):
        return 0
    done = 0
    for what, to in newest.items():
        while part := _count(what, to):
            done += part
    return done


def _newest(table: str) -> int:
    """The highest id that can be seen: whoever begins from now on gets a higher one."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(max(id), 0) FROM {table}")
        return cursor.fetchone()[0]


def _now() -> datetime:
    """By the clock of the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def _have_ended(began: datetime) -> bool:
    """Whether all transactions have ended that began before that, within PATIENCE."""
    until = time.monotonic() + PATIENCE
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(_OLDER, [began])
            if not cursor.fetchone()[0]:
                return True
            time.sleep(0.02)
    return False


@transaction.atomic
def _count(what: str, newest: int) -> int:
    """Count the next rows up to that id, and take the corrections along; how many ids that were.

    Locks the row that says up to which id it is done.
    """
    Counted.objects.get_or_create(what=what)
    counted = Counted.objects.select_for_update().get(what=what)
    to = min(max(newest, counted.up_to), counted.up_to + AT_ONCE)
    done, asked = to - counted.up_to, {"what": what, "up_to": counted.up_to, "to": to}
    with connection.cursor() as cursor:
        cursor.execute(_COUNT.format(source=SOURCES[what]), asked)
    counted.up_to = to
    counted.save(update_fields=["up_to"])
    return done
