"""What analytics does when something below it changes."""

from django.dispatch import receiver

from analytics import summary
from events.signals import event_changed


@receiver(event_changed)
def forget_summaries(**_signal):
    """An event, its state or its stock has changed: cached figures are of yesterday."""
    summary.forget()
