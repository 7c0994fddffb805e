"""Tickets that change hands: a ticket is one person's at any moment, and a place is paid for before it moves."""

from eventify.lib.checks import Check, among

_LOOK = "Compare with the ticket's transfers and the order's page; withdraw what is left open."

CHECKS = (
    Check(
        "tickets given back",
        f"SELECT count(*) FROM bookings_resale r WHERE {among('r.event_id')}",
        f"""
        SELECT r.id, r.status, r.price, t.status AS ticket, r.buyer_booking_id, b.status AS buyer, b.unit_price
        FROM bookings_resale r JOIN bookings_ticket t ON t.id = r.ticket_id
        LEFT JOIN bookings_booking b ON b.id = r.buyer_booking_id
        WHERE {among("r.event_id")} AND (
            (r.status IN ('offered', 'held') AND t.status = 'cancelled')
            OR (r.status = 'sold' AND t.status <> 'cancelled')
            OR (r.status IN ('held', 'sold')) <> (b.id IS NOT NULL)
            OR (r.status = 'held' AND (b.status <> 'pending' OR r.price <> b.unit_price)))
        """,
        "resale {id} is {status} with buyer {buyer_booking_id}, its ticket is {ticket}; it costs {price}, the buyer's "
        "booking ({buyer}) {unit_price}",
        _LOOK,
    ),
    Check(
        "tickets held for buyers",
        f"SELECT count(*) FROM bookings_resale r WHERE status = 'held' AND {among('r.event_id')}",
        f"""
        SELECT b.id, b.qty, count(*) AS held FROM bookings_resale r JOIN bookings_booking b ON b.id = r.buyer_booking_id
        WHERE r.status = 'held' AND {among("r.event_id")} GROUP BY b.id HAVING count(*) <> b.qty
        """,
        "booking {id} of {qty} places is held {held} offered tickets",
        _LOOK,
    ),
    Check(
        "tickets passed on",
        "SELECT count(*) FROM bookings_tickettransfer f JOIN bookings_ticket t ON t.id = f.ticket_id "
        f"WHERE {among('t.event_id')}",
        f"""
        SELECT f.id, f.status, f.recipient_id, t.status AS ticket
        FROM bookings_tickettransfer f JOIN bookings_ticket t ON t.id = f.ticket_id
        WHERE {among("t.event_id")} AND ((f.status = 'open' AND t.status = 'cancelled')
            OR (f.status = 'accepted') <> (f.recipient_id IS NOT NULL))
        """,
        "transfer {id} is {status} with recipient {recipient_id}, its ticket is {ticket}",
        _LOOK,
    ),
)
