"""A refund that the provider cannot pay out: it is shown, the books say that it is owed again, staff send it again."""

import pytest
from django.test import Client

from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog
from accounts.tests.coming_in import log_in
from accounts.tests.racing import good, race
from analytics import attention
from bookings import cancelling, ledger_missing, refunds, webhooks
from bookings.models import Order, Refund, WebhookDelivery
from bookings.providers import stripe as ours
from bookings.providers.base import RefundReport
from bookings.tests import stripe_stand_in
from bookings.tests.desk import DESK, member, queries_of, said, staff
from bookings.tests.invariants import check
from bookings.tests.scenes import buy, pay, people, scene, settled, text
from bookings.tests.stripe_stand_in import signed
from eventify.lib.errors import Conflict, Forbidden, Missing
from partners.factories import PartnerFactory
from partners.models import Entry
from partners.models.ledger import Account

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stripe(settings, monkeypatch):
    with stripe_stand_in.running() as stand_in:
        settings.EVENTIFY_PAYMENT_PROVIDER = "stripe"
        settings.STRIPE_SECRET_KEY = stripe_stand_in.KEY
        settings.STRIPE_WEBHOOK_SECRET = stripe_stand_in.SECRET
        settings.STRIPE_API_BASE = stand_in.url
        monkeypatch.setattr(ours, "TIMEOUT", 0.5)
        yield stand_in


@pytest.fixture
def bought(stripe) -> Order:
    """An order that is paid at Stripe and cancelled: its money is to go back."""
    _event, kind = scene(price=10, partner=PartnerFactory(fee_percent="33.33"))
    order = buy(people(1)[0], kind, qty=2)
    stripe.pay(stripe.of(order.payments.get()))
    webhooks.receive("stripe", *signed(stripe.messages[-1]))
    return cancelling.cancel(order, by=order.user)


def message(stripe, kind="refund.failed", **changes) -> dict:
    """What Stripe says of the newest refund, which has failed unless `changes` say something else."""
    name = list(stripe.refunds)[-1]
    made = dict(stripe.refunds[name]) if "status" in changes else stripe.fail_refund(name, "expired_or_canceled_card")
    number = f"evt_{next(stripe.numbers)}"
    return {"id": number, "object": "event", "type": kind, "created": 1_700_000_000, "data": {"object": made | changes}}


def hear(said: dict) -> WebhookDelivery:
    return webhooks.receive("stripe", *signed(said))


def owed(order: Order) -> int:
    """What the books say that the buyer still gets."""
    lines = Entry.objects.filter(order_uid=order.uid, account=Account.BUYER_PAYABLE)
    return sum(line.credit - line.debit for line in lines)


def the_refund() -> tuple:
    return Refund.objects.values_list("status", "attempt", "came_back").get()


@pytest.mark.parametrize("kind", ours.OF_REFUNDS)
def test_a_refund_that_fails_after_days_is_owed_again_and_sent_again(stripe, bought, kind):
    refunds.send()
    assert (the_refund(), owed(bought)) == (("done", 1, []), 0)
    delivery = hear(message(stripe, kind))
    assert delivery.processed_at and delivery.body["refund"] == str(Refund.objects.get().uid)
    assert (the_refund(), owed(bought)) == (("failed", 1, [1]), 20)
    refund = Refund.objects.get()
    assert refund.failure == "The payment provider could not pay the refund out: expired_or_canceled_card."
    check(bought.bookings.get().event)
    assert refunds.send() == 0  # nobody sends it again by itself
    refunds.try_again(refund, by=SuperAdminFactory())
    assert refunds.send() == 1
    assert (the_refund(), owed(bought)) == (("done", 2, [1]), 0)
    names = [one["metadata"]["refund"] for one in stripe.refunds.values()]
    assert names == [str(refund.uid), f"{refund.uid}-2"]
    check(bought.bookings.get().event)
    assert sum(ledger_missing.post_missing().values()) == 0
    hear(message(stripe, status="failed", metadata={"refund": str(refund.uid)}))  # the first failure, once more
    assert the_refund() == ("done", 2, [1])
    hear(message(stripe))  # and now the second one
    assert (the_refund(), owed(bought)) == (("failed", 2, [1, 2]), 20)
    check(bought.bookings.get().event)
    assert settled(bought)[0] == "refunded"


def test_the_same_said_twice_and_at_once_is_one_failure(stripe, bought):
    refunds.send()
    said_once = message(stripe)
    good(race(*[lambda: hear(said_once)] * 6))
    hear(message(stripe, "refund.updated"))
    assert (the_refund(), owed(bought)) == (("failed", 1, [1]), 20)
    check(bought.bookings.get().event)


@pytest.mark.parametrize("status", ["pending", "succeeded", "requires_action"])
def test_what_is_said_of_refunds_that_go_well_changes_nothing(stripe, bought, status):
    refunds.send()
    assert hear(message(stripe, "refund.updated", status=status)).processed_at
    assert the_refund() == ("done", 1, [])


@pytest.mark.parametrize("metadata", [{}, None, {"refund": "x"}, {"refund": 7}, {"refund": "0" * 400}])
def test_a_refund_that_is_not_ours_is_nobodys(stripe, bought, metadata):
    refunds.send()
    assert hear(message(stripe, metadata=metadata)).processed_at
    assert the_refund() == ("done", 1, [])


def test_one_of_ours_that_nobody_knows_is_missing():
    with pytest.raises(Missing):
        refunds.heard(RefundReport(UserFactory().uid, 1, "x", "evt"))


def test_a_refund_that_stripe_refuses_at_once_was_never_sent(stripe, bought):
    """It answers that it has failed: that is known, so it is not asked for every minute."""
    create = stripe.create_refund
    stripe.create_refund = lambda form: (200, {**create(form)[1], "status": "failed"})
    assert refunds.send() == 0
    assert (the_refund(), owed(bought)) == (("failed", 1, []), 20)
    stripe.create_refund = create
    stripe.refunds.clear()
    refunds.try_again(Refund.objects.get(), by=SuperAdminFactory())
    assert refunds.send() == 1
    assert (the_refund(), owed(bought)) == (("done", 2, []), 0)
    check(bought.bookings.get().event)


def test_only_a_failed_refund_is_sent_again_and_only_once(stripe, bought):
    boss = SuperAdminFactory()
    refund = Refund.objects.get()
    with pytest.raises(Conflict):
        refunds.try_again(refund, by=boss)
    refunds.send()
    hear(message(stripe))
    with pytest.raises(Forbidden):
        refunds.try_again(refund, by=bought.user)
    results = race(*[lambda: refunds.try_again(refund, by=boss)] * 5)
    assert sum(isinstance(one, Refund) for one in results) == 1
    assert the_refund() == ("requested", 2, [1])
    refunds.send()
    assert len(stripe.refunds) == 2
    (line,) = AuditLog.objects.filter(action="RETRIED_REFUND")
    assert line.details == {"refund": str(refund.uid), "attempt": 2}


def failed() -> Order:
    """A refund of the sandbox that came back."""
    _event, kind = scene(price=10, partner=PartnerFactory(name="Hall"), name="Jazz")
    order = pay(buy(people(1)[0], kind, qty=2))
    cancelling.cancel(order, by=order.user)
    refunds.send()
    refunds.heard(RefundReport(Refund.objects.get(payment__order=order).uid, 1, "The card is closed.", "evt"))
    return order


def event_of(order: Order):
    return order.bookings.get().event


def test_staff_see_it_and_send_it_again(client):
    order = failed()
    user = SuperAdminFactory()
    log_in(client, user)
    waits = attention.for_user(user)
    assert [(one.tone, one.text, one.page, one.args) for one in waits] == [
        (
            "negative",
            "A refund of ₹20.00 could not be paid out. The buyer still waits for the money.",
            "desk-order",
            (order.uid,),
        )
    ]
    page = text(client.get(f"{DESK}/orders/{order.uid}/"))
    assert "The card is closed." in page and "Send it again" in page and "Refund came back" in page
    assert '<span class="pill negative">Refund failed</span>' in page
    for address in (f"{DESK}/orders/", f"{DESK}/users/{order.user.uid}/", f"{DESK}/events/{event_of(order).uid}/"):
        listed = text(client.get(address))
        assert ">Refund failed</span>" in listed and ">Refunded</span>" not in listed, address
    assert ",Refund failed," in b"".join(client.get(f"{DESK}/orders/?format=csv").streaming_content).decode()
    assert [row.object for row in client.get(f"{DESK}/orders/?refund_failed=true").context["table_rows"]] == [order]
    refund = Refund.objects.get()
    answer = client.post(f"{DESK}/refunds/{refund.uid}/again/")
    assert answer["Location"] == f"{DESK}/orders/{order.uid}/" and said(answer) == ["The money is on its way."]
    assert the_refund()[:2] == ("requested", 2)
    assert attention.for_user(user) == []
    assert client.post(f"{DESK}/refunds/{refund.uid}/again/").status_code == 409
    assert the_refund()[:2] == ("requested", 2)


def test_two_of_them_lead_to_the_list():
    failed(), failed()
    (found,) = attention.for_user(SuperAdminFactory())
    assert found.text == "2 refunds could not be paid out. Their buyers still wait for the money."
    assert (found.page, found.query) == ("desk-orders", "refund_failed=true")


def test_who_may_not_refund_may_not_send_it_again(client):
    order, refund = failed(), Refund.objects.get()
    staff(client, "Support")
    assert "Send it again" not in text(client.get(f"{DESK}/orders/{order.uid}/"))
    assert client.post(f"{DESK}/refunds/{refund.uid}/again/").status_code in (403, 404)
    other = Client()
    member(other, PartnerFactory(), "org_admin")
    assert other.post(f"{DESK}/refunds/{refund.uid}/again/").status_code == 404
    assert the_refund()[0] == "failed"


def test_the_buyer_reads_that_nothing_is_forgotten(client):
    order = failed()
    client.force_login(order.user)
    page = text(client.get(f"/orders/{order.uid}/"))
    assert "look into it and send it again" in page and "Refund on its way" in page
    listed = text(client.get("/orders/"))
    assert "Refund on its way" in listed and "Refunded" not in listed
    refunds.try_again(Refund.objects.get(), by=SuperAdminFactory())
    assert "look into it and send it again" not in text(client.get(f"/orders/{order.uid}/"))
    assert "Refunded" in text(client.get("/orders/"))


def test_lists_that_say_it_ask_as_often_for_3_orders_as_for_1(client):
    order = failed()
    staff_member = SuperAdminFactory()
    for user, address in ((order.user, "/orders/"), (staff_member, f"{DESK}/orders/")):
        log_in(client, user)
        client.get(address)
        few = queries_of(client, address)
        Order.objects.filter(pk__in=[failed().pk, failed().pk]).update(user=order.user)
        assert queries_of(client, address) == few
        assert text(client.get(address)).count("Refund on its way" if user == order.user else ">Refund failed<") >= 3
