"""Of the waitlist."""

from bookings import waitlist

_ORDERED = waitlist.queue


def places_for_anybody() -> None:
    """A freed place is nobody's: it is not given to who waits, and whoever comes may have it."""
    waitlist.promote = lambda _event, most=0: []
    waitlist.check_newcomer = lambda _event, _ticket_type: None


def last_come_first() -> None:
    """Who came last is served first."""
    waitlist.queue = lambda event: _ORDERED(event).order_by("-id")


WRONGS = (places_for_anybody, last_come_first)
