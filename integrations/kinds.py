"""The kinds of facts that other systems are told, as data: what each means, and what its `data` holds.

The triggers of migrations/0002 write the facts; a test makes each kind happen and compares what was written with what
is declared here. No name, address, phone number, code or secret of a person is in any of them: who may know these
asks for them by the ids. A field is never taken away or given another meaning under the same `version`.
"""

from typing import NamedTuple

VERSION = 1  # of the data of every kind; a kind that must change its fields counts on
UID, TEXT, MOMENT, AMOUNT, COUNT, FLAG = "id", "text", "moment", "amount", "count", "flag"
_EVENT, _ORDER, _BOOKING = {"event_id": UID}, {"order_id": UID}, {"booking_id": UID}
_MONEY = {"amount": AMOUNT, "currency": TEXT}
_OF_TICKET = {"ticket_id": UID, **_EVENT, **_ORDER, **_BOOKING, "ticket_type_id": UID}
_OF_BOOKING = {**_BOOKING, **_EVENT, "ticket_type_id": UID, "quantity": COUNT}
_OF_EVENT = {**_EVENT, "name": TEXT, "state": TEXT, "starts_at": MOMENT, "ends_at": MOMENT, "timezone": TEXT}
_OF_SHIFT = {"assignment_id": UID, "shift_id": UID, "person_id": UID, **_EVENT, "status": TEXT, "origin": TEXT}
_OF_PAYOUT = {"payout_id": UID, **_MONEY}


class Kind(NamedTuple):
    """`data`: field -> what it is. Fields of `nullable` may be null."""

    id: str
    means: str
    data: dict[str, str]
    nullable: frozenset[str] = frozenset()


def _kind(name: str, means: str, data: dict[str, str], *nullable: str) -> Kind:
    return Kind(name, means, data, frozenset(nullable))


_OF_ORDER = {**_ORDER, **_MONEY, "quantity": COUNT}
KINDS = (
    _kind("order.paid", "An order is paid; a free one is paid at once. The amount is that of your events in it.",
          _OF_ORDER),
    _kind("order.cancelled", "An order ended that took no money; `expired` when its hold ran out unpaid.",
          {**_OF_ORDER, "expired": FLAG}),
    _kind("order.refunded", "Money of an order goes back to the buyer and has left your balance.",
          {**_ORDER, **_BOOKING, **_EVENT, "refund_id": UID, **_MONEY}, "booking_id", "event_id", "order_id"),
    _kind("ticket.issued", "A ticket exists.", {**_OF_TICKET, "price": AMOUNT, "currency": TEXT, "seat": TEXT}, "seat"),
    _kind("ticket.checked_in", "Somebody was let in with it.", {**_OF_TICKET, "used_at": MOMENT, "gate": TEXT}),
    _kind("ticket.check_in_undone", "The admission was taken back.", _OF_TICKET),
    _kind("ticket.transferred", "It has another holder now; the code that was known before is dead.", _OF_TICKET),
    _kind("ticket.cancelled", "It admits nobody any more.", _OF_TICKET),
    _kind("booking.waitlisted", "A party waits for places.", _OF_BOOKING),
    _kind("booking.promoted", "A party that waited has got its places.", _OF_BOOKING),
    _kind("booking.cancelled", "A booking ended; its places are free.", _OF_BOOKING),
    _kind("event.published", "An event left its draft.", _OF_EVENT, "starts_at", "ends_at"),
    _kind("event.rescheduled", "The start or the end of an event that is no draft has moved.", _OF_EVENT, "starts_at",
          "ends_at"),
    _kind("event.cancelled", "An event was cancelled; its buyers are paid back one by one.", _OF_EVENT, "starts_at",
          "ends_at"),
    _kind("partner.verified", "Your papers are verified.", {"verification_status": TEXT}),
    _kind("partner.suspended", "Your organisation may not publish, sell or be paid until it is reinstated.",
          {"status": TEXT}),
    _kind("partner.reinstated", "Your organisation may trade again.", {"status": TEXT}),
    _kind("payout.paid", "A payout has arrived.", _OF_PAYOUT),
    _kind("payout.failed", "A payout failed; its money is back in your balance.", _OF_PAYOUT),
    _kind("shift.claimed", "Somebody claimed a place of a shift; `status` says whether it waits for a planner.",
          _OF_SHIFT),
    _kind("shift.assigned", "A place of a shift is somebody's: given, approved or swapped.", _OF_SHIFT),
    _kind("shift.given_up", "Somebody has the place no longer, or did not get it.", _OF_SHIFT),
    _kind("person.approved", "Somebody was approved for the crew or guest list of an event.",
          {"person_id": UID, **_EVENT, "crowd_type_id": UID}),
    _kind("feed.started", "Facts are recorded from here on; what happened before is not in the feed.",
          {}),
)  # fmt: skip
IDS = tuple(kind.id for kind in KINDS)
BY_ID = {kind.id: kind for kind in KINDS}
TEST = "webhook.test"  # what a test delivery says it is; it is no fact and is in no feed

_UID = "01a1fba0-441f-7090-9f64-b7d596a35e5a"
_EXAMPLES = {UID: _UID, TEXT: "text", MOMENT: "2027-06-01T12:30:00.000Z", AMOUNT: "499.50", COUNT: 2, FLAG: False}
_NAMED = {
    "currency": "INR", "gate": "South", "name": "Night of Lights", "origin": "claimed", "seat": "A-1",
    "state": "published", "status": "approved", "timezone": "Asia/Kolkata", "verification_status": "Verified",
}  # fmt: skip
_OWN = {"partner.suspended": {"status": "Suspended"}, "partner.reinstated": {"status": "Active"},
        "event.cancelled": {"state": "cancelled"}, "shift.given_up": {"status": "cancelled"}}  # fmt: skip


def example(kind: Kind) -> dict:
    """What the `data` of such a fact may look like."""
    made = {name: _NAMED.get(name, _EXAMPLES[what]) for name, what in kind.data.items()}
    return {**made, **_OWN.get(kind.id, {})}
