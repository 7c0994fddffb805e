"""The locks of the crew's rules, and their order: event, then persons by id, then crowd list, then shifts by id."""

from collections.abc import Iterable

from django.db.models import Q
from django.utils.translation import gettext as _

from crew.models import CrowdList, Person, Shift
from eventify.lib.errors import Missing


def lock_humans(persons: Iterable[Person]) -> dict[int, Person]:
    """Lock these persons and all persons of the same organisation who are the same humans; those asked for by id.

    Two persons are one human when they have the same account or the same address. So what one person is promised at
    two events of an organisation is decided one after the other. Missing when one was deleted meanwhile.
    """
    asked = list(persons)
    rows = Person.objects.select_for_update(no_key=True, of=("self",)).select_related("event__partner", "crowd_type")
    locked = {row.pk: row for row in rows.filter(_same_humans(asked)).order_by("pk")}
    if any(person.pk not in locked for person in asked):
        raise Missing(_("There is no such person."))
    return locked


def humans(person: Person):
    """The persons who are the same human as this one, in the same organisation, itself among them."""
    return Person.objects.filter(_same_humans([person]))


def _same_humans(persons: list[Person]) -> Q:
    """One condition for each organisation: the indexes find the rows, the organisation is asked of those alone."""
    same = Q(pk__in=())
    for partner in {person.event.partner_id for person in persons}:
        mine = [person for person in persons if person.event.partner_id == partner]
        alike = Q(pk__in=[person.pk for person in mine])
        if users := [person.user_id for person in mine if person.user_id]:
            alike |= Q(user__in=users)
        if addresses := [person.email.lower() for person in mine if person.email]:
            alike |= Q(email__lower__in=addresses)
        same |= alike & Q(event__partner=partner)
    return same


def lock_shifts(shifts: Iterable[Shift]) -> dict[int, Shift]:
    """Lock these shifts, with their section, slot and event; Missing when one was deleted meanwhile."""
    wanted = {shift.pk for shift in shifts}
    rows = Shift.objects.live().select_for_update(no_key=True, of=("self",))
    related = rows.select_related("section__event__partner", "time_slot__event", "location")
    locked = {row.pk: row for row in related.filter(pk__in=wanted).order_by("pk")}
    if len(locked) != len(wanted):
        raise Missing(_("There is no such shift."))
    return locked


def lock_list(crowd_list: CrowdList) -> CrowdList:
    """Lock this crowd list and read it afresh; Missing when it was deleted meanwhile."""
    rows = CrowdList.objects.select_for_update(no_key=True, of=("self",)).select_related("event__partner", "crowd_type")
    found = rows.filter(pk=crowd_list.pk).first()
    if found is None:
        raise Missing(_("There is no such list."))
    return found
