"""Shifts: work in a section during a time slot. Locks: the section's event and its festival, then the shift."""

from datetime import time, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from crew import assignments, editing, telling
from crew.locking import lock_shifts
from crew.models import Assignment, Location, Section, Shift, TimeSlot
from eventify.lib.errors import Because, Conflict, Invalid, Missing
from eventify.lib.later import later
from events import locking
from events.models import Event

SLOTS_MOST = 10_000  # people in one shift
GRACE = timedelta(minutes=15)  # after its end, until a shift counts as completed
AT_ONCE = 200  # shifts in one run; a task goes on with the rest
TASK = "crew.tasks.settle_shifts"
_S = Shift.Status
_RUNNING = (_S.DRAFT, _S.OPEN, _S.FULL)
_MOVING = {"section", "time_slot", "location", "report_time"}  # of this those are told who have the shift


def listed(shifts: QuerySet[Shift]) -> QuerySet[Shift]:
    """These shifts with all that a page or answer says of them, in order of their start."""
    joined = shifts.live().select_related("section__event", "time_slot__event", "location")
    return joined.order_by("time_slot__starts_at", "section__sort_order", "pk")


@transaction.atomic
def create(
    section: Section, *, by: User | None, time_slot: TimeSlot, location: Location | None = None, title: str = "",
    description: str = "", instructions: str = "", slots_total: int = 1, slots_open_for_claiming: int = 0,
    report_time: time | None = None, status: str = _S.DRAFT, is_lead_role: bool = False, allow_overlap: bool = False,
) -> Shift:  # fmt: skip
    """Add a shift, as a draft or open. Its slot and location are of the section's event or of its festival.

    Invalid for impossible values. Locks the event and its festival: nothing that it refers to is deleted meanwhile.
    """
    shift = Shift(
        section=section, time_slot=time_slot, location=location, title=title, description=description,
        instructions=instructions, slots_total=slots_total, slots_open_for_claiming=slots_open_for_claiming,
        report_time=report_time, status=status, is_lead_role=is_lead_role, allow_overlap=allow_overlap,
    )  # fmt: skip
    _lock_events(shift)
    _check(shift)
    if shift.status not in (_S.DRAFT, _S.OPEN):
        raise Invalid.field("status", _("A new shift is a draft or open."))
    shift.save(force_insert=True)
    audit.record("CREATED_SHIFT", shift, by=by, **_details(shift))
    return shift


@transaction.atomic
def change(shift: Shift, *, by: User | None, **changes) -> Shift:
    """Change what `create` gives; `section` to another one of the same event. Invalid for impossible values.

    Who has it is told when it moves; new clashes are allowed (crew/clashes.py shows them). `status` may become draft,
    open, cancelled (cancels its assignments and tells) or completed; whether an open one is full is computed. Locks
    the event, its festival and the shift.
    """
    _lock_events(shift)
    event = shift.section.event_id
    shift, status = lock_shifts([shift])[shift.pk], changes.pop("status", None)
    was = telling.noted(shift)
    changed = editing.change(shift, changes)
    if shift.section.event_id != event:
        raise Invalid.field("section", _("Choose a section of the same event."))
    _check(shift)
    shift.save(update_fields=[*changed, "updated_at"])
    if changed:
        audit.record("CHANGED_SHIFT", shift, by=by, **_details(shift), fields=sorted(changed))
    if _MOVING & set(changed) and shift.status in _RUNNING and shift.filled_slots + shift.pending_slots:
        telling.shift_changed(shift, was=was)
    _set_status(shift, status or shift.status, by=by)
    return shift


@transaction.atomic
def delete(shift: Shift, *, by: User | None) -> None:
    """Delete the shift: its assignments are cancelled, and who had them is told. Locks the shift.

    Conflict when somebody has worked in it.
    """
    shift = lock_shifts([shift])[shift.pk]
    if shift.assignments.filter(status=Assignment.Status.COMPLETED).exists():
        sentence = _("%(shift)s: people have worked in it, so it stays.") % {"shift": telling.spoken(shift)}
        raise Conflict(Because("shift_worked", sentence))
    cancelled = assignments.end_all(shift, by=by, reason=_("The shift was deleted."))
    shift.deleted_at = timezone.now()
    shift.save(update_fields=["deleted_at", "updated_at"])
    audit.record("DELETED_SHIFT", shift, by=by, **_details(shift), cancelled=cancelled)


# --- What comes with its status -----------------------------------------------------------------------


def _set_status(shift: Shift, status: str, *, by: User | None) -> None:
    """Let a locked shift have this status, with all that follows, and recount it."""
    before = shift.status
    if status not in _S.values:
        raise Invalid.field("status", _("Choose one of: %(words)s.") % {"words": ", ".join(_S.values)})
    if status == _S.COMPLETED != before and shift.time_slot.starts_at > timezone.now():
        raise Invalid.field("status", _("This shift has not begun, so it cannot be completed."))
    shift.status = _S.OPEN if status == _S.FULL else status
    if shift.status == _S.CANCELLED:
        assignments.end_all(shift, by=by, reason=_("The shift was cancelled."))
    if shift.status == _S.COMPLETED:
        _complete_assignments(shift, by=by)
    assignments.recount(shift)
    if {before, shift.status} - {_S.OPEN, _S.FULL} and before != shift.status:
        audit.record("CHANGED_SHIFT_STATUS", shift, by=by, **_details(shift), before=before, after=shift.status)


def _complete_assignments(shift: Shift, *, by: User | None) -> None:
    """Who was approved has worked; who still waited is rejected, and told."""
    waiting = assignments.of(shift, Assignment.Status.PENDING)
    reason = _("The shift is over, and nobody had decided on it.")
    assignments.end(waiting, Assignment.Status.REJECTED, by=by, reason=reason)
    worked = shift.assignments.filter(status=Assignment.Status.APPROVED)
    assignments.withdraw_swaps(worked)
    worked.update(status=Assignment.Status.COMPLETED, updated_at=timezone.now())


def complete_past() -> int:
    """Complete the shifts that ended more than GRACE ago; how many. Idempotent; a transaction and lock for each.

    A draft counts when people have it. At most AT_ONCE of them: a task goes on with the rest.
    """
    due = list(_due().order_by("time_slot__ends_at", "pk").values_list("pk", flat=True)[:AT_ONCE])
    if len(due) == AT_ONCE:
        later(TASK)
    return sum(_complete(pk) for pk in due)


def _due() -> QuerySet[Shift]:
    open_ones = Q(status__in=(_S.OPEN, _S.FULL))
    peopled = Q(status=_S.DRAFT) & (Q(filled_slots__gt=0) | Q(pending_slots__gt=0))
    return Shift.objects.live().filter(open_ones | peopled, time_slot__ends_at__lt=timezone.now() - GRACE)


@transaction.atomic
def _complete(pk: int) -> bool:
    rows = _due().select_for_update(no_key=True, of=("self",)).select_related("section__event", "time_slot")
    shift = rows.filter(pk=pk).first()
    if shift is None:  # another run did it, or a planner moved or ended it
        return False
    _set_status(shift, _S.COMPLETED, by=None)
    return True


def call_off() -> int:
    """Cancel what is yet to be worked in cancelled events, and tell; in how many shifts. Idempotent.

    The shifts stay as they are, for an event may be taken up again. At most AT_ONCE of them: a task goes on.
    """
    due = list(_called_off().order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
    if len(due) == AT_ONCE:
        later(TASK)
    return sum(_call_off(pk) for pk in due)


def _called_off() -> QuerySet[Shift]:
    peopled = Q(pending_slots__gt=0) | Q(filled_slots__gt=0)
    to_come = Shift.objects.live().filter(peopled, status__in=_RUNNING, time_slot__ends_at__gte=timezone.now())
    return to_come.filter(section__event__state=Event.State.CANCELLED)


@transaction.atomic
def _call_off(pk: int) -> bool:
    rows = _called_off().select_for_update(no_key=True, of=("self",)).select_related("section__event", "time_slot")
    shift = rows.filter(pk=pk).first()
    if shift is None:
        return False
    words = {"event": shift.section.event.name}
    return bool(assignments.end_all(shift, by=None, reason=_("%(event)s is cancelled.") % words))


# --- What a shift refers to ---------------------------------------------------------------------------


def _lock_events(shift: Shift) -> None:
    """Lock the event of the shift's section, and its festival: sections, slots and locations go only under that."""
    event = shift.section.event
    locking.lock({event.pk, event.parent_id or event.pk})


def _check(shift: Shift) -> None:
    """Invalid for impossible values, Missing when what it refers to was deleted meanwhile."""
    event = shift.section.event
    near = (event.pk, event.parent_id)
    if shift.time_slot.event_id not in near:
        raise Invalid.field("time_slot", _("Choose a time slot of this event or of its festival."))
    if shift.location and shift.location.event_id not in near:
        raise Invalid.field("location", _("Choose a location of this event or of its festival."))
    references = (shift.section, shift.time_slot, shift.location)
    if not all(type(one).objects.filter(pk=one.pk).exists() for one in references if one):
        raise Missing
    editing.check(shift, slots_total=SLOTS_MOST)
    if shift.slots_total < 1:
        raise Invalid.field("slots_total", _("A shift needs at least one place."))
    if shift.slots_open_for_claiming > shift.slots_total:
        raise Invalid.field("slots_open_for_claiming", _("Not more places can be claimed than there are."))


def _details(shift: Shift) -> dict:
    return {"shift": telling.spoken(shift)}
