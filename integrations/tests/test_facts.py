"""Each kind of fact is written by the verb that makes it true, with the data that the catalogue promises."""

import re
import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.factories import SuperAdminFactory, UserFactory
from bookings import cancelling, checkin, transfers
from bookings.door import scanning
from bookings.factories import TicketTypeFactory
from bookings.models import Scan
from bookings.tests.scenes import book, buy, pay, people, wait
from crew import assignments, persons
from crew.models import Person
from crew.tests import scenes as crew
from events import editing, states
from events.factories import EventFactory
from events.models import Event
from integrations import kinds, listening
from integrations.models import Endpoint, Fact
from integrations.tests.scenes import listening_one, organisation, told
from partners import kyc, standing
from partners.models import Document, Partner, Payout
from partners.tests import money, papers

pytestmark = pytest.mark.django_db
PATTERNS = {
    kinds.UID: re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}"),
    kinds.MOMENT: re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"),
    kinds.AMOUNT: re.compile(r"\d+\.\d\d"),
}


def wrong(kind: str, data: dict) -> list[str]:
    """What of the data is not as the catalogue says."""
    of = kinds.BY_ID[kind]
    found = [f"{kind}: {sorted(data)}"] if set(data) != set(of.data) else []
    return found + [
        f"{kind}.{name}: {data.get(name)!r}" for name, what in of.data.items() if not fits(of, name, what, data)
    ]


def fits(of: kinds.Kind, name: str, what: str, data: dict) -> bool:
    value = data.get(name)
    if value is None:
        return name in of.nullable
    if what in PATTERNS:
        return isinstance(value, str) and bool(PATTERNS[what].fullmatch(value))
    return isinstance(value, {kinds.TEXT: str, kinds.COUNT: int, kinds.FLAG: bool}[what])


def of_sales(partner: Partner) -> None:
    event = EventFactory(partner=partner, capacity=4)
    kind, paid = TicketTypeFactory(event=event, price=0), TicketTypeFactory(event=event, price=10)
    giver, friend, late = people(3)
    first = buy(giver, kind, qty=2)
    ticket, other = first.tickets.order_by("pk")
    token = transfers.token_of(transfers.offer(ticket, "f@example.org", by=giver).seed)
    transfers.accept(token, by=friend)
    staff = SuperAdminFactory()
    checkin.admit(other.ticket_code, by=staff, gate="South")
    scanning.undo_as_staff(Scan.objects.get(ticket=other, verdict="admitted"), by=staff, reason="Wrong person")
    cancelling.cancel(buy(giver, paid, qty=2), by=giver)
    second = pay(buy(giver, paid, qty=2))
    waiting = wait(event, late)
    cancelling.cancel(second, by=giver)  # refunds, and promotes who waits
    waiting.refresh_from_db()
    assert waiting.status != "waitlisted"


def of_events(partner: Partner) -> None:
    event = EventFactory(partner=partner, state=Event.State.DRAFT)
    states.transition(event, Event.State.PUBLISHED, by=None)
    event.refresh_from_db()
    editing.change(event, ends_at=event.ends_at + timedelta(hours=1), by=SuperAdminFactory())
    event.refresh_from_db()
    states.transition(event, Event.State.CANCELLED, by=None, reason="Storm")


def of_partner(partner: Partner) -> None:
    by = SuperAdminFactory()
    papers.verified(partner, Document.Type.COMPANY_REG, Document.Type.PAN, Document.Type.CHEQUE, by=by)
    assert kyc.derive(partner) == "Verified"
    standing.set_status(partner, Partner.Status.SUSPENDED, reason="Late", by=by)
    partner.refresh_from_db()
    standing.set_status(partner, Partner.Status.ACTIVE, by=by)


def of_crew(partner: Partner) -> None:
    event = crew.event_with(partner=partner)
    shift = crew.shift_at(event)
    one, two = crew.volunteer(event, waits=True), crew.volunteer(event)
    claim = crew.take(shift, one)
    assignments.approve(claim, by=None)
    assignments.cancel(claim, by=None)
    crew.take(shift, two)
    Person.objects.filter(pk=one.pk).update(status="pending")
    one.refresh_from_db()
    persons.approve(one, by=None)


def of_payouts(partner: Partner) -> None:
    """Two payouts: the bank takes one and returns the other."""
    for status in (Payout.Status.PAID, Payout.Status.FAILED):
        money.sell(partner, 1000)
        [payout] = money.approved(partner).payouts.all()
        with transaction.atomic():
            Payout.objects.filter(pk=payout.pk).update(status=Payout.Status.SENDING)
        Payout.objects.filter(pk=payout.pk).update(status=status)


STORIES = {
    of_sales: {
        "order.paid": 3, "ticket.issued": 5, "ticket.transferred": 1, "ticket.checked_in": 1,
        "ticket.check_in_undone": 1, "booking.waitlisted": 1, "booking.cancelled": 2, "ticket.cancelled": 2,
        "order.cancelled": 1, "order.refunded": 1, "booking.promoted": 1,
    },
    of_events: {"event.published": 1, "event.rescheduled": 1, "event.cancelled": 1},
    of_partner: {"partner.verified": 1, "partner.suspended": 1, "partner.reinstated": 1},
    of_crew: {"shift.claimed": 2, "shift.assigned": 2, "shift.given_up": 1, "person.approved": 3},
    of_payouts: {"payout.paid": 1, "payout.failed": 1},
}  # fmt: skip


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_what_happens_is_told_as_promised_and_to_nobody_else(story):
    partner = listening_one() if story is not of_payouts else money.payable_partner()
    if story is of_payouts:
        partner.admin = money.administrator(partner)
        listening_too(partner)
    silent = listening_one(name="Silent")
    story(partner)
    found = [(kind, data) for kind, data in told(partner) if kind != "feed.started"]
    counted = {kind: sum(one == kind for one, _data in found) for kind, _data in found}
    assert counted == STORIES[story]
    assert [sentence for kind, data in found for sentence in wrong(kind, data)] == []
    assert [kind for kind, _data in told(silent)] == ["feed.started"]


def listening_too(partner: Partner) -> None:
    Endpoint.objects.create(partner=partner, url="http://127.0.0.1:9/", kinds=[], secret=b"", state="paused")
    listening.settle(partner)


def test_every_kind_happens_in_a_story():
    assert {kind for story in STORIES.values() for kind in story} | {"feed.started"} == set(kinds.IDS)


def test_an_order_of_two_organisations_is_told_to_each_with_its_part():
    one, two = listening_one(name="One"), listening_one(name="Two")
    first = TicketTypeFactory(event=EventFactory(partner=one), price=10)
    second = TicketTypeFactory(event=EventFactory(partner=two), price=25)
    order = pay(buy(UserFactory(), first, second, qty=2))
    for partner, amount in ((one, "20.00"), (two, "50.00")):
        [data] = [data for kind, data in told(partner) if kind == "order.paid"]
        assert data == {"order_id": str(order.uid), "amount": amount, "currency": "INR", "quantity": 2}


def test_who_does_not_listen_is_not_recorded_and_costs_no_statement():
    partner = organisation()
    event = EventFactory(partner=partner)
    TicketTypeFactory(event=event, price=0)
    with CaptureQueriesContext(connection) as silent:
        book(event, UserFactory())
    assert not Fact.objects.filter(partner=partner).exists()
    listening_too(partner)
    with CaptureQueriesContext(connection) as heard:
        book(event, UserFactory())
    assert len(heard) == len(silent)
    assert {kind for kind, _data in told(partner)} == {"feed.started", "order.paid", "ticket.issued"}


def test_what_was_recorded_is_frozen():
    partner = listening_one()
    rows = Fact.objects.filter(partner=partner)
    for change in ({"data": {"amount": "1.00"}}, {"kind": "order.paid"}, {"uid": uuid.uuid4()}):
        with pytest.raises(IntegrityError, match="fact_is_frozen"), transaction.atomic():
            rows.update(**change)
    rows.update(position=1, numbered_at="2031-01-01T10:00:00Z")
    with pytest.raises(IntegrityError, match="fact_is_frozen"), transaction.atomic():
        rows.update(position=2)


def test_nothing_of_a_person_is_in_the_catalogue():
    named = {name for kind in kinds.KINDS for name in kind.data}
    assert not {name for name in named if re.search(r"email|phone|buyer|user|holder|code|secret|attendee", name)}
    assert all(wrong(kind.id, kinds.example(kind)) == [] for kind in kinds.KINDS)
    assert Decimal(kinds.example(kinds.BY_ID["payout.paid"])["amount"]) > 0
