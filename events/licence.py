"""How many people the authorities let into an event at once: everybody counts, not only who bought a ticket."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from eventify.lib.errors import Invalid
from events.locking import lock_one
from events.models import Event

MOST = 10_000_000  # people


@transaction.atomic
def set_capacity(event: Event, people: int | None, *, by: User) -> Event:
    """Say how many people may be inside at once; None: nobody has said. Locks the event. Invalid out of 1 to MOST.

    Sales do not ask it: what is sold is the event's capacity. It is what the headcount is held against.
    """
    if people is not None and not 1 <= people <= MOST:
        raise Invalid.field("licensed_capacity", _("Use a whole number from 1 to %(most)s.") % {"most": MOST})
    event = lock_one(event)
    before, event.licensed_capacity = event.licensed_capacity, people
    event.save(update_fields=["licensed_capacity", "updated_at"])
    audit.record("CHANGED_LICENSED_CAPACITY", event, by=by, before=before, after=people)
    return event
