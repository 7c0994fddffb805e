"""One effect per idempotency key, for ever."""

from eventify.lib.checks import RESTORE, Check, among

_KEPT = f"SELECT count(*) FROM bookings_booking b WHERE idempotency_key <> '' AND {among('b.event_id')}"

CHECKS = (
    Check(
        "keys of bookings",
        _KEPT,
        f"""
        SELECT user_id, event_id, idempotency_key, count(*) AS times, min(fingerprint) AS fingerprint
        FROM bookings_booking b WHERE idempotency_key <> '' AND {among("b.event_id")}
        GROUP BY user_id, event_id, idempotency_key HAVING count(*) > 1 OR min(fingerprint) = ''
        """,
        "user {user_id} used the key {idempotency_key} {times} times at event {event_id}; asked: '{fingerprint}'",
        "The unique constraint booking_once_per_key is gone, or what was asked is. " + RESTORE,
    ),
    Check(
        "keys of orders",
        "SELECT count(*) FROM bookings_order WHERE idempotency_key <> ''",
        """
        SELECT user_id, idempotency_key, count(*) AS times, min(fingerprint) AS fingerprint FROM bookings_order
        WHERE idempotency_key <> '' GROUP BY user_id, idempotency_key HAVING count(*) > 1 OR min(fingerprint) = ''
        """,
        "user {user_id} used the key {idempotency_key} {times} times for orders; asked: '{fingerprint}'",
        "The unique constraint order_once_per_key is gone, or what was asked is. " + RESTORE,
    ),
)
