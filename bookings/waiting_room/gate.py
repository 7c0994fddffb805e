"""What a sale asks: has the waiting room let this person in? The one place where it is enforced.

bookings/selling.py asks under the lock of the event, for every page and contract. It is not asked for what nobody
decides in a rush: who moves up from the waitlist, gets a ticket that somebody passes on, or was held a place already.
"""

from collections.abc import Iterable

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from bookings.models import Order, RoomEntry
from eventify.lib.errors import Because, Conflict
from events.models import Event

_TAKEN = (Order.Status.PENDING, Order.Status.PAID)


class MustWait(Conflict):
    """The event is sold through a waiting room, and it is not this person's turn (409)."""

    code = "waiting_room"

    def __init__(self, event: Event, entry: RoomEntry | None = None):
        self.event = event
        url = page_of(event)
        super().__init__(_because(event, entry, url), room=url)


def page_of(event: Event) -> str:
    """The absolute address of the event's waiting room."""
    return f"{settings.SITE_URL}/e/{event.slug}/room/"


def _because(event: Event, entry: RoomEntry | None, url: str) -> Because:
    words = {"event": event.name, "url": url}
    if entry and is_inside(entry):
        sentence = _("Your turn at %(event)s is good for one order, which you have. Finish or cancel that one first.")
        return Because("one_order_a_turn", sentence % words, order=str(entry.order.uid))
    if entry and entry.status == RoomEntry.Status.WAITING:
        sentence = _("It is not your turn yet at %(event)s. See where you stand: %(url)s")
    else:
        sentence = _("%(event)s is sold through a waiting room. Come in and wait for your turn: %(url)s")
    return Because("waiting_room", sentence % words, room=url)


def is_inside(entry: RoomEntry) -> bool:
    """Whether the admission lasts at this moment."""
    return entry.status == RoomEntry.Status.INSIDE and entry.expires_at > timezone.now()


def is_good(entry: RoomEntry) -> bool:
    """Whether an order can be placed with it now: it buys one, and another only if that is cancelled."""
    return is_inside(entry) and not (entry.order and entry.order.status in _TAKEN)


def admissions(events: Iterable[Event], by: User) -> list[RoomEntry]:
    """The person's admissions to those of the locked events that are behind a room; MustWait without one.

    No query for events without a room.
    """
    return [_admission(event, by) for event in events if event.has_waiting_room]


def _admission(event: Event, by: User) -> RoomEntry:
    entries = RoomEntry.objects.filter(room__event=event, room__ended_at=None, user=by)
    entry = entries.select_related("order").select_for_update(no_key=True, of=("self",)).first()
    if entry is None or not is_good(entry):
        raise MustWait(event, entry)
    return entry


def use(entries: list[RoomEntry], order: Order) -> None:
    """The admissions have bought this order."""
    if entries:
        RoomEntry.objects.filter(pk__in=[one.pk for one in entries]).update(order=order)
