"""What a device loads of its event: keys, types, gates, and hashes of dead and used codes. No names, no e-mails."""

import base64
from datetime import datetime, timedelta

from django.db.models import Count
from django.utils import timezone

from bookings import queries
from bookings.door import codes
from bookings.models import Device, RevokedCode, Scan, Ticket
from bookings.models.selling import name_shown
from bookings.signals import gates_of
from eventify.lib.wire import moment
from events.models import Event

OVERLAP = timedelta(minutes=2)  # a transaction may take this long from its first word to its commit


def of(device: Device, since: datetime | None = None) -> dict:
    """The list of the device's event, or what changed `since` the cursor of an earlier one.

    Of that, some comes once more: that is harmless. Keys, types and gates are few and always whole.
    """
    now, event = timezone.now(), device.event
    since = since and since - OVERLAP
    return {
        "event": _about(event),
        "device": {"uid": str(device.uid), "name": device.name, "gate": device.gate},
        "keys": [
            {"number": key.number, "public_key": base64.b64encode(bytes(key.public_key)).decode()}
            for key in event.door_keys.order_by("number")
        ],
        "types": {str(pk % 2**32): name_shown(name) for pk, name in event.ticket_types.values_list("pk", "name")},
        "gates": gates(event),
        "dead": _dead(event, since),
        "used": _used(event, since),
        "free": _free(event, since),
        "counts": counts(event),
        "cursor": moment(now),
        "server_time": moment(now),
    }


def gates(event: Event) -> list[str]:
    """The gates of the crew's plan in its order, then others that devices of the event were given."""
    return gates_by_event([event])[event.pk]


def gates_by_event(events: list[Event]) -> dict[int, list[str]]:
    """The `gates` of each of these events, by its id: as many queries for many as for one."""
    given = Device.objects.filter(event__in=events).exclude(gate="").order_by("gate").values_list("event", "gate")
    planned = [names for _receiver, names in gates_of.send(Event, events=events)]
    found = {one.pk: [name for names in planned for name in names.get(one.pk, ())] for one in events}
    for event, gate in given:
        found[event].append(gate)
    return {pk: list(dict.fromkeys(names)) for pk, names in found.items()}


def counts(event: Event) -> dict:
    """How many are sold (good, or somebody is in on them), how many are inside, and through which gate. One query."""
    rows = event.tickets.filter(queries.AT_DOOR).values_list("used_gate").order_by("used_gate")
    rows = list(rows.annotate(sold=Count("pk"), inside=Count("pk", filter=queries.INSIDE)))
    gates = {gate: inside for gate, _sold, inside in rows if inside}
    return {"sold": sum(sold for _gate, sold, _inside in rows), "inside": sum(gates.values()), "gates": gates}


def _about(event: Event) -> dict:
    return {
        "uid": str(event.uid),
        "name": event.name,
        "is_cancelled": event.state == Event.State.CANCELLED,
        "starts_at": moment(event.starts_at),
        "ends_at": moment(event.ends_at),
        "time_zone": event.timezone,
    }


def _dead(event: Event, since: datetime | None) -> list[str]:
    """Hashes of dead codes. Every verb that ends a code writes a row; older cancelled tickets are in the whole list."""
    rows = RevokedCode.objects.filter(event=event)
    if since:
        return list(rows.filter(at__gte=since).order_by("pk").values_list("code_hash", flat=True))
    gone = event.tickets.filter(status=Ticket.Status.CANCELLED).order_by("pk").values_list("ticket_code", flat=True)
    found = rows.order_by("pk").values_list("code_hash", flat=True)
    return list(dict.fromkeys([*found, *map(codes.hashed, gone)]))


def _used(event: Event, since: datetime | None) -> list[dict]:
    rows = event.tickets.filter(status=Ticket.Status.USED)
    rows = rows.filter(updated_at__gte=since) if since else rows
    found = rows.order_by("pk").values_list("ticket_code", "used_at", "used_gate")
    return [{"hash": codes.hashed(code), "at": moment(at), "gate": gate} for code, at, gate in found]


def _free(event: Event, since: datetime | None) -> list[str]:
    """Hashes of the codes that an undo has made good again: a device forgets that it let them in."""
    scans = Scan.objects.filter(event=event, ticket__status=Ticket.Status.VALID, undone_at__isnull=False)
    scans = scans.filter(updated_at__gte=since) if since else scans
    return sorted(codes.hashed(code) for code in scans.values_list("ticket__ticket_code", flat=True).distinct())
