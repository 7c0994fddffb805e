"""Crowd lists: guest lists and other lists of an event's people. What comes onto one is decided under its lock."""

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import audit
from accounts.models import User
from crew import editing, persons, writing
from crew.locking import lock_list
from crew.models import Company, CrowdList, CrowdListEntry, CrowdType, Person
from eventify.lib.errors import Conflict, Invalid
from events.models import Event

FIELDS = ("crowd_type", "name", "type", "recipient_company", "auto_approve", "max_persons")
MOST = 100_000  # people on a list


def listed(event: Event) -> QuerySet[CrowdList]:
    """The event's lists by name, with `persons_count` and `is_full`, crowd type and company joined. One query."""
    rows = CrowdList.objects.filter(event=event).select_related("event", "crowd_type", "recipient_company")
    counted = rows.annotate(persons_count=Count("entries"))
    full = counted.annotate(is_full=Q(max_persons__isnull=False, persons_count__gte=F("max_persons")))
    return full.order_by("name", "id")  # an aggregate drops the model's own order


@transaction.atomic
def create(
    event: Event, *, by: User | None, crowd_type: CrowdType, name: str, type: str = CrowdList.Type.INTERNAL,
    recipient_company: Company | None = None, auto_approve: bool = False, max_persons: int | None = None,
) -> CrowdList:  # fmt: skip
    """Add a list of at most `max_persons` people (None: any number). Invalid for impossible values."""
    crowd_list = CrowdList(
        event=event, crowd_type=crowd_type, name=name, type=type, recipient_company=recipient_company,
        auto_approve=auto_approve, max_persons=max_persons,
    )  # fmt: skip
    _check(crowd_list, None)
    writing.hold(event, crowd_type, recipient_company)
    crowd_list.save(force_insert=True)
    audit.record("CREATED_CROWD_LIST", crowd_list, by=by, event=str(event.uid))
    return crowd_list


@transaction.atomic
def change(crowd_list: CrowdList, *, by: User | None, **changes) -> CrowdList:
    """Change some of FIELDS. Invalid as `create`, and for fewer places than people. Locks the list."""
    crowd_list = lock_list(crowd_list)
    kind = crowd_list.crowd_type
    changed = editing.change(crowd_list, changes)
    _check(crowd_list, kind)
    if changed:
        writing.hold(*(getattr(crowd_list, name) for name in ("crowd_type", "recipient_company") if name in changed))
        crowd_list.save(update_fields=[*changed, "updated_at"])
        audit.record("CHANGED_CROWD_LIST", crowd_list, by=by, fields=sorted(changed))
    return crowd_list


@transaction.atomic
def delete(crowd_list: CrowdList, *, by: User | None) -> None:
    """Delete a list; its people stay at the event. Locks the list."""
    crowd_list = lock_list(crowd_list)
    audit.record("DELETED_CROWD_LIST", crowd_list, by=by, name=crowd_list.name)
    crowd_list.delete()


@transaction.atomic
def add(crowd_list: CrowdList, person: Person, *, by: User | None) -> CrowdListEntry:
    """Put somebody of the event on the list; where it says so, a pending person is approved and told.

    Invalid (person) for another event's, a blacklisted person, one who is on it already, or when it is full. Locks
    the person, then the list.
    """
    person, crowd_list = persons.lock(person), lock_list(crowd_list)
    _check_may_come(crowd_list, person)
    entry = CrowdListEntry.objects.create(crowd_list=crowd_list, person=person, added_by=by)
    audit.record("ADDED_TO_CROWD_LIST", person, by=by, list=crowd_list.name)
    if crowd_list.auto_approve and person.status == Person.Status.PENDING:
        entry.person = persons.approve(person, by=by)
    return entry


@transaction.atomic
def remove(crowd_list: CrowdList, person: Person, *, by: User | None) -> None:
    """Take somebody off the list; Conflict for who is not on it. Their status stays. Locks the list."""
    crowd_list = lock_list(crowd_list)
    gone, _rows = CrowdListEntry.objects.filter(crowd_list=crowd_list, person=person).delete()
    if not gone:
        raise Conflict(_("%(person)s is not on this list.") % {"person": person.name})
    audit.record("REMOVED_FROM_CROWD_LIST", person, by=by, list=crowd_list.name)


def _check_may_come(crowd_list: CrowdList, person: Person) -> None:
    words = {"person": person.name, "list": crowd_list.name, "most": crowd_list.max_persons}
    if person.event_id != crowd_list.event_id:
        raise Invalid.field("person", _("Choose a person of this event."))
    if person.is_blacklisted:
        raise Invalid.field("person", _("%(person)s is on the blacklist and cannot come onto a list.") % words)
    if crowd_list.entries.filter(person=person).exists():
        raise Invalid.field("person", _("%(person)s is on this list already.") % words)
    if crowd_list.max_persons is not None and crowd_list.entries.count() >= crowd_list.max_persons:
        full = ngettext(
            "%(list)s is full: it has room for %(most)s person.", "%(list)s is full: it has room for %(most)s people.",
            words["most"],
        )  # fmt: skip
        raise Invalid.field("person", full % words)


def _check(crowd_list: CrowdList, before: CrowdType | None) -> None:
    writing.check_all(
        lambda: editing.check(crowd_list, max_persons=MOST),
        lambda: persons.check_crowd_type(crowd_list.crowd_type, crowd_list.event, before),
        lambda: _check_company(crowd_list),
        lambda: _check_room(crowd_list),
    )


def _check_company(crowd_list: CrowdList) -> None:
    company = crowd_list.recipient_company
    if company and company.partner_id != crowd_list.event.partner_id:
        raise Invalid.field("recipient_company", _("Choose one of the organisation's companies."))


def _check_room(crowd_list: CrowdList) -> None:
    most = crowd_list.max_persons
    if most is None:
        return
    if not isinstance(most, int) or most < 1:
        raise Invalid.field("max_persons", _("A list has room for at least one person."))
    if crowd_list.pk and (count := crowd_list.entries.count()) > most:
        raise Invalid.field("max_persons", _("%(count)s people are on the list already.") % {"count": count})
