"""Swaps: somebody hands their shift to a colleague, perhaps for one of the colleague's in return.

An offer is open to anybody of the crew, or to one person. Where a crowd type's claims need approval, a planner decides
on the swap, too; the first holder keeps the shift until then. Locks, in this order: the humans who give and take, the
shifts by id, the swap. Both are told of what they did not do themselves.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from crew import assignments, clashes, conditions, plans, roster, telling
from crew.locking import lock_humans, lock_shifts
from crew.models import Assignment, Person, Shift, Swap
from eventify.lib.errors import Because, Conflict, Forbidden, Invalid, Missing
from eventify.lib.wire import moment
from events.models import Event

A, S = Assignment.Status, Swap.Status
UNDECIDED = (S.OPEN, S.WAITING)
NOTE_MAX = 300  # characters
REASON_MAX = 500
_JOINED = tuple(
    f"{row}__{joined}"
    for row in ("offered", "in_return")
    for joined in ("person__event", "shift__section__event__partner", "shift__time_slot__event", "shift__location")
)


# --- Questions ----------------------------------------------------------------------------------------


def joined(swaps: QuerySet[Swap]) -> QuerySet[Swap]:
    """The swaps with all that is said of them: both shifts, and who gives and takes."""
    return swaps.select_related(*_JOINED, "to", "taken_by__crowd_type")


def visible_to(user: User) -> QuerySet[Swap]:
    """The swaps in which the user has a part, and those that anybody of a crew of theirs could or can take."""
    mine = Q(offered__person__user=user) | Q(to__user=user) | Q(taken_by__user=user)
    return joined(Swap.objects.filter(mine | Q(pk__in=_for_all(user).values("pk"))))


def waiting_for(user: User) -> QuerySet[Swap]:
    """The offers that the user can take now or decline: made to them by name. Soonest first."""
    asked = Swap.objects.filter(to__user=user, status=S.OPEN, offered__shift__time_slot__starts_at__gt=timezone.now())
    return joined(asked).order_by("offered__shift__time_slot__starts_at", "pk")


def open_to_all(user: User) -> QuerySet[Swap]:
    """What others of the user's crews offer to anybody, soonest first. Some of it they may not be allowed to take."""
    open_ones = _for_all(user).filter(status=S.OPEN)
    return joined(open_ones).order_by("offered__shift__time_slot__starts_at", "pk")


def of_event(event: Event) -> QuerySet[Swap]:
    """The swaps that wait for a planner's decision at the event and its sub-events, soonest first."""
    here = Q(offered__shift__section__event=event) | Q(offered__shift__section__event__parent=event)
    waiting = Swap.objects.filter(here, status=S.WAITING)
    return joined(waiting).order_by("offered__shift__time_slot__starts_at", "pk")


def _for_all(user: User) -> QuerySet[Swap]:
    works = Q(pk__in=())
    for person in roster.parts(user):
        works |= roster.sections_of(person, "offered__shift__section__")
    here = Swap.objects.filter(works, to=None, offered__shift__deleted_at=None)
    ahead = here.filter(offered__shift__time_slot__starts_at__gt=timezone.now())
    return ahead.exclude(offered__person__user=user)


def offerable_until(assignment: Assignment):
    """The moment until which the holder may offer it. One query."""
    plan = plans.plan_for(assignment.shift.section.event)
    return assignment.shift.time_slot.starts_at - timedelta(hours=plan.cancel_hours)


def why_not_take(shift: Shift, person: Person, ignore: Assignment | None = None) -> str:
    """Why the person may not take over the shift, as a sentence; "" when they may. `ignore`: what they give for it."""
    try:
        check_taker(shift, person, clashes.diary(person, [shift]), ignore)
    except conditions.Refused as refusal:
        return str(refusal.message)
    return ""


def check_taker(shift: Shift, person: Person, diary: clashes.Diary, ignore: Assignment | None = None) -> None:
    """Refused when the person may not take the shift over. Places do not matter: one of them changes hands."""
    conditions.check_person(person, shift)
    conditions.check_assignable(shift)
    conditions.check_not_held(shift, diary)
    conditions.check_time(shift, diary, ignore)


# --- Verbs --------------------------------------------------------------------------------------------


@transaction.atomic
def offer(
    assignment: Assignment, *, by: User, to: Person | None = None, in_return: Assignment | None = None, note: str = ""
) -> Swap:
    """The holder offers their approved shift to anybody, or to one person, perhaps for a shift of theirs.

    Possible until the plan's `cancel_hours` before it begins. Forbidden for others, Conflict when it is too late or
    offered already, Refused when the named person could not take it. Locks the shifts.
    """
    if by.pk != assignment.person.user_id:
        raise Forbidden
    if len(note) > NOTE_MAX:
        raise Invalid.field("note", _("Use at most %(most)s characters.") % {"most": NOTE_MAX})
    shifts = lock_shifts([one.shift for one in (assignment, in_return) if one])
    assignment = _fresh(assignment, shifts)
    _check_may_offer(assignment)
    if in_return:
        in_return = _fresh(in_return, shifts)
        to = _holder(in_return, to, assignment.person)
    if to:
        _check_named(assignment, to, in_return)
    swap = Swap.objects.create(offered=assignment, to=to, in_return=in_return, note=note.strip())
    audit.record("OFFERED_SHIFT", assignment, by=by, shift=telling.spoken(assignment.shift), to=to and to.name)
    if to:
        telling.swap_changed(swap, "swap_offered", to, who=roster.short_name(assignment.person))
    return swap


@transaction.atomic
def take(swap: Swap, person: Person, *, by: User) -> Swap:
    """The person takes the offered shift: at once (done), or when a planner has approved it (waiting_approval).

    Refused when they may not have it, or the giver not what comes in return; Conflict when the offer has ended, or the
    shift has begun; Forbidden when it was made to somebody else. What they give in return is no hindrance.
    """
    swap, people = _lock(swap, person)
    person = people[person.pk]
    if by.pk != person.user_id or (swap.to_id and swap.to_id != person.pk):
        raise Forbidden
    _check_status(swap, S.OPEN)
    swap.taken_by = person
    _check_exchange(swap)
    holder = swap.offered.person
    if person.crowd_type.claims_need_approval or (swap.in_return and holder.crowd_type.claims_need_approval):
        swap.status = S.WAITING
        swap.save(update_fields=["taken_by", "status", "updated_at"])
        telling.swap_changed(swap, "swap_waiting", holder, who=roster.short_name(person))
        return swap
    return _exchange(swap, by=by)


@transaction.atomic
def approve_swap(swap: Swap, *, by: User) -> Swap:
    """A planner lets it happen. Refused when they may not have each other's shifts any more; nothing changes then."""
    _check_plans(swap, by)
    swap, _people = _lock(swap, *filter(None, [swap.taken_by]))
    _check_status(swap, S.WAITING)
    _check_exchange(swap)
    return _exchange(swap, by=by)


@transaction.atomic
def refuse_swap(swap: Swap, *, by: User, reason: str = "") -> Swap:
    """A planner does not let it happen: the first holder keeps the shift. Both are told."""
    _check_plans(swap, by)
    if len(reason) > REASON_MAX:
        raise Invalid.field("reason", _("Use at most %(most)s characters.") % {"most": REASON_MAX})
    swap, _people = _lock(swap)
    _check_status(swap, S.WAITING)
    _end(swap, S.DECLINED)
    audit.record("REFUSED_SWAP", swap.offered, by=by, shift=telling.spoken(swap.offered.shift), reason=reason)
    for person in (swap.offered.person, swap.taken_by):
        telling.swap_changed(swap, "swap_refused", person, reason=reason)
    return swap


@transaction.atomic
def decline(swap: Swap, *, by: User) -> Swap:
    """Whom it was offered to does not want it; the giver is told. Forbidden for others."""
    if swap.to is None or swap.to.user_id != by.pk:
        raise Forbidden
    swap, _people = _lock(swap)
    _check_status(swap, S.OPEN)
    _end(swap, S.DECLINED)
    telling.swap_changed(swap, "swap_declined", swap.offered.person, who=roster.short_name(swap.to))
    return swap


@transaction.atomic
def withdraw(swap: Swap, *, by: User) -> Swap:
    """The giver keeps their shift after all; so they may while the organisers decide. Who was to get it is told."""
    if swap.offered.person.user_id != by.pk:
        raise Forbidden
    swap, _people = _lock(swap)
    _check_status(swap, *UNDECIDED)
    _end(swap, S.WITHDRAWN)
    if other := swap.taken_by or swap.to:
        telling.swap_changed(swap, "swap_withdrawn", other, who=roster.short_name(swap.offered.person))
    return swap


# --- Under the locks ----------------------------------------------------------------------------------


def _lock(swap: Swap, *persons: Person) -> tuple[Swap, dict[int, Person]]:
    """The swap as it is under its locks, with its people (by id) and shifts; Missing when something of it is gone."""
    people = lock_humans([swap.offered.person, *persons])
    shifts = lock_shifts([one.shift for one in (swap.offered, swap.in_return) if one])
    rows = Swap.objects.select_for_update(no_key=True, of=("self",)).select_related(
        "offered", "in_return", "to__event", "to__user", "taken_by__event", "taken_by__user", "taken_by__crowd_type"
    )
    found = rows.filter(pk=swap.pk).first()
    if found is None:
        raise Missing
    for one in (found.offered, found.in_return):
        if one:
            one.shift = shifts[one.shift_id]
            one.person = people.get(one.person_id) or one.person
    return found, people


def _fresh(assignment: Assignment, shifts: dict[int, Shift]) -> Assignment:
    found = Assignment.objects.select_related("person__event", "person__crowd_type").filter(pk=assignment.pk).first()
    if found is None:
        raise Missing
    found.shift = shifts[assignment.shift_id]
    return found


def _check_may_offer(assignment: Assignment) -> None:
    words = {"shift": telling.spoken(assignment.shift)}
    if assignment.status != A.APPROVED:
        sentence = _("%(shift)s: only a shift that is yours can be offered.") % words
        raise Conflict(Because("not_held", sentence, status=str(assignment.status)))
    until = offerable_until(assignment)
    if timezone.now() >= until:
        sentence = _("%(shift)s: it is too late to swap it. Ask the organisers.") % words
        raise Conflict(Because("too_late", sentence, until=moment(until)))
    if Swap.objects.filter(offered=assignment, status__in=UNDECIDED).exists():
        raise Conflict(Because("offered_already", _("%(shift)s: you offer it already.") % words))


def _holder(in_return: Assignment, to: Person | None, giver: Person) -> Person:
    """Whose shift is wanted in return: the person to whom the offer goes."""
    if (to and in_return.person_id != to.pk) or in_return.person_id == giver.pk:
        raise Invalid.field("in_return", _("Choose a shift of the person whom you ask."))
    if in_return.status != A.APPROVED:
        raise Invalid.field("in_return", _("Choose a shift that they have."))
    return in_return.person


def _check_named(assignment: Assignment, to: Person, in_return: Assignment | None) -> None:
    if to.user_id is None or to.user_id == assignment.person.user_id:
        raise Invalid.field("to", _("Choose somebody else of the crew who has an account."))
    check_taker(assignment.shift, to, clashes.diary(to, [assignment.shift]), in_return)
    if in_return:
        check_taker(in_return.shift, assignment.person, clashes.diary(assignment.person, [in_return.shift]), assignment)


def _check_status(swap: Swap, *statuses: str) -> None:
    if swap.status not in statuses:
        sentences = {
            S.OPEN: _("Nobody has taken this offer yet."),
            S.WAITING: _("Somebody has taken this offer; the organisers decide on it now."),
            S.DONE: _("Somebody has taken this shift already."),
            S.DECLINED: _("This offer was declined."),
            S.WITHDRAWN: _("This offer was withdrawn."),
        }
        raise Conflict(Because("swap_decided", sentences[S(swap.status)], status=str(swap.status)))


def _check_exchange(swap: Swap) -> None:
    """Refused or Conflict when what both get is not to be had by them now."""
    pairs = [(swap.offered, swap.taken_by, swap.in_return)]
    if swap.in_return:
        pairs.append((swap.in_return, swap.offered.person, swap.offered))
    for given, taker, ignore in pairs:
        words = {"shift": telling.spoken(given.shift)}
        if given.status != A.APPROVED or (swap.in_return and swap.in_return.person_id != swap.taken_by_id):
            raise Conflict(_("%(shift)s: it is no longer theirs to give.") % words)
        if given.shift.time_slot.starts_at <= timezone.now():
            raise Conflict(_("%(shift)s has begun already.") % words)
        check_taker(given.shift, taker, clashes.diary(taker, [given.shift]), ignore)


def _exchange(swap: Swap, *, by: User) -> Swap:
    """Let the shifts change hands. The swap ends first: what ends an assignment withdraws the swaps that are open."""
    _end(swap, S.DONE)
    giver, taker = swap.offered.person, swap.taken_by
    handed = [(swap.offered, taker)] + ([(swap.in_return, giver)] if swap.in_return else [])
    assignments.end([old for old, _new in handed], A.CANCELLED, by=by, source=Assignment.CancelledBy.SWAP)
    for old, new in handed:
        _give(old, new, by=by)
    telling.swap_changed(swap, "swap_done", giver, who=roster.short_name(taker))
    telling.swap_changed(swap, "confirmed" if by.pk == taker.user_id else "claim_approved", taker)
    return swap


def _give(old: Assignment, new: Person, *, by: User) -> None:
    is_own = by.pk == new.user_id
    given = Assignment.objects.create(
        shift=old.shift,
        person=new,
        status=A.APPROVED,
        origin=Assignment.Origin.SWAPPED,
        is_claim_handed_on=old.is_of_claims,
        assigned_by=None if is_own else by,
    )
    assignments.recount(old.shift)
    words = {"person": new.name, "before": old.person.name, "shift": telling.spoken(old.shift)}
    audit.record("SWAPPED_SHIFT", given, by=by, **words)


def _end(swap: Swap, status: str) -> None:
    swap.status, swap.decided_at = status, timezone.now()
    swap.save(update_fields=["status", "taken_by", "decided_at", "updated_at"])


def _check_plans(swap: Swap, by: User) -> None:
    if not by.can("manage_crew", on=swap.offered.shift.section.event):
        raise Forbidden
