"""Numbered places: the grid, choosing and giving away seats. What changes a seat runs under the event's lock.

A wheelchair place and its companion seat are one unit. What is named is given as it is named; the rules of people who
choose for themselves (`check_choice`: units stay whole, no single seat is left over) are for pages.
"""

from collections.abc import Iterable
from itertools import count, islice

from django.conf import settings
from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings import inventory, seating
from bookings.models import Booking, Seat, TicketType
from bookings.seating import Place
from eventify.lib.errors import Conflict, Invalid
from events.locking import lock
from events.models import Event

PER_ROW = 10  # seats in a row of an automatic grid (contract 002)


class SeatTaken(Conflict):
    """Somebody else has one of the seats. `labels` names them."""

    code = "seat_taken"


class LeavesSingle(Conflict):
    """The choice leaves a single seat that nobody wants, and need not. `instead` are labels that do not."""

    code = "leaves_single_seat"

    def __init__(self, message, instead: list[str]):
        super().__init__(message, instead=instead)
        self.instead = instead


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
        event.seats.filter(kind=Seat.Kind.COMPANION, companion_of=None).update(kind=Seat.Kind.STANDARD)


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


def make_ready(event: Event) -> None:
    """Make the automatic grid before the first booking does, so that its seats can be chosen. Locks the event."""
    if event.seating != Event.Seating.AUTOMATIC or not 0 < event.capacity <= settings.EVENTIFY_SEAT_GRID_MAX:
        return
    if event.seats.exists():
        return
    with transaction.atomic():
        _make_first_grid(lock([event.pk])[event.pk])


def choose(event: Event, qty: int, labels: tuple[str, ...] = (), *, is_together=False, area: str = "") -> list[Seat]:
    """The seats of these labels, or the `qty` best free ones when none are named. `hold` takes them.

    The best are the first in the order of the hall; `is_together`: those that `best` finds for a party. Where an event
    has fewer free seats than places (standing room), places without a seat are given; not in an `area`, which has
    seats only. Invalid for unknown labels and seats of another area, SeatTaken for taken ones, SoldOut when the area
    has too few.
    """
    if event.seating == Event.Seating.NONE:
        if labels:
            raise Invalid.field("seat_ids", _("This event has no numbered seats."))
        return []
    if is_together and not labels:
        _make_first_grid(event)
        labels = tuple(best(places(event), qty, area))
    if labels:
        return _named(event, labels, area)
    chosen = _first(event, qty, area)
    if area and not chosen:
        sentence = _("%(area)s: too few seats side by side are left. Choose them on the seat map, or book fewer.")
        raise inventory.SoldOut(sentence % {"area": area})
    return chosen


def has_room(event: Event, ticket_type: TicketType, qty: int) -> bool:
    """Whether `choose` finds seats for that many in the area of the type, wheelchair places with their companions."""
    return not ticket_type.area or event.seating == Event.Seating.NONE or bool(_first(event, qty, ticket_type.area))


def count_again(event: Event, types: Iterable[TicketType]) -> None:
    """Let these types know how many seats their areas have, after some were taken."""
    priced = [one for one in types if one.area]
    if priced:
        rows = event.seats.for_sale().values_list("area").annotate(free=Count("pk")).order_by()
        free = dict(rows)
        for one in priced:
            one.area_free = free.get(one.area, 0)


def areas_of(event: Event, labels: Iterable[str]) -> set[str]:
    """The areas of the seats of these labels."""
    return set(event.seats.filter(label__in=labels).values_list("area", flat=True))


def hold(seats: list[Seat], booking: Booking) -> None:
    """Take the chosen seats for the booking."""
    if seats:
        Seat.objects.filter(pk__in=[seat.pk for seat in seats]).update(reserved_booking=booking)


def labels_of(seats: list[Seat]) -> list[str]:
    """What the booking remembers of its seats."""
    return [seat.label for seat in seats]


def places(event: Event) -> list[Place]:
    """Every seat of the event in the order of the hall, as the rules of seating and the seat map want it."""
    columns = ("label", "row_label", "col_number", "position", "area", "kind", "companion_of__label")
    rows = event.seats.order_by("position").values_list(*columns, "reserved_booking", "x", "y")
    return [_place(*row) for row in rows]


def _place(label, row, col, position, area, kind, wheelchair, holder, x, y) -> Place:
    is_blocked = kind == Seat.Kind.BLOCKED
    is_free = holder is None and not is_blocked
    return Place(
        label, row, col, position, area, kind == Seat.Kind.STANDARD, wheelchair or "", is_free, is_blocked, x, y
    )


def best(hall: list[Place], how_many: int, area: str = "") -> list[str]:
    """The labels of the best free seats for a party (seating.best); empty when too few are free, or too many asked.

    Wheelchair places are for who names them, so they are in no such choice. `area`: only there.
    """
    wanted = [place for place in hall if not area or place.area == area]
    return [place.label for place in seating.best(wanted, how_many)]


def with_companions(hall: list[Place], labels: Iterable[str]) -> list[str]:
    """These labels and those of the companion seats of the wheelchair places among them."""
    chosen = set(labels)
    added = [place.label for place in hall if place.wheelchair in chosen and place.label not in chosen]
    return [*labels, *added]


def check_choice(hall: list[Place], labels: Iterable[str]) -> None:
    """Refuse what nobody should choose on a page: half of a unit (Invalid), a needless single seat (LeavesSingle).

    `hall` is what `places` says. Seats that are unknown or taken are left to `choose`, which names them. The hall is
    not locked meanwhile: two who choose in the same second may still leave a single seat between them. What is
    proposed instead is in the same areas, for others may have other prices.
    """
    chosen, known = set(labels), {place.label: place for place in hall}
    if any(label not in known or not known[label].is_free for label in chosen):
        return
    _check_units(hall, chosen)
    avoidable, instead = [], [label for label in labels if not known[label].is_standard]
    for area in dict.fromkeys(known[label].area for label in labels):
        own = [place for place in hall if place.area == area]
        singles = seating.new_singles(own, chosen)
        other = seating.alternative(own, chosen) if singles else []
        avoidable += singles if other else []
        kept = [place for place in own if place.label in chosen and place.is_standard]
        instead += [place.label for place in other or kept]
    if avoidable:
        raise LeavesSingle(_single_sentence(avoidable), instead)


def _check_units(hall: list[Place], chosen: set[str]) -> None:
    for place in hall:
        if place.wheelchair and (place.label in chosen) != (place.wheelchair in chosen):
            words = {"place": place.wheelchair, "companion": place.label}
            sentence = _(
                "%(companion)s is the companion seat of the wheelchair place %(place)s: take both, or neither."
            )
            raise Invalid.field("seats", sentence % words)


def _single_sentence(singles: list[Place]) -> str:
    sentence = ngettext(
        "Seat %(seats)s would be left over as a single seat. Take the seats that we propose, or choose others.",
        "Seats %(seats)s would be left over as single seats. Take the seats that we propose, or choose others.",
        len(singles),
    )
    return sentence % {"seats": ", ".join(place.label for place in singles)}


def _named(event: Event, labels: tuple[str, ...], area: str) -> list[Seat]:
    _make_first_grid(event)
    found = {seat.label: seat for seat in event.seats.filter(label__in=labels)}
    unknown = [label for label in labels if label not in found]
    if unknown:
        raise Invalid.field("seat_ids", _("There is no seat %(labels)s.") % {"labels": ", ".join(unknown)})
    elsewhere = [label for label in labels if area and found[label].area != area]
    if elsewhere:
        words = {"labels": ", ".join(elsewhere), "area": area}
        sentence = _("These tickets are for %(area)s, and %(labels)s is elsewhere. Choose the ticket for that area.")
        raise Invalid.field("seat_ids", sentence % words)
    taken = [label for label in labels if not found[label].is_for_sale]
    if taken:
        raise SeatTaken(_("Already taken: %(labels)s.") % {"labels": ", ".join(taken)}, labels=taken)
    return [found[label] for label in labels]


def _first(event: Event, how_many: int, area: str) -> list[Seat]:
    """The first free seats; wheelchair places come last, with their companion seats. None when they do not suffice."""
    free = event.seats.for_sale().order_by("position")
    free = free.filter(area=area) if area else free
    standard = free.filter(kind=Seat.Kind.STANDARD)
    seats = list(standard[:how_many])
    if not seats and _make_first_grid(event):
        seats = list(standard[:how_many])
    if len(seats) < how_many:
        seats += _whole_units(list(free.exclude(kind=Seat.Kind.STANDARD)), how_many - len(seats))
    return seats if len(seats) == how_many else []


def _whole_units(free: list[Seat], most: int) -> list[Seat]:
    """Free wheelchair places with their companion seats, up to `most` seats; never half of a unit."""
    companions = {seat.companion_of_id: seat for seat in free if seat.companion_of_id}
    bound = set(Seat.objects.filter(companion_of__in=free).values_list("companion_of", flat=True))
    found: list[Seat] = []
    for seat in free:
        unit = [seat, companions[seat.pk]] if seat.pk in companions else [seat]
        is_whole = seat.kind == Seat.Kind.WHEELCHAIR and (seat.pk in companions or seat.pk not in bound)
        if is_whole and len(found) + len(unit) <= most:
            found += unit
    return found


def _make_first_grid(event: Event) -> bool:
    if event.seating != Event.Seating.AUTOMATIC or event.seats.exists():
        return False
    fit_grid(event)
    return True
