"""What bookings does when something below it changes."""

from django.dispatch import receiver

from eventify.lib.later import later
from events.signals import event_changed


@receiver(event_changed)
def let_the_queue_move(event, **_signal):
    """An event with free places and people who wait (it was reopened, say): a task looks at once."""
    if event.pk and event.waitlisted_count and event.places_left > 0:
        later("bookings.tasks.promote_waitlists", event.pk)
