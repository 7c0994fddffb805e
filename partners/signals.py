"""What the partners app tells and asks upward (receivers: bookings/receivers.py, analytics/receivers.py)."""

from django.dispatch import Signal

# After the commit that suspended or activated a partner; `partner` is the row.
standing_changed = Signal()
# Inside a transaction: what would stop if this `partner` could not trade? Each receiver answers a dict of figures.
consequences = Signal()
