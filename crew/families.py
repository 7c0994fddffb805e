"""What ties a sub-event's plan to its festival: as long as it stands, the sub-event stays with the festival."""

from django.db.models import Q
from django.utils.translation import gettext as _

from crew.models import Assignment, Section, Shift
from events import family
from events.models import Event


def ties_to(event: Event, festival: Event | None) -> list[str]:
    """Why the event cannot leave this festival, as sentences; none for no festival. Three queries."""
    if festival is None:
        return []
    shifts, words = Shift.objects.live().filter(section__event=event), {"festival": festival.name}
    found = []
    if shifts.filter(Q(time_slot__event=festival) | Q(location__event=festival)).exists():
        sentence = _("Its shifts use time slots or locations of %(festival)s. Give them some of its own first.")
        found.append(sentence % words)
    alive = Assignment.objects.filter(status__in=Assignment.ALIVE)
    theirs = alive.filter(shift__section__event=event, person__event=festival)
    if theirs.exists():
        found.append(_("People of %(festival)s have shifts here. Take them out first.") % words)
    lent = alive.filter(shift__section__event=festival, person__event=event)
    if lent.exists():
        found.append(_("Its people have shifts at %(festival)s. Take them out first.") % words)
    return found


def ties_to_kind(event: Event) -> list[str]:
    """Why the event cannot become a plain one, as sentences."""
    if event.kind in family.PARENTS or not event.sections.filter(type=Section.Type.CROSS_EVENT).exists():
        return []
    return [_("It has sections that serve all its sub-events. Make them ordinary ones first.")]
