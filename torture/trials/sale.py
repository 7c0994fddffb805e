"""The flash sale: far more buyers than places, all at once."""

import random
from collections import Counter

from django.db.models import F

from bookings.models import Ticket
from bookings.tests import invariants
from events.models import Event
from torture import report
from torture.trial import Control, Tally, Trial, add_constraint, drop_constraint
from torture.world import Client, at_once

TWICE, REFUSED = "seats told to two buyers", "buyers refused though there was a seat for each"


class FlashSale(Trial):
    """Buyers at once for one place each, again and again on fresh events."""

    name, title = "sale", "Buyers of one place each, all at once, on a hot event"
    sizes = {
        "quick": {"seeds": 2, "buyers": 200, "places": 50},
        "full": {"seeds": 20, "buyers": 2000, "places": 500},
        "control": {"seeds": 3, "buyers": 100, "places": 25},
    }
    controls = (Control("a sale that is not guarded, and no constraint", "unguarded_sale"),)

    def run(self):
        sold = confirmed = unanswered = broken = 0
        for _seed in range(self.size["seeds"]):
            event = self.world.event(self.size["places"])
            answers = self._rush(event)
            confirmed += answers.count(200)
            unanswered += sum(status not in (200, 409) for status in answers)
            sold += Ticket.objects.filter(booking__event=event).exclude(status="cancelled").count()
            broken += len(invariants.broken(event))
        wanted = self.size["seeds"] * self.size["places"]
        self.count("tickets sold", sold, "=", wanted)
        self.count("buyers told that they are in", confirmed, "=", wanted)
        self.count("answers that nobody expected", unanswered, "=", 0)
        self.count("broken rules", broken, "=", 0)

    def _rush(self, event) -> list[int]:
        path, body = f"/events/{event.pk}/book", {"qty": 1}
        clients = [self.world.client(token) for token in self.world.tokens(self.size["buyers"])]
        calls = [lambda client=client: client.ask("POST", path, body, Idempotency_Key="once")[0] for client in clients]
        return at_once(calls)

    def prepare_control(self, control):
        drop_constraint(Event, "event_not_oversold")

    def finish_control(self, control):
        Event.objects.filter(booked_count__gt=F("capacity")).update(booked_count=F("capacity"))
        add_constraint(Event, "event_not_oversold")


class SeatSale(Trial):
    """A hall with numbered seats, sold through two contracts at once; some buyers name the seat that they want.

    First with more buyers than seats, then with as many: there every refusal is a false "sold out".
    """

    name, title = "seats", "A hall is sold through two contracts at once, each seat once"
    sizes = {
        "quick": {"seeds": 2, "buyers": 120, "seats": 40},
        "full": {"seeds": 20, "buyers": 300, "seats": 100},
        "control": {"seeds": 2, "buyers": 60, "seats": 20},
    }
    controls = (
        Control("nobody locks the hall, and no constraint", "unlocked_hall", breaks=TWICE),
        Control("seats that are being chosen look taken", "skipped_seats", breaks=REFUSED),
    )

    def run(self):
        self.told = Tally()
        for seed in range(self.size["seeds"]):
            self._sell(seed, self.size["buyers"], names_seats=True)
            self._sell(seed, self.size["seats"], names_seats=False)
        wanted = 2 * self.size["seeds"] * self.size["seats"]
        self.count("seats sold", self.told["sold"], "=", wanted)
        self.count("buyers told that they are in", self.told["in"], "=", wanted)
        for name in (TWICE, REFUSED, "answers that nobody expected", "broken rules"):
            self.count(name, self.told[name], "=", 0)

    def _sell(self, seed: int, buyers: int, *, names_seats: bool) -> None:
        event, luck = self._hall(), random.Random(seed)
        # Last those who take any seat, as many as there are: so that each seat finds somebody.
        wishes = [names_seats] * buyers + [False] * (self.size["seats"] * names_seats)
        clients = map(self.world.client, self.world.tokens(len(wishes)))
        numbered = enumerate(zip(clients, wishes, strict=True))
        answers = at_once([self._call(event, luck, number, *who) for number, who in numbered])
        before = self.told.copy()
        self._count(event, answers, everybody_fits=not names_seats)
        if any(self.told[name] != before[name] for name in (TWICE, REFUSED)):
            report.say(f"{self.name}: seed {seed}, event {event.pk}: {self.told - before}")

    def _hall(self) -> Event:
        return self.world.event(self.size["seats"], seating=Event.Seating.AUTOMATIC)

    def _call(self, event: Event, luck: random.Random, number: int, client: Client, names_seat: bool):
        if number % 2:
            items = [{"ticket_type_id": str(event.ticket_types.get().uid), "quantity": 1}]
            return lambda: client.ask("POST", "/api/orders", {"ticket_items": items}, Idempotency_Key=f"e{event.pk}")
        wish = luck.randrange(self.size["seats"])
        body = {"seat_ids": [f"{'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[wish // 10]}-{wish % 10 + 1}"]} if names_seat else {}
        return lambda: client.ask("POST", f"/events/{event.pk}/book", body, Idempotency_Key="once")

    def _count(self, event: Event, answers: list, *, everybody_fits: bool) -> None:
        labels = Counter(label for status, said in answers for label in _labels(status, said))
        refused = [status for status, _said in answers if status == 409]
        self.told["in"] += sum(status in (200, 201) for status, _said in answers)
        self.told[TWICE] += sum(times > 1 for times in labels.values())
        self.told[REFUSED] += len(refused) if everybody_fits else 0
        self.told["answers that nobody expected"] += sum(status not in (200, 201, 409) for status, _said in answers)
        sold = Ticket.objects.filter(booking__event=event).exclude(status="cancelled")
        self.told["sold"] += sold.values("seat").distinct().count()
        self.told["broken rules"] += len(invariants.broken(event))

    def prepare_control(self, control):
        drop_constraint(Ticket, "ticket_one_live_per_seat")

    def finish_control(self, control):
        """Who shares a seat stands."""
        live = Ticket.objects.exclude(status="cancelled").exclude(seat=None)
        first = live.order_by("seat_id", "pk").distinct("seat_id").values_list("pk", flat=True)
        live.exclude(pk__in=list(first)).update(seat=None)
        add_constraint(Ticket, "ticket_one_live_per_seat")


def _labels(status: int, said) -> list[str]:
    """The seats that a buyer was told."""
    if status == 200:
        return said["seat_labels"]
    if status == 201:
        return [label for item in said["data"]["order"]["items"] for label in item["seat_labels"]]
    return []


TRIALS = (FlashSale, SeatSale)
