"""What the events app tells and asks upward (receivers: bookings, crew and analytics, each in its receivers.py)."""

from django.dispatch import Signal

# After the commit that changed an event, its state or its stock; `event` is the row.
event_changed = Signal()
# Inside the transaction that gave `event` another time zone.
zone_changed = Signal()
# Inside a transaction, under the locks: `event` is to leave the festival `left` (None: it had none) or to be another
# kind. What stands against it? Each receiver answers sentences.
family_prerequisites = Signal()
# Inside a transaction: what does `event` lack to become `to`? Each receiver answers sentences.
prerequisites = Signal()
