"""What the tests of the door start from: tickets, enrolled devices, what they say, and their requests."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from django.utils import timezone

from accounts.factories import SuperAdminFactory
from bookings.door import devices, scanning
from bookings.door.scanning import Said
from bookings.models import Device, Ticket
from bookings.tests.scenes import book, people, scene
from events.models import Event

START = timezone.now() - timedelta(hours=1)
LONG_AGO = datetime(1990, 1, 1, tzinfo=UTC)


def tickets_of(how_many: int = 1, **event) -> list[Ticket]:
    """Good tickets of one new event."""
    return list(book(scene(capacity=100, **event)[0], people(1)[0], how_many).tickets.order_by("pk"))


def enrolled(event: Event, gate: str = "North", by=None, name: str = "") -> tuple[Device, str]:
    """A device at the gate since long ago, and its token."""
    _invited, code = devices.invite(event, by=by or SuperAdminFactory(), name=name or f"Phone {gate}", gate=gate)
    device, token = devices.enrol(code)
    Device.objects.filter(pk=device.pk).update(enrolled_at=LONG_AGO)
    return devices.of(token), token


def device_of(event: Event, gate: str = "North", by=None) -> Device:
    """A device at the gate."""
    return enrolled(event, gate, by)[0]


def said(ticket: Ticket, verdict: str = "", minute: int = 0, uid: UUID | None = None, **more) -> Said:
    """What a device says of a scan of the ticket, so many minutes after START; no verdict: we decide."""
    return Said(uid or uuid4(), ticket.ticket_code, START + timedelta(minutes=minute), verdict, **more)


def doubled(ticket: Ticket, north: Device, south: Device) -> None:
    """The ticket let in at two gates without network, five minutes apart."""
    scanning.take(north, said(ticket, "admitted", 0))
    scanning.take(south, said(ticket, "admitted", 5))


def post(client, name: str, body, token: str = ""):
    """A device's request."""
    return client.post(f"/door/api/{name}/", body, content_type="application/json", headers={"X-Door-Token": token})


def get(client, name: str, token: str, **query):
    """A device's question."""
    return client.get(f"/door/api/{name}/", query, headers={"X-Door-Token": token})
