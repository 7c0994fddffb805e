"""A seat is one booking's, a ticket one place of a confirmed booking."""

from eventify.lib.checks import Check, among

_LOOK = "Compare with the audit log and the order's page; give or take the seat there, then run this again."
_SEATS = f"SELECT count(*) FROM bookings_seat s WHERE {among('s.event_id')}"

CHECKS = (
    Check(
        "seats that are taken",
        f"SELECT count(*) FROM bookings_seat s WHERE reserved_booking_id IS NOT NULL AND {among('s.event_id')}",
        f"""
        SELECT s.id, s.label, b.id AS booking, b.status, b.seat_labels
        FROM bookings_seat s JOIN bookings_booking b ON b.id = s.reserved_booking_id
        WHERE {among("s.event_id")} AND (b.event_id <> s.event_id OR b.status NOT IN ('pending', 'confirmed')
            OR NOT b.seat_labels @> to_jsonb(s.label::text))
        """,
        "seat {label}: reserved by booking {booking}, which is {status} with {seat_labels}; its id is {id}",
        _LOOK,
    ),
    Check(
        "seats of bookings",
        f"SELECT count(*) FROM bookings_booking b WHERE status IN ('pending', 'confirmed') AND {among('b.event_id')}",
        f"""
        SELECT b.id, b.qty, b.seat_labels, coalesce(s.taken, 0) AS taken
        FROM bookings_booking b LEFT JOIN (
            SELECT reserved_booking_id AS id, count(*) AS taken FROM bookings_seat s
            WHERE reserved_booking_id IS NOT NULL AND {among("s.event_id")} GROUP BY reserved_booking_id
        ) s ON s.id = b.id
        WHERE b.status IN ('pending', 'confirmed') AND {among("b.event_id")}
            AND (coalesce(s.taken, 0) <> jsonb_array_length(b.seat_labels) OR coalesce(s.taken, 0) NOT IN (0, b.qty))
        """,
        "booking {id}: {qty} places, labels {seat_labels}, {taken} seats",
        _LOOK,
    ),
    Check(
        "companion seats",
        _SEATS,
        f"""
        SELECT s.id, s.label, s.kind, s.companion_of_id, o.kind AS its_kind, o.event_id AS its_event
        FROM bookings_seat s LEFT JOIN bookings_seat o ON o.id = s.companion_of_id
        WHERE {among("s.event_id")} AND ((s.kind = 'companion') <> (o.id IS NOT NULL)
            OR (o.kind, o.event_id) <> ('wheelchair', s.event_id))
        """,
        "seat {label}: {kind}, companion of {companion_of_id} ({its_kind}, event {its_event}); its id is {id}",
        "Open the hall's plan of that event and save it again.",
    ),
    Check(
        "areas of seats",
        _SEATS,
        f"""
        SELECT s.id, s.label, s.area, s.kind, t.name, t.area AS its_area FROM bookings_seat s
        JOIN bookings_booking b ON b.id = s.reserved_booking_id JOIN bookings_tickettype t ON t.id = b.ticket_type_id
        WHERE {among("s.event_id")} AND (t.area NOT IN ('', s.area) OR s.kind = 'blocked')
        """,
        "seat {id} ({label}, {kind}, area '{area}') is sold as {name} of area '{its_area}'",
        _LOOK,
    ),
    Check(
        "tickets of bookings",
        f"SELECT count(*) FROM bookings_booking b WHERE {among('b.event_id')}",
        f"""
        SELECT b.id, b.status, b.qty, coalesce(t.live, 0) AS live FROM bookings_booking b LEFT JOIN (
            SELECT booking_id, count(*) AS live FROM bookings_ticket t
            WHERE status <> 'cancelled' AND {among("t.event_id")} GROUP BY booking_id
        ) t ON t.booking_id = b.id
        WHERE {among("b.event_id")}
            AND coalesce(t.live, 0) <> CASE WHEN b.status = 'confirmed' THEN b.qty ELSE 0 END
        """,
        "booking {id} ({status}, {qty} places) has {live} live tickets",
        _LOOK,
    ),
    Check(
        "seats of tickets",
        f"SELECT count(*) FROM bookings_ticket t WHERE seat_id IS NOT NULL AND {among('t.event_id')}",
        f"""
        SELECT t.id, t.booking_id, s.label, s.reserved_booking_id
        FROM bookings_ticket t JOIN bookings_seat s ON s.id = t.seat_id
        WHERE {among("t.event_id")} AND t.status <> 'cancelled' AND s.reserved_booking_id IS DISTINCT FROM t.booking_id
        """,
        "ticket {id} of booking {booking_id} is for seat {label}, which booking {reserved_booking_id} has",
        _LOOK,
    ),
    Check(
        "cancelled tickets",
        f"SELECT count(*) FROM bookings_ticket t WHERE status = 'cancelled' AND {among('t.event_id')}",
        # Where the event was cancelled those who are inside get their money back as well.
        f"""
        SELECT t.id, t.used_at FROM bookings_ticket t JOIN events_event e ON e.id = t.event_id
        WHERE {among("e.id")} AND e.state <> 'cancelled' AND t.status = 'cancelled' AND t.used_at IS NOT NULL
        """,
        "ticket {id} is cancelled, and somebody is inside on it since {used_at}",
        "Ask the door who came in, and undo the scan or sell the place again.",
    ),
)
