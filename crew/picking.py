"""What somebody may choose from: the events that look for people, and the shifts of the events they are in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Greatest, Least
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from crew import assignments, clashes, roster, telling
from crew.models import Assignment, Person, Section, Shift
from events.models import Event

_SHOWN = (Shift.Status.OPEN, Shift.Status.FULL)
_CLOSED = (Event.State.DRAFT, Event.State.CLOSED, Event.State.CANCELLED)


@dataclass
class Choice:
    """A shift, what speaks against claiming it (`why_not`, empty: nothing), and the person's own place in it.

    `in_short` says the same beside the shift's own name and time.
    """

    shift: Shift
    why_not: str = ""
    mine: Assignment | None = None
    in_short: str = ""

    @property
    def is_free(self) -> bool:
        """Whether the person may claim it now."""
        return not self.why_not and self.mine is None


def open_events() -> QuerySet[Event]:
    """The events that people can sign up for, soonest first; where a sub-event looks for people, its festival."""
    is_open = Q(state=Event.State.REGISTRATION_OPEN) | Q(children__state=Event.State.REGISTRATION_OPEN)
    ahead = Q(ends_at=None) | Q(ends_at__gt=timezone.now())
    found = Event.objects.filter(is_open, ahead, parent=None).exclude(state__in=_CLOSED)
    return found.distinct().order_by("starts_at", "pk")


def part_at(user: User, event: Event) -> Person | None:
    """The user's part in the event, else in its festival. One query."""
    mine = Person.objects.filter(user=user, event__in=[event.pk, event.parent_id or event.pk])
    found = list(mine.select_related("event__partner", "crowd_type").order_by("pk"))
    return next((one for one in found if one.event_id == event.pk), found[0] if found else None)


def shifts_for(person: Person) -> QuerySet[Shift]:
    """The shifts to come that people can claim where the person may work, soonest first, all joined."""
    ahead = Shift.objects.live().filter(status__in=_SHOWN, time_slot__starts_at__gt=timezone.now())
    open_ones = ahead.filter(roster.sections_of(person, "section__"), slots_open_for_claiming__gt=0)
    joined = open_ones.exclude(section__event__state__in=_CLOSED).select_related(
        "section__event__partner", "time_slot__event", "location"
    )
    return joined.order_by("time_slot__date", "time_slot__starts_at", "section__sort_order", "section", "pk")


def days_and_sections(person: Person) -> tuple[dict[date, int], list[Section]]:
    """The local days of `shifts_for` with how many places can be claimed on each, and its sections, both in order.

    Two queries.
    """
    unfilled = F("slots_total") - F("filled_slots") - F("pending_slots")
    places = Greatest(Least(F("slots_open_for_claiming") - F("claimed_slots"), unfilled), 0)
    by_day = shifts_for(person).order_by("time_slot__date").values_list("time_slot__date")
    sections = Section.objects.filter(pk__in=shifts_for(person).order_by().values("section"))
    return dict(by_day.annotate(places=Sum(places))), list(
        sections.select_related("event").order_by("event__starts_at", "event", "sort_order", "name", "pk")
    )


def choices(person: Person, shifts: Iterable[Shift]) -> list[Choice]:
    """What speaks against each of these shifts, all joined. As many queries however many they are."""
    shifts = list(shifts)
    if not shifts:
        return []
    whys, diary = assignments.why_not_claim_each(shifts, person), clashes.diary(person, shifts)
    held = Assignment.objects.filter(person__user=person.user_id, shift__in=shifts, status__in=Assignment.ALIVE)
    mine = {one.shift_id: one for one in held}
    return [
        Choice(shift, whys[shift.pk], mine.get(shift.pk), _in_short(shift, whys[shift.pk], diary)) for shift in shifts
    ]


def _in_short(shift: Shift, why_not: str, diary: clashes.Diary) -> str:
    """The refusal without the shift's own name, where it is about another one of the person's."""
    kind, other = next(iter(diary.clashes_with(shift)), (None, None))
    if other is None or (said := telling.spoken(other.shift)) not in why_not:
        return why_not
    words = {"other": said, "hours": f"{diary.rest_between(shift, other.shift).total_seconds() / 3600:g}"}
    if kind == clashes.Kind.OVERLAP:
        return _("At the same time as %(other)s.") % words
    return _("Less than %(hours)s hours of rest from %(other)s.") % words


def visible_shift(user: User, uid) -> tuple[Shift, Person, Assignment | None] | None:
    """The shift of this uid, the user's part there, and their place in it, dead or alive; None when it is not theirs.

    It is there for who may work there once it is open, and for who has a place in it whatever its state. Three queries.
    """
    rows = Shift.objects.live().select_related("section__event__partner", "time_slot__event", "location")
    shift = rows.filter(uid=uid).first()
    person = roster.person_for(user, shift.section) if shift else None
    if person is None:
        return None
    mine = place_in(shift, user)
    is_open = person.may_work and shift.status != Shift.Status.DRAFT and shift.section.event.state != Event.State.DRAFT
    return (shift, person, mine) if is_open or mine else None


def place_in(shift: Shift, user: User) -> Assignment | None:
    """The user's place in the shift: the one that is alive, else the newest."""
    rows = roster.joined(Assignment.objects.filter(shift=shift, person__user=user).order_by("-pk"))
    places = list(rows)
    return next((one for one in places if one.is_alive), places[0] if places else None)
