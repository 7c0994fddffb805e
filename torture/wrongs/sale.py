"""Of the sale."""

import time

from bookings import at_once, inventory


def unguarded_sale() -> None:
    """A sale is written whatever has changed since it was decided, and there is time for something to change."""
    read = at_once.read_types
    inventory.guarded = inventory.counted
    at_once.read_types = lambda **names: _slowly(read(**names))


def _slowly(result, seconds: float = 0.05):
    time.sleep(seconds)
    return result


WRONGS = (unguarded_sale,)
