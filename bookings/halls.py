"""The hall of an event: its whole plan is read, made anew and copied. Seats that are sold or held stay what they are.

`save` runs under the event's lock, as everything that takes seats or gives them back.
"""

from collections.abc import Iterable
from itertools import count

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from bookings import areas, capacity, hall_text, inventory, waitlist
from bookings.hall_text import Spot
from bookings.models import Hall, Seat
from bookings.seats import SeatTaken, row_name
from eventify.lib.errors import Invalid
from events.models import Event

NAMED = 10  # seats that a refusal names
ROWS_MOST = 100  # that are made at once
BLOCKS_MOST = 12  # of seats in a row, with an aisle between two
_WRITTEN = ("area", "row_label", "col_number", "position", "kind", "x", "y")


class Numbering:
    """How the seats of a row are numbered."""

    LEFT = "left"  # from the left
    RIGHT = "right"  # from the right
    ODD_EVEN = "odd_even"  # from the middle: odd numbers to the left, even ones to the right
    ALL = (LEFT, RIGHT, ODD_EVEN)


def stage_of(event: Event) -> str:
    """Where the stage is (Hall.Stage)."""
    return Hall.objects.filter(event=event).values_list("stage", flat=True).first() or Hall.Stage.AHEAD


def spots(event: Event) -> list[Spot]:
    """The plan of the event as it is."""
    names = ("area", "row_label", "col_number", "x", "y", "kind", "companion_of__label")
    rows = list(event.seats.order_by("position").values_list(*names))
    lines: dict[tuple[str, str], int] = {}
    found = []
    for area, row, number, x, y, kind, wheelchair in rows:
        line = lines.setdefault((area, row), len(lines) + 1)
        found.append(Spot(area, row, number, x or number, y or line, kind, wheelchair or ""))
    order = list(dict.fromkeys(one.area for one in found))
    return sorted(found, key=lambda one: (order.index(one.area), one.y, one.x))


@transaction.atomic
def save(event: Event, plan: Iterable[Spot], *, by: User, stage: str = Hall.Stage.AHEAD, fits_capacity=True) -> Event:
    """Make this the plan of the event's hall; seats that stay keep their ids. Locks the event.

    `fits_capacity`: the event gets as many places as there are seats for sale, and its queue moves.
    SeatTaken when a seat that is sold or held would go or change its kind; AreaInUse (bookings/areas.py);
    CapacityTooSmall when more places are booked than that; Invalid (plan) without seats.
    """
    event = inventory.lock([event.pk])[event.pk]
    plan = list(plan)
    if not 1 <= len(plan) <= settings.EVENTIFY_SEAT_GRID_MAX:
        most = settings.EVENTIFY_SEAT_GRID_MAX
        raise Invalid.field("plan", _("A hall has from 1 to %(most)s seats.") % {"most": most})
    known = {seat.label: seat for seat in event.seats.select_related("companion_of")}
    _check_taken(known, plan)
    _write(event, known, plan)
    Event.objects.filter(pk=event.pk).update(seating=Event.Seating.EXPLICIT)
    event.seating = Event.Seating.EXPLICIT
    Hall.objects.update_or_create(event=event, defaults={"stage": stage})
    areas.check(event)
    places = sum(one.kind != Seat.Kind.BLOCKED for one in plan)
    if fits_capacity and event.capacity != places:
        event = capacity.change(event, places, by=by)
    else:
        waitlist.promote(event)
    audit.record("CHANGED_HALL", event, by=by, seats=len(plan), stage=stage)
    return event


def _check_taken(known: dict[str, Seat], plan: list[Spot]) -> None:
    wanted = {one.label: one for one in plan}
    taken = [seat for seat in sorted(known.values(), key=lambda one: one.position) if seat.reserved]
    gone = [seat.label for seat in taken if seat.label not in wanted]
    if gone:
        sentence = _("Sold or held: %(labels)s. Put these seats back into the plan, then save again.")
        raise SeatTaken(sentence % {"labels": _some(gone)}, labels=gone)
    other = [seat.label for seat in taken if _unit(seat) != (wanted[seat.label].kind, wanted[seat.label].wheelchair)]
    if other:
        sentence = _("Sold or held, so they stay what they are: %(labels)s. Do not change their kind.")
        raise SeatTaken(sentence % {"labels": _some(other)}, labels=other)


def _unit(seat: Seat) -> tuple[str, str]:
    return seat.kind, seat.companion_of.label if seat.companion_of else ""


def _some(labels: list[str]) -> str:
    return ", ".join(labels[:NAMED]) + ("…" if len(labels) > NAMED else "")


def _write(event: Event, known: dict[str, Seat], plan: list[Spot]) -> None:
    wanted = {one.label for one in plan}
    event.seats.filter(pk__in=[seat.pk for label, seat in known.items() if label not in wanted]).delete()
    # No two seats have one position, not even for a moment: those that stay step aside first.
    highest = event.seats.aggregate(highest=Max("position"))["highest"] or 0
    event.seats.update(position=F("position") + highest + len(plan) + 1, companion_of=None)
    kept, made = [], []
    for position, spot in zip(count(), plan):  # noqa: B905 - one is endless
        seat = known.get(spot.label)
        (kept if seat else made).append(_fill(seat or Seat(event=event, label=spot.label), spot, position))
    Seat.objects.bulk_update(kept, _WRITTEN, batch_size=1000)
    Seat.objects.bulk_create(made, batch_size=1000)
    seat_of = {seat.label: seat for seat in [*kept, *made]}
    halves = [(seat_of[one.label], seat_of[one.wheelchair]) for one in plan if one.wheelchair]
    for companion, wheelchair in halves:
        companion.companion_of = wheelchair
    Seat.objects.bulk_update([companion for companion, _wheelchair in halves], ["companion_of"])


def _fill(seat: Seat, spot: Spot, position: int) -> Seat:
    seat.area, seat.row_label, seat.col_number, seat.position = spot.area, spot.row, spot.number, position
    seat.kind, seat.x, seat.y = spot.kind, spot.x, spot.y
    return seat


def rows_text(first: str, last: str, blocks: Iterable[int], numbering: str) -> str:
    """The text of rows that are alike (bookings/hall_text.py): named from first to last, with an aisle between blocks.

    Names are letters (A, B, ... Z, AA) or numbers. Invalid (rows, blocks) for what makes no rows.
    """
    sizes = list(blocks)
    if not 1 <= len(sizes) <= BLOCKS_MOST or min(sizes) < 1 or sum(sizes) > hall_text.X_MAX - BLOCKS_MOST:
        raise Invalid.field("blocks", _("Say how many seats stand side by side, as in 6, 8, 6."))
    total, x, made = sum(sizes), 0, []
    numbers = iter(_numbers(total, numbering))
    for size in sizes:
        made += [Spot("", "", next(numbers), x + place, 1) for place in range(1, size + 1)]
        x += size + 1
    line = hall_text.write(made).partition(":")[2]
    return "".join(f"{name}:{line}" for name in _row_names(first.strip().upper(), (last or first).strip().upper()))


def _numbers(total: int, numbering: str) -> list[int]:
    if numbering == Numbering.RIGHT:
        return list(range(total, 0, -1))
    if numbering == Numbering.ODD_EVEN:
        left = (total + 1) // 2
        return [*range(2 * left - 1, 0, -2), *range(2, 2 * (total - left) + 1, 2)]
    return list(range(1, total + 1))


def _row_names(first: str, last: str) -> list[str]:
    sentence = _("Name rows from A to Z, AA to ZZ, or by numbers; at most %(most)s at once.") % {"most": ROWS_MOST}
    start, end = _row_number(first), _row_number(last)
    if start is None or end is None or first.isdecimal() != last.isdecimal() or not 0 <= end - start < ROWS_MOST:
        raise Invalid.field("rows", sentence)
    return [str(number) if first.isdecimal() else row_name(number - 1) for number in range(start, end + 1)]


def _row_number(name: str) -> int | None:
    """1 for A and for 1, 27 for AA; None when it is no name of a row."""
    if not name.isascii() or not 1 <= len(name) <= 3:
        return None
    if name.isdecimal():
        return int(name) or None
    if not name.isalpha():
        return None
    number = 0
    for letter in name:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
