"""What the events app tells upward (receivers: bookings/receivers.py, analytics/receivers.py)."""

from django.dispatch import Signal

# After the commit that changed an event, its state or its stock; `event` is the row.
event_changed = Signal()
