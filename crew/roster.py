"""What somebody has to do, and when: their shifts across all events, for the portal, the wallet and the calendar."""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from crew import clashes
from crew.conditions import works_at
from crew.models import Assignment, Person, Section, Shift
from events.models import Event

HELD = (Assignment.Status.PENDING, Assignment.Status.APPROVED)
_GONE = (Shift.Status.DRAFT, Shift.Status.CANCELLED)  # of a shift: nobody works in it


def joined(rows: QuerySet[Assignment]) -> QuerySet[Assignment]:
    """The assignments with all that is said of them: person, shift, section, slot, location and events."""
    return rows.select_related(
        "person__event",
        "shift__section__event__partner",
        "shift__time_slot__event",
        "shift__location",
    )


def of_user(user: User) -> QuerySet[Assignment]:
    """The user's shifts that are not over, approved or waiting for approval, soonest first, all joined. One query."""
    held = Assignment.objects.filter(person__user=user, status__in=HELD)
    return in_order(that_count(held).filter(shift__time_slot__ends_at__gt=timezone.now()))


def marked(user: User) -> list[Assignment]:
    """`of_user`, each with `against`: another one of them at the same time, or None. One query."""
    held = list(of_user(user))
    twice = clashes.double_booked(held)
    for one in held:
        one.against = twice.get(one.pk)
    return held


def that_count(rows: QuerySet[Assignment]) -> QuerySet[Assignment]:
    """Those of people who may work, in shifts and at events that take place."""
    may_work = rows.filter(person__status=Person.Status.APPROVED, person__is_blacklisted=False)
    live = may_work.filter(shift__deleted_at=None).exclude(shift__status__in=_GONE)
    return live.exclude(shift__section__event__state__in=(Event.State.DRAFT, Event.State.CANCELLED))


def in_order(rows: QuerySet[Assignment]) -> QuerySet[Assignment]:
    """Soonest first, all joined."""
    return joined(rows).order_by("shift__time_slot__starts_at", "pk")


def counts(one: Assignment) -> bool:
    """Whether the holder is expected there, or waits for approval: as `of_user`, of one row that has all joined."""
    person, shift = one.person, one.shift
    is_live = shift.deleted_at is None and shift.status not in _GONE
    takes_place = shift.section.event.state not in (Event.State.DRAFT, Event.State.CANCELLED)
    return one.is_alive and person.may_work and is_live and takes_place


def since(user: User, moment: datetime) -> QuerySet[Assignment]:
    """All the user's shifts that end after the moment, those that are cancelled or were rejected, too. One query."""
    rows = Assignment.objects.filter(Q(person__user=user), shift__time_slot__ends_at__gt=moment)
    return in_order(rows)


def parts(user: User) -> list[Person]:
    """The user's approved parts in events that are not over or cancelled, with event and crowd type. One query."""
    mine = Person.objects.filter(user=user, status=Person.Status.APPROVED, is_blacklisted=False)
    ahead = mine.exclude(event__state__in=(Event.State.DRAFT, Event.State.CLOSED, Event.State.CANCELLED))
    return list(ahead.select_related("event", "crowd_type").order_by("pk"))


def sections_of(person: Person, to: str = "") -> Q:
    """The sections where a part in the person's event is one (conditions.works_at); `to`: the way to a section."""
    here = Q(**{f"{to}event": person.event_id}) | Q(**{f"{to}event__parent": person.event_id})
    if person.event.parent_id is None:
        return here
    return here | Q(**{f"{to}event": person.event.parent_id, f"{to}type": Section.Type.CROSS_EVENT})


def person_for(user: User, section: Section) -> Person | None:
    """The user's part that is one in this section, an approved one if there is one. One query."""
    mine = Person.objects.filter(user=user, event__partner=section.event.partner_id)
    found = [one for one in mine.select_related("event", "crowd_type").order_by("pk") if works_at(one, section)]
    return next((one for one in found if one.may_work), found[0] if found else None)


def report_at(shift: Shift) -> datetime | None:
    """The moment at which people are to be there, when that is before the start; on the evening before, if need be."""
    slot, at = shift.time_slot, shift.report_time
    if at is None or at == slot.start_time:
        return None
    day = slot.date if at < slot.start_time else slot.date - timedelta(days=1)
    return datetime.combine(day, at, tzinfo=slot.event.zone)


def short_name(person: Person) -> str:
    """First name and initial, as colleagues see it: "Asha P."."""
    first, _blank, rest = " ".join(person.name.split()).partition(" ")
    last = rest.rpartition(" ")[2]
    return f"{first} {last[0]}." if last else first
