"""The map of a hall as HTML: a real checkbox for every seat, which a list, arrow keys and a screen reader share.

Made by hand instead of by a template, for a hall may have thousands of seats.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import NamedTuple

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from bookings.seating import Place
from events.templatetags.say import money

GAP_MOST = 40  # empty places of a row that are drawn
LETTERS = "abcdef"  # of the prices, each with a look of its own


class Band(NamedTuple):
    """What the seats of an area cost: its letter and look (0: the only price), in words, and for the script."""

    number: int
    price: str
    each: Decimal | None
    areas: tuple[str, ...] = ()

    @property
    def letter(self) -> str:
        return LETTERS[(self.number - 1) % len(LETTERS)] if self.number else ""

    @property
    def look(self) -> int:
        """The number of the look, 0 when all seats cost the same."""
        return (self.number - 1) % len(LETTERS) + 1 if self.number else 0


class Row(NamedTuple):
    """A row of the map: its short name, what a screen reader says, its seats as HTML; is a gangway before it?"""

    name: str
    label: str
    seats: SafeString
    is_after_gap: bool = False


class Area(NamedTuple):
    """A part of the hall; `free` counts what can still be chosen; without a band it is not sold, or it is a plan."""

    name: str
    rows: list[Row]
    free: int
    band: Band | None = None


Bands = dict[str, Band]


def bands(price_of: Callable[[str], tuple | None], areas: Iterable[str], currency: str) -> Bands:
    """Area -> what its seats cost; areas that are not sold are left out."""
    prices = {area: price_of(area) for area in areas}
    known = list(dict.fromkeys(price for price in prices.values() if price))
    made = {}
    for area, price in prices.items():
        if price:
            least, most = price
            said = " – ".join(dict.fromkeys((money(least, currency), money(most, currency))))
            number = known.index(price) + 1 if len(known) > 1 else 0
            made[area] = Band(number, said, least if least == most else None)
    return made


def legend(found: Bands) -> list[Band]:
    """The prices with the areas that have them, where there are several."""
    areas: dict[Band, list[str]] = {}
    for area, band in found.items():
        areas.setdefault(band, []).append(area or _("Other seats"))
    return [band._replace(areas=tuple(names)) for band, names in areas.items()] if len(areas) > 1 else []


def areas(
    hall: list[Place],
    chosen: Iterable[str] = (),
    *,
    bands: Bands | None = None,
    is_plan: bool = False,
    is_preview: bool = False,
) -> list[Area]:
    """The hall, area by area, in the order in which seats are given away.

    A wheelchair place and its companion seat are one checkbox. `bands`: what is sold, for how much; None says no
    prices. `is_plan`: for who edits the plan, so that every seat is a checkbox of its own, taken ones as well;
    `is_preview`: a picture only.
    """
    kind = _Plan if is_plan else _Preview if is_preview else _Drawing
    drawing = kind(hall, set(chosen), bands)
    rows: dict[str, dict[str, list[Place]]] = {}
    for place in hall:
        rows.setdefault(place.area, {}).setdefault(place.row, []).append(place)
    return [_area(drawing, name, own) for name, own in rows.items()]


def _area(drawing: "_Drawing", name: str, rows: dict[str, list[Place]]) -> Area:
    shown, last = [], None
    left = min(place.at for own in rows.values() for place in own)
    for row, seats in rows.items():
        words = {"area": name, "row": row}
        label = _("%(area)s, row %(row)s") % words if name else _("Row %(row)s") % words
        line = seats[0].y
        is_after_gap = bool(last and line and line > last + 1)
        shown.append(Row(row, label, drawing.row(sorted(seats, key=lambda one: one.at), left, name), is_after_gap))
        last = line
    free = sum(place.is_free for seats in rows.values() for place in seats)
    return Area(name, shown, free, drawing.bands.get(name) if drawing.bands else None)


class _Drawing:
    """Seats as HTML, for who buys."""

    def __init__(self, hall: list[Place], chosen: set[str], bands: Bands | None):
        self.chosen, self.bands = chosen, bands
        self.companions = {place.wheelchair: place for place in hall if place.wheelchair}
        self.seat_name = _("Row %(row)s seat %(number)s")
        self.wheelchair_name = _("Wheelchair place %(seat)s")
        self.unit_name = _("Wheelchair place %(seat)s with companion seat %(companion)s")
        self.free, self.taken = _("free"), _("taken")

    def row(self, seats: list[Place], left: int, area: str) -> SafeString:
        parts, last = [], left - 1
        self.begin(area)
        for seat in seats:
            parts.append('<span class="aisle"></span>' * min(seat.at - last - 1, GAP_MOST))
            parts.append(self.seat(seat))
            last = seat.at
        return mark_safe("".join(parts))  # noqa: S308 - every part is escaped where it is made

    def begin(self, area: str) -> None:
        """What the seats of an area have in common."""
        band = self.bands.get(area) if self.bands is not None else None
        self.is_sold = self.bands is None or band is not None
        self.look = f" price-{band.look}" if band and band.look else ""
        price = band.price if band and band.each != 0 else ""  # a seat for nothing would be "Free, free"
        self.where = "".join(f", {escape(word)}" for word in (area, price) if word)

    def seat(self, seat: Place) -> SafeString | str:
        """Its checkbox, or a mark where it is chosen with its wheelchair place."""
        if seat.wheelchair:
            return format_html('<span class="seat companion" aria-hidden="true">{}</span>', seat.col)
        companion = self.companions.get(seat.label)
        is_open = seat.is_free and self.is_sold and (companion is None or companion.is_free)
        return self.checkbox(seat, self.name(seat, companion), is_open, companion)

    def name(self, seat: Place, companion: Place | None) -> str:
        """What a screen reader says of it, escaped."""
        if seat.is_standard or seat.is_blocked:
            return escape(self.seat_name % {"row": seat.row, "number": seat.col})
        words = {"seat": seat.label, "companion": companion.label if companion else ""}
        return escape((self.unit_name if companion else self.wheelchair_name) % words)

    def checkbox(self, seat: Place, name: str, is_open: bool, companion: Place | None) -> str:
        """The seat as HTML. Label and row of a seat are escaped; they are what people typed."""
        kind = "" if seat.is_standard or seat.is_blocked else " wheelchair"
        beside = f' data-with="{escape(companion.label)}"' if companion else ""
        state = (" checked" if seat.label in self.chosen else "") if is_open else " disabled"
        said = self.free if is_open else self.taken
        return (
            f'<label class="seat{kind}{self.look}"{beside}><input type="checkbox" name="seats" '
            f'value="{escape(seat.label)}"{state}><span class="name">{name}{self.where}<i>, {said}</i></span>'
            f'<span class="number" aria-hidden="true">{seat.col}</span></label>'
        )


class _Plan(_Drawing):
    """Seats as HTML, for who edits the plan."""

    def seat(self, seat: Place) -> SafeString:
        name = self.companion_name(seat) if seat.wheelchair else self.name(seat, self.companions.get(seat.label))
        kind = "companion" if seat.wheelchair else "" if seat.is_standard else "wheelchair"
        state = "" if seat.is_free else "taken"
        if seat.is_blocked:
            name, kind, state = _("%(seat)s, kept by the house") % {"seat": name}, "", "blocked"
        elif not seat.is_free:
            name = _("%(seat)s, taken") % {"seat": name}
        return format_html(
            '<label class="seat {} {}"><input type="checkbox" name="seats" value="{}"{}>'
            '<span class="name">{}</span><span class="number" aria-hidden="true">{}</span></label>',
            kind,
            state,
            seat.label,
            mark_safe(" checked") if seat.label in self.chosen else "",
            mark_safe(name),  # noqa: S308 - escaped where it was made
            seat.col,
        )

    def companion_name(self, seat: Place) -> str:
        words = {"seat": seat.label, "wheelchair": seat.wheelchair}
        return escape(_("Companion seat %(seat)s of %(wheelchair)s") % words)


class _Preview(_Drawing):
    """Seats as HTML, for who looks at a plan before it is saved."""

    def seat(self, seat: Place) -> str:
        kind = "companion" if seat.wheelchair else "" if seat.is_standard or seat.is_blocked else "wheelchair"
        state = "blocked" if seat.is_blocked else "" if seat.is_free else "taken"
        return f'<span class="seat {kind} {state}">{seat.col}</span>'
