"""What crew does when something below it changes."""

from django.dispatch import receiver

from accounts.signals import address_given
from bookings.signals import doors_of, gates_of
from crew import families, gate, matches, plans, time_slots
from eventify.lib.later import nudge
from events.models import Event
from events.signals import event_changed, family_prerequisites, prerequisites, zone_changed


@receiver(prerequisites)
def a_plan_before_registration(event, to, **_signal) -> list[str]:
    """Nobody can sign up for an event without a single time slot and section (004)."""
    return plans.missing_for_registration(event) if to == Event.State.REGISTRATION_OPEN else []


@receiver(family_prerequisites)
def a_plan_that_needs_its_festival(event, left, field, **_signal) -> list[str]:
    """Shifts that use a festival's slots, places or people hold their event there; shared sections hold its kind."""
    return families.ties_to(event, left) if field == "parent" else families.ties_to_kind(event)


@receiver(zone_changed)
def keep_the_wall_clock(event, **_signal):
    """The time slots of an event that moved to another time zone keep their local times."""
    time_slots.recompute(event)


@receiver(event_changed)
def call_its_shifts_off(event, **_signal):
    """An event that is cancelled, by whatever way: a task takes its people out of their shifts and tells them."""
    if event.pk and event.state == Event.State.CANCELLED:
        nudge("crew.tasks.settle_shifts")


@receiver(address_given)
def perhaps_somebody_we_know(user, **_signal):
    """Persons of any event may have the address of this account: organisers are asked (004)."""
    matches.detect_for_user(user)


@receiver(gates_of)
def gates_of_the_plan(events, **_signal) -> dict[int, list[str]]:
    """Devices at the door choose among the gates that people have shifts at."""
    return gate.names(events)


@receiver(doors_of)
def doors_of_a_shift(user, **_signal):
    """Who has a shift at a gate scans there while it lasts."""
    return gate.served(user)
