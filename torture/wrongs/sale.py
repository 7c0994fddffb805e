"""Of the sale."""

import time

from bookings import at_once, inventory, orders, seats
from events.models import Event


def unguarded_sale() -> None:
    """A sale is written whatever has changed since it was decided, and there is time for something to change."""
    read = at_once.read_types
    inventory.guarded = inventory.counted
    at_once.read_types = lambda **names: _slowly(read(**names))


def unlocked_hall() -> None:
    """Nobody waits for who chooses seats of the same event, and there is time for another to choose the same."""
    named, first = seats._named, seats._first
    orders.inventory.lock = lambda keys: Event.objects.select_related("partner").in_bulk(set(keys))
    seats._named = lambda *asked: _slowly(named(*asked))
    seats._first = lambda *asked: _slowly(first(*asked))


def skipped_seats() -> None:
    """Seats that somebody else is choosing at this moment look taken, and nobody looks again before refusing."""
    unlocked_hall()
    seats._first = _first_unlocked


def _first_unlocked(event: Event, how_many: int, _area: str) -> list:
    free = event.seats.for_sale().order_by("position").select_for_update(skip_locked=True)
    if not free.exists():
        raise inventory.SoldOut
    return _slowly(list(free[:how_many]))


def _slowly(result, seconds: float = 0.05):
    time.sleep(seconds)
    return result


WRONGS = (unguarded_sale, unlocked_hall, skipped_seats)
