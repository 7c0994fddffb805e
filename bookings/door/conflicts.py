"""Tickets that let people in more than once: one row each, until somebody has looked into it."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts import audit
from accounts.models import User
from bookings import queries
from bookings.door import merging
from bookings.models import DoubleAdmission, Ticket
from eventify.lib.errors import Forbidden


def report(states: dict[Ticket, merging.State]) -> None:
    """Bring the conflicts of these locked tickets in line with their scans, which have their ids. Up to four queries.

    A settled conflict stays settled, with its note, until a scan is let in that nobody has looked into.
    """
    known = {one.ticket_id: one for one in DoubleAdmission.objects.filter(ticket__in=list(states))} if states else {}
    double = {ticket: found for ticket, found in states.items() if found.doubles}
    new = [DoubleAdmission(ticket=one, event_id=one.event_id) for one in double if one.pk not in known]
    DoubleAdmission.objects.bulk_create(new)
    again = [known[one.pk].pk for one, found in double.items() if one.pk in known and _is_news(known[one.pk], found)]
    if again:
        DoubleAdmission.objects.filter(pk__in=again).update(settled_at=None, settled_by=None, updated_at=timezone.now())
    over = [
        known[one.pk].pk for one in states if one.pk in known and one not in double and not known[one.pk].settled_at
    ]
    if over:
        DoubleAdmission.objects.filter(pk__in=over).delete()


@transaction.atomic
def settle(conflict: DoubleAdmission, *, by: User, note: str = "") -> DoubleAdmission:
    """Somebody has looked into it. Forbidden without check_in on the event. Locks the ticket; again changes nothing."""
    if not by.can("check_in", conflict.event):
        raise Forbidden
    ticket = Ticket.objects.select_for_update(no_key=True).get(pk=conflict.ticket_id)
    conflict = DoubleAdmission.objects.select_for_update(no_key=True).get(pk=conflict.pk)
    if conflict.settled_at is None:
        found = merging.state(ticket.scans.filter(verdict="admitted"))
        conflict.settled_scans = scans_of(found)
        conflict.settled_at, conflict.settled_by, conflict.note = timezone.now(), by, note.strip()[:500]
        conflict.save()
        audit.record("SETTLED_DOUBLE_ADMISSION", conflict, by=by, note=conflict.note, scans=conflict.settled_scans)
    return conflict


def scans_of(found: merging.State) -> list[int]:
    """The ids of all scans that let somebody in."""
    return sorted(one.pk for one in (found.winner, *found.doubles) if one)


def seen_by(user: User) -> QuerySet[DoubleAdmission]:
    """The conflicts of the events where the user may check in."""
    return DoubleAdmission.objects.filter(event__in=queries.events_of(user, "check_in").values("pk"))


def _is_news(conflict: DoubleAdmission, found: merging.State) -> bool:
    return conflict.settled_at is not None and not set(scans_of(found)) <= set(conflict.settled_scans)
