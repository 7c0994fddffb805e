from django.db import migrations

# Tickets of bookings that have ended were left "used" when the event was cancelled, and an undo made them good again.
# They are cancelled now, and keep when and where they were used.
TICKETS = """
UPDATE bookings_ticket SET status = 'cancelled', updated_at = now()
FROM bookings_booking
WHERE bookings_booking.id = booking_id AND bookings_booking.status = 'cancelled'
  AND bookings_ticket.status <> 'cancelled'
"""
CODES = """
INSERT INTO bookings_revokedcode (event_id, ticket_id, code_hash, at)
SELECT event_id, id, encode(sha256(ticket_code::bytea), 'hex'), now() FROM bookings_ticket WHERE status = 'cancelled'
ON CONFLICT DO NOTHING
"""
# What devices let in alone after that counted as admitted, though nobody was inside: it is listed for staff instead.
SCANS = """
UPDATE bookings_scan SET verdict = 'cancelled', was_let_in = true, updated_at = now()
FROM bookings_ticket
WHERE bookings_ticket.id = ticket_id AND bookings_ticket.status = 'cancelled' AND bookings_ticket.used_at IS NULL
  AND verdict = 'admitted' AND is_offline AND undone_at IS NULL
"""
CONFLICTS = """
DELETE FROM bookings_doubleadmission USING bookings_ticket
WHERE bookings_ticket.id = ticket_id AND bookings_ticket.status = 'cancelled' AND bookings_ticket.used_at IS NULL
  AND settled_at IS NULL
"""


class Migration(migrations.Migration):
    dependencies = [
        ("bookings", "0014_types_by_price_and_start"),
    ]

    operations = [
        # In this order: the scans of tickets that were used before they ended are those that let people in.
        migrations.RunSQL([TICKETS, CODES, SCANS, CONFLICTS], reverse_sql=migrations.RunSQL.noop),
    ]
