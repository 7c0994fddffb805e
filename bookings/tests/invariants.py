"""What is true of every event's stock after any verb, any race and any crash: the checks of `manage.py fsck`."""

from collections.abc import Iterator

from django.db import connection

from bookings import ledger_checks
from bookings.door import lists
from bookings.invariants import OF_EVENTS
from eventify.lib.checks import Breach, settle
from events.models import Event


def broken(event: Event) -> list[str]:
    """The sentences that say what is wrong with this event; none when all is well."""
    breaches = (breach for check in OF_EVENTS for breach in check.breaches([event.pk]))
    return [*(f"{breach.check}: {breach.sentence}" for breach in breaches), *_door(event)]


def check(*events: Event) -> None:
    """AssertionError with every sentence, when an invariant of these events or of the books is broken."""
    sentences = [sentence for event in events for sentence in broken(event)]
    sentences += [f"ledger, {breach.check}: {breach.sentence}" for breach in books()]
    assert not sentences, "\n".join(sentences)


def books() -> list[Breach]:
    """What is wrong with the ledger; in a test's transaction it is made what it would be after the commit."""
    if connection.in_atomic_block:
        settle()
    return list(ledger_checks.breaches())


def _door(event: Event) -> Iterator[str]:
    """What the door shows is what its tickets say."""
    inside: dict[str, int] = {}
    for gate in event.tickets.exclude(used_at=None).values_list("used_gate", flat=True):
        inside[gate] = inside.get(gate, 0) + 1
    event = Event.objects.get(pk=event.pk)
    counts = lists.counts(event)
    if (counts["gates"], counts["inside"]) != (inside, sum(inside.values())):
        yield f"{event}: the door counts {counts}, its tickets {inside}"
