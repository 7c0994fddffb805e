"""Nothing is sold that is not there: each counter equals the rows that it counts, and stays within what there is."""

from eventify.lib.checks import Check, among

RECOUNT = (
    "The bookings are the truth. If the checks of seats and tickets are clean, set the counter to their sum while "
    "nothing is sold."
)
# The places that count in the stock: a pending booking of offered tickets has none, they are still the sellers'.
_PLACES = f"""
    SELECT b.event_id, b.ticket_type_id, b.qty, b.status = 'waitlisted' AS waits FROM bookings_booking b
    LEFT JOIN (SELECT DISTINCT buyer_booking_id AS id FROM bookings_resale WHERE status = 'held') bought
        ON bought.id = b.id
    WHERE b.status <> 'cancelled' AND (b.status <> 'pending' OR bought.id IS NULL) AND {among("b.event_id")}
"""

CHECKS = (
    Check(
        "places of events",
        f"SELECT count(*) FROM events_event e WHERE {among('e.id')}",
        f"""
        SELECT e.id, e.name, e.booked_count, coalesce(p.booked, 0) AS booked,
               e.waitlisted_count, coalesce(p.waiting, 0) AS waiting
        FROM events_event e LEFT JOIN (
            SELECT event_id, sum(qty) FILTER (WHERE NOT waits) AS booked, sum(qty) FILTER (WHERE waits) AS waiting
            FROM ({_PLACES}) places GROUP BY event_id
        ) p ON p.event_id = e.id
        WHERE {among("e.id")}
            AND (e.booked_count, e.waitlisted_count) <> (coalesce(p.booked, 0), coalesce(p.waiting, 0))
        """,
        "event {id} ({name}): booked_count is {booked_count}, its bookings have {booked} places; "
        "waitlisted_count is {waitlisted_count}, its queue has {waiting} places",
        RECOUNT,
    ),
    Check(
        "places of ticket types",
        f"SELECT count(*) FROM bookings_tickettype t WHERE {among('t.event_id')}",
        f"""
        SELECT t.id, t.name, t.quantity_sold, coalesce(p.sold, 0) AS sold
        FROM bookings_tickettype t LEFT JOIN (
            SELECT ticket_type_id, sum(qty) AS sold FROM ({_PLACES}) places WHERE NOT waits GROUP BY ticket_type_id
        ) p ON p.ticket_type_id = t.id
        WHERE {among("t.event_id")} AND t.quantity_sold <> coalesce(p.sold, 0)
        """,
        "ticket type {id} ({name}): quantity_sold is {quantity_sold}, its bookings have {sold} places",
        RECOUNT,
    ),
    Check(
        "places of promo codes",
        f"SELECT count(*) FROM bookings_promocode c WHERE {among('c.event_id')}",
        f"""
        SELECT c.id, c.code, c.used_places, coalesce(p.used, 0) AS used
        FROM bookings_promocode c LEFT JOIN (
            SELECT promo_code_id, sum(qty) AS used FROM bookings_booking b
            WHERE status IN ('pending', 'confirmed') AND {among("b.event_id")} GROUP BY promo_code_id
        ) p ON p.promo_code_id = c.id
        WHERE {among("c.event_id")} AND c.used_places <> coalesce(p.used, 0)
        """,
        "code {id} ({code}): used_places is {used_places}, its bookings have {used} places",
        RECOUNT,
    ),
    Check(
        "nothing is oversold",
        f"SELECT count(*) FROM events_event e WHERE {among('e.id')}",
        f"""
        WITH places AS MATERIALIZED ({_PLACES})
        SELECT 'event' AS what, e.id, e.capacity AS most, sum(qty) AS places
        FROM places JOIN events_event e ON e.id = places.event_id WHERE NOT waits GROUP BY e.id
        HAVING sum(qty) > e.capacity
        UNION ALL
        SELECT 'ticket type', t.id, t.quantity_total, sum(qty)
        FROM places JOIN bookings_tickettype t ON t.id = places.ticket_type_id WHERE NOT waits GROUP BY t.id
        HAVING sum(qty) > t.quantity_total
        UNION ALL
        SELECT 'code', c.id, c.max_places, sum(b.qty)
        FROM bookings_booking b JOIN bookings_promocode c ON c.id = b.promo_code_id
        WHERE b.status IN ('pending', 'confirmed') AND {among("b.event_id")} GROUP BY c.id
        HAVING sum(b.qty) > c.max_places
        """,
        "{what} {id} is oversold, {places} places of {most}",
        "A constraint of the database is gone. Stop the sale, then cancel or raise the capacity.",
    ),
    Check(
        "prices before a code",
        f"SELECT count(*) FROM bookings_booking b WHERE list_price IS NOT NULL AND {among('b.event_id')}",
        f"""
        SELECT id, list_price, unit_price FROM bookings_booking b
        WHERE promo_code_id IS NULL AND list_price IS NOT NULL AND {among("b.event_id")}
        """,
        "booking {id} of {unit_price} has a list price of {list_price} and no code",
    ),
    Check(
        "starts of ticket types",
        f"SELECT count(*) FROM bookings_tickettype t WHERE {among('t.event_id')}",
        f"""
        SELECT t.id, t.event_starts_at, e.starts_at FROM bookings_tickettype t JOIN events_event e ON e.id = t.event_id
        WHERE {among("e.id")} AND t.event_starts_at IS DISTINCT FROM e.starts_at
        """,
        "ticket type {id} says that its event starts at {event_starts_at}, it starts at {starts_at}",
        "A trigger was off. UPDATE bookings_tickettype SET event_starts_at to the event's starts_at.",
    ),
)
