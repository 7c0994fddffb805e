"""Telling somebody whose turn it is that it is, when they do not look: a message in their inbox and one mail.

Pages that are open go on by themselves and say so in their title. Who has not been seen AFTER their turn began looks
elsewhere. Guests have told no address, so only their page can tell them.
"""

from datetime import timedelta

from django.core.cache import cache
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import mail, notify
from accounts.models import Notification, OutgoingMail
from bookings.models import RoomEntry, WaitingRoom

AFTER = timedelta(seconds=60)
ENOUGH = timedelta(minutes=2)  # that must be left of a turn for a mail to be of use
MOST = 200  # people of one room and run
TEMPLATE = "your_turn"


def saw(entry: RoomEntry) -> None:
    """The person is on a page that says that it is their turn. If the cache forgets it, they get a mail as well."""
    cache.set(_key(entry), True, timeout=(2 * AFTER).total_seconds())


def _key(entry: RoomEntry) -> str:
    return f"turn-seen:{entry.pk}:{entry.admitted_at.timestamp()}"


def tell_all() -> int:
    """Tell those of every room who do not look; how many. Safe to run twice and beside itself."""
    live = WaitingRoom.objects.filter(ended_at=None, drawn_at__isnull=False)
    return sum(tell(key) for key in live.values_list("pk", flat=True))


@transaction.atomic
def tell(room: int) -> int:
    """Tell those of one room, each once a turn; how many. Locks the room: nothing when another process has it."""
    rows = WaitingRoom.objects.select_for_update(no_key=True, skip_locked=True, of=("self",)).select_related("event")
    locked = rows.filter(pk=room, ended_at=None).first()
    chosen = _silent(locked) if locked else []
    Notification.objects.bulk_create(_message(one, locked) for one in chosen)
    mail.queue_all([_letter(one, locked) for one in chosen])
    return len(chosen)


def _silent(room: WaitingRoom) -> list[RoomEntry]:
    """Who is inside for a while, has ordered nothing, has an account, was not told of this turn, and was not seen."""
    now = timezone.now()
    told = Notification.objects.filter(
        recipient=OuterRef("user"), url=_path(room), created_at__gte=OuterRef("admitted_at")
    )
    inside = RoomEntry.objects.filter(
        room=room, status=RoomEntry.Status.INSIDE, admitted_at__lt=now - AFTER, expires_at__gt=now + ENOUGH, order=None
    )
    mine = inside.filter(~Exists(told), user__is_guest=False, user__banned_at=None, user__is_active=True)
    longest = list(mine.select_related("user").order_by("admitted_at", "pk")[:MOST])
    seen = cache.get_many([_key(one) for one in longest]) if longest else {}
    return [one for one in longest if _key(one) not in seen]


def _path(room: WaitingRoom) -> str:
    return f"/e/{room.event.slug}/room/"


def _message(entry: RoomEntry, room: WaitingRoom) -> Notification:
    with notify.in_language_of(entry.user):
        title = _("It is your turn at %(event)s") % {"event": room.event.name}
        return notify.owed(entry.user, title, kind="order", level="success", url=_path(room))


def _letter(entry: RoomEntry, room: WaitingRoom) -> OutgoingMail:
    about = {"event": room.event.name, "event_id": str(room.event.uid), "expires_at": entry.expires_at.isoformat()}
    return OutgoingMail(template=TEMPLATE, to=entry.user.email, context={**about, "path": _path(room)})
