"""Letting in is one statement: it uses the ticket and keeps the scan, or does nothing at all.

It is a transaction by itself where none is open, so a ticket is locked for this statement only. The UPDATE waits for
who holds the ticket's row and looks at it again: of two scans at once one finds it good. The rows are those that
bookings/door/scanning.py writes (tests compare them).
"""

from datetime import datetime

from django.db import connection
from django.utils import timezone

from accounts.models import User
from bookings.door import codes
from bookings.models import Scan, Ticket
from eventify.lib.ids import new_uid

_USE = """
WITH used AS (
  UPDATE bookings_ticket SET status = 'used', used_at = $1, used_by_id = $2, used_gate = $3, updated_at = $4
  WHERE id = $5 AND ticket_code = $6 AND status = 'valid'
  RETURNING id, event_id, used_at, used_by_id, used_gate, updated_at
)
INSERT INTO bookings_scan (
  uid, created_at, updated_at, event_id, ticket_id, by_id, gate, code_hash, verdict, is_offline, was_let_in,
  scanned_at, undo_reason
)
SELECT $7::uuid, updated_at, updated_at, event_id, id, used_by_id, used_gate, $8, 'admitted', false, false, used_at, ''
FROM used
RETURNING id
"""
# The device's row is locked first, as wherever devices send something.
_USE_BY_DEVICE = """
WITH held AS (
  UPDATE bookings_device SET last_seen_at = $1 WHERE id = $2 AND revoked_at IS NULL RETURNING id AS device_id
),
used AS (
  UPDATE bookings_ticket SET status = 'used', used_at = $3, used_by_id = $4, used_gate = $5, updated_at = $6
  FROM held
  WHERE id = $7 AND ticket_code = $8 AND status = 'valid'
    AND NOT EXISTS (SELECT FROM bookings_scan WHERE bookings_scan.device_id = held.device_id AND client_uid = $9)
  RETURNING id, event_id, used_at, used_by_id, used_gate, updated_at, device_id
)
INSERT INTO bookings_scan (
  uid, created_at, updated_at, event_id, ticket_id, by_id, gate, code_hash, verdict, is_offline, was_let_in,
  scanned_at, undo_reason, device_id, client_uid
)
SELECT $10::uuid, updated_at, updated_at, event_id, id, used_by_id, used_gate, $11, 'admitted', false, false, used_at,
  '', device_id, $12::uuid
FROM used
RETURNING id
"""


def use(ticket: Ticket, *, by: User | None, gate: str, at: datetime) -> bool:
    """Use the ticket, if it is still valid under the code that was looked at; False when it is not any more.

    The instance is changed as well. Locks the ticket.
    """
    code = ticket.ticket_code
    values = (at, by and by.pk, gate, at, ticket.pk, code, new_uid(), codes.hashed(code))
    if _made(_USE, values) is None:
        return False
    ticket.status, ticket.used_at, ticket.used_by, ticket.used_gate = Ticket.Status.USED, at, by, gate
    ticket.updated_at = at
    return True


def use_by_device(ticket: Ticket, scan: Scan) -> bool:
    """Keep this scan of a device and use its ticket for it, if that is still valid under the code that was looked at.

    False also when the device is revoked, or has sent the scan before. IntegrityError when it is just being sent for
    another ticket. The scan gets its primary key; the ticket's instance is not changed. Locks the device, the ticket.
    """
    now, uid = timezone.now(), scan.client_uid
    values = (now, scan.device_id, scan.scanned_at, scan.by_id, scan.gate, now, ticket.pk, ticket.ticket_code)
    scan.pk = _made(_USE_BY_DEVICE, (*values, uid, scan.uid, scan.code_hash, uid))
    return scan.pk is not None


def _made(sql: str, values: tuple) -> int | None:
    with connection.prepared_cursor() as cursor:
        cursor.execute(sql, values)
        row = cursor.fetchone()
    return row and row[0]
