"""What modules of bookings tell those above them."""

from django.dispatch import Signal

# Offered tickets were promoted to somebody for nothing. Sent with: order, held (bookings), events (by id, locked).
got_for_nothing = Signal()
