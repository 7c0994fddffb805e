"""Why not, of single tickets, links, offers, payments and waiting rooms: the reason is that of the verb."""

from contextlib import suppress
from datetime import timedelta
from functools import partial
from itertools import product

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts import roles
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import OutgoingMail, Role
from accounts.tests.asking import asked
from bookings import (
    cancelling,
    checkin,
    explaining,
    explaining_rooms,
    payments,
    previews,
    promos,
    queries,
    refunds,
    resales,
    tickets,
    transfers,
    webhooks,
)
from bookings.command_center.orders import SEES_ORDERS
from bookings.models import Order, Payment, Refund, RoomEntry, WebhookDelivery
from bookings.providers import sandbox
from bookings.providers.base import BadSignature
from bookings.tests.rooms import a_room, again, begin
from bookings.tests.scenes import buy, decide, hear, pay, scene
from bookings.waiting_room import joining, opening
from eventify.lib.errors import Conflict, Forbidden, Missing
from eventify.tests.lent import for_the_module
from events import explaining as of_events
from events import pictures
from events.factories import EventImageFactory

pytestmark = pytest.mark.django_db
ACTIONS = {one.id: one for one in (*explaining.ACTIONS, *explaining_rooms.ACTIONS, *of_events.ACTIONS)}


class World:
    """Orders, tickets and rooms in their states, and who asks."""

    def __init__(self):
        self.buyer, self.admin, self.gate = UserFactory(full_name="Buyer"), SuperAdminFactory(), UserFactory()
        roles.assign(self.gate, Role.objects.get(name="Gate"), by=None)
        self.people = [self.buyer, self.admin, self.gate]
        self.orders = self._orders()
        self.refunds = self._refunds()
        self.tickets = {name: self._paid(price=0).tickets.get() for name in ("plain", "sent", "offered")}
        transfers.offer(self.tickets["sent"], "x@example.com", by=self.buyer)
        resales.offer(self.tickets["offered"], by=self.buyer)
        self.rooms = self._rooms()

    def _paid(self, price="9", qty=1) -> Order:
        order = buy(self.buyer, scene(price=price)[1], qty=qty)
        return pay(order) if price else order

    def _orders(self) -> dict[str, Order]:
        used, half, ended = self._paid(qty=2), self._paid(qty=2), self._paid()
        checkin.admit(used.tickets.first().ticket_code, by=None)
        cancelling.cancel_tickets(half, half.tickets.all()[:1], by=self.admin)
        cancelling.cancel(ended, by=self.buyer)
        overdue = buy(self.buyer, scene(price="9")[1])
        Order.objects.filter(pk=overdue.pk).update(expires_at=timezone.now() - timedelta(hours=1))
        orders = {"paid": self._paid(), "used": used, "half": half, "ended": ended, "overdue": overdue}
        orders["pending"] = buy(self.buyer, scene(price="9")[1])
        return {name: Order.objects.get(pk=order.pk) for name, order in orders.items()}

    def _refunds(self) -> dict[str, Refund]:
        found = dict(zip(("failed", "waits"), Refund.objects.order_by("pk"), strict=True))
        Refund.objects.filter(pk=found["failed"].pk).update(status=Refund.Status.FAILED)
        return found

    def _rooms(self) -> dict:
        hour = timedelta(hours=1)
        shut = a_room(opens_at=timezone.now() + hour, draw_at=timezone.now() + 2 * hour)[0]
        for_all, over = a_room(needs_login=False)[0], a_room()[0]
        opening.end(over, by=self.admin)
        rooms = {"open": a_room()[0], "shut": shut, "drawn": begin(a_room()[0]), "over": over, "for all": for_all}
        return {**{name: again(room).event for name, room in rooms.items()}, "none": scene()[0]}


made = for_the_module(World)


def wrong(found) -> list[str]:
    return [f"{case}: {one.answer}, done: {one.refusal!r}" for case, one in found if not one.agree]


def seen(order: Order, by) -> None:
    if by != order.user and not queries.orders_of(by, *SEES_ORDERS).filter(pk=order.pk).exists():
        raise Missing


def test_single_tickets(made):
    """Each ticket by itself, with its money and without; and all that are good when none is named."""
    found = []
    for (name, order), by, money in product(made.orders.items(), made.people, ("back", "stays")):
        good = tuple(order.tickets.filter(status="valid").values_list("uid", flat=True))
        for uids in ((), *((ticket.uid,) for ticket in order.tickets.all())):

            def cancelled(order=order, by=by, money=money, uids=uids or good):
                seen(order, by)
                previews.tickets_cancellation(order, uids, is_refunded=money == "back", reason="x", by=by)()

            said = {"tickets": ",".join(map(str, uids)), "money": money}
            one = asked(ACTIONS["cancel_tickets"], order, by, cancelled, **said)
            found.append(((name, str(by), said), one))
    assert wrong(found) == []
    codes = {one.answer.code for _case, one in found}
    assert codes >= {None, "not_splittable", "not_cancellable", "forbidden", "invalid"}


def test_a_question_names_at_most_a_hundred_tickets(made):
    order, sentences = made.orders["paid"], []
    for number in (explaining.ASKED_MOST, explaining.ASKED_MOST + 1):
        uids = ",".join([str(order.tickets.get().uid)] * number)
        answer = asked(ACTIONS["cancel_tickets"], order, made.admin, lambda: None, tickets=uids).answer
        sentences.append(answer.sentence)
    assert sentences == ["Nothing stands in the way.", "This value cannot be read."]


def test_mails_payments_and_refunds_again(made):
    found = []
    for (name, order), by in product(made.orders.items(), made.people):

        def mailed(order=order, by=by):
            seen(order, by)
            if not queries.orders_of(by, *SEES_ORDERS).filter(pk=order.pk).exists():
                raise Forbidden
            tickets.mail_again(order, by=by)

        def paid(order=order, by=by):
            seen(order, by)
            payments.due(order)

        found.append(((name, str(by), "mail"), asked(ACTIONS["mail_tickets"], order, by, mailed)))
        found.append(((name, str(by), "pay"), asked(ACTIONS["pay"], order, by, paid)))
    for (name, refund), by in product(made.refunds.items(), made.people):

        def sent(refund=refund, by=by):
            if not queries.orders_of(by, *SEES_ORDERS).filter(pk=refund.payment.order_id).exists():
                raise Missing
            refunds.try_again(refund, by=by)

        found.append(((name, str(by), "refund"), asked(ACTIONS["send_refund_again"], refund, by, sent)))
    assert wrong(found) == []
    rules = {one.answer.rule for _case, one in found}
    assert rules >= {None, "conflict", "not_payable", "permission", "not_found"}


def judged(by, event, verb, sees: str = "view_events") -> None:
    """What the pages judge before the verb: `sees` is the permission without which there is nothing."""
    if sees and not by.can(sees, on=event):
        raise Missing
    if not by.can("manage_events", on=event):
        raise Forbidden
    verb()


def test_codes_and_pictures(made):
    """Those of an event are there for its staff only; a full event takes no more pictures."""
    event, empty = made.rooms["open"], made.rooms["shut"]
    code = promos.create(event, by=None, code="HALF", percent_off=50)
    images, found = [EventImageFactory(event=event) for _number in range(pictures.MOST)], []
    for by, act in product(made.people, ("on", "off")):
        done = partial(judged, by, event, partial(promos.change, code, is_active=act == "on", by=by), "manage_events")
        found.append(((str(by), act), asked(ACTIONS["switch_promo_code"], code, by, done, act=act)))
    for by, verb in product(made.people, (pictures.make_main, pictures.remove)):
        done, act = partial(judged, by, event, partial(verb, images[3], by=by)), verb.__name__.removeprefix("make_")
        found.append(((str(by), act), asked(ACTIONS["change_picture"], images[3], by, done, act=act)))
    for by, row in product(made.people, (event, empty)):
        done = partial(judged, by, row, partial(pictures.check_room, row), "")
        found.append(((str(by), str(row), "add"), asked(ACTIONS["add_picture"], row, by, done)))
    assert wrong(found) == []
    assert {one.answer.rule for _case, one in found} == {None, "not_found", "permission", "pictures_full"}
    with pytest.raises(Conflict, match="at most 20 pictures"):
        pictures.add(event, SimpleUploadedFile("x.jpg", images[0].image.read()), by=made.admin)


def test_messages_of_providers(made):
    """One that was applied, one that cannot be, and one that nobody signed; the question leaves no trace in them."""
    good, bad = hear_of(made, "paid"), hear_of(made, "paid", of="11111111-1111-4111-8111-111111111111")
    with pytest.raises(BadSignature):
        webhooks.receive("sandbox", b"{}", {sandbox.SIGNATURE_HEADER: "x"})
    rows, found = [good, bad, WebhookDelivery.objects.order_by("pk").last()], []
    for row, by in product(rows, made.people):

        def replayed(row=row, by=by):
            if not by.can(webhooks.PERMISSION):
                raise Missing
            webhooks.replay(row, by=by)

        found.append(((str(row), str(by)), asked(ACTIONS["replay_message"], row, by, replayed)))
    before = list(WebhookDelivery.objects.order_by("pk").values())
    answers = [asked(ACTIONS["replay_message"], row, made.admin, lambda: None).answer.sentence for row in rows]
    assert wrong(found) == []
    assert answers[1] == "There is no such payment." and len(set(answers)) == 3
    assert list(WebhookDelivery.objects.order_by("pk").values()) == before


def hear_of(made, status: str, of: str = "") -> WebhookDelivery:
    """The message about a payment; `of`: the payment of it is another one meanwhile."""
    payment = decide(buy(made.buyer, scene(price="9")[1]), status)
    if of:
        Payment.objects.filter(pk=payment.pk).update(uid=of)
    with suppress(Missing):
        hear(payment, status)
    return WebhookDelivery.objects.order_by("pk").last()


def test_links_and_offers_taken_back(made):
    found = []
    for (name, ticket), (action, verb) in product(
        made.tickets.items(), (("take_back_link", transfers.take_back), ("take_back_offer", resales.take_back))
    ):
        one = asked(ACTIONS[action], ticket, made.buyer, partial(verb, ticket, by=made.buyer))
        found.append(((name, action), one))
    assert wrong(found) == []
    allowed = {case for case, one in found if one.answer.allowed}
    assert allowed == {("sent", "take_back_link"), ("offered", "take_back_offer")}


def test_waiting_rooms(made):
    verbs = {"start": opening.start, "pause": opening.pause, "resume": opening.resume, "end": opening.end}
    found = []
    for (name, event), (act, verb), by in product(made.rooms.items(), verbs.items(), (made.admin, made.buyer)):

        def done(event=event, verb=verb, by=by):
            if not by.can("manage_events", on=event):
                raise Forbidden
            verb(opening.live_of(event), by=by)

        found.append(((name, act, str(by)), asked(ACTIONS["run_room"], event, by, done, act=act)))
    for name, event in made.rooms.items():
        soon = {"opens_at": timezone.now(), "draw_at": timezone.now() + timedelta(hours=1)}
        make = partial(opening.make, event, by=made.admin, max_inside=1, rate=None, minutes=1, needs_login=True, **soon)
        found.append(((name, "make"), asked(ACTIONS["run_room"], event, made.admin, make, act="make")))
        for by in (made.buyer, None):

            def come(event=event, by=by):
                room = opening.newest(event) or opening.live_of(event)
                joining.check_may_come(room, by)
                joining.join(room, user=by)

            found.append(((name, "come", str(by)), asked(ACTIONS["join_room"], event, by, come)))
    entries = RoomEntry.objects.count()
    assert wrong(found) == []
    rules = {one.answer.rule for _case, one in found}
    assert rules >= {None, "permission", "no_room", "has_room", "room_ended", "room_not_open", "already_drawn",
                     "log_in_first"}  # fmt: skip
    assert RoomEntry.objects.count() == entries


def test_nothing_of_a_question_stays(made, django_capture_on_commit_callbacks):
    before = [OutgoingMail.objects.count(), Refund.objects.count(), RoomEntry.objects.count()]
    with django_capture_on_commit_callbacks() as left:
        for action, row, by in (
            ("cancel_tickets", made.orders["paid"], made.admin),
            ("mail_tickets", made.orders["paid"], made.admin),
            ("send_refund_again", made.refunds["failed"], made.admin),
            ("run_room", made.rooms["open"], made.admin),
            ("join_room", made.rooms["open"], made.buyer),
        ):
            assert asked(ACTIONS[action], row, by, lambda: None).answer.allowed
    assert [OutgoingMail.objects.count(), Refund.objects.count(), RoomEntry.objects.count()] == before and left == []
