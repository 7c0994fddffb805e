"""Any mixture of scans at several gates, with and without network, sent in any order and twice, ends in agreement."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import time_machine
from django.db import transaction
from django.db.models import Q
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from accounts.factories import SuperAdminFactory, UserFactory
from bookings import calling_off, cancelling, checkin, tickets
from bookings.door import codes, conflicts, lists, merging, online, scanning
from bookings.door.scanning import Said
from bookings.models import DoubleAdmission, Scan, Ticket
from bookings.tests.doors import device_of
from bookings.tests.invariants import check
from bookings.tests.scenes import book, buy, pay, scene
from bookings.tests.test_machine import MACHINE
from eventify.lib.errors import DomainError
from partners.factories import PartnerFactory

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SEQUENCES = settings(MACHINE, stateful_step_count=25, phases=[Phase.generate])
TICKETS, GATES = 3, ("North", "South", "West")
a_ticket, a_gate, a_number = st.integers(0, TICKETS - 1), st.integers(0, len(GATES) - 1), st.integers(0, 99)


class DoorMachine(RuleBasedStateMachine):
    """Three gates and three tickets that were bought apart, so that each can be cancelled."""

    def __init__(self):
        super().__init__()
        self.clock = time_machine.travel(NOW, tick=False)
        self.now = self.clock.start()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.boss = SuperAdminFactory()
        partner, start = PartnerFactory(), NOW + timedelta(days=30)
        self.event, kind = scene(capacity=10, price=10, partner=partner, starts_at=start)
        self.tickets = [pay(buy(UserFactory(), kind)).tickets.get() for _n in range(TICKETS)]
        self.devices = [device_of(self.event, gate, self.boss) for gate in GATES]
        self.kept: list[dict[UUID, Said]] = [{} for _gate in GATES]  # what each device has in its storage
        self.seen = [self.code(n) for n in range(TICKETS)]  # the codes that people have printed

    def teardown(self):
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)
        self.clock.stop()

    def code(self, n: int) -> str:
        return Ticket.objects.values_list("ticket_code", flat=True).get(pk=self.tickets[n].pk)

    def try_to(self, verb, *args, **kwargs) -> None:
        try:
            with transaction.atomic():
                verb(*args, **kwargs)
        except DomainError:
            pass

    @rule(gate=a_gate, n=a_ticket)
    def scan_with_network(self, gate, n):
        self.now.shift(1)
        said = Said(uuid4(), self.code(n), datetime.now(UTC))
        verdict = online.take(self.devices[gate], said).scan.verdict
        self.kept[gate][said.client_uid] = Said(said.client_uid, said.code, said.at, verdict)

    @rule(gate=a_gate, n=a_ticket, minutes=st.integers(-9, 0), is_old=st.booleans())
    def scan_without_network(self, gate, n, minutes, is_old):
        self.now.shift(1)
        code = self.seen[n] if is_old else self.code(n)
        inside = {one.code for one in self.kept[gate].values() if one.verdict == "admitted" and not one.undone_at}
        at = datetime.now(UTC) + timedelta(minutes=minutes)
        said = Said(uuid4(), code, at, "used" if code in inside else "admitted")
        self.kept[gate][said.client_uid] = said

    @rule(gate=a_gate, number=a_number)
    def the_answer_came_too_late(self, gate, number):
        """The server said "used" to this scan, and nobody heard it: the device has let in."""
        if one := self.one_of(gate, number):
            self.kept[gate][one.client_uid] = Said(one.client_uid, one.code, one.at, "admitted")

    @rule(gate=a_gate, number=a_number)
    def undo_without_network(self, gate, number):
        self.now.shift(1)
        if one := self.one_of(gate, number):
            undone = {"undone_at": datetime.now(UTC), "undo_reason": "error"}
            self.kept[gate][one.client_uid] = Said(one.client_uid, one.code, one.at, one.verdict, **undone)

    @rule(gate=a_gate, order=st.randoms(use_true_random=False), share=st.sampled_from([1, 2]))
    def send(self, gate, order, share):
        """All or half of what it keeps, in any order, some of it twice."""
        kept = list(self.kept[gate].values()) * 2
        scanning.take_all(self.devices[gate], order.sample(kept, len(kept) // share))

    @rule(number=a_number)
    def undo_as_staff(self, number):
        scans = list(Scan.objects.filter(verdict="admitted").order_by("pk"))
        if scans:
            scanning.undo_as_staff(scans[number % len(scans)], by=self.boss, reason="wrong person")

    @rule(n=a_ticket)
    def scan_through_a_contract(self, n):
        self.now.shift(1)
        self.try_to(checkin.admit, self.code(n), by=self.boss, gate="Desk", event=self.event)

    @rule(n=a_ticket)
    def cancel(self, n):
        self.try_to(cancelling.cancel_booking, self.tickets[n].booking, by=self.boss)

    @precondition(lambda self: len(self.kept[0]) > 2)  # not so soon, for nothing is good afterwards
    @rule()
    def cancel_the_event(self):
        self.try_to(calling_off.cancel_event, self.event, reason="Storm", by=self.boss)

    @rule()
    def give_all_the_money_back(self):
        self.try_to(calling_off.refund_event, self.event, reason="Postponed", by=self.boss)

    @rule()
    def sweep(self):
        """What is to be given back goes back; who is inside on it stays inside."""
        inside = lists.counts(self.event)["gates"]
        calling_off.sweep(self.event.pk)
        assert lists.counts(self.event)["gates"] == inside

    @rule(n=a_ticket)
    def pass_on(self, n):
        """What a transfer does to the code of a ticket that is good."""
        ticket = Ticket.objects.get(pk=self.tickets[n].pk)
        if ticket.status == "valid":
            codes.kill([ticket])
            ticket.ticket_code = tickets.new_code()
            ticket.save(update_fields=["ticket_code", "updated_at"])

    @rule()
    def settle(self):
        for one in DoubleAdmission.objects.select_related("event"):
            conflicts.settle(one, by=self.boss, note="seen")

    @rule()
    def all_devices_send_twice(self):
        """Everything is here; once more changes nothing, and whoever was let in counts or is listed."""
        ends = []
        for _twice in range(2):
            for device, kept in zip(self.devices, self.kept, strict=True):
                scanning.take_all(device, list(kept.values()))
            ends.append(end_of(self.event))
        assert ends[0] == ends[1]
        said = {uid for kept in self.kept for uid, one in kept.items() if one.verdict == "admitted"}
        told = Scan.objects.filter(Q(verdict="admitted") | Q(was_let_in=True), client_uid__in=said)
        assert told.count() == len(said)

    @invariant()
    def all_agree(self):
        check(self.event)

    def one_of(self, gate: int, number: int) -> Said | None:
        kept = list(self.kept[gate].values())
        return kept[number % len(kept)] if kept else None


def end_of(event) -> tuple:
    """All that the scans of an event have led to, without ids and moments of writing."""
    tickets_ = event.tickets.order_by("pk").values_list(
        "status", "used_at", "used_gate", "double_admission__settled_at"
    )
    scans = event.scans.order_by("device", "client_uid", "pk")
    return list(tickets_), list(
        scans.values_list("device", "client_uid", "ticket", "verdict", "was_let_in", "undone_at")
    )


@pytest.mark.django_db
def test_any_sequence_of_scans_ends_in_agreement():
    run_state_machine_as_test(DoorMachine, settings=SEQUENCES)


@pytest.mark.django_db
def test_control_a_conflict_that_nobody_writes_down_is_noticed(monkeypatch):
    monkeypatch.setattr(conflicts, "report", lambda _states: None)
    with pytest.raises(AssertionError, match="nobody is told|let in"):
        run_state_machine_as_test(DoorMachine, settings=settings(SEQUENCES, max_examples=100))  # it ends at the first


@pytest.mark.django_db
def test_control_a_device_whose_word_always_counts_is_noticed(monkeypatch):
    monkeypatch.setattr(scanning, "_is_good", lambda ticket, *_about: ticket is not None)
    monkeypatch.setattr(scanning.merging, "follow", _blindly(merging.follow))
    with pytest.raises(AssertionError, match="live tickets"):
        run_state_machine_as_test(DoorMachine, settings=SEQUENCES)


def _blindly(follow):
    """Wrong: nothing is known of how a ticket has ended."""

    def blind(ticket, winner) -> bool:
        ticket.status = Ticket.Status.VALID
        return follow(ticket, winner)

    return blind


_ACCOUNT = st.tuples(
    a_gate, st.integers(0, 3), a_ticket, st.sampled_from(["admitted", "used"]), st.integers(0, 5), st.booleans()
)


@pytest.mark.django_db
@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(_ACCOUNT, min_size=1, max_size=9), st.randoms(use_true_random=False), st.booleans())
def test_what_devices_decided_alone_leads_to_one_end_in_any_order(accounts, random, is_one_gone):
    shuffled = random.sample(accounts * 2, len(accounts) * 2)
    assert _after(accounts, 9, is_one_gone) == _after(shuffled, random.randint(1, 4), is_one_gone)


def _after(accounts, at_once: int, is_one_gone: bool = False) -> list:
    """What they lead to; `is_one_gone`: the first ticket was cancelled while the devices were without network."""
    with transaction.atomic():
        boss = SuperAdminFactory()
        event = scene(capacity=10)[0]
        some = [book(event, UserFactory()).tickets.get() for _n in range(TICKETS)]
        devices = [device_of(event, gate, boss) for gate in GATES]
        if is_one_gone:
            cancelling.cancel_booking(some[0].booking, by=boss)
        for start in range(0, len(accounts), at_once):
            for gate, uid, n, verdict, minute, is_undone in accounts[start : start + at_once]:
                undo = {"undone_at": NOW + timedelta(minutes=9), "undo_reason": "error"} if is_undone else {}
                # one scan is of one ticket: its uid follows from both
                said = Said(
                    UUID(int=uid * 9 + n + 1), some[n].ticket_code, NOW + timedelta(minutes=minute), verdict, **undo
                )
                scanning.take_all(devices[gate], [said])
        check(event)
        rows = event.tickets.order_by("pk").values_list(
            "status", "used_at", "used_gate", "double_admission__settled_at"
        )
        scans = event.scans.order_by("gate", "client_uid")
        found = (
            list(rows),
            list(scans.values_list("gate", "verdict", "was_let_in", "scanned_at")),
        )
        doubles = DoubleAdmission.objects.filter(event=event).count()
        transaction.set_rollback(True)
    return [found, doubles]


@pytest.mark.django_db
def test_control_when_the_first_to_arrive_counts_the_order_matters(monkeypatch):
    monkeypatch.setattr(merging, "_rank", lambda scan: (scan.pk or 1 << 60,))
    accounts = [(0, 0, 0, "admitted", 3, False), (1, 0, 0, "admitted", 1, False)]
    with pytest.raises(AssertionError, match="add up to"):  # the invariants have the rule a second time
        assert _after(accounts, 9) == _after(accounts[::-1], 9)
