"""Who could take a shift, or is free on a day: people in the order in which a planner wants to see them.

For a shift those who fit come first, and everybody else with the reason why not, in the words of the refusal that
assigning them would get (crew/conditions.py). The reasons are worked out for the people that are shown alone.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Case, Count, DurationField, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce, Greatest, Lower

from crew import clashes, conditions, plans
from crew.models import Assignment, CrowdType, Person, PersonTag, Section, Shift, TimeSlot, UserTag
from events.models import Event

SHOWN = 30  # people at a time
WORDS_MOST = 6
MINUTE = timedelta(minutes=1)


@dataclass
class Wanted:
    """What a planner looks for: words of the name or address, tags (all of them), and a crowd type."""

    text: str = ""
    tags: list[PersonTag] = field(default_factory=list)
    crowd_type: CrowdType | None = None

    def among(self, persons: QuerySet[Person]) -> QuerySet[Person]:
        """Those who are looked for."""
        for word in self.text.split()[:WORDS_MOST]:
            persons = persons.filter(Q(name__icontains=word) | Q(email__icontains=word))
        for tag in self.tags:
            persons = persons.filter(user__in=UserTag.objects.filter(tag=tag).values("user"))
        return persons.filter(crowd_type=self.crowd_type) if self.crowd_type else persons


@dataclass
class Candidate:
    """Somebody, what speaks against giving them the shift (`why_not`, empty: nothing), and what they have that day."""

    person: Person
    why_not: str = ""
    code: str = ""  # of the refusal
    held: int = 0  # shifts that day
    tags: list[str] = field(default_factory=list)


@dataclass
class Found:
    """The first candidates, and how many there are in all."""

    shown: list[Candidate]
    count: int

    @property
    def more(self) -> int:
        return self.count - len(self.shown)


# --- On a day -----------------------------------------------------------------------------------------


def on_day(event: Event, day: date, wanted: Wanted, most: int = SHOWN) -> Found:
    """Who may work at the event (or a sub-event) that day. Three queries.

    The kinds of people that the day's time slots are for come first, and those with the fewest shifts.
    """
    here = Q(event=event.pk) | Q(event__parent=event.pk) | Q(event=event.parent_id or event.pk)
    approved = Person.objects.filter(here, status=Person.Status.APPROVED, is_blacklisted=False)
    persons = wanted.among(approved)
    counts = Assignment.objects.filter(
        person=OuterRef("pk"), status__in=Assignment.ALIVE, shift__deleted_at=None, shift__time_slot__date=day
    )
    counted = counts.order_by().values("person").annotate(n=Count("pk")).values("n")
    slots = TimeSlot.objects.filter(Q(event=event.pk) | Q(event__parent=event.pk), date=day)
    wanted_first = _first(Q(crowd_type__system_type__in=slots.values("person_type")))
    ranked = persons.annotate(held=Coalesce(Subquery(counted), 0), is_other=wanted_first)
    in_order = ranked.select_related("crowd_type", "event").order_by("is_other", "held", "name", "pk")
    shown = [Candidate(person, held=person.held) for person in in_order[:most]]
    _add_tags(shown, event)
    return Found(shown, persons.count())


# --- For a shift --------------------------------------------------------------------------------------


def who_may_work(section: Section) -> QuerySet[Person]:
    """The persons whose part in an event is one in the section (conditions.works_at)."""
    here = Q(event=section.event_id) | Q(event=section.event.parent_id or section.event_id)
    if section.type == Section.Type.CROSS_EVENT:
        here |= Q(event__parent=section.event_id)
    return Person.objects.filter(here)


def for_shift(shift: Shift, wanted: Wanted, most: int = SHOWN) -> Found:
    """Who could take the shift: who fits first, the slot's own kind of people before others. Seven queries."""
    persons = wanted.among(who_may_work(shift.section)).exclude(status=Person.Status.REJECTED)
    ranked = persons.annotate(
        is_out=Case(*_out(shift), default=0), is_other=_first(Q(crowd_type__system_type=shift.time_slot.person_type))
    ).order_by("is_out", "is_other", "name", "pk")
    shown = [Candidate(person) for person in ranked.select_related("event", "crowd_type")[:most]]
    _judge(shown, shift)
    _add_tags(shown, shift.section.event)
    _add_held(shown, shift.time_slot.date)
    return Found(shown, persons.count())


def _first(condition: Q) -> Case:
    return Case(When(condition, then=0), default=1)


def _out(shift: Shift) -> list[When]:
    """Conditions on a person each of which is against the shift: rank 1 who is busy, 2 who may not work at all."""
    busy = _busy(shift)
    with_account, with_address = busy.exclude(person__user=None), busy.exclude(person__email="")
    return [
        When(~Q(status=Person.Status.APPROVED) | Q(is_blacklisted=True), then=2),
        When(pk__in=busy.values("person"), then=1),
        When(user__in=with_account.values("person__user"), then=1),
        When(email__lower__in=with_address.values(address=Lower("person__email")), then=1),
    ]


def _busy(shift: Shift) -> QuerySet[Assignment]:
    """The organisation's live assignments that nobody can have beside this shift: in it, at its time or too close."""
    own = plans.minimum_rest(shift.section.event)
    event = "shift__section__event__"
    theirs = Coalesce(
        F(f"{event}crew_plan__minimum_rest_minutes"), F(f"{event}parent__crew_plan__minimum_rest_minutes"), 0
    )
    rest = Greatest(ExpressionWrapper(theirs * MINUTE, DurationField()), own)
    alive = clashes.live(Assignment.objects.filter(person__event__partner=shift.section.event.partner_id))
    if shift.allow_overlap:
        return alive.filter(shift=shift)
    against = Q(
        shift__allow_overlap=False,
        shift__time_slot__starts_at__lt=shift.time_slot.ends_at + F("rest"),
        shift__time_slot__ends_at__gt=shift.time_slot.starts_at - F("rest"),
    )
    return alive.annotate(rest=rest).filter(against | Q(shift=shift))


def _judge(candidates: list[Candidate], shift: Shift) -> None:
    """Give each the reason why they cannot have the shift, as the verb would word it. Two queries."""
    held = _held_by([one.person for one in candidates], shift)
    events = {one.shift.section.event_id: one.shift.section.event for one in held}
    asked = plans.plans_for([*events.values(), shift.section.event])
    rests = {pk: timedelta(minutes=plan.minimum_rest_minutes) for pk, plan in asked.items()}
    by_key = defaultdict(list)
    for one in held:
        for key in _keys(one.person):
            by_key[key].append(one)
    for candidate in candidates:
        own = {one.pk: one for key in _keys(candidate.person) for one in by_key[key]}
        _refuse(candidate, shift, clashes.Diary(list(own.values()), rests))


def _held_by(persons: list[Person], shift: Shift) -> list[Assignment]:
    """What these humans have around the shift."""
    users = {person.user_id for person in persons if person.user_id}
    addresses = {person.email.lower() for person in persons if person.email}
    same = Q(person__in=persons) | Q(person__user__in=users) | Q(person__email__lower__in=addresses)
    slot = shift.time_slot
    near = clashes.live(Assignment.objects.filter(same, person__event__partner=shift.section.event.partner_id)).filter(
        shift__time_slot__starts_at__lt=slot.ends_at + clashes.MARGIN,
        shift__time_slot__ends_at__gt=slot.starts_at - clashes.MARGIN,
    )
    return list(near.select_related("person", "shift__section__event", "shift__time_slot"))


def _keys(person: Person) -> Iterable[tuple]:
    """What makes somebody the same human as somebody else of the organisation."""
    yield "person", person.pk
    if person.user_id:
        yield "user", person.user_id
    if person.email:
        yield "email", person.email.lower()


def _refuse(candidate: Candidate, shift: Shift, diary: clashes.Diary) -> None:
    try:
        conditions.check_person(candidate.person, shift)
        conditions.check_not_held(shift, diary)
        conditions.check_time(shift, diary)
    except conditions.Refused as refusal:
        candidate.why_not, candidate.code = str(refusal.message), refusal.code


# --- What is said of them -----------------------------------------------------------------------------


def _add_tags(candidates: list[Candidate], event: Event) -> None:
    """The names of the organisation's tags that each has. One query."""
    users = {one.person.user_id for one in candidates if one.person.user_id}
    rows = UserTag.objects.filter(user__in=users, tag__partner=event.partner_id, tag__is_active=True)
    names = defaultdict(list)
    for user, name in rows.order_by("tag__sort_order", "tag__name").values_list("user", "tag__name").distinct():
        names[user].append(name)
    for one in candidates:
        one.tags = names.get(one.person.user_id, [])


def _add_held(candidates: list[Candidate], day: date) -> None:
    """How many shifts each has that day. One query."""
    alive = Assignment.objects.filter(status__in=Assignment.ALIVE, shift__deleted_at=None, shift__time_slot__date=day)
    rows = alive.filter(person__in=[one.person.pk for one in candidates]).order_by().values("person")
    counts = dict(rows.annotate(n=Count("pk")).values_list("person", "n"))
    for one in candidates:
        one.held = counts.get(one.person.pk, 0)
