"""The door on paper: everybody who has a good ticket, for when nothing else works."""

from django.db.models import CharField, F, QuerySet, Value
from django.db.models.functions import Coalesce, Lower, NullIf

from accounts import audit
from accounts.models import User
from bookings import queries
from bookings.models import Ticket
from eventify.lib.errors import Forbidden
from events.models import Event

LETTERS = 6  # of the code that paper shows: enough to tell tickets apart, too few to make one


def short(code: str) -> str:
    """The end of a ticket's code."""
    return code[-LETTERS:]


def listed(event: Event) -> QuerySet[Ticket]:
    """The tickets that are good, or on which somebody is inside, by the name of who comes (`person`)."""
    names = (NullIf("attendee_name", Value("")), NullIf("user__full_name", Value("")), F("user__email"))
    name = Coalesce(*names, output_field=CharField())
    tickets = event.tickets.filter(queries.AT_DOOR).select_related("ticket_type", "seat")
    return tickets.annotate(person=name).order_by(Lower("person"), "pk")


def handed_out(event: Event, *, by: User, form: str) -> QuerySet[Ticket]:
    """`listed`, with a line in the audit log: who took the names, how many, and as what (page or csv).

    Forbidden without check_in and view_events on the event: the list is everybody's names.
    """
    if not (by.can("check_in", event) and by.can("view_events", event)):
        raise Forbidden
    tickets = listed(event)
    audit.record("TOOK_DOOR_LIST", event, by=by, form=form, rows=tickets.count())
    return tickets
