"""What crew does when something below it changes."""

from django.dispatch import receiver

from crew import plans, time_slots
from events.models import Event
from events.signals import prerequisites, zone_changed


@receiver(prerequisites)
def a_plan_before_registration(event, to, **_signal) -> list[str]:
    """Nobody can sign up for an event without a single time slot and section (004)."""
    return plans.missing_for_registration(event) if to == Event.State.REGISTRATION_OPEN else []


@receiver(zone_changed)
def keep_the_wall_clock(event, **_signal):
    """The time slots of an event that moved to another time zone keep their local times."""
    time_slots.recompute(event)
