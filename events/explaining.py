"""Why not? What can be asked about an event: its way from state to state, publishing first of all, and its end."""

from django.utils.translation import gettext_lazy, gettext_noop

from accounts.explaining import Action, Fix, Input, found
from accounts.models import User
from events import editing, queries, states
from events.models import Event
from partners.explaining import FIXES, need

_FIXES = {
    **FIXES,
    "event_incomplete": Fix(
        gettext_lazy("Say what is missing on the event's page."), lambda row: f"/command-center/events/{row.uid}/edit/"
    ),
    "event_in_use": Fix(
        gettext_lazy("Take it to another state instead."), lambda row: f"/command-center/events/{row.uid}/state/"
    ),
}


def seen(asker: User | None, text: str) -> Event:
    """The event of this uid, if the asker may see it; Missing."""
    return found(queries.visible_to(asker).select_related("partner"), text)


def _word(text: str) -> str:
    """A state; ValueError for a word that is none."""
    return Event.State(text).value


def _change(event: Event, *, by: User, state: str = Event.State.PUBLISHED) -> None:
    need(by, "manage_events", on=event)
    states.transition(event, state, by=by)


def _publish(event: Event, *, by: User) -> None:
    _change(event, by=by)


def _delete(event: Event, *, by: User) -> None:
    need(by, "manage_events", on=event)
    editing.delete(event, by=by)


_EVENT = gettext_noop("the uid of an event")
ACTIONS = (
    Action("publish", gettext_lazy("Publish an event"), _EVENT, seen, _publish, fixes=_FIXES),
    Action("change_state", gettext_lazy("Take an event to another state"), _EVENT, seen, _change,
           (Input("state", _word, "the state: draft, published, registration_open, buildup, ..."),), fixes=_FIXES),
    Action("delete_event", gettext_lazy("Delete an event"), _EVENT, seen, _delete, fixes=_FIXES),
)  # fmt: skip
