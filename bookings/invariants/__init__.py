"""What must hold of sales, the money and the door: the checks of `manage.py fsck` and of every race test.

One file per subject. `OF_EVENTS` can be narrowed to some events; the rest looks at everything there is.
"""

from bookings.invariants import belonging, door, keys, money, queue, resales, rooms, seats, stock, waiting

OF_EVENTS = (
    *stock.CHECKS,
    *seats.CHECKS,
    *queue.CHECKS,
    *resales.CHECKS,
    *rooms.CHECKS,
    *money.CHECKS,
    *keys.CHECKS,
    *door.CHECKS,
    *belonging.CHECKS,
)
WAITING = waiting.CHECKS
