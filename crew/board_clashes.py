"""How many clashes to come each of many events has, in four queries; crew/clashes.py says what a clash is."""

from collections import Counter
from collections.abc import Iterable

from django.utils import timezone

from crew import clashes
from crew.models import Assignment
from events.models import Event


def counts(events: Iterable[Event]) -> Counter[int]:
    """Event id -> how many clashes there are in which it, a sub-event, or one of their people has a part."""
    events = list(events)
    wanted = {event.pk for event in events}
    of_partners = Assignment.objects.filter(person__event__partner__in={event.partner_id for event in events})
    ahead = clashes.live(of_partners).filter(shift__time_slot__ends_at__gt=timezone.now())
    pairs = [(one.pk, other.pk) for _kind, one, other in clashes.pairs(clashes.read(ahead, Event()))]
    places = _places({pk for pair in pairs for pk in pair})
    found = Counter()
    for one, other in pairs:
        (partner, here), (other_partner, there) = places.get(one, (None, ())), places.get(other, (None, ()))
        if partner == other_partner:
            found.update(wanted.intersection((*here, *there)))
    return found


def _places(assignments: set[int]) -> dict[int, tuple]:
    """Assignment -> (the organisation, the events and festivals that it concerns)."""
    rows = Assignment.objects.filter(pk__in=assignments).values_list(
        "pk", "person__event__partner", "shift__section__event", "shift__section__event__parent", "person__event",
        "person__event__parent",
    )  # fmt: skip
    return {pk: (partner, events) for pk, partner, *events in rows}
