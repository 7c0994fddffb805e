"""The flash sale: far more buyers than places, all at once."""

from django.db.models import F

from bookings.models import Ticket
from bookings.tests import invariants
from events.models import Event
from torture.trial import Control, Trial, add_constraint, drop_constraint
from torture.world import at_once


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


TRIALS = (FlashSale,)
