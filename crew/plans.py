"""What an event asks of its crew, its own or its festival's."""

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from crew.models import CrewPlan, CrowdType, Section, SystemType, TimeSlot
from eventify.lib.errors import Invalid
from events.locking import lock_one
from events.models import Event

REST_MOST = 48 * 60  # minutes
CANCEL_MOST = 30 * 24  # hours


def plan_for(event: Event) -> CrewPlan:
    """The plan of the event, else of its festival, else the defaults (not saved). One query."""
    return plans_for([event])[event.pk]


def plans_for(events: Iterable[Event]) -> dict[int, CrewPlan]:
    """The plan of each of these events, by the event's id. One query."""
    events = list(events)
    keys = {key for event in events for key in (event.pk, event.parent_id) if key}
    found = {plan.event_id: plan for plan in CrewPlan.objects.filter(event__in=keys)}
    return {event.pk: found.get(event.pk) or found.get(event.parent_id) or CrewPlan(event=event) for event in events}


def minimum_rest(event: Event) -> timedelta:
    """How long a person must rest between two shifts."""
    return timedelta(minutes=plan_for(event).minimum_rest_minutes)


@transaction.atomic
def set_plan(event: Event, *, by: User, **changes) -> CrewPlan:
    """Change what the event asks (minimum_rest_minutes, cancel_hours, signup_crowd_type, welcome). Locks the event.

    A sub-event that had none begins with its festival's. Invalid for what is out of range.
    """
    event = lock_one(event)
    plan = plan_for(event)
    if plan.event_id != event.pk:
        plan.pk, plan.event, plan._state.adding = None, event, True
        plan.uid = CrewPlan().uid
    for name, value in changes.items():
        setattr(plan, name, value)
    _check(plan)
    plan.save()
    audit.record("CHANGED_CREW_PLAN", event, by=by, fields=sorted(changes))
    return plan


def _check(plan: CrewPlan) -> None:
    for field, most in (("minimum_rest_minutes", REST_MOST), ("cancel_hours", CANCEL_MOST)):
        if not 0 <= getattr(plan, field) <= most:
            raise Invalid.field(field, _("Use a whole number from 0 to %(most)s.") % {"most": most})
    if plan.signup_crowd_type and plan.signup_crowd_type.partner_id != plan.event.partner_id:
        raise Invalid.field("signup_crowd_type", _("Choose one of the organisation's crowd types."))


def signup_type(event: Event) -> CrowdType | None:
    """What somebody is who signs up themselves; None when the organisation has no active VOLUNTEER type."""
    volunteers = CrowdType.objects.filter(partner=event.partner_id, system_type=SystemType.VOLUNTEER, is_active=True)
    return plan_for(event).signup_crowd_type or volunteers.order_by("pk").first()


def usable_slots(event: Event):
    """The time slots that shifts of this event may use: its own and its festival's."""
    return TimeSlot.objects.filter(Q(event=event.pk) | Q(event=event.parent_id or event.pk))


def usable_sections(event: Event):
    """The sections that people work in at this event: its own, and the festival's that serve all its sub-events."""
    shared = Q(event=event.parent_id, type=Section.Type.CROSS_EVENT) if event.parent_id else Q(pk__in=())
    return Section.objects.filter(Q(event=event.pk) | shared)


def missing_for_registration(event: Event) -> list[str]:
    """What is missing before people may sign up, as sentences (004's prerequisites)."""
    missing = []
    if not usable_slots(event).exists():
        missing.append(_("To open registration an event needs at least one time slot."))
    if not usable_sections(event).exists():
        missing.append(_("To open registration an event needs at least one section."))
    return missing
