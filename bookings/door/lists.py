"""What a device loads of its event: keys, types, gates, and hashes of dead and used codes. No names, no e-mails."""

import base64
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.utils import timezone

from bookings.door import codes
from bookings.models import RevokedCode, Scan, Ticket
from eventify.lib.wire import moment
from events.models import Event

OVERLAP = timedelta(minutes=2)  # a transaction may take this long from its first word to its commit


def of(event: Event, since: datetime | None = None) -> dict:
    """The list, or what changed `since` the cursor of an earlier one (some of it once more: that is harmless)."""
    now = timezone.now()
    used, free = _used(event, since and since - OVERLAP)
    keys = [
        {"number": key.number, "public_key": base64.b64encode(bytes(key.public_key)).decode()}
        for key in event.door_keys.order_by("number")
    ]
    return {
        "event": {"uid": str(event.uid), "name": event.name, "is_cancelled": event.state == Event.State.CANCELLED},
        "keys": keys,
        "types": {str(pk % 2**32): name for pk, name in event.ticket_types.values_list("pk", "name")},
        "gates": gates(event),
        "dead": _dead(event, since and since - OVERLAP),
        "used": used,
        "free": free,
        "cursor": moment(now),
        "server_time": moment(now),
    }


def gates(event: Event) -> list[str]:
    """The gates that devices of the event were given."""
    return sorted(set(event.door_devices.exclude(gate="").values_list("gate", flat=True)))


def counts(event: Event) -> dict:
    """How many people are inside: tickets used, and of those how many came through each gate."""
    used = Ticket.objects.filter(event=event, status=Ticket.Status.USED)
    rows = used.values_list("used_gate").annotate(many=Count("pk")).order_by("used_gate")
    sold = Ticket.objects.filter(~Q(status=Ticket.Status.CANCELLED), event=event).count()
    return {"sold": sold, "inside": sum(many for _gate, many in rows), "gates": dict(rows)}


def _dead(event: Event, since: datetime | None) -> list[str]:
    rows = RevokedCode.objects.filter(event=event)
    found = list((rows.filter(at__gte=since) if since else rows).order_by("pk").values_list("code_hash", flat=True))
    gone = Ticket.objects.filter(event=event, status=Ticket.Status.CANCELLED).order_by("pk")
    return list(dict.fromkeys([*found, *map(codes.hashed, gone.values_list("ticket_code", flat=True))]))


def _used(event: Event, since: datetime | None) -> tuple[list[str], list[str]]:
    """Hashes of the codes that are used, and of those that an undo has made free again."""
    rows = Ticket.objects.filter(event=event, status=Ticket.Status.USED)
    scans = Scan.objects.filter(event=event, ticket__status=Ticket.Status.VALID).exclude(undone_at=None)
    if since:
        rows, scans = rows.filter(updated_at__gte=since), scans.filter(updated_at__gte=since)
    free = scans.values_list("ticket__ticket_code", flat=True).distinct()
    used = rows.order_by("pk").values_list("ticket_code", flat=True)
    return [codes.hashed(code) for code in used], sorted(codes.hashed(code) for code in free)
