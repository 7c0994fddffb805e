"""Promo codes: what they are good for, how much they take off, and how often they may be used.

`used_places` counts the places of live bookings that carry the code. It changes under the lock of the event's row, as
stock does; the CHECK constraint `promo_not_overused` is the second guard.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import audit
from accounts.models import User
from bookings import inventory
from bookings.models import Booking, Order, PromoCode, TicketType
from eventify.lib import currencies
from eventify.lib.errors import Conflict, Invalid
from eventify.lib.ratelimit import hit, take_back
from events.models import Event

CODE_MAX = 40  # characters
AMOUNT_MAX = Decimal("1000000")
LIMIT_MAX = 1_000_000  # places
FIELD = "promo_code"
_CODE = re.compile(r"[A-Z0-9][A-Z0-9_-]{0,39}")


class UsedUp(Invalid):
    """The code is not good for so many places more (holds that run out may change that)."""

    code = "promo_used_up"


def spelled(code: str) -> str:
    """The code as it is kept: in capitals, without the spaces around it."""
    return code.strip().upper()


def find(event: Event, code: str) -> PromoCode:
    """The event's code that can be used now. Invalid (`promo_code`) with the sentence for the buyer otherwise."""
    promo = known(event, code)
    sentence = why_not(promo) if promo else _("There is no such code for this event. Check how it is spelled.")
    if sentence:
        raise Invalid.field(FIELD, sentence)
    if left(promo) == 0:
        raise UsedUp.field(FIELD, _("This code has been used up."))
    return promo


@contextmanager
def guessing(address: str) -> Iterator[None]:
    """Somebody at this address ("": nobody asks for) tries a code: wrong ones are counted, right ones are not.

    TooManyRequests past settings.RATE_LIMITS, before anything is said of the code.
    """
    if not address:
        yield
        return
    hit("promo", address)
    yield
    take_back("promo", address)


def known(event: Event, code: str) -> PromoCode | None:
    """The event's code of this spelling, usable or not."""
    code = spelled(code)
    if not _CODE.fullmatch(code):
        return None
    promo = PromoCode.objects.prefetch_related("ticket_types").filter(event=event, code=code).first()
    if promo:
        promo.event = event
    return promo


def why_not(promo: PromoCode) -> str:
    """The sentence that says why the code is not valid now, whatever is left of it; empty when it is."""
    now = timezone.now()
    if not promo.is_active or (promo.ends_at and now >= promo.ends_at):
        return _("This code is not valid any more.")
    if promo.starts_at and now < promo.starts_at:
        return _("This code is not valid yet.")
    return ""


def left(promo: PromoCode) -> int | None:
    """How many places may still be bought with it; None when there is no limit."""
    return None if promo.max_places is None else max(0, promo.max_places - promo.used_places)


def covers(promo: PromoCode, ticket_type: TicketType) -> bool:
    """Whether the code does something for this type: makes it cheaper, or unlocks it."""
    named = [one.pk for one in promo.ticket_types.all()]
    is_hidden = ticket_type.status == TicketType.Status.HIDDEN
    if is_hidden:
        return promo.unlocks_hidden and ticket_type.pk in named
    return bool(promo.percent_off or promo.amount_off) and (not named or ticket_type.pk in named)


def unlocks(promo: PromoCode | None, ticket_type: TicketType) -> bool:
    """Whether the type is hidden and may be bought with the code."""
    return bool(promo) and ticket_type.status == TicketType.Status.HIDDEN and covers(promo, ticket_type)


def price(ticket_type: TicketType, promo: PromoCode | None, before: Decimal | None = None) -> Decimal:
    """What one place of the type costs with the code: never less than nothing, payable in the event's currency.

    `before`: what it cost when it was ordered, where that may be another price than the type's today.
    """
    before = ticket_type.price if before is None else before
    if promo is None or not covers(promo, ticket_type):
        return before
    less = before * promo.percent_off / 100 + promo.amount_off
    return max(Decimal(0), currencies.rounded(before - less, promo.event.currency))


def shown_types(event: Event, promo: PromoCode | None) -> list[TicketType]:
    """The kinds of ticket that a buyer with this code sees, in their order."""
    hidden = TicketType.Status.HIDDEN
    return [one for one in event.ticket_types.all() if one.status != hidden or unlocks(promo, one)]


def take(promo: PromoCode, qty: int, *, by: User, but: Order | None = None) -> None:
    """Use the code for `qty` places more, under the event's lock. UsedUp or Invalid past a limit; nothing is taken.

    `but`: the order that uses it, when its bookings carry the code already.
    """
    room = left(promo)
    if room == 0:
        raise UsedUp.field(FIELD, _("This code has been used up."))
    if room is not None and qty > room:
        sentence = ngettext(
            "This code is good for %(left)s more ticket. Choose fewer, or leave the code away.",
            "This code is good for %(left)s more tickets. Choose fewer, or leave the code away.",
            room,
        )
        raise UsedUp.field(FIELD, sentence % {"left": room})
    mine = promo.bookings.filter(user=by).exclude(status=Booking.Status.CANCELLED)
    check_person(promo, qty, mine.exclude(order=but) if but else mine)
    PromoCode.objects.filter(pk=promo.pk).update(used_places=F("used_places") + qty)
    promo.used_places += qty


def check_person(promo: PromoCode, qty: int, others: QuerySet[Booking]) -> None:
    """Invalid when a person who has these other bookings with the code may not have `qty` places more."""
    most = promo.max_places_per_person
    if most and qty + (others.aggregate(places=Sum("qty"))["places"] or 0) > most:
        sentence = ngettext(
            "Each person may use this code for %(most)s ticket.",
            "Each person may use this code for %(most)s tickets.",
            most,
        )
        raise Invalid.field(FIELD, sentence % {"most": most})


def give_back(booking: Booking) -> None:
    """A live booking ends: its places may be bought with its code by others. Under the event's lock."""
    if booking.promo_code_id:
        PromoCode.objects.filter(pk=booking.promo_code_id).update(used_places=F("used_places") - booking.qty)


def take_again(booking: Booking) -> None:
    """An ended booking lives again (its payment came late). Conflict when its code is used up. Under the event's lock.

    Only the limit in all counts, for the buyer has paid the price that the code gave.
    """
    if booking.promo_code_id:
        room = left(PromoCode.objects.get(pk=booking.promo_code_id))
        if room is not None and booking.qty > room:
            raise Conflict(_("This code has been used up."))
        PromoCode.objects.filter(pk=booking.promo_code_id).update(used_places=F("used_places") + booking.qty)


# --- What staff do with them ----------------------------------------------------------------------------


def create(event: Event, *, by: User | None, ticket_types: list[TicketType] = (), **fields) -> PromoCode:
    """Make a code. Invalid for values that make no sense or a code that the event has already."""
    fields["code"] = spelled(fields["code"])
    try:
        with transaction.atomic():
            promo = PromoCode(event=inventory.lock([event.pk])[event.pk], **fields)
            _check(promo, ticket_types)
            promo.save(force_insert=True)
            promo.ticket_types.set(ticket_types)
            audit.record("CREATED_PROMO_CODE", promo, by=by, event=event.pk)
    except IntegrityError as error:
        if "promo_code_unique" not in str(error):
            raise
        raise Invalid.field("code", _("This event has a code of this name already.")) from None
    return promo


@transaction.atomic
def change(promo: PromoCode, *, by: User, ticket_types: list[TicketType] | None = None, **changes) -> PromoCode:
    """Change a code, or switch it off (`is_active`); what was bought with it stays as it is. Never its spelling.

    Locks the event. Invalid for values that make no sense, as a limit below what is used.
    """
    if "code" in changes:
        raise TypeError("a code keeps its name")
    event = inventory.lock([promo.event_id])[promo.event_id]
    promo = PromoCode.objects.get(pk=promo.pk)
    promo.event = event
    for name, value in changes.items():
        setattr(promo, name, value)
    if ticket_types is not None or set(changes) != {"is_active"}:
        _check(promo, list(promo.ticket_types.all()) if ticket_types is None else ticket_types)
    promo.save(update_fields=[*changes, "updated_at"])
    if ticket_types is not None:
        promo.ticket_types.set(ticket_types)
    audit.record("CHANGED_PROMO_CODE", promo, by=by, fields=sorted(changes))
    return promo


def _check(promo: PromoCode, ticket_types: list[TicketType]) -> None:
    if not _CODE.fullmatch(promo.code):
        raise Invalid.field("code", _("Use letters, digits, - and _ only, at most %(most)s.") % {"most": CODE_MAX})
    if not 0 <= promo.percent_off <= 100:
        raise Invalid.field("percent_off", _("Use from 0 to %(most)s.") % {"most": 100})
    if not 0 <= promo.amount_off <= AMOUNT_MAX:
        raise Invalid.field("amount_off", _("Use from 0 to %(most)s.") % {"most": f"{AMOUNT_MAX:,}"})
    if promo.percent_off and promo.amount_off:
        raise Invalid.field("amount_off", _("Give a percentage or an amount, not both."))
    _check_types(promo, ticket_types)
    _check_limits(promo)
    if promo.starts_at and promo.ends_at and promo.ends_at <= promo.starts_at:
        raise Invalid.field("ends_at", _("It ends before it starts."))


def _check_types(promo: PromoCode, ticket_types: list[TicketType]) -> None:
    if any(one.event_id != promo.event_id for one in ticket_types):
        raise Invalid.field("ticket_types", _("Choose ticket types of this event."))
    is_hidden = [one.status == TicketType.Status.HIDDEN for one in ticket_types]
    if promo.unlocks_hidden and not any(is_hidden):
        raise Invalid.field("ticket_types", _("Choose the hidden ticket types that it unlocks."))
    if not (promo.percent_off or promo.amount_off or promo.unlocks_hidden):
        raise Invalid.field("percent_off", _("Say what it does: take something off, or unlock hidden types."))


def _check_limits(promo: PromoCode) -> None:
    for name in ("max_places", "max_places_per_person"):
        most = getattr(promo, name)
        if most is not None and not 1 <= most <= LIMIT_MAX:
            raise Invalid.field(
                name, _("Use from 1 to %(most)s, or nothing for no limit.") % {"most": f"{LIMIT_MAX:,}"}
            )
    if promo.max_places is not None and promo.max_places < promo.used_places:
        sentence = _("%(used)s places are bought with it already; the limit cannot be less.")
        raise Invalid.field("max_places", sentence % {"used": promo.used_places})
