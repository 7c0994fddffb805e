"""The lock of an event's row, and the order in which rows are locked everywhere: events by id first."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from eventify.lib.errors import Missing
from events.models import Event


def lock(event_ids: Iterable[int]) -> dict[int, Event]:
    """Lock these events in the one order and return them by id (with their partner). Call inside a transaction.

    FOR NO KEY UPDATE, so that inserts that refer to an event do not wait. Missing when one was deleted meanwhile.
    """
    wanted = set(event_ids)
    rows = Event.objects.select_for_update(no_key=True, of=("self",)).select_related("partner")
    events = {event.pk: event for event in rows.filter(pk__in=wanted).order_by("pk")}
    if len(events) != len(wanted):
        raise Missing(_("There is no such event."))
    return events


def lock_one(event: Event) -> Event:
    """Lock this event and read it afresh; Missing when it was deleted meanwhile."""
    return lock([event.pk])[event.pk]
