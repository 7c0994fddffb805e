"""What belongs together is of one event, and so of one partner: nobody reaches what is another's through it."""

from eventify.lib.checks import Check, among

_BOOKINGS = """
    SELECT 'booking' AS what, b.id, b.event_id, 'ticket type' AS other, t.id AS other_id, t.event_id AS other_event
    FROM bookings_booking b JOIN bookings_tickettype t ON t.id = b.ticket_type_id
    UNION ALL
    SELECT 'booking', b.id, b.event_id, 'promo code', c.id, c.event_id
    FROM bookings_booking b JOIN bookings_promocode c ON c.id = b.promo_code_id
    UNION ALL
    SELECT 'promo code', c.id, c.event_id, 'ticket type', t.id, t.event_id FROM bookings_promocode_ticket_types of
    JOIN bookings_promocode c ON c.id = of.promocode_id JOIN bookings_tickettype t ON t.id = of.tickettype_id
"""
_TICKETS = """
    SELECT 'ticket', k.id, k.event_id, 'booking', b.id, b.event_id
    FROM bookings_ticket k JOIN bookings_booking b ON b.id = k.booking_id
    UNION ALL
    SELECT 'ticket', k.id, k.event_id, 'seat', s.id, s.event_id
    FROM bookings_ticket k JOIN bookings_seat s ON s.id = k.seat_id
    UNION ALL
    SELECT 'resale', r.id, r.event_id, 'ticket', k.id, k.event_id
    FROM bookings_resale r JOIN bookings_ticket k ON k.id = r.ticket_id
    UNION ALL
    SELECT 'resale', r.id, r.event_id, 'booking', b.id, b.event_id
    FROM bookings_resale r JOIN bookings_booking b ON b.id = r.buyer_booking_id
    UNION ALL
    SELECT 'scan', s.id, s.event_id, 'device', d.id, d.event_id
    FROM bookings_scan s JOIN bookings_device d ON d.id = s.device_id
    UNION ALL
    SELECT 'double admission', d.id, d.event_id, 'ticket', k.id, k.event_id
    FROM bookings_doubleadmission d JOIN bookings_ticket k ON k.id = d.ticket_id
"""
_PAIRS = f"{_BOOKINGS} UNION ALL {_TICKETS}"

CHECKS = (
    Check(
        "rows of one event",
        f"SELECT count(*) FROM ({_PAIRS}) pair WHERE {among('pair.event_id')}",
        f"SELECT * FROM ({_PAIRS}) pair WHERE event_id <> other_event AND {among('pair.event_id')}",
        "{what} {id} is of event {event_id}, its {other} {other_id} of event {other_event}",
    ),
    Check(
        "buyers of bookings",
        f"SELECT count(*) FROM bookings_booking b WHERE order_id IS NOT NULL AND {among('b.event_id')}",
        f"""
        SELECT b.id, b.user_id, o.id AS order_id, o.user_id AS buyer
        FROM bookings_booking b JOIN bookings_order o ON o.id = b.order_id
        WHERE b.user_id <> o.user_id AND {among("b.event_id")}
        """,
        "booking {id} is of user {user_id}, its order {order_id} of user {buyer}",
    ),
    Check(
        "bookings of tickets",
        f"SELECT count(*) FROM bookings_ticket k WHERE {among('k.event_id')}",
        f"""
        SELECT k.id, k.order_id, k.ticket_type_id, b.id AS booking, b.order_id AS its_order,
               b.ticket_type_id AS its_type
        FROM bookings_ticket k JOIN bookings_booking b ON b.id = k.booking_id
        WHERE {among("k.event_id")} AND (k.order_id, k.ticket_type_id) IS DISTINCT FROM (b.order_id, b.ticket_type_id)
        """,
        "ticket {id} is of order {order_id} and type {ticket_type_id}, its booking {booking} of order {its_order} and "
        "type {its_type}",
    ),
    Check(
        "sellers on invoices",
        "SELECT count(*) FROM bookings_invoice",
        """
        SELECT i.id, i.order_id, s.partner_id
        FROM bookings_invoice i JOIN bookings_invoiceseries s ON s.id = i.series_id
        WHERE NOT EXISTS (
            SELECT FROM bookings_booking b JOIN events_event e ON e.id = b.event_id
            WHERE b.order_id = i.order_id AND e.partner_id = s.partner_id
        )
        """,
        "invoice {id} of order {order_id} is in the name of partner {partner_id}, who sold nothing in it",
    ),
)
