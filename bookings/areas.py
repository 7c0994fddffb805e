"""Areas with prices of their own: a seat of an area is sold only with a ticket for that area, or for all seats.

Plans and ticket types change under the event's lock; each of them asks `check` before it is done.
"""

from django.db.models import Exists, F, OuterRef
from django.utils.translation import gettext as _

from bookings.models import Seat
from eventify.lib.errors import Conflict
from events.models import Event

NAMED = 10  # seats that a refusal names


class AreaInUse(Conflict):
    """What is sold, or is on sale, for an area does not let it change; the sentence says what to do."""

    code = "area_in_use"


def names(event: Event) -> list[str]:
    """The areas of the hall, in the order in which seats are given away; without seats that are in none."""
    found = event.seats.exclude(area="").order_by("position").values_list("area", flat=True)
    return list(dict.fromkeys(found))


def check(event: Event) -> None:
    """AreaInUse when a taken seat of a locked event is not in the area of its ticket, or a type's area has no seats."""
    _check_taken(event)
    if event.seating == Event.Seating.NONE:
        return
    own = Seat.objects.filter(event=event, area=OuterRef("area"))
    empty = event.ticket_types.exclude(area="").exclude(Exists(own)).first()
    if empty:
        words = {"type": empty.name, "area": empty.area}
        sentence = _(
            "%(type)s is sold for the area %(area)s, which would have no seats. Change that ticket type first."
        )
        raise AreaInUse(sentence % words)


def _check_taken(event: Event) -> None:
    sold = event.seats.exclude(reserved_booking=None).exclude(reserved_booking__ticket_type__area="")
    wrong = list(sold.exclude(area=F("reserved_booking__ticket_type__area")).order_by("position")[:NAMED])
    if wrong:
        labels = [seat.label for seat in wrong]
        sentence = _(
            "%(labels)s: sold with tickets for another area. Leave these seats there, or make another ticket type."
        )
        raise AreaInUse(sentence % {"labels": ", ".join(labels)}, labels=labels)
