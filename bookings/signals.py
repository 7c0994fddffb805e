"""What modules of bookings tell those above them."""

from django.dispatch import Signal

# Offered tickets were promoted to somebody for nothing. Sent with: order, held (bookings), events (by id, locked).
got_for_nothing = Signal()
# Where are people let in to `event`? Each receiver answers the names of gates.
gates_of = Signal()
