"""Of what clients see."""

import time

from bookings import waitlist
from eventify.contracts.evently import events

MOMENT = 0.3  # seconds


def stale_reads() -> None:
    """An event's counts are remembered for a moment by each process."""
    read, kept = events._one, {}

    def remembered(pk):
        if time.monotonic() - kept.get(pk, (0, None))[0] > MOMENT:
            kept[pk] = time.monotonic(), read(pk=pk)
        return kept[pk][1]

    events._one = remembered


def freed_places_lie_about() -> None:
    """A place that is free again is given to nobody who waits."""
    waitlist.promote = lambda _event, most=0: []


WRONGS = (stale_reads, freed_places_lie_about)
