"""Why not? What can be asked about shifts: claiming, giving, deciding, cancelling, swapping and deleting them.

What is decided about people is in explaining_people.py.
"""

from uuid import UUID

from django.db.models import Model, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from accounts.explaining import Action, Fix, Input, found, one_of
from accounts.models import User
from crew import (
    access,
    assignments,
    companies,
    crowd_lists,
    crowd_types,
    locations,
    picking,
    roster,
    sections,
    shifts,
    swaps,
    tags,
    time_slots,
)
from crew.models import (
    Assignment,
    Company,
    CrowdList,
    CrowdType,
    Location,
    Person,
    PersonTag,
    Section,
    Shift,
    Swap,
    TimeSlot,
)
from eventify.lib.errors import Because, Conflict, Missing
from eventify.lib.ids import uid_of
from partners import members
from partners.explaining import FIXES, need

PLANS = "manage_crew"
_HELD = (Assignment.Status.PENDING, Assignment.Status.APPROVED)
_JOINED = ("section__event__partner", "time_slot__event", "location")


def _shift(asker: User | None, text: str) -> Shift:
    """A shift that the asker may see: as a planner or member, or where they have a part; Missing."""
    if asker is None:
        raise Missing
    shift = found(Shift.objects.live().select_related(*_JOINED), text)
    if access.event_for(asker, shift.section.event.uid) is None and picking.visible_shift(asker, shift.uid) is None:
        raise Missing
    return shift


def _part(user: User, shift: Shift) -> Person:
    """What the person is at the shift's event; Missing, as the portal says to who is nothing there."""
    person = roster.person_for(user, shift.section)
    if person is None:
        raise Missing(_("This shift is not there for who has no part in the crew of the event."))
    return person


def _mine(user: User, shift: Shift) -> Assignment:
    """The person's place in the shift."""
    mine = picking.place_in(shift, user)
    if mine is None or mine.status not in _HELD:
        raise Conflict(Because("not_held", _("Nobody gives away a shift that they do not have.")))
    return mine


def _claim(shift: Shift, *, by: User) -> None:
    assignments.claim(shift, _part(by, shift), by=by)


def _assign(shift: Shift, *, by: User, person: UUID | None = None) -> None:
    """The shift is given to the person of this uid, else to who is asked about."""
    event = shift.section.event
    need(by, PLANS, on=event)
    rows = Person.objects.filter(event__partner=event.partner_id, uid=person)
    whom = rows.select_related("event__partner", "crowd_type").first() if person else _part(by, shift)
    if whom is None:
        raise Missing(_("There is no such person."))
    assignments.assign(shift, whom, by=by)


def _claimed(asker: User | None, text: str) -> Assignment:
    """An assignment that the asker has, or whose event's plan they may see."""
    rows = Assignment.objects.filter(shift__deleted_at=None)
    if asker is None:
        raise Missing
    events = access.events_for(asker).values("pk")
    seen = rows.filter(Q(person__user=asker) | Q(shift__section__event__in=events))
    joined = ("person__event__partner", "person__crowd_type", *(f"shift__{one}" for one in _JOINED))
    mine = found(seen.select_related(*joined), text)
    sees_plan = any(asker.can(one, on=mine.shift.section.event) for one in access.PLANNING)
    if mine.person.user_id != asker.pk and not sees_plan:
        raise Missing
    return mine


def _approve(assignment: Assignment, *, by: User) -> None:
    need(by, PLANS, on=assignment.shift.section.event)
    assignments.approve(assignment, by=by)


def _reject(assignment: Assignment, *, by: User) -> None:
    need(by, PLANS, on=assignment.shift.section.event)
    assignments.reject(assignment, by=by, reason="-")


def _move(assignment: Assignment, *, by: User, shift: UUID | None = None) -> None:
    """To the shift of this uid, else out of their own."""
    event = assignment.shift.section.event
    need(by, PLANS, on=event)
    if shift is None:
        assignments.cancel(assignment, by=by)
        return
    others = Shift.objects.live().filter(section__event__partner=event.partner_id, uid=shift)
    target = others.select_related(*_JOINED).first()
    if target is None:
        raise Missing(_("There is no such shift."))
    assignments.move(assignment, target, by=by)


def _open(shift: Shift, *, by: User) -> None:
    """As the list of shifts does it: only a draft is opened."""
    need(by, PLANS, on=shift.section.event)
    if shift.status == Shift.Status.DRAFT:
        shifts.change(shift, status=Shift.Status.OPEN, by=by)


def _give_up(shift: Shift, *, by: User) -> None:
    assignments.cancel(_mine(by, shift), by=by)


def _offer(shift: Shift, *, by: User) -> None:
    swaps.offer(_mine(by, shift), by=by)


def _swap(asker: User | None, text: str) -> Swap:
    return found(swaps.visible_to(asker) if asker else Swap.objects.none(), text)


def _any_swap(asker: User | None, text: str) -> Swap:
    """Also one of an event whose crew the asker plans."""
    if asker is None:
        raise Missing
    planned = Q(offered__shift__section__event__partner__in=members.partners_where(asker, PLANS).values("pk"))
    seen = Q(pk__in=swaps.visible_to(asker).order_by().values("pk"))
    return found(swaps.joined(Swap.objects.filter(planned | seen)), text)


def _take(swap: Swap, *, by: User) -> None:
    swaps.take(swap, _part(by, swap.offered.shift), by=by)


# A decision over an offer -> the verb of the planner, or of whom it is between.
_DECISIONS = {
    "approve": swaps.approve_swap,
    "refuse": swaps.refuse_swap,
    "decline": swaps.decline,
    "withdraw": swaps.withdraw,
}


def _decide_swap(swap: Swap, *, by: User, decision: str = "approve") -> None:
    if decision in ("approve", "refuse"):
        need(by, PLANS, on=swap.offered.shift.section.event)
    _DECISIONS[decision](swap, by=by)


def _deletable(asker: User | None, text: str) -> Model:
    """Something of a plan whose crew the asker plans: what can be refused to be deleted."""
    mine = members.partners_where(asker, PLANS).values("pk") if asker else ()
    for rows, to_partner, _verb in _DELETABLE.values():
        row = rows.filter(**{f"{to_partner}__in": mine}, uid=uid_of(text)).select_related(to_partner).first()
        if row is not None:
            return row
    raise Missing


def _delete(row: Model, *, by: User) -> None:
    _rows, to_partner, verb = _DELETABLE[type(row)]
    partner = row
    for step in to_partner.split("__"):
        partner = getattr(partner, step)
    need(by, PLANS, on=partner)
    verb(row, by=by)


# What it is -> all there are, the way from it to its partner, and the verb.
_DELETABLE = {
    Shift: (Shift.objects.live(), "section__event__partner", shifts.delete),
    Section: (Section.objects.all(), "event__partner", sections.delete),
    TimeSlot: (TimeSlot.objects.all(), "event__partner", time_slots.delete),
    Location: (Location.objects.all(), "event__partner", locations.delete),
    CrowdList: (CrowdList.objects.all(), "event__partner", crowd_lists.delete),
    CrowdType: (CrowdType.objects.all(), "partner", crowd_types.delete),
    Company: (Company.objects.all(), "partner", companies.delete),
    PersonTag: (PersonTag.objects.all(), "partner", tags.deactivate),  # it is put out of use
}
_ORGANISER = Fix(gettext_lazy("Ask the organisers."))
_OTHERS = Fix(
    gettext_lazy("Choose another shift."),
    lambda row: reverse("crew-event", args=[row.section.event.slug]) if isinstance(row, Shift) else "",
)
_FIXES = {
    **FIXES,
    "has_shifts": Fix(gettext_lazy("Delete its shifts first.")),
    "crowd_type_used": Fix(gettext_lazy("Switch it off instead.")),
    "not_approved": _ORGANISER,
    "blacklisted": _ORGANISER,
    "too_late": _ORGANISER,
    "no_slots": _OTHERS,
    "full": _OTHERS,
    "overlap": _OTHERS,
    "rest": _OTHERS,
    "not_open": _OTHERS,
}
_SHIFT = gettext_noop("the uid of a shift")
ACTIONS = (
    Action("claim_shift", gettext_lazy("Take a shift"), _SHIFT, _shift, _claim, fixes=_FIXES),
    Action("assign_shift", gettext_lazy("Give somebody a shift"), _SHIFT, _shift, _assign,
           (Input("person", UUID, "the uid of who gets it"),), fixes=_FIXES),
    Action("approve_claim", gettext_lazy("Approve a claim"), gettext_noop("the uid of an assignment"), _claimed,
           _approve, fixes=_FIXES),
    Action("reject_claim", gettext_lazy("Reject a claim"), gettext_noop("the uid of an assignment"), _claimed,
           _reject, fixes=_FIXES),
    Action("move_assignment", gettext_lazy("Move somebody to another shift, or out of theirs"),
           gettext_noop("the uid of an assignment"), _claimed, _move,
           (Input("shift", UUID, "the uid of the other shift; out of theirs when nothing is said"),), fixes=_FIXES),
    Action("open_shift", gettext_lazy("Open a shift"), _SHIFT, _shift, _open, fixes=_FIXES),
    Action("give_up_shift", gettext_lazy("Give a shift back"), _SHIFT, _shift, _give_up, fixes=_FIXES),
    Action("offer_shift", gettext_lazy("Offer a shift to colleagues"), _SHIFT, _shift, _offer, fixes=_FIXES),
    Action("take_swap", gettext_lazy("Take a shift that a colleague offers"), gettext_noop("the uid of an offer"),
           _swap, _take, fixes=_FIXES),
    Action("decide_swap", gettext_lazy("Decide about a shift that somebody offers"),
           gettext_noop("the uid of an offer"), _any_swap, _decide_swap,
           (Input("decision", one_of(*_DECISIONS), "approve (default), refuse, decline or withdraw"),), fixes=_FIXES),
    Action("delete_from_plan", gettext_lazy("Delete something of a crew's plan"),
           gettext_noop("the uid of a shift, a section, a time slot, a location, a list, a crowd type, a company or "
                        "a tag"), _deletable, _delete,
           fixes=_FIXES),
)  # fmt: skip
