from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.factories import SuperAdminFactory, UserFactory
from bookings import orders
from bookings.factories import TicketTypeFactory
from bookings.models import Ticket
from bookings.tickets import scanned_as
from crew.factories import PersonFactory, SectionFactory, ShiftFactory, TimeSlotFactory
from crew.models import Assignment
from eventify.contracts.evient import rows, shapes
from eventify.contracts.evient.tests.conftest import client_of, data_of, error_of, member, with_role
from eventify.lib.wire import moment
from events.factories import CategoryFactory, EventFactory, EventImageFactory

VALIDATE, CHECKIN = "/api/admin/scanners/validate", "/api/admin/scanners/checkin"


@pytest.fixture
def ticket(buyer, free):
    return orders.place([orders.Line(free.pk, 1)], by=buyer).tickets.get()


@pytest.fixture
def gate(db):
    return client_of(with_role("Gate"))


def test_validate_says_so_and_changes_nothing(gate, ticket, buyer, event):
    answer = gate.get(VALIDATE, {"code": ticket.ticket_code.lower()})
    data = data_of(answer)
    assert (data["valid"], data["reason"], answer.json()["message"]) == (True, None, "The ticket is valid.")
    shown = data["ticket"]
    assert shown["id"] == str(ticket.uid) and shown["event"]["title"] == "Summer Night"
    assert shown["ticket_type"]["name"] == "Guest"
    assert shown["user"] == {"id": str(buyer.uid), "email": "buyer@example.com", "full_name": "Bea Buyer"}
    ticket.refresh_from_db()
    assert ticket.status == "valid"


def test_checkin_admits_once(gate, ticket):
    shown = data_of(gate.post(CHECKIN, {"code": ticket.ticket_code, "gate": "North"}))["ticket"]
    ticket.refresh_from_db()
    assert (shown["status"], shown["used_at"]) == ("used", moment(ticket.used_at))
    assert ticket.used_gate == shown["used_gate"] == "North" and ticket.used_by is not None
    again = gate.post(f"{CHECKIN}/", {"code": ticket.ticket_code, "gate": "South"})
    assert error_of(again, 409, "not_valid") == {
        "reason": "used",
        "ticket_id": str(ticket.uid),
        "status": "used",
        "used_at": moment(ticket.used_at),
        "used_gate": "North",
    }
    assert again.json()["message"].startswith("Already used on") and "(North)" in again.json()["message"]
    data = data_of(gate.get(VALIDATE, {"code": ticket.ticket_code}))
    assert (data["valid"], data["reason"], data["ticket"]["used_gate"]) == (False, "used", "North")


def test_the_signed_code_of_the_qr_is_as_good_as_the_letters(gate, ticket):
    signed = scanned_as(ticket)
    assert (len(signed), signed[:26]) == (163, ticket.ticket_code)
    assert data_of(gate.get(VALIDATE, {"code": signed}))["valid"] is True
    forged = f"{signed[:-1]}{'A' if signed[-1] != 'A' else 'B'}"
    assert gate.post(CHECKIN, {"code": forged}).status_code == 404
    assert data_of(gate.post(CHECKIN, {"code": signed}))["ticket"]["ticket_code"] == ticket.ticket_code


def test_cancelled_tickets_and_events(gate, ticket, event):
    event.state = "cancelled"
    event.save()
    assert error_of(gate.post(CHECKIN, {"code": ticket.ticket_code}), 409, "not_valid")["reason"] == "event_cancelled"
    Ticket.objects.update(status="cancelled")
    assert error_of(gate.post(CHECKIN, {"code": ticket.ticket_code}), 409, "not_valid")["reason"] == "cancelled"
    assert data_of(gate.get(VALIDATE, {"code": ticket.ticket_code}))["reason"] == "cancelled"


def test_the_wrong_event(gate, ticket, event):
    other = EventFactory()
    body = {"code": ticket.ticket_code, "event_id": str(other.uid)}
    assert error_of(gate.post(CHECKIN, body), 409, "not_valid")["reason"] == "wrong_event"
    assert data_of(gate.get(VALIDATE, body))["reason"] == "wrong_event"
    data_of(gate.post(CHECKIN, {**body, "event_id": str(event.uid)}))


@pytest.mark.parametrize("code", ["A" * 26, "x", "💥", "' or 1=1 --", "\x00"])
def test_unknown_codes(gate, code):
    if "\x00" not in code:
        error_of(gate.post(CHECKIN, {"code": code}), 404, "unknown_code")
    answer = gate.get(VALIDATE, {"code": code})
    assert answer.status_code in (404, 422) and answer.json()["success"] is False


def test_a_code_is_needed(gate):
    assert error_of(gate.get(VALIDATE), 422, "invalid") == {"code": ["This field is required."]}
    assert error_of(gate.post(CHECKIN, {}), 422, "invalid") == {"code": ["This field is required."]}
    bad = {"code": "x", "event_id": "1", "gate": "g" * 101}
    assert set(error_of(gate.post(CHECKIN, bad), 422, "invalid")) == {"event_id", "gate"}
    unknown = {"code": "x", "event_id": "01900000-0000-7000-8000-000000000000"}
    error_of(gate.post(CHECKIN, unknown), 404, "not_found")


def test_a_refusal_of_the_body_is_in_the_language_of_each_request(gate):
    bad, said = {"code": "x", "gate": "g" * 101}, {}
    for language in ("en", "nl", "en", "nl"):
        answer = gate.post(CHECKIN, bad, headers={"Accept-Language": language})
        said.setdefault(language, set()).update(error_of(answer, 422, "invalid")["gate"])
    assert [len(sentences) for sentences in said.values()] == [1, 1] and said["en"] != said["nl"]


def test_partners_check_in_at_their_own_events_only(ticket):
    user = member(role="event_manager")
    client = client_of(user)
    for answer in (
        client.post(CHECKIN, {"code": ticket.ticket_code}),
        client.get(VALIDATE, {"code": ticket.ticket_code}),
    ):
        error_of(answer, 403, "forbidden")
    event = EventFactory(partner=user.memberships.get().partner)
    own = orders.place([orders.Line(TicketTypeFactory(event=event).pk, 1)], by=UserFactory()).tickets.get()
    data_of(client.post(CHECKIN, {"code": own.ticket_code, "event_id": str(event.uid)}))
    foreign = {"code": own.ticket_code, "event_id": str(ticket.event.uid)}
    error_of(client.post(CHECKIN, foreign), 404, "not_found")
    ticket.refresh_from_db()
    assert ticket.status == "valid"


def on_shift(event):
    """Somebody with a shift at a gate of the event, and the middle of it."""
    slot, user = TimeSlotFactory(event=event), UserFactory()
    shift = ShiftFactory(section=SectionFactory(event=event, is_gate=True), time_slot=slot)
    person = PersonFactory(event=event, user=user, email=user.email)
    Assignment.objects.create(shift=shift, person=person, status="approved", origin="assigned")
    return user, slot.starts_at + timedelta(hours=1)


def tickets_of(event, number: int = 4):
    kind = TicketTypeFactory(event=event)
    return [orders.place([orders.Line(kind.pk, 1)], by=UserFactory()).tickets.get() for _ in range(number)]


# who -> statements of a check-in: the session, what the person may do, the ticket, and its use
STATEMENTS = {
    "Super Admin": 3,
    "Gate": 4,  # the role's permissions
    "event_manager": 6,  # those held everywhere, somewhere, and on this partner
    "volunteer": 8,  # and the shifts, whether there are any and whether one is for this event
}


@pytest.mark.django_db
@pytest.mark.parametrize("who", STATEMENTS)
@pytest.mark.parametrize("pictures", [0, 2])
def test_a_checkin_costs_as_many_statements_whoever_and_whatever_is_scanned(who, pictures):
    event = EventFactory(category=CategoryFactory(), seating="automatic")
    for _number in range(pictures):
        EventImageFactory(event=event)
    user, now = on_shift(event) if who == "volunteer" else (None, timezone.now())
    if user is None:
        users = {"Super Admin": SuperAdminFactory, "Gate": lambda: with_role("Gate")}
        user = users.get(who, lambda: member(event.partner, who))()
    first, *tickets = tickets_of(event)
    with time_machine.travel(now, tick=False):
        client, found = client_of(user), []
        data_of(client.post(CHECKIN, {"code": first.ticket_code}))
        for ticket in tickets:
            with CaptureQueriesContext(connection) as asked:
                data_of(client.post(CHECKIN, {"code": ticket.ticket_code, "gate": "North"}))
            found.append(len(asked))
        assert found == [STATEMENTS[who]] * 3
        with CaptureQueriesContext(connection) as asked:
            data_of(client.get(VALIDATE, {"code": first.ticket_code}))
        assert len(asked) == STATEMENTS[who] - 1


@pytest.mark.parametrize("pictures", ["none", "image", "primary", "thumbnail"])
@pytest.mark.parametrize("is_rich", [False, True])
def test_the_ticket_is_shown_as_everywhere(gate, pictures, is_rich):
    more = {"category": CategoryFactory(), "seating": "automatic", "location": "Somewhere"} if is_rich else {}
    event = EventFactory(**more)
    if pictures != "none":
        EventImageFactory(event=event)
        thumbnail = {"thumbnail": "event_images/small.jpg"} if pictures == "thumbnail" else {}
        EventImageFactory(event=event, is_primary=pictures != "image", image="event_images/big.jpg", **thumbnail)
    [ticket] = tickets_of(event, 1)
    for ask in (
        lambda: gate.get(VALIDATE, {"code": ticket.ticket_code}),
        lambda: gate.post(CHECKIN, {"code": ticket.ticket_code, "gate": "North"}),
    ):
        shown = data_of(ask())["ticket"]
        assert shown == shapes.admin_ticket(rows.tickets(Ticket.objects).get(pk=ticket.pk))
    assert bool(shown["event"]["banner_image"]) is (pictures != "none")
