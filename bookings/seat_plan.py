"""Editing the plan of a hall: which area a seat is in, which are wheelchair places, and with which companion seat."""

from collections.abc import Iterable

from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.models import User
from bookings import areas, capacity, hall_text, inventory
from bookings.models import Seat
from bookings.seats import SeatTaken
from eventify.lib.errors import Invalid
from events.models import Event

AREA_MAX = Seat._meta.get_field("area").max_length
_KEPT = 200  # labels that a line of the audit log names


class Act(models.TextChoices):
    """What is done to seats."""

    AREA = "area", gettext_lazy("Into the area")
    RIGHT = "right", gettext_lazy("Wheelchair, companion after it")
    LEFT = "left", gettext_lazy("Wheelchair, companion before it")
    WHEELCHAIR = "wheelchair", gettext_lazy("Wheelchair, no companion")
    STANDARD = "standard", gettext_lazy("Ordinary seats")
    BLOCKED = "blocked", gettext_lazy("Kept by the house, not for sale")


_STEPS = {Act.RIGHT: 1, Act.LEFT: -1}


def rows_named(event: Event, text: str) -> list[str]:
    """The labels of the seats of whole rows, `A, C-F`. Invalid (rows) when a row is not in the hall."""
    order = list(dict.fromkeys(event.seats.order_by("position").values_list("row_label", flat=True)))
    wanted: set[str] = set()
    for part in filter(None, (piece.strip().upper() for piece in text.split(","))):
        first, _dash, last = part.partition("-")
        ends = [first.strip(), (last or first).strip()]
        if any(end not in order for end in ends):
            raise Invalid.field("rows", _("There is no row %(row)s.") % {"row": part[:20]})
        start, end = sorted(map(order.index, ends))
        wanted |= set(order[start : end + 1])
    return list(event.seats.filter(row_label__in=wanted).order_by("position").values_list("label", flat=True))


@transaction.atomic
def arrange(event: Event, labels: Iterable[str], act: str, *, by: User, area: str = "") -> int:
    """Do one thing to these seats; returns how many. Locks the event.

    Both seats of a unit go into an area together, and become ordinary seats together. An event that has as many
    places as seats for sale keeps that. Invalid (seats) for none or unknown ones, or where no companion seat can be;
    SeatTaken when the kind of a taken seat would change; AreaInUse when a sold seat would leave the area of its ticket.
    """
    event = inventory.lock([event.pk])[event.pk]
    sentence = hall_text.why_no_area(area.strip()) if act == Act.AREA and area.strip() else ""
    if sentence:
        raise Invalid.field("area", sentence)
    plan = _Plan(event)
    before = plan.for_sale()
    chosen = plan.find(labels)
    if act == Act.AREA:
        changed = plan.with_units(chosen)
        event.seats.filter(pk__in=[seat.pk for seat in changed]).update(area=area.strip())
    else:
        changed = plan.change_kind(chosen, Act(act))
    areas.check(event)
    _follow(event, before, by)
    names = [seat.label for seat in chosen]
    details = {"area": area.strip()} if act == Act.AREA else {}
    audit.record("CHANGED_SEATS", event, by=by, act=act, seats=names[:_KEPT], count=len(names), **details)
    return len(changed)


def _follow(event: Event, before: int, by: User) -> None:
    """Give an event that had a place for each seat for sale as many as it has now; its grid is its own then."""
    now = event.seats.exclude(kind=Seat.Kind.BLOCKED).count()
    if now != before:
        Event.objects.filter(pk=event.pk).update(seating=Event.Seating.EXPLICIT)
        if event.capacity == before:
            capacity.change(event, now, by=by)


class _Plan:
    """The seats of a locked event."""

    def __init__(self, event: Event):
        self.seats = list(event.seats.order_by("position"))
        self.by_pk = {seat.pk: seat for seat in self.seats}
        self.at = {(seat.area, seat.row_label, seat.at): seat for seat in self.seats}
        self.companions = {seat.companion_of_id: seat for seat in self.seats if seat.companion_of_id}

    def for_sale(self) -> int:
        """How many seats there are to be sold, or sold."""
        return sum(seat.kind != Seat.Kind.BLOCKED for seat in self.seats)

    def find(self, labels: Iterable[str]) -> list[Seat]:
        wanted = set(labels)
        found = [seat for seat in self.seats if seat.label in wanted]
        unknown = wanted - {seat.label for seat in found}
        if unknown:
            sentence = _("There is no seat %(labels)s.") % {"labels": min(unknown)[:20]}
            raise Invalid.field("seats", sentence)
        if not found:
            raise Invalid.field("seats", _("Choose seats on the map, or name whole rows."))
        return found

    def with_units(self, seats: list[Seat]) -> list[Seat]:
        """These seats and the other halves of their units."""
        keys = {seat.pk for seat in seats}
        keys |= {seat.companion_of_id for seat in seats if seat.companion_of_id}
        keys |= {self.companions[seat.pk].pk for seat in seats if seat.pk in self.companions}
        return [self.by_pk[key] for key in sorted(keys)]

    def change_kind(self, chosen: list[Seat], act: Act) -> list[Seat]:
        loosened = self.with_units(chosen)
        pairs = [(seat, self._companion(seat, _STEPS[act], chosen, loosened)) for seat in chosen if act in _STEPS]
        changed = {seat.pk: seat for seat in [*loosened, *(companion for _seat, companion in pairs)]}
        taken = [seat.label for seat in changed.values() if seat.reserved]
        if taken:
            raise SeatTaken(_("Already taken: %(labels)s.") % {"labels": ", ".join(taken[:10])}, labels=taken)
        rows = Seat.objects.filter(pk__in=changed)
        rows.update(kind=Seat.Kind.STANDARD, companion_of=None)
        if act != Act.STANDARD:
            kind = Seat.Kind.BLOCKED if act == Act.BLOCKED else Seat.Kind.WHEELCHAIR
            rows.filter(pk__in=[seat.pk for seat in chosen]).update(kind=kind)
        for seat, companion in pairs:
            Seat.objects.filter(pk=companion.pk).update(kind=Seat.Kind.COMPANION, companion_of=seat)
        return list(changed.values())

    def _companion(self, seat: Seat, step: int, chosen: list[Seat], loosened: list[Seat]) -> Seat:
        other = self.at.get((seat.area, seat.row_label, seat.at + step))
        is_good = other and other not in chosen and (other.kind == Seat.Kind.STANDARD or other in loosened)
        if not is_good:
            raise Invalid.field("seats", _("There is no ordinary seat beside %(seat)s.") % {"seat": seat.label})
        return other
