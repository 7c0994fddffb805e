"""Festivals and series, and the sub-events in them: one level, all of one organisation."""

from django.utils.translation import gettext as _

from eventify.lib.errors import Invalid
from events import locking
from events.models import Event
from events.signals import family_prerequisites

PARENTS = (Event.Kind.FESTIVAL, Event.Kind.SERIES)
FIELDS = {"parent", "kind", "partner"}  # a change of one of these may break a rule


def lock(event: Event, parent: Event | None) -> tuple[Event, Event | None]:
    """(the event, its new parent), locked in the one order. A new sub-event locks its parent just so."""
    rows = locking.lock([event.pk, parent.pk] if parent else [event.pk])
    return rows[event.pk], parent and rows[parent.pk]


def check(event: Event) -> None:
    """Invalid (parent, kind, partner) for a family that cannot be. The event is locked, and its parent if that is new.

    A parent is a festival or series of the same organisation and no sub-event itself. What has sub-events becomes no
    sub-event, stays a festival or series, and stays with its organisation.
    """
    if event.parent:
        _check_parent(event, event.parent)
    if event.pk and event.children.exists():
        _check_children(event)


def check_left(event: Event, left: Event | None, kind: str) -> None:
    """Invalid (parent, kind) when the event's plan needs the festival that it leaves, or the kind that it was."""
    for field, is_changed in (("parent", left != event.parent), ("kind", kind != event.kind)):
        asked = family_prerequisites.send(Event, event=event, left=left, field=field) if is_changed else ()
        sentences = [sentence for _receiver, said in asked for sentence in said or ()]
        if sentences:
            raise Invalid(sentences[0], errors={field: sentences})


def _check_parent(event: Event, parent: Event) -> None:
    if parent.pk == event.pk:
        raise Invalid.field("parent", _("An event cannot be its own sub-event."))
    if parent.partner_id != event.partner_id:
        raise Invalid.field("parent", _("Choose a festival or series of the same organisation."))
    if parent.kind not in PARENTS:
        raise Invalid.field("parent", _("Only a festival or a series has sub-events."))
    if parent.parent_id:
        raise Invalid.field("parent", _("%(event)s is a sub-event itself.") % {"event": parent.name})


def _check_children(event: Event) -> None:
    if event.parent_id:
        raise Invalid.field("parent", _("This event has sub-events, so it cannot become one."))
    if event.kind not in PARENTS:
        raise Invalid.field("kind", _("This event has sub-events, so it stays a festival or series."))
    if event.children.exclude(partner=event.partner_id).exists():
        raise Invalid.field("partner", _("This event has sub-events, so it stays with its organisation."))
