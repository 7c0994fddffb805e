"""Numbered places: the grid, choosing and giving away seats. Every verb here runs under the event's lock."""

from itertools import count, islice

from django.conf import settings
from django.utils.translation import gettext as _

from bookings.models import Booking, Seat
from eventify.lib.errors import Conflict, Invalid
from events.models import Event

PER_ROW = 10  # seats in a row of an automatic grid (contract 002)


class SeatTaken(Conflict):
    """Somebody else has one of the seats. `labels` names them."""

    code = "seat_taken"


def row_name(number: int) -> str:
    """A, B, ... Z, AA, AB, ... for 0, 1, ..."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def fit_grid(event: Event) -> None:
    """Make the automatic grid as large as the capacity (at most settings.EVENTIFY_SEAT_GRID_MAX seats).

    Growing fills the free numbers from the front; shrinking takes free seats from the back, never a taken one.
    """
    if event.seating != Event.Seating.AUTOMATIC:
        return
    wanted = min(event.capacity, settings.EVENTIFY_SEAT_GRID_MAX)
    numbers = set(event.seats.values_list("position", flat=True))
    if len(numbers) < wanted:
        _add(event, numbers, wanted - len(numbers))
    elif len(numbers) > wanted:
        free = event.seats.filter(reserved_booking=None).order_by("-position").values("pk")
        event.seats.filter(pk__in=free[: len(numbers) - wanted]).delete()


def regrow(event: Event) -> None:
    """Follow a changed capacity, where the automatic grid exists already."""
    if event.seating == Event.Seating.AUTOMATIC and event.seats.exists():
        fit_grid(event)


def _add(event: Event, numbers: set[int], how_many: int) -> None:
    missing = islice((number for number in count() if number not in numbers), how_many)
    Seat.objects.bulk_create(_grid_seat(event, number, PER_ROW) for number in missing)


def _grid_seat(event: Event, number: int, per_row: int) -> Seat:
    row, column = divmod(number, per_row)
    name = row_name(row)
    return Seat(event=event, label=f"{name}-{column + 1}", row_label=name, col_number=column + 1, position=number)


def generate(event: Event, *, rows: int, per_row: int) -> int:
    """Replace the grid of a locked event by an explicit one; returns the number of seats.

    Conflict when a seat is taken already; Invalid when the grid is empty, too large or larger than the capacity
    allows to be shrunk to.
    """
    seats = rows * per_row
    if rows < 1 or per_row < 1 or seats > settings.EVENTIFY_SEAT_GRID_MAX:
        most = settings.EVENTIFY_SEAT_GRID_MAX
        raise Invalid.field("rows", _("A grid has from 1 to %(most)s seats.") % {"most": most})
    if event.seats.exclude(reserved_booking=None).exists():
        raise Conflict(_("Seats are taken already; the grid cannot be replaced."))
    event.seats.all().delete()
    Seat.objects.bulk_create(_grid_seat(event, number, per_row) for number in range(seats))
    Event.objects.filter(pk=event.pk).update(seating=Event.Seating.EXPLICIT)
    event.seating = Event.Seating.EXPLICIT
    return seats


def choose(event: Event, qty: int, labels: tuple[str, ...] = ()) -> list[Seat]:
    """The seats of these labels, or the `qty` best free ones when none are named. `hold` takes them.

    Where an event has fewer free seats than places (standing room), places without a seat are given.
    Invalid for unknown labels, SeatTaken for taken ones.
    """
    if event.seating == Event.Seating.NONE:
        if labels:
            raise Invalid.field("seat_ids", _("This event has no numbered seats."))
        return []
    return _named(event, labels) if labels else _best(event, qty)


def hold(seats: list[Seat], booking: Booking) -> None:
    """Take the chosen seats for the booking."""
    if seats:
        Seat.objects.filter(pk__in=[seat.pk for seat in seats]).update(reserved_booking=booking)


def labels_of(seats: list[Seat]) -> list[str]:
    """What the booking remembers of its seats."""
    return [seat.label for seat in seats]


def _named(event: Event, labels: tuple[str, ...]) -> list[Seat]:
    _make_first_grid(event)
    found = {seat.label: seat for seat in event.seats.filter(label__in=labels)}
    unknown = [label for label in labels if label not in found]
    if unknown:
        raise Invalid.field("seat_ids", _("There is no seat %(labels)s.") % {"labels": ", ".join(unknown)})
    taken = [label for label in labels if found[label].reserved]
    if taken:
        raise SeatTaken(_("Already taken: %(labels)s.") % {"labels": ", ".join(taken)}, labels=taken)
    return [found[label] for label in labels]


def _best(event: Event, how_many: int) -> list[Seat]:
    free = event.seats.filter(reserved_booking=None).order_by("position")
    seats = list(free[:how_many])
    if not seats and _make_first_grid(event):
        seats = list(free[:how_many])
    return seats if len(seats) == how_many else []


def _make_first_grid(event: Event) -> bool:
    if event.seating != Event.Seating.AUTOMATIC or event.seats.exists():
        return False
    fit_grid(event)
    return True
