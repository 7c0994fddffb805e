"""A ticket admits once, and what the door says is what all scans add up to, in whatever order they came.

The rule of bookings/door/merging.py is written out here a second time, in SQL: the proof must not trust what it proves.
"""

from eventify.lib.checks import Check, among

_SCANS = f"SELECT count(*) FROM bookings_scan s WHERE {among('s.event_id')}"
_MERGE = (
    "The scans are the truth. Undo and repeat a scan of that ticket at the door, which brings it in line, or restore."
)
_OF_TICKETS = f"(SELECT t.id FROM bookings_ticket t WHERE {among('t.event_id')})"
# The scans that let somebody in and are not undone, the one that counts first.
_LET_IN = f"""
    SELECT s.id, s.ticket_id, s.scanned_at, s.gate, row_number() OVER (
        PARTITION BY s.ticket_id
        ORDER BY s.scanned_at, coalesce(s.device_id, 0), coalesce(s.client_uid::text, '') COLLATE "C"
    ) AS place
    FROM bookings_scan s WHERE s.verdict = 'admitted' AND s.undone_at IS NULL AND s.ticket_id IN {_OF_TICKETS}
"""

CHECKS = (
    Check(
        "admissions",
        f"SELECT count(*) FROM bookings_ticket t WHERE {among('t.event_id')}",
        # A ticket that was used before scans were kept has none.
        f"""
        SELECT t.id, t.status, t.used_at, t.used_gate, w.id AS scan, w.scanned_at, w.gate
        FROM bookings_ticket t LEFT JOIN ({_LET_IN}) w ON w.ticket_id = t.id AND w.place = 1
        WHERE {among("t.event_id")} AND (t.status, t.used_at, t.used_gate) IS DISTINCT FROM (
            CASE WHEN t.status = 'cancelled' THEN 'cancelled' WHEN w.id IS NULL THEN 'valid' ELSE 'used' END,
            w.scanned_at, coalesce(w.gate, ''))
            AND NOT (t.used_at IS NOT NULL AND NOT EXISTS (
                SELECT FROM bookings_scan s WHERE s.ticket_id = t.id AND s.verdict = 'admitted'))
        """,
        "ticket {id} is {status} since {used_at} at '{used_gate}', its scans add up to scan {scan}, {scanned_at} at "
        "'{gate}'",
        _MERGE,
    ),
    Check(
        "double admissions",
        f"SELECT count(*) FROM bookings_ticket t WHERE {among('t.event_id')}",
        f"""
        SELECT t.id, coalesce(l.times, 0) AS times, d.id AS conflict, d.settled_at FROM (
            SELECT ticket_id, count(*) AS times, jsonb_agg(id) AS scans FROM ({_LET_IN}) one GROUP BY ticket_id
        ) l FULL JOIN bookings_doubleadmission d ON d.ticket_id = l.ticket_id
        JOIN bookings_ticket t ON t.id = coalesce(l.ticket_id, d.ticket_id)
        WHERE {among("t.event_id")} AND CASE WHEN coalesce(l.times, 0) > 1
            THEN d.id IS NULL OR (d.settled_at IS NOT NULL AND NOT l.scans <@ d.settled_scans)
            ELSE d.id IS NOT NULL AND d.settled_at IS NULL END
        """,
        "ticket {id} let in {times} people, its conflict is {conflict}, settled at {settled_at}",
        _MERGE,
    ),
    Check(
        "scans at the right door",
        _SCANS,
        f"""
        SELECT s.id, s.event_id, t.id AS ticket, t.event_id AS its_event
        FROM bookings_scan s JOIN bookings_ticket t ON t.id = s.ticket_id
        WHERE s.verdict = 'admitted' AND t.event_id <> s.event_id AND {among("s.event_id")}
        """,
        "scan {id} let in ticket {ticket} at event {event_id}, the ticket is for event {its_event}",
    ),
    Check(
        "codes that were not good",
        _SCANS,
        f"""
        SELECT id, ticket_id FROM bookings_scan s
        WHERE was_let_in AND verdict = 'admitted' AND {among("s.event_id")}
        """,
        "scan {id} of ticket {ticket_id} let somebody in on a code that was not good, and counts",
    ),
    Check(
        "dead codes",
        f"SELECT count(*) FROM bookings_revokedcode r WHERE {among('r.event_id')}",
        f"""
        SELECT r.id, r.event_id, t.id AS ticket, t.event_id AS its_event, t.status
        FROM bookings_revokedcode r JOIN bookings_ticket t ON t.id = r.ticket_id
        WHERE {among("r.event_id")} AND (t.event_id <> r.event_id OR (t.status <> 'cancelled'
            AND r.code_hash = encode(sha256(convert_to(t.ticket_code, 'UTF8')), 'hex')))
        """,
        "code {id} of event {event_id} is dead, its ticket {ticket} of event {its_event} is {status} with that code",
    ),
)
