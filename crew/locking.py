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
    same = Q(pk__in=[person.pk for person in asked])
    for person in asked:
        same |= _same_human(person)
    rows = Person.objects.select_for_update(no_key=True, of=("self",)).select_related("event__partner", "crowd_type")
    locked = {row.pk: row for row in rows.filter(same).order_by("pk")}
    if any(person.pk not in locked for person in asked):
        raise Missing(_("There is no such person."))
    return locked


def _same_human(person: Person) -> Q:
    same = Q(pk__in=())
    if person.user_id:
        same |= Q(user=person.user_id)
    if person.email:
        same |= Q(email__lower=person.email.lower())
    return same & Q(event__partner=person.event.partner_id)


def humans(person: Person):
    """The persons who are the same human as this one, in the same organisation, itself among them."""
    return Person.objects.filter(Q(pk=person.pk) | _same_human(person))


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
