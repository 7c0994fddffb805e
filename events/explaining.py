"""Why not? What can be asked about an event: its way from state to state, publishing first of all, its booking, its
pictures, and its end.
"""

from django.urls import reverse
from django.utils.translation import gettext_lazy, gettext_noop

from accounts.explaining import Action, Fix, Input, found, one_of
from accounts.models import User
from eventify.lib.errors import Missing
from events import editing, pictures, queries, states
from events.models import Event, EventImage
from partners import members
from partners.explaining import FIXES, need

_FIXES = {
    **FIXES,
    "event_incomplete": Fix(
        gettext_lazy("Say what is missing on the event's page."), lambda row: f"/command-center/events/{row.uid}/edit/"
    ),
    "pictures_full": Fix(
        gettext_lazy("Remove a picture first."), lambda row: reverse("desk-event-pictures", args=[row.uid])
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


def _set_bookable(event: Event, *, by: User, act: str = "open") -> None:
    need(by, "manage_events", on=event)
    editing.set_bookable(event, act == "open", by=by)


# --- Pictures -----------------------------------------------------------------------------------------


def _picture(asker: User | None, text: str) -> EventImage:
    """One of an event whose staff pages the asker sees."""
    if asker is None:
        raise Missing
    mine = Event.objects.filter(partner__in=members.partners_where(asker, "view_events").values("pk"))
    return found(EventImage.objects.filter(event__in=mine.values("pk")).select_related("event__partner"), text)


def _add_picture(event: Event, *, by: User) -> None:
    """As far as there is room: a file that was written cannot be taken back."""
    need(by, "manage_events", on=event)
    pictures.check_room(event)


def _change_picture(image: EventImage, *, by: User, act: str = "main") -> None:
    need(by, "manage_events", on=image.event)
    _PICTURES[act](image, by=by)


_PICTURES = {"main": pictures.make_main, "remove": pictures.remove}


_EVENT = gettext_noop("the uid of an event")
ACTIONS = (
    Action("publish", gettext_lazy("Publish an event"), _EVENT, seen, _publish, fixes=_FIXES),
    Action("change_state", gettext_lazy("Take an event to another state"), _EVENT, seen, _change,
           (Input("state", _word, "the state: draft, published, registration_open, buildup, ..."),), fixes=_FIXES),
    Action("set_bookable", gettext_lazy("Open or withdraw the booking of an event"), _EVENT, seen, _set_bookable,
           (Input("act", one_of("open", "withdraw"), "open (default) or withdraw"),), fixes=_FIXES),
    Action("add_picture", gettext_lazy("Add a picture to an event"), _EVENT, seen, _add_picture, fixes=_FIXES),
    Action("change_picture", gettext_lazy("Put a picture first, or take it away"),
           gettext_noop("the uid of a picture of an event"), _picture, _change_picture,
           (Input("act", one_of(*_PICTURES), "main (default) or remove"),), fixes=_FIXES),
    Action("delete_event", gettext_lazy("Delete an event"), _EVENT, seen, _delete, fixes=_FIXES),
)  # fmt: skip
