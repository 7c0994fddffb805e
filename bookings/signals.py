"""What modules of bookings tell those above them."""

from django.dispatch import Signal

# Offered tickets were promoted to somebody for nothing. Sent with: order, held (bookings), events (by id, locked).
got_for_nothing = Signal()
# Where are people let in to these `events`? Each receiver answers the names of gates by the event's id.
gates_of = Signal()
# At the doors of which events may `user` scan now, beyond what the user holds? Each receiver answers a query of ids.
doors_of = Signal()
