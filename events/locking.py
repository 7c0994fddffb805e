"""The lock of an event's row, and the order in which rows are locked everywhere: events by id first."""

from collections.abc import Iterable

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from eventify.lib.errors import Missing
from eventify.lib.prepared import Param, Prepared
from events.models import Event


def lock(event_ids: Iterable[int]) -> dict[int, Event]:
    """Lock these events in the one order and return them by id (with their partner). Call inside a transaction.

    FOR NO KEY UPDATE, so that inserts that refer to an event do not wait. Missing when one was deleted meanwhile.
    """
    wanted = set(event_ids)
    if len(wanted) == 1:
        events = {event.pk: event for event in _lock_one(pk=next(iter(wanted)))}
    else:
        events = {event.pk: event for event in _rows().filter(pk__in=wanted).order_by("pk")}
    if len(events) != len(wanted):
        raise Missing(_("There is no such event."))
    return events


def _rows() -> QuerySet[Event]:
    return Event.objects.select_for_update(no_key=True, of=("self",)).select_related("partner")


_lock_one = Prepared(lambda: _rows().filter(pk=Param("pk")))


def lock_one(event: Event) -> Event:
    """Lock this event and read it afresh; Missing when it was deleted meanwhile."""
    return lock([event.pk])[event.pk]
