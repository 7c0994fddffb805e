"""The map of a hall as HTML: a real checkbox for every seat, which a list, arrow keys and a screen reader share.

Made by hand instead of by a template, for a hall may have thousands of seats.
"""

from collections.abc import Iterable
from typing import NamedTuple

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from bookings.seating import Place

GAP_MOST = 3  # empty places that an aisle may be wide on the map


class Row(NamedTuple):
    """A row of the map: its short name, what a screen reader says, and its seats as HTML."""

    name: str
    label: str
    seats: SafeString


class Area(NamedTuple):
    """A part of the hall; `free` counts what can still be chosen."""

    name: str
    rows: list[Row]
    free: int


def areas(hall: list[Place], chosen: Iterable[str] = (), *, is_plan: bool = False) -> list[Area]:
    """The hall, area by area, in the order in which seats are given away.

    A wheelchair place and its companion seat are one checkbox. `is_plan`: for who edits the plan, so that every seat
    is a checkbox of its own, taken ones as well.
    """
    drawing = _Plan(hall, set(chosen)) if is_plan else _Drawing(hall, set(chosen))
    rows: dict[str, dict[str, list[Place]]] = {}
    for place in hall:
        rows.setdefault(place.area, {}).setdefault(place.row, []).append(place)
    return [_area(drawing, name, own) for name, own in rows.items()]


def _area(drawing: "_Drawing", name: str, rows: dict[str, list[Place]]) -> Area:
    shown = []
    for row, seats in rows.items():
        words = {"area": name, "row": row}
        label = _("%(area)s, row %(row)s") % words if name else _("Row %(row)s") % words
        shown.append(Row(row, label, drawing.row(sorted(seats, key=lambda one: one.col))))
    return Area(name, shown, sum(place.is_free for seats in rows.values() for place in seats))


class _Drawing:
    """Seats as HTML, for who buys."""

    def __init__(self, hall: list[Place], chosen: set[str]):
        self.chosen = chosen
        self.companions = {place.wheelchair: place for place in hall if place.wheelchair}
        self.seat_name = _("Seat %(seat)s")
        self.wheelchair_name = _("Wheelchair place %(seat)s")
        self.unit_name = _("Wheelchair place %(seat)s with companion seat %(companion)s")

    def row(self, seats: list[Place]) -> SafeString:
        parts, last = [], None
        for seat in seats:
            missing = 0 if last is None else seat.col - last - 1
            parts += ['<span class="aisle"></span>'] * min(missing, GAP_MOST)
            parts.append(self.seat(seat))
            last = seat.col
        return mark_safe("".join(parts))  # noqa: S308 - every part is made by format_html

    def seat(self, seat: Place) -> SafeString:
        """Its checkbox, or a mark where it is chosen with its wheelchair place."""
        if seat.wheelchair:
            return format_html('<span class="seat companion" aria-hidden="true">{}</span>', seat.col)
        companion = self.companions.get(seat.label)
        is_free = seat.is_free and (companion is None or companion.is_free)
        return self.checkbox(seat, self.name(seat, companion), is_free, companion)

    def name(self, seat: Place, companion: Place | None) -> str:
        if seat.is_standard:
            return self.seat_name % {"seat": seat.label}
        words = {"seat": seat.label, "companion": companion.label if companion else ""}
        return (self.unit_name if companion else self.wheelchair_name) % words

    def checkbox(self, seat: Place, name: str, is_open: bool, companion: Place | None) -> SafeString:
        state = "" if is_open else mark_safe(" disabled")
        return format_html(
            '<label class="seat{}"{}><input type="checkbox" name="seats" value="{}"{}>'
            '<span class="name">{}</span><span class="number" aria-hidden="true">{}</span></label>',
            "" if seat.is_standard else " wheelchair",
            format_html(' data-with="{}"', companion.label) if companion else "",
            seat.label,
            mark_safe(" checked") if is_open and seat.label in self.chosen else state,
            name,
            seat.col,
        )


class _Plan(_Drawing):
    """Seats as HTML, for who edits the plan."""

    def seat(self, seat: Place) -> SafeString:
        name = self.companion_name(seat) if seat.wheelchair else self.name(seat, self.companions.get(seat.label))
        if not seat.is_free:
            name = _("%(seat)s, taken") % {"seat": name}
        kind = "companion" if seat.wheelchair else "" if seat.is_standard else "wheelchair"
        return format_html(
            '<label class="seat {} {}"><input type="checkbox" name="seats" value="{}"{}>'
            '<span class="name">{}</span><span class="number" aria-hidden="true">{}</span></label>',
            kind,
            "" if seat.is_free else "taken",
            seat.label,
            mark_safe(" checked") if seat.label in self.chosen else "",
            name,
            seat.col,
        )

    def companion_name(self, seat: Place) -> str:
        return _("Companion seat %(seat)s of %(wheelchair)s") % {"seat": seat.label, "wheelchair": seat.wheelchair}
