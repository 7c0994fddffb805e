"""What bookings does when something below it changes."""

from django.dispatch import receiver

from bookings.models import Booking, Order
from eventify.lib.later import later, nudge
from events import states
from events.models import Event
from events.signals import event_changed
from partners.signals import consequences, standing_changed


@receiver(event_changed)
def let_the_queue_move(event, **_signal):
    """An event with free places and people who wait (it was reopened, say): a task looks at once."""
    if event.pk and event.waitlisted_count and event.places_left > 0:
        later("bookings.tasks.promote_waitlists", event.pk)


@receiver(event_changed)
def give_the_money_back(event, **_signal):
    """An event that is cancelled, by whatever way: a task tells its people and gives their money back."""
    if event.pk and event.state == Event.State.CANCELLED:
        nudge("bookings.tasks.refund_cancelled_events")


@receiver(standing_changed)
def let_its_queues_move(partner, **_signal):
    """A partner that may sell again: whoever waits for one of its events is looked at at once."""
    if partner.may_trade:
        for event in partner.events.filter(state__in=states.ON_SALE, waitlisted_count__gt=0):
            later("bookings.tasks.promote_waitlists", event.pk)


@receiver(consequences)
def what_would_stop(partner, **_signal) -> dict:
    """What a suspension of the partner touches: events on sale, orders that hold places, parties that wait."""
    held = Order.objects.filter(status=Order.Status.PENDING, bookings__event__partner=partner).distinct()
    waiting = Booking.objects.filter(status=Booking.Status.WAITLISTED, event__partner=partner)
    return {
        "events_on_sale": partner.events.filter(state__in=states.ON_SALE).count(),
        "open_holds": held.count(),
        "waitlisted": waiting.count(),
    }
