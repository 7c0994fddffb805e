"""The door: many devices without network that meet again, and codes that were forged."""

import random
from datetime import timedelta
from functools import partial

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from accounts import sessions
from bookings import transfers
from bookings.door import codes, devices
from bookings.models import Device as Enrolled
from bookings.models import DoubleAdmission, Scan, Ticket
from bookings.tests import invariants
from torture.device import ADMITTED, Device, hash_of
from torture.forging import Forger
from torture.trial import Control, Trial
from torture.world import at_once

GATES = ("North", "South", "East", "West")
AT_ONCE = 12  # requests
PARTY = 10  # tickets of one buyer
LONG = timedelta(hours=2)  # that the devices were without network
LATE = 0.1  # share of batches that come twice, and of those whose answer is lost
ONLINE = 25  # one in so many forged codes is shown to the server, too
ADMISSIONS, EARLIEST = "admissions", "tickets that another scan than the earliest let in"
LISTED, FORGED = "double admissions that are not listed once", "forged codes that the server accepted"


class Door(Trial):
    """Devices scan the same tickets alone, and all their scans come at once; then somebody tries forged codes."""

    name, title = "door", "Devices without network that meet again, and forged codes"
    sizes = {
        "quick": {"devices": 8, "tickets": 60, "dead": 6, "forged": 3000},
        "full": {"devices": 50, "tickets": 500, "dead": 20, "forged": 100_000},
        "control": {"devices": 4, "tickets": 20, "dead": 4, "forged": 1000},
    }
    controls = (
        Control("the first scan to arrive counts", "first_to_arrive_counts", {}, EARLIEST),
        Control("nobody writes double admissions down", "conflicts_go_unlisted", {}, LISTED),
        Control("every signature is good", "any_signature_is_good", {}, FORGED),
    )

    def run(self):
        self.luck = random.Random(self.seed)
        [self.boss] = self.world.staff(1)
        self.staff_token = sessions.start(self.boss)[1]
        self._meet_again()
        self._forge()

    # --- Tickets and devices --------------------------------------------------------------------------------

    def _sold(self, places: int, party: int = PARTY) -> list[Ticket]:
        """Tickets of a new event, bought over HTTP."""
        event = self.world.event(places)
        tokens = self.world.tokens(-(-places // party))
        for number, token in enumerate(tokens):
            qty = min(party, places - number * party)
            self.world.client(token).insist("POST", f"/events/{event.pk}/book", {"qty": qty}, Idempotency_Key="door")
        found = list(event.tickets.select_related("event").prefetch_related("event__door_keys").order_by("pk"))
        if len(found) != places:
            raise RuntimeError(f"{len(found)} tickets of {places} were sold")
        self.world.postpone_mail()
        return found

    def _device(self, event, number: int) -> Device:
        """Enrolled over HTTP, long ago."""
        gate = GATES[number % len(GATES)]
        invited, code = devices.invite(event, by=self.boss, name=f"Phone {number}", gate=gate)
        device = Device(self.stack.base, code, gate, random.Random(self.luck.random()))
        Enrolled.objects.filter(pk=invited.pk).update(enrolled_at=timezone.now() - LONG - timedelta(hours=1))
        return device

    def _kill(self, tickets: list[Ticket]) -> None:
        """Each second one is given back by its buyer over HTTP, the others are passed on: their codes are dead."""
        for number, ticket in enumerate(tickets):
            if number % 2:
                offered = transfers.offer(ticket, f"friend{ticket.pk}@example.com", by=ticket.user)
                transfers.accept(transfers.token_of(offered.seed), by=self.boss)
            else:
                token = self.world.tokens(self.world.people.index(ticket.user) + 1)[-1]
                self.world.client(token).insist("DELETE", f"/bookings/{ticket.booking_id}")

    # --- Devices that meet again ----------------------------------------------------------------------------

    def _meet_again(self) -> None:
        tickets = self._sold(self.size["tickets"])
        event = tickets[0].event
        found = [self._device(event, number) for number in range(self.size["devices"])]
        for one in found:
            one.load()
        expected = self._scan_alone(found, tickets)
        self._deliver(found, 1.0)
        before = _state(event)
        told = self._deliver(found, 0.3)
        self.count("rows that changed when scans came again", len(before ^ _state(event)), "=", 0)
        self._count_admissions(event, expected, found)
        self._count_told(expected, told)

    def _scan_alone(self, found: list[Device], tickets: list[Ticket]) -> dict[str, list[tuple]]:
        """All scan all, some of it twice; hash -> (moment, gate, scan) of each admission, the earliest first."""
        payloads, began = [codes.payload(one) for one in tickets], timezone.now() - LONG
        admissions: dict[str, list[tuple]] = {hash_of(one): [] for one in payloads}
        for device in found:
            order = self.luck.sample(payloads, len(payloads))
            moments = sorted(self.luck.uniform(0, LONG.total_seconds()) for _one in range(len(order) + 3))
            for text, second in zip([*order, *order[:3]], moments, strict=True):
                at = began + timedelta(seconds=second)
                if device.scan(text, at) == ADMITTED:
                    admissions[hash_of(text)].append((at, device.gate, device.queue[-1]["client_uid"]))
        return {hashed: sorted(found) for hashed, found in admissions.items()}

    def _deliver(self, found: list[Device], share: float) -> dict[str, dict]:
        """This share of all batches, of all devices at once; what was last said of each scan."""
        calls = [partial(self._bring, one, batch) for one in found for batch in one.batches(200)]
        chosen = self.luck.sample(calls, max(1, int(len(calls) * share)))
        return {uid: said for answers in at_once(chosen, AT_ONCE) for uid, said in answers.items()}

    def _bring(self, device: Device, batch: list[dict]) -> dict[str, dict]:
        fate = device.luck.random()
        if fate < LATE:
            device.sync(batch)
        return device.sync(batch, is_lost=LATE <= fate < 2 * LATE)

    def _count_admissions(self, event, expected: dict[str, list[tuple]], found: list[Device]) -> None:
        rows = {hash_of(one.ticket_code): one for one in event.tickets.all()}
        used = {hashed: (one.used_at, one.used_gate) for hashed, one in rows.items() if one.status == "used"}
        listed = list(DoubleAdmission.objects.filter(event=event).values_list("ticket", flat=True))
        double = {rows[hashed].pk for hashed, scans in expected.items() if len(scans) > 1}
        self.count("scans without network", sum(len(one.queue) for one in found), "=", event.scans.count())
        self.count(ADMISSIONS, len(used), "=", self.size["tickets"])
        self.count("people whom the door counts inside", found[0].inside(), "=", self.size["tickets"])
        self.count(EARLIEST, sum(used.get(hashed) != scans[0][:2] for hashed, scans in expected.items()), "=", 0)
        self.count(LISTED, len(double.symmetric_difference(listed)) + len(listed) - len(set(listed)), "=", 0)
        self.count("double admissions", len(double), ">=", self.size["tickets"] // 2)
        for one in found:
            one.load()
        lists = [{hashed: _moment(*facts) for hashed, facts in one.used.items()} for one in found]
        wanted = {hashed: _moment(*facts) for hashed, facts in used.items()}
        self.count("devices whose lists say otherwise", sum(one != wanted for one in lists), "=", 0)
        self.count("broken rules", len(invariants.broken(event)), "=", 0)

    def _count_told(self, expected: dict[str, list[tuple]], told: dict[str, dict]) -> None:
        """All but the earliest of each ticket are told that they were doubles."""
        doubles = {scan for scans in expected.values() for _at, _gate, scan in scans[1:]}
        wrong = sum(said["is_double"] != (uid in doubles) for uid, said in told.items())
        self.count("scans of which something else was said", wrong, "=", 0)

    # --- Forged codes ---------------------------------------------------------------------------------------

    def _forge(self) -> None:
        """While there is no network, and before the server; also brought by a device that says that it let them in."""
        tickets, others = self._sold(2 * self.size["dead"] + 6, party=1), self._sold(2, party=1)
        dead, good = tickets[: self.size["dead"]], tickets[self.size["dead"] :]
        payloads = {one.pk: codes.payload(one) for one in tickets}
        device = self._device(tickets[0].event, 0)
        device.load()
        is_stale = device.judge(payloads[dead[0].pk]) == ADMITTED  # it has not heard of it yet
        self._kill(dead)
        device.load()
        forger = Forger(
            self.luck,
            [payloads[one.pk] for one in good],
            others,
            [payloads[one.pk] for one in dead],
            [codes.payload(one) for one in others],
        )
        forged = list(forger.codes(self.size["forged"]))
        self.count("forged codes", len(forged), "=", self.size["forged"])
        self.count("dead codes that a device took for good before it knew", int(is_stale), "=", 1)
        self.count("forged codes that a device accepted", sum(device.judge(one) == ADMITTED for one in forged), "=", 0)
        self._count_online(device, self.luck.sample(forged, len(forged) // ONLINE), good, payloads)

    def _count_online(self, device: Device, forged: list[str], good: list[Ticket], payloads: dict[int, str]) -> None:
        half = len(forged) // 2
        accepted = at_once([partial(device.ask, one) for one in forged[:half]], AT_ONCE).count(ADMITTED)
        accepted += at_once([partial(self._check_in, one, good[0].event) for one in forged[half:]], AT_ONCE).count(200)
        lies = [device.said(one, ADMITTED, timezone.now()) for one in forged[:200]]
        device.sync(lies)
        self.count(
            "forged codes that the server was shown", len(forged) + len(lies), ">=", self.size["forged"] // ONLINE
        )
        self.count(FORGED, accepted, "=", 0)
        self.count("people inside on them", device.inside(), "=", 0)
        lied = Scan.objects.filter(event=good[0].event, was_let_in=True)
        self.count("lies of a device that are kept as such", lied.count(), "=", len(lies))
        let_in = sum(device.judge(payloads[one.pk]) == device.ask(payloads[one.pk]) == ADMITTED for one in good)
        self.count("good codes that both accepted", let_in, "=", len(good))

    def _check_in(self, text: str, event) -> int:
        """Through contract 001, as a member of staff at the door of this event."""
        client = self.world.client(self.staff_token)
        return client.ask("POST", "/api/admin/scanners/checkin", {"code": text[:200], "event_id": str(event.uid)})[0]


def _moment(at, gate: str) -> tuple:
    """To the millisecond, as lists say it."""
    at = parse_datetime(at) if isinstance(at, str) else at
    return at.replace(microsecond=at.microsecond // 1000 * 1000), gate


def _state(event) -> set[tuple]:
    """All that the scans of the event have led to."""
    tickets = event.tickets.values_list("pk", "status", "used_at", "used_gate", "double_admission")
    scans = event.scans.values_list("pk", "device", "client_uid", "ticket", "verdict", "was_let_in", "scanned_at")
    return {("ticket", *one) for one in tickets} | {("scan", *one) for one in scans}


TRIALS = (Door,)
