"""Work that is owed as a row is done: nothing waits much longer than its sweep takes."""

from eventify.lib.checks import Check

_WORKER = "Are the worker and beat running, and what do their logs say? The sweep does it once they are."

CHECKS = (
    Check(
        "holds that ran out",
        "SELECT count(*) FROM bookings_order WHERE status = 'pending'",
        """
        SELECT id, expires_at FROM bookings_order
        WHERE status = 'pending' AND expires_at < now() - interval '15 minutes'
        """,
        "order {id} holds its places, though its time ran out at {expires_at}",
        _WORKER,
    ),
    Check(
        "waiting rooms",
        "SELECT count(*) FROM bookings_waitingroom WHERE ended_at IS NULL",
        """
        SELECT id, event_id FROM bookings_waitingroom
        WHERE ended_at IS NULL AND paused_at IS NULL AND drawn_at IS NULL AND draw_at < now() - interval '15 minutes'
        """,
        "the waiting room {id} of event {event_id} was to draw its lots, and has not",
        _WORKER,
    ),
    Check(
        "admissions that ran out",
        "SELECT count(*) FROM bookings_roomentry WHERE status = 'inside'",
        """
        SELECT e.id, e.room_id, e.expires_at FROM bookings_roomentry e
        JOIN bookings_waitingroom r ON r.id = e.room_id AND r.ended_at IS NULL
        WHERE e.status = 'inside' AND e.expires_at < now() - interval '15 minutes'
        """,
        "entry {id} of waiting room {room_id} is inside, though its time ran out at {expires_at}",
        _WORKER,
    ),
    Check(
        "refunds that are owed",
        "SELECT count(*) FROM bookings_refund WHERE status = 'requested'",
        """
        SELECT id, amount, updated_at FROM bookings_refund
        WHERE status = 'requested' AND updated_at < now() - interval '1 day'
        """,
        "refund {id} of {amount} is owed since {updated_at}, and the provider has not taken it",
        "Is the provider reachable? The sweep asks it every minute.",
    ),
    Check(
        "messages of providers",
        "SELECT count(*) FROM bookings_webhookdelivery WHERE processed_at IS NULL",
        """
        SELECT id, provider, received_at FROM bookings_webhookdelivery
        WHERE processed_at IS NULL AND attempts = 0 AND received_at < now() - interval '1 hour'
        """,
        "message {id} of {provider} came at {received_at}, and nobody has looked at it",
        _WORKER,
    ),
    Check(
        "events that were called off",
        "SELECT count(*) FROM events_event WHERE state = 'cancelled'",
        """
        SELECT e.id, e.name, count(*) AS bookings FROM events_event e JOIN bookings_booking b ON b.event_id = e.id
        WHERE e.state = 'cancelled' AND e.updated_at < now() - interval '1 day' AND b.status <> 'cancelled'
        GROUP BY e.id
        """,
        "event {id} ({name}) is cancelled, and {bookings} bookings are not",
        _WORKER,
    ),
    Check(
        "refunds of whole events",
        "SELECT count(*) FROM bookings_massrefund WHERE finished_at IS NULL",
        """
        SELECT id, event_id, created_at FROM bookings_massrefund
        WHERE finished_at IS NULL AND created_at < now() - interval '1 day'
        """,
        "the refund {id} of everybody at event {event_id} is not finished since {created_at}",
        _WORKER,
    ),
)
