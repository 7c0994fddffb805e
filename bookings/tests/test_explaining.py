"""Why not, of places, orders and tickets: the reason is that of the verb, in every state, for every kind of person."""

from datetime import timedelta
from functools import partial
from itertools import product
from types import SimpleNamespace

import pytest
from django.utils import timezone

from accounts import roles
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import OutgoingMail, Role
from accounts.tests.asking import asked
from bookings import (
    calling_off,
    capacity,
    checkin,
    explaining,
    guests,
    orders,
    previews,
    queries,
    resales,
    ticket_types,
    transfers,
)
from bookings.factories import TicketTypeFactory
from bookings.models import Booking, Order, SandboxCharge, Scan, Seat, Ticket, TicketType
from bookings.tests.scenes import buy, pay, scene, wait
from eventify.lib.errors import Forbidden, Missing
from eventify.tests.lent import for_the_module
from events import queries as event_queries
from events.models import Event
from partners import members
from partners.factories import PartnerFactory
from partners.models import Member, Partner

pytestmark = pytest.mark.django_db
ACTIONS = {one.id: one for one in explaining.ACTIONS}
HOUR = timedelta(hours=1)


def changed(row, **fields):
    """The row with these columns, whatever its verbs say."""
    type(row).objects.filter(pk=row.pk).update(**fields)
    row.refresh_from_db()
    return row


def places_to_book() -> dict[str, TicketType]:
    """A ticket type of an event in each state that decides over a sale."""
    now, kinds = timezone.now(), {"free": scene(capacity=5)[1], "priced": scene(capacity=5, price="9")[1]}
    kinds["sold out"] = scene(capacity=1)[1]
    buy(UserFactory(), kinds["sold out"])
    queued, kinds["waited for"] = scene(capacity=2)
    order = buy(UserFactory(), kinds["waited for"], qty=2)
    wait(queued, UserFactory(), qty=2)
    changed(order.bookings.get(), qty=1)
    changed(queued, booked_count=1)
    overdue, kinds["held too long"] = scene(capacity=1, price="9")
    changed(buy(UserFactory(), kinds["held too long"]), expires_at=now - HOUR)
    for name, fields in {
        "cancelled": {"state": Event.State.CANCELLED},
        "draft": {"state": Event.State.DRAFT},
        "over": {"starts_at": now - 3 * HOUR, "ends_at": now - HOUR},
        "withdrawn": {"is_bookable": False},
        "suspended": {"partner": PartnerFactory(status=Partner.Status.SUSPENDED)},
    }.items():
        kinds[name] = scene(**fields)[1]
    for name, fields in {
        "stopped": {"status": TicketType.Status.SOLD_OUT},
        "not yet": {"sales_start_at": now + HOUR},
        "too late": {"sales_end_at": now - HOUR},
        "two an order": {"max_per_order": 2},
        "pairs": {"min_per_order": 2},
        "one of a pair": {"min_per_order": 2, "quantity_total": 1},
        "two a person": {"max_per_person": 2},
    }.items():
        kinds[name] = TicketTypeFactory(event=scene()[0], **fields)
    kinds["seated"] = scene(capacity=4, seating=Event.Seating.AUTOMATIC)[1]
    buy(UserFactory(), kinds["seated"])
    return kinds


class World:
    """The types, orders and tickets in their states, and who asks."""

    def __init__(self):
        self.kinds = places_to_book()
        self.buyer, self.stranger = UserFactory(full_name="Buyer"), UserFactory(full_name="Stranger")
        self.partner = PartnerFactory()
        self.admin, self.gate = SuperAdminFactory(), UserFactory()
        roles.assign(self.gate, Role.objects.get(name="Gate"), by=None)
        self.manager = UserFactory()
        members.add(self.partner, self.manager, Member.Role.EVENT_MANAGER, by=None)
        self.people = [self.buyer, self.stranger, self.admin, self.gate, self.manager]
        self.orders = self._orders()
        self.tickets = self._tickets()

    def _order(self, price="9", qty=1, **event) -> Order:
        kind = scene(price=price, partner=self.partner, **event)[1]
        order = buy(self.buyer, kind, qty=qty)
        return pay(order) if price else order

    def _orders(self) -> dict[str, Order]:
        begun, used, overdue = self._order(), self._order(), buy(self.buyer, scene(price="9", partner=self.partner)[1])
        changed(begun.bookings.get().event, starts_at=timezone.now() - HOUR)
        checkin.admit(used.tickets.get().ticket_code, by=None)
        ended, pending = self._order(), buy(self.buyer, scene(price="9", partner=self.partner)[1])
        previews.order_refund(ended, reason="x", by=self.admin)()
        return {
            "paid": self._order(), "free": self._order(price=0), "pending": pending, "begun": begun, "used": used,
            "refunded": Order.objects.get(pk=ended.pk), "overdue": changed(overdue, expires_at=timezone.now() - HOUR),
        }  # fmt: skip

    def _tickets(self) -> dict[str, Ticket]:
        found = {name: self._order(price=0).tickets.get() for name in ("valid", "sent", "offered", "passed on")}
        transfers.offer(found["sent"], "x@example.com", by=self.buyer)
        resales.offer(found["offered"], by=self.buyer)
        changed(found["passed on"], user=self.stranger)
        for name in ("used", "begun", "refunded"):
            found[name] = self.orders[name].tickets.get()
        for name, fields in {
            "over": {"starts_at": timezone.now() - 3 * HOUR, "ends_at": timezone.now() - HOUR},
            "of a cancelled event": {"state": Event.State.CANCELLED},
        }.items():
            found[name] = self._order(price=0).tickets.get()
            changed(found[name].event, **fields)
        return found


made = for_the_module(World)


def differing(asked_of) -> list[str]:
    """The cases in which explanation and deed are not the same, in words."""
    return [
        f"{case}: explained as {one.answer.code} ({one.answer.sentence}), done: {one.refusal and one.refusal.code}"
        for case, one in asked_of
        if not one.agree
    ]


# --- What is explained is what happens ----------------------------------------------------------------


def test_places(made):
    """Type and event, a few and many, somebody and a stranger without an account."""
    found = []
    for (name, kind), by, qty in product(made.kinds.items(), (made.buyer, None), (1, 3)):
        if by is None and qty > 1:
            continue
        buyer = by or made.stranger

        def booked(kind=kind, buyer=buyer, qty=qty):
            orders.decide([orders.Line(kind.pk, qty)], by=buyer, at_checkout=True)

        def booked_there(kind=kind, buyer=buyer, qty=qty):
            if kind.event.state == Event.State.DRAFT:
                raise Missing
            orders.decide_booking(kind.event_id, qty, by=buyer)

        def queued(kind=kind, buyer=buyer, qty=qty):
            if kind.event.state == Event.State.DRAFT:
                raise Missing
            orders.decide_booking(kind.event_id, qty, by=buyer, waitlist_too=True)

        said = {"quantity": str(qty)}
        found.append(((name, by, qty), asked(ACTIONS["book"], kind, by, booked, **said)))
        found.append(((name, by, qty, "event"), asked(ACTIONS["book"], kind.event, by, booked_there, **said)))
        lines = explaining.said_of([orders.Line(kind.pk, qty)])
        found.append(((name, by, qty, "lines"), asked(ACTIONS["book"], kind.event, by, booked, **lines)))
        if by and qty == 1:
            found.append(((name, by, qty, "queue"), asked(ACTIONS["join_queue"], kind.event, by, queued, **said)))
    assert differing(found) == []
    assert {one.answer.code for _case, one in found} >= {None, "sold_out", "not_on_sale", "over_limit", "not_found"}


def test_orders(made):
    found = []
    for (name, order), by in product(made.orders.items(), made.people):
        is_own = by == order.user
        is_seen = is_own or queries.orders_of(by, "view_events", "view_financials").filter(pk=order.pk).exists()

        def cancelled(order=order, by=by, is_own=is_own, is_seen=is_seen):
            if not is_seen:
                raise Missing
            orders.cancelling.cancel(order, by=by) if is_own else previews.order_refund(order, reason="x", by=by)()

        def given(order=order, by=by, is_seen=is_seen):
            if not is_seen:
                raise Missing
            previews.gift(order, explaining.refunds.most(order), reason="x", by=by)()

        found.append(((name, str(by), "cancel"), asked(ACTIONS["cancel"], order, by, cancelled)))
        found.append(((name, str(by), "refund"), asked(ACTIONS["refund"], order, by, given)))
    assert differing(found) == []
    assert {one.answer.code for _case, one in found} >= {None, "not_cancellable", "forbidden", "conflict", "not_found"}


def test_tickets(made):
    found = []
    for (name, ticket), by in product(made.tickets.items(), made.people):
        is_seen = by in (ticket.user, ticket.order.user) or by.can("view_events", on=ticket.event)

        def seen(verb, is_seen=is_seen, by=by):
            if not is_seen:
                raise Missing
            verb()

        todo = {
            "transfer": lambda ticket=ticket, by=by: transfers.offer(ticket, "y@example.com", by=by),
            "resell": lambda ticket=ticket, by=by: resales.offer(ticket, by=by),
            "check_in": lambda ticket=ticket, by=by: checkin.admit(ticket.ticket_code, by=by),
        }
        for action, verb in todo.items():
            one = asked(ACTIONS[action], ticket, by, lambda verb=verb, seen=seen: seen(verb))
            found.append(((name, str(by), action), one))
    assert differing(found) == []
    wanted = {None, "not_transferable", "not_resellable", "not_valid", "forbidden", "not_found"}
    assert {one.answer.code for _case, one in found} >= wanted


def test_the_sale_of_an_event(made):
    """Its capacity, all its money, and its types: staff of it, and others."""
    found = []
    events = {name: order.bookings.get().event for name, order in made.orders.items()}
    for (name, event), by in product(events.items(), made.people):
        is_seen = event_queries.visible_to(by).filter(pk=event.pk).exists()
        kind = event.ticket_types.get()

        def checked(verb, permission, is_seen=is_seen, by=by, event=event):
            if not is_seen:
                raise Missing
            if not by.can(permission, on=event):
                raise Forbidden
            verb()

        def deleted(kind=kind, by=by, event=event):
            ticket_types.delete(TicketType.objects.get(pk=kind.pk), by=by)

        is_of_staff = queries.events_of(by, "view_events").filter(pk=event.pk).exists()
        for places in (0, 1, 50):
            verb = partial(capacity.change, event, places, by=by)
            one = asked(
                ACTIONS["change_capacity"], event, by, partial(checked, verb, "manage_events"), places=str(places)
            )
            found.append(((name, str(by), places), one))
        verb = partial(calling_off.refund_event, event, reason="x", by=by)
        one = asked(ACTIONS["refund_event"], event, by, partial(checked, verb, "refund_orders"))
        found.append(((name, str(by), "refund"), one))
        verb = partial(checked, deleted, "manage_events", is_of_staff)
        found.append(((name, str(by), "type"), asked(ACTIONS["delete_ticket_type"], kind, by, verb)))
        verb = partial(checked, partial(ticket_types.move, kind, -1, by=by), "manage_events", is_of_staff)
        found.append(((name, str(by), "move"), asked(ACTIONS["move_ticket_type"], kind, by, verb, steps="-1")))
    assert differing(found) == []
    assert {one.answer.rule for _case, one in found} >= {
        None, "capacity_below_booked", "conflict", "type_booked", "permission", "not_found"
    }  # fmt: skip


# --- The sentences ------------------------------------------------------------------------------------


def ask(action, row, by, **said):
    return asked(ACTIONS[action], row, by, lambda: None, **said).answer


@pytest.mark.parametrize(
    ("kind", "quantity", "code", "of", "rule", "facts"),
    [
        ("sold out", "1", "sold_out", "limit", "sold_out", {"left": 0, "asked": 1}),
        ("free", "6", "sold_out", "limit", "sold_out", {"left": 5, "asked": 6}),
        ("waited for", "1", "sold_out", "limit", "waitlist_first", {"waiting": 2}),
        ("two an order", "3", "over_limit", "limit", "order_limit", {"limit": 2, "asked": 3}),
        ("one of a pair", None, "sold_out", "limit", "sold_out", {"left": 1, "asked": 2}),
        ("pairs", "1", "under_limit", "limit", "order_minimum", {"limit": 2, "asked": 1}),
        ("two a person", "3", "over_limit", "limit", "person_limit", {"limit": 2, "held": 0, "asked": 3}),
        ("cancelled", "1", "not_on_sale", "state", "event_cancelled", {}),
        ("withdrawn", "1", "not_on_sale", "state", "event_not_open", {}),
        ("stopped", "1", "not_on_sale", "state", "type_not_on_sale", {}),
        ("free", "1001", "invalid", "rule", "invalid", {}),
    ],
)
def test_what_is_said_of_places(made, kind, quantity, code, of, rule, facts):
    answer = ask("book", made.kinds[kind], made.buyer, **({"quantity": quantity} if quantity else {}))
    assert (answer.allowed, answer.code, answer.kind, answer.rule, answer.facts) == (False, code, of, rule, facts)
    assert answer.sentence.endswith(".")
    for number in (facts.get("limit"), facts.get("left")):
        assert not number or str(number) in answer.sentence


def test_a_role_that_lacks_is_named_with_those_that_have_it(made):
    answer = ask("refund", made.orders["paid"], made.gate)
    assert (answer.kind, answer.code, answer.rule) == ("role", "forbidden", "permission")
    assert answer.facts["permissions"] == ["refund_orders"] and {"Finance", "Super Admin"} <= {*answer.facts["roles"]}
    assert "“Refund orders”" in answer.sentence and "Finance" in answer.sentence and answer.fix["sentence"]
    own = ask("refund", made.orders["paid"], made.manager)  # a partner's member is told of their own roles only
    assert (own.facts["roles"], own.facts["member_roles"]) == ([], ["org_admin"]) and "Finance" not in own.sentence
    assert "Admin of the organisation" in own.sentence


def test_seats_that_are_taken(made):
    kind = made.kinds["seated"]
    taken = Seat.objects.filter(event=kind.event).exclude(reserved_booking=None).get()
    answer = ask("book", kind, made.buyer, seats=taken.label)
    assert (answer.code, answer.rule, answer.fix["url"]) == ("seat_taken", "seat_taken", f"/e/{kind.event.slug}/seats/")
    assert taken.label in answer.sentence
    lines = explaining.said_of([orders.Line(kind.pk, 1, (taken.label,))])
    assert ask("book", kind.event, made.buyer, **lines).sentence == answer.sentence
    assert ask("book", made.kinds["free"].event, made.buyer, **lines).code == "not_found"


def test_a_hidden_type_is_there_for_its_organiser_only(made):
    hidden = TicketTypeFactory(event=scene(partner=made.partner)[0], status=TicketType.Status.HIDDEN)
    assert ask("book", hidden, made.buyer).code == "not_found"
    assert ask("book", hidden, made.manager).rule == "type_not_on_sale"


# --- Nothing of a question stays ----------------------------------------------------------------------


def test_a_question_changes_nothing_and_tells_nobody(made, django_capture_on_commit_callbacks):
    def counted():
        rows = (Order, Booking, Ticket, Scan, OutgoingMail, SandboxCharge, guests.User)
        return [one.objects.count() for one in rows]

    before = counted()
    with django_capture_on_commit_callbacks() as left:
        assert ask("book", made.kinds["priced"], None).allowed
        assert ask("book", made.kinds["free"], made.buyer).allowed
        assert ask("cancel", made.orders["paid"], made.buyer).allowed
        assert ask("check_in", made.tickets["valid"], made.gate).allowed
        assert not ask("check_in", made.tickets["used"], made.gate).allowed
    assert counted() == before and left == []


def test_control_the_comparison_notices_a_rule_that_only_one_side_knows(made, monkeypatch):
    wrong = SimpleNamespace(uid=made.kinds["free"].uid)
    silent = asked(ACTIONS["book"], wrong, made.buyer, lambda: (_ for _ in ()).throw(Forbidden()))
    assert not silent.agree
    other = asked(ACTIONS["book"], made.kinds["sold out"], made.buyer, lambda: (_ for _ in ()).throw(Forbidden()))
    assert not other.agree
