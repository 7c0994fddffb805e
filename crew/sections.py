"""Sections: the parts of the terrain or of the work. Every verb holds the event's lock."""

from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from crew import editing
from crew.models import Section
from eventify.lib.errors import Because, Conflict, Invalid
from events.locking import lock_one
from events.models import Event
from partners.models import Partner

NEED_MOST = 100_000  # people
ORDER_MOST = 1_000_000
_WITH_PARTS = (Event.Kind.FESTIVAL, Event.Kind.SERIES)


@transaction.atomic
def create(
    event: Event, *, by: User | None, name: str, category: str = "", type: str = Section.Type.STANDARD,
    crew_need: int | None = None, is_gate: bool = False, sort_order: int | None = None,
) -> Section:  # fmt: skip
    """Add a section, by default behind the others. Invalid for impossible values. Locks the event."""
    event = lock_one(event)
    if sort_order is None:
        sort_order = _last(event) + 1
    section = Section(
        event=event, name=name, category=category, type=type, crew_need=crew_need, is_gate=is_gate,
        sort_order=sort_order,
    )  # fmt: skip
    _check(section)
    section.save(force_insert=True)
    audit.record("CREATED_SECTION", section, by=by, event=str(event.uid))
    return section


def _last(event: Event) -> int:
    last = event.sections.aggregate(last=Max("sort_order"))["last"]
    return -1 if last is None else min(last, ORDER_MOST - 1)


@transaction.atomic
def change(section: Section, *, by: User | None, **changes) -> Section:
    """Change what `create` gives. Invalid for impossible values. Locks the event."""
    section = editing.fresh(section)
    changed = editing.change(section, changes)
    _check(section)
    if changed:
        section.save(update_fields=[*changed, "updated_at"])
        audit.record("CHANGED_SECTION", section, by=by, fields=sorted(changed))
    return section


@transaction.atomic
def delete(section: Section, *, by: User | None) -> None:
    """Delete a section that has no shifts; Conflict otherwise. Locks the event, as making a shift does."""
    section = editing.fresh(section)
    if section.shifts.live().exists():
        sentence = _("%(section)s has shifts. Delete those first.") % {"section": section.name}
        raise Conflict(Because("has_shifts", sentence))
    audit.record("DELETED_SECTION", section, by=by, name=section.name)
    section.delete()


@transaction.atomic
def reorder(event: Event, uids: list[UUID], *, by: User | None) -> list[Section]:
    """Put the event's own sections into this order; those that are not named follow in the order they have.

    Invalid for ids that are not of its sections, or that come twice. Locks the event; the whole order is returned.
    """
    event = lock_one(event)
    sections = {section.uid: section for section in event.sections.order_by("sort_order", "id")}
    if len(set(uids)) != len(uids) or not sections.keys() >= set(uids):
        raise Invalid.field("sections", _("Name sections of this event, each at most once."))
    named = [sections.pop(uid) for uid in uids]
    in_order = [*named, *sections.values()]
    for position, section in enumerate(in_order):
        section.event, section.sort_order = event, position
    Section.objects.bulk_update(in_order, ["sort_order"], batch_size=500)
    audit.record("REORDERED_SECTIONS", event, by=by, sections=[str(section.uid) for section in named])
    return in_order


def categories(partner: Partner) -> list[str]:
    """The categories that the sections of the organisation's events have, each once, by name."""
    used = Section.objects.filter(event__partner=partner).exclude(category="")
    return list(used.order_by("category").values_list("category", flat=True).distinct())


def _check(section: Section) -> None:
    editing.check(section, crew_need=NEED_MOST, sort_order=ORDER_MOST)
    if section.type == Section.Type.CROSS_EVENT and section.event.kind not in _WITH_PARTS:
        raise Invalid.field("type", _("Only a festival or a series has sections that serve all its sub-events."))
