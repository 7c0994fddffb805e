"""Of idempotency keys."""

import time

from django.db.models import Subquery

from bookings import at_once, selling
from bookings.models import Booking, TicketType
from eventify.lib.prepared import Param, Prepared


def forgotten_keys() -> None:
    """What a key has made is not kept with it."""
    sell = selling.sell

    def forgetful(picks, *, booking_key=None, idempotency_key="", fingerprint="", **rest):
        return sell(picks, **rest)

    selling.sell = forgetful


def slow_decisions() -> None:
    """Between the look whether a key is known and the sale there is time for its twin (the constraint is away)."""
    read, lines = at_once.read_types, at_once._read_lines
    at_once.read_types = lambda **names: _slowly(read(**names))
    at_once._read_lines = lambda how_many: lambda **names: _slowly(lines(how_many)(**names))


def _slowly(result, seconds: float = 0.1):
    time.sleep(seconds)
    return result


def everybodys_keys() -> None:
    """A key means the same whoever sends it: who sends another's is told of the other's booking."""
    at_once.read_types = Prepared(lambda: at_once._with_event(_known_to_all()))


def _known_to_all():
    made = Booking.objects.filter(event=Param("event"), idempotency_key=Param("key")).order_by("pk")
    return TicketType.objects.filter(event=Param("event")).annotate(known=Subquery(made.values("pk")[:1]))


WRONGS = (forgotten_keys, slow_decisions, everybodys_keys)
