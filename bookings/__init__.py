"""Who comes: ticket types, orders, bookings, tickets, seats, waitlist, payments, check-in."""
