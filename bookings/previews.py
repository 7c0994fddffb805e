"""Dangerous changes as eventify.lib.preview wants them: functions that do the real thing and return its facts.

Pages and contracts ask `preview.dry_run(previews.cancellation(...))` what would happen, show it, and do it with
`preview.apply(previews.cancellation(...), digest)`. The verbs judge permissions and refuse as they always do.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal

from django.db.models import Count, Q
from django.utils import timezone

from accounts import bans
from accounts.models import User
from bookings import calling_off, cancelling, capacity, queries, refunds
from bookings.calling_off import CallingOff
from bookings.models import Booking, Order, Ticket
from eventify.lib.errors import Forbidden
from events.models import Event
from partners.models import Entry
from partners.models.ledger import Account, Kind

Change = Callable[[], dict]


def cancellation(event: Event, *, reason: str, by: User) -> Change:
    """Cancel the event: who is told, what goes back."""

    def change() -> dict:
        cancelled = calling_off.cancel_event(event, reason=reason, by=by)
        return {"state": {"before": event.state, "after": cancelled.state}, **calling_off.plan(CallingOff(cancelled))}

    return change


def mass_refund(event: Event, *, reason: str, by: User) -> Change:
    """Give everybody who paid for the event their money back, without cancelling it."""

    def change() -> dict:
        refund = calling_off.refund_event(event, reason=reason, by=by)
        bookable = {"before": event.is_bookable, "after": refund.event.is_bookable}
        return {"is_bookable": bookable, **calling_off.plan(CallingOff(refund.event, refund))}

    return change


def capacity_change(event: Event, places: int, *, by: User) -> Change:
    """Give the event another capacity: what is free afterwards, who is promoted, which free seats go."""

    def change() -> dict:
        before = _places(event)
        changed = capacity.change(event, places, by=by)
        after = _places(changed)
        facts = {name: {"before": before[name], "after": after[name]} for name in before}
        promoted = before["waiting_parties"] - after["waiting_parties"]
        return {**facts, "promoted": promoted, "mails": promoted}

    return change


def _places(event: Event) -> dict[str, int]:
    row = Event.objects.get(pk=event.pk)
    return {
        "capacity": row.capacity,
        "booked": row.booked_count,
        "free": row.places_left,
        "waiting": row.waitlisted_count,
        "waiting_parties": event.bookings.filter(status=Booking.Status.WAITLISTED).count(),
        "seats": event.seats.count(),
    }


def ban(user: User, *, reason: str, by: User) -> Change:
    """Ban the person. What they hold stays theirs: holds run out, waiting parties keep their place, tickets scan."""

    def change() -> dict:
        held = _held(user)
        bans.ban(user, reason=reason, by=by)
        return {"is_banned": {"before": False, "after": True}, **held}

    return change


def _held(user: User) -> dict[str, int]:
    coming = Q(event__ends_at__gt=timezone.now(), status=Ticket.Status.VALID)
    bookings = user.bookings.aggregate(
        open_holds=Count("pk", filter=Q(status=Booking.Status.PENDING)),
        waiting_parties=Count("pk", filter=Q(status=Booking.Status.WAITLISTED)),
    )
    return {
        "sessions": user.sessions.filter(ended_at=None).count(),
        "devices": user.device_tokens.count(),
        **bookings,
        "coming_tickets": user.tickets.filter(coming).count(),
    }


def order_refund(order: Order, *, reason: str, by: User) -> Change:
    """Cancel the whole order by staff: what goes back, which tickets die, who moves up."""

    def change() -> dict:
        check_may_refund(order, by)
        events = Event.objects.filter(bookings__order=order)
        live = order.bookings.filter(status__in=cancelling.LIVE)
        facts = {
            "currency": order.currency,
            "bookings": live.count(),
            "tickets": order.tickets.filter(status=Ticket.Status.VALID).count(),
        }
        ending, waiting = list(live.values_list("uid", flat=True)), _parties(events)
        cancelled = cancelling.cancel(order, by=by, reason=reason)
        promoted = waiting - _parties(events)
        return {
            "status": {"before": order.status, "after": cancelled.status},
            **facts,
            **_back([f"{{}}:{uid}" for uid in ending]),
            "promoted": promoted,
            "mails": promoted + (by.pk != order.user_id),
        }

    return change


def tickets_cancellation(order: Order, uids: Iterable, *, is_refunded: bool, reason: str, by: User) -> Change:
    """Cancel some tickets of an order, with or without their money: what goes back, what stays, who moves up."""

    def change() -> dict:
        check_may_refund(order, by)
        events = Event.objects.filter(bookings__order=order)
        chosen, waiting = list(order.tickets.filter(uid__in=list(uids))), _parties(events)
        ended = cancelling.cancel_tickets(order, chosen, by=by, reason=reason, is_refunded=is_refunded)
        promoted, after = waiting - _parties(events), Order.objects.get(pk=order.pk)
        return {
            "status": {"before": Order.Status.PAID, "after": after.status},
            "currency": order.currency,
            "tickets": sorted(ticket.pk for ticket in chosen),
            "left": order.tickets.exclude(status=Ticket.Status.CANCELLED).count(),
            **_back([f"{{}}:{one.uid}" for one in ended]),
            "promoted": promoted,
            "mails": promoted + (by.pk != order.user_id),
        }

    return change


def gift(order: Order, amount: Decimal, *, reason: str, by: User) -> Change:
    """Give the buyer a part of the money back without cancelling: what goes back, what could still go back."""

    def change() -> dict:
        check_may_refund(order, by)
        refund = refunds.give(order, amount, by=by, reason=reason)
        left = refunds.most(order)
        return {"currency": order.currency, **_back([f"{{}}:{refund.uid}"]), "left": str(left), "mails": 1}

    return change


def _back(keys: list[str]) -> dict[str, str]:
    """What these facts returned: to the buyer, and of the fees to the partners."""

    def total(kind: str, account: str) -> str:
        entries = Entry.objects.filter(transfer__key__in=[key.format(kind) for key in keys], account=account)
        return str(sum(entries.values_list("credit", flat=True), Decimal(0)))

    return {
        "refund": total(Kind.REFUND, Account.BUYER_PAYABLE),
        "fees_returned": total(Kind.FEE_RETURN, Account.PARTNER_PAYABLE),
    }


def check_may_refund(order: Order, by: User) -> None:
    """Forbidden unless `by` holds refund_orders everywhere, or on the partner of every event of the order."""
    if not queries.orders_of(by, "refund_orders").filter(pk=order.pk).exists():
        raise Forbidden


def _parties(events) -> int:
    return Booking.objects.filter(event__in=events, status=Booking.Status.WAITLISTED).count()
