"""How shifts, places in them and people of the crew are said."""

from datetime import date, datetime

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crew import roster, telling
from crew.models import Assignment, Location, Person, Shift
from eventify.lib.dates import date_format
from events.templatetags.say import zone_at

register = template.Library()
_PARTS = {
    Person.Status.APPROVED: (gettext_lazy("Approved"), "positive"),
    Person.Status.REJECTED: (gettext_lazy("Not this time"), ""),
    Person.Status.NO_SHOW: (gettext_lazy("Missed"), "negative"),
}
_PLACES = {
    Assignment.Status.PENDING: (gettext_lazy("Waits for approval"), "caution"),
    Assignment.Status.APPROVED: (gettext_lazy("Yours"), "positive"),
    Assignment.Status.REJECTED: (gettext_lazy("Not approved"), "negative"),
    Assignment.Status.CANCELLED: (gettext_lazy("Cancelled"), "negative"),
    Assignment.Status.COMPLETED: (gettext_lazy("Done"), ""),
}


@register.filter
def spoken(shift: Shift) -> str:
    """Section, slot and time in one line."""
    return telling.spoken(shift)


@register.filter
def spoken_beside(other: Shift, shift: Shift) -> str:
    """The same of another shift than one that is shown: with its zone and its event where they are not the same."""
    slot, zone = other.time_slot, ""
    if slot.event.timezone != shift.time_slot.event.timezone:
        zone = zone_at(slot.event, slot.starts_at)
    event = other.section.event
    where = f"({event.name})" if event.pk != shift.section.event_id else ""
    return " ".join(filter(None, (telling.spoken(other), zone, where)))


@register.filter
def called(shift: Shift) -> str:
    """What the shift is called: its title, else its section's name."""
    return shift.title or shift.section.name


@register.filter
def report_at(shift: Shift) -> datetime | None:
    """When to be there, if before the start."""
    return roster.report_at(shift)


@register.filter
def short_day(value: date) -> str:
    """`Fri 12 Jun`."""
    return date_format(value, "D j M")


@register.filter
def short_name(person: Person) -> str:
    """First name and initial."""
    return roster.short_name(person)


@register.filter
def part_state(person: Person) -> dict:
    """How things stand with somebody's part in an event, as a word with its tone."""
    if person.is_blacklisted:
        return {"word": _("Not this time"), "tone": ""}
    word, tone = _PARTS.get(Person.Status(person.status), (_("Waits for the organisers"), "caution"))
    return {"word": word, "tone": tone}


@register.filter
def place_state(assignment: Assignment) -> dict:
    """How things stand with somebody's place in a shift, as a word with its tone."""
    word, tone = _PLACES[Assignment.Status(assignment.status)]
    return {"word": word, "tone": tone}


@register.filter
def map_link(location: Location) -> str:
    """The address of a map of the place; empty when nobody has said where it is."""
    if location.latitude is None or location.longitude is None:
        return ""
    spot = f"{location.latitude}/{location.longitude}"
    return f"https://www.openstreetmap.org/?mlat={location.latitude}&mlon={location.longitude}#map=18/{spot}"
