"""Payments with pages that we never heard of: answers and messages are lost, and still nobody pays twice."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import time_machine

from accounts.tests.racing import good, race
from bookings import cancelling, checkout, lost_pages, payments, tasks
from bookings.models import Order, Payment, Refund
from bookings.providers import sandbox
from bookings.providers import stripe as ours
from bookings.providers.sandbox import SandboxProvider
from bookings.tests.invariants import check
from bookings.tests.scenes import buy, charge_of, decide, people, scene, settled
from bookings.tests.stripe_scenes import hear, paid, started

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = timedelta(minutes=1)


def after(wait: timedelta):
    """Some time from now."""
    return time_machine.travel(datetime.now(UTC) + wait)


def sweep_for(minutes: int, *, every: int = 5) -> None:
    """Beat's sweeps, as time passes."""
    for minute in range(every, minutes + 1, every):
        with after(minute * MINUTE):
            tasks.expire_holds()
            tasks.ask_providers()


def two_pages(stripe):
    """The answer about the first page is lost and its key forgotten, so a second click makes another page."""
    stripe.trouble = ["forget"]
    event, order, payment = started()
    checkout.open_page(Order.objects.get(pk=order.pk))
    assert len(stripe.sessions) == 2
    payment.refresh_from_db()
    return event, order, payment


def kept(stripe) -> int:
    """What Stripe has of the buyers' money, in cents."""
    taken = sum(one["amount_total"] for one in stripe.sessions.values() if one["payment_status"] == "paid")
    return taken - sum(one["amount"] for one in stripe.refunds.values())


def pay_all(stripe) -> None:
    """All pages are paid, and no message about it comes."""
    for name in list(stripe.sessions):
        stripe.pay(name)
    stripe.messages.clear()


def test_a_payment_on_a_page_that_nobody_told_of_goes_back_once(stripe):
    event, order, payment = two_pages(stripe)
    pay_all(stripe)
    sweep_for(90)
    assert settled(order) == ("paid", 1, 1, 10)
    assert (kept(stripe), len(stripe.refunds)) == (1000, 1)
    unknown = next(name for name in stripe.sessions if name != payment.provider_reference)
    assert next(iter(stripe.refunds.values()))["payment_intent"] == stripe.sessions[unknown]["payment_intent"]
    assert not Payment.objects.exclude(look_at=None).exists()
    check(event)


def test_control_without_looking_the_buyer_has_paid_twice(stripe, monkeypatch):
    monkeypatch.setattr(lost_pages, "look", lambda: 0)
    _event, order, _payment = two_pages(stripe)
    pay_all(stripe)
    sweep_for(90)
    assert (settled(order), kept(stripe)) == (("paid", 1, 0, 10), 2000)


def test_a_page_that_the_provider_made_by_itself_is_found_when_it_has_ended(stripe):
    """We asked once and were answered: one look is enough, and it comes when nobody can pay any more."""
    event, order, payment = started()
    name = stripe.of(payment)
    stripe.sessions["cs_twin"] = {**stripe.sessions[name], "id": "cs_twin"}
    pay_all(stripe)
    payment.refresh_from_db()
    assert (payment.pages_asked, payment.pages_end_at) == (1, order.expires_at + ours.SHORTEST)
    assert payment.look_at == payment.pages_end_at + checkout.SURELY_ENDED
    sweep_for(30)
    assert kept(stripe) == 2000
    sweep_for(90, every=60)
    assert (settled(order), kept(stripe)) == (("paid", 1, 1, 10), 1000)
    check(event)


@pytest.mark.parametrize("trouble", ["lose", "forget", "slow"])
def test_paid_on_the_only_page_whose_answer_was_lost(stripe, trouble):
    """We never learned its address; the hold is over when it is found: the places are free, and taken again."""
    stripe.trouble = [trouble]
    event, order, payment = started()
    payment.refresh_from_db()
    assert (payment.provider_reference, payment.pages_asked) == ("", 1)
    with after(timedelta(seconds=1)):  # the slow answer has come, to nobody
        stripe.pay(stripe.of(payment))
    stripe.messages.clear()
    sweep_for(30)
    assert (settled(order), kept(stripe)) == (("paid", 1, 0, 10), 1000)
    check(event)


def test_killed_after_the_page_was_made(stripe, monkeypatch):
    """Whether there is a page is noted as open before it is asked for, so it is looked for."""

    class Killed(BaseException):
        """A SIGKILL, as far as the database is concerned."""

    def die(name):
        if name == "checkout.after_provider":
            raise Killed

    event, kind = scene(price=10)
    monkeypatch.setattr(checkout, "failpoint", die)
    with pytest.raises(Killed):
        buy(people(1)[0], kind)
    monkeypatch.undo()
    order = Order.objects.get()
    payment = order.payments.get()
    assert (payment.pages_asked, payment.provider_reference) == (1, "")
    assert payment.look_at <= datetime.now(UTC) + checkout.LOOK_AFTER


def test_looking_at_once_gives_back_once(stripe):
    event, order, payment = two_pages(stripe)
    pay_all(stripe)
    with after(90 * MINUTE):
        good(race(*[lost_pages.look, partial(payments.ask, payment)] * 3))
        tasks.send_refunds()
    assert (settled(order), kept(stripe)) == (("paid", 1, 1, 10), 1000)
    check(event)


def test_a_page_that_was_heard_of_is_no_news(stripe):
    event, order, payment = two_pages(stripe)
    for name in list(stripe.sessions):
        stripe.pay(name)
    for message in stripe.messages:
        hear(message)
    with after(90 * MINUTE):
        assert lost_pages.look() == 0
    assert Refund.objects.count() == 1 and settled(order)[0] == "paid"
    check(event)


def test_the_end_of_an_unknown_page_does_not_end_the_payment(stripe):
    _event, order, payment = two_pages(stripe)
    unknown = next(name for name in stripe.sessions if name != payment.provider_reference)
    stripe.expire_session(unknown)
    hear(stripe.messages[-1])
    with after(3 * MINUTE):
        assert lost_pages.look() == 0
    payment.refresh_from_db()
    assert payment.status == "open"
    stripe.pay(payment.provider_reference)
    hear(stripe.messages[-1])
    assert settled(order) == ("paid", 1, 0, 10)


def test_a_way_to_pay_that_takes_days_is_waited_for(stripe):
    event, order, payment = two_pages(stripe)
    first, second = stripe.sessions
    stripe.pay(second)
    stripe.pay(first, status="unpaid")
    with after(timedelta(hours=2)):
        assert lost_pages.look() == 1  # the known one, whose message was lost
    payment.refresh_from_db()
    assert payment.look_at is not None
    stripe.settle(first, succeeds=True)
    stripe.messages.clear()
    sweep_for(3 * 24 * 60, every=24 * 60)
    assert (settled(order), kept(stripe)) == (("paid", 1, 1, 10), 1000)
    check(event)


def test_one_question_is_for_many_payments_however_long_the_list(stripe, monkeypatch):
    monkeypatch.setattr(ours, "LISTED", 2)
    _event, kind = scene(price=10)
    orders = [buy(one, kind) for one in people(5)]
    stripe.sessions["cs_stranger"] = {**stripe.sessions[stripe.of(orders[0].payments.get())], "id": "cs_stranger"}
    stripe.sessions["cs_stranger"]["metadata"] = {}
    stripe.requests.clear()
    mine = list(Payment.objects.all())
    found = ours.StripeProvider().pages(mine)
    assert {uid: len(pages) for uid, pages in found.items()} == {one.uid: 1 for one in mine}
    assert [(method, path) for method, path, _form in stripe.requests] == [("GET", "/v1/checkout/sessions")] * 3
    Payment.objects.filter(pk=mine[0].pk).update(
        created_at=datetime.now(UTC) - timedelta(days=1), pages_end_at=datetime.now(UTC) - timedelta(hours=23)
    )
    stripe.requests.clear()
    ours.StripeProvider().pages(list(Payment.objects.all()))
    assert len(stripe.requests) == 4  # two times that do not touch


@pytest.mark.parametrize("trouble", ["lose", "drop", "broken", "busy", "slow"])
def test_when_stripe_does_not_answer_it_is_looked_again(stripe, trouble):
    event, order, _payment = two_pages(stripe)
    pay_all(stripe)
    with after(90 * MINUTE):
        stripe.trouble = [trouble]
        assert lost_pages.look() == 0
    with after(93 * MINUTE):
        assert lost_pages.look() == 2
        tasks.send_refunds()
    assert (settled(order), kept(stripe)) == (("paid", 1, 1, 10), 1000)
    check(event)


def test_a_retry_after_a_lost_answer_gives_the_same_page_whenever_it_comes(stripe):
    stripe.trouble = ["lose", "slow", "broken"]
    _event, order, payment = started()
    for minutes in (1, 6, 11, 13):
        with after(minutes * MINUTE):
            checkout.open_page(Order.objects.get(pk=order.pk))
    assert len(stripe.sessions) == 1
    payment.refresh_from_db()
    assert payment.provider_reference == stripe.of(payment)


def test_a_payment_of_one_page_is_looked_at_once_and_never_again(stripe):
    _event, order, payment = started()
    paid(stripe, payment)
    stripe.requests.clear()
    sweep_for(180, every=10)
    assert [path for method, path, _form in stripe.requests] == ["/v1/checkout/sessions"]
    payment.refresh_from_db()
    assert payment.look_at is None
    assert settled(order) == ("paid", 1, 0, 10)


# --- The sandbox


def forgotten():
    """The sandbox took the money; its message was lost, and we had given the payment up."""
    event, kind = scene(price=10)
    order = buy(people(1)[0], kind)
    payment = decide(order)
    Order.objects.filter(pk=order.pk).update(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    cancelling.expire_overdue()
    Payment.objects.filter(pk=payment.pk).update(status="failed")
    return event, order, payment


def test_the_sandbox_is_looked_at_as_well():
    event, order, payment = forgotten()
    sweep_for(90)
    assert settled(order) == ("paid", 1, 0, 10)
    payment.refresh_from_db()
    assert (payment.status, payment.look_at) == ("paid", None)
    check(event)


def test_control_without_looking_the_sandbox_keeps_money_for_nothing(monkeypatch):
    monkeypatch.setattr(lost_pages, "look", lambda: 0)
    _event, order, payment = forgotten()
    sweep_for(90)
    assert settled(order) == ("cancelled", 0, 0, 0) and charge_of(payment).status == "paid"


def test_the_sandbox_finds_its_pages_by_our_uid(monkeypatch):
    _event, kind = scene(price=10)
    first, second = (buy(one, kind).payments.get() for one in people(2))
    sandbox.decide(charge_of(second), "paid")
    third = Payment(uid=Payment().uid)
    found = SandboxProvider().pages([first, second, third])
    facts = {uid: [(page.status, page.reference) for page in pages] for uid, pages in found.items()}
    assert facts == {
        first.uid: [("open", f"sbx_{first.uid.hex}")],
        second.uid: [("paid", f"sbx_{second.uid.hex}")],
        third.uid: [],
    }
