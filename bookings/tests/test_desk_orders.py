"""The orders in the command center: found by anything, refunded and mailed again without fear."""

from datetime import timedelta

import pytest
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog, OutgoingMail
from accounts.tests.coming_in import log_in
from bookings import cancelling, tasks
from bookings.command_center.orders import short
from bookings.models import Order, Refund
from bookings.templatetags.sale import refund_reason
from bookings.tests.desk import DESK, HOSTILE, confirm, member, queries_of, said, shown, staff
from bookings.tests.invariants import check
from bookings.tests.scenes import buy, pay, people, scene, settled, text
from bookings.tickets import scanned_as
from eventify.lib.desk.pages import NotNow
from partners.factories import PartnerFactory
from partners.models import Member

pytestmark = pytest.mark.django_db
LIST = f"{DESK}/orders/"


@pytest.fixture
def admin(client):
    user = SuperAdminFactory()
    log_in(client, user)
    return user


@pytest.fixture
def jazz():
    """A ticket type of a partner."""
    return scene(price="99.50", capacity=50, partner=PartnerFactory(name="Monsoon"), name="Jazz Night")[1]


@pytest.fixture
def paid(jazz) -> Order:
    return pay(buy(UserFactory(full_name="Asha Rao", email="asha@example.com"), jazz, qty=2))


def page_of(order: Order, act: str = "") -> str:
    return f"{LIST}{order.uid}/{act and act + '/'}"


def test_the_list_is_found_by_anything(client, admin, jazz, paid):
    pending = buy(UserFactory(full_name="Binh Pham"), jazz)
    old = buy(people(1)[0], scene(name="Opera", price=5)[1])
    Order.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=5))
    page = client.get(LIST)
    assert shown(page) == [pending, paid, old]
    for words in ("Jazz Night", "asha@example.com", "₹199.00", short(paid)):
        assert words in text(page)
    today = timezone.now().date()
    for query, rows in (
        ({"q": "asha"}, [paid]),
        ({"q": str(paid.uid)}, [paid]),
        ({"q": short(paid)}, [paid]),
        ({"q": paid.tickets.first().ticket_code.lower()}, [paid]),
        ({"q": scanned_as(paid.tickets.first())}, [paid]),
        ({"q": paid.payment_transaction_id}, [paid]),
        ({"q": "nobody"}, []),
        ({"status": ["paid"]}, [paid]),
        ({"event": jazz.event.uid, "sort": "total_amount"}, [pending, paid]),
        ({"first_day": today.isoformat()}, [pending, paid]),
        ({"last_day": (today - timedelta(days=2)).isoformat()}, [old]),
        ({"refund": "true"}, []),
        ({"sort": "-places"}, [paid, old, pending]),
    ):
        found = shown(client.get(LIST, query))
        assert sorted(found, key=lambda one: one.pk) == sorted(rows, key=lambda one: one.pk), query


def test_the_list_asks_as_often_for_3_rows_as_for_1(client, admin, jazz):
    pay(buy(people(1)[0], jazz))
    few = queries_of(client, LIST)
    for user in people(2):
        pay(buy(user, jazz, scene(price=1)[1]))
    assert queries_of(client, LIST) == few


def test_the_list_downloads(client, admin, paid):
    body = b"".join(client.get(LIST, {"format": "csv"}).streaming_content).decode("utf-8-sig")
    assert body.splitlines()[0] == "Order,Buyer,Places,Total,Total: currency,Status,Ordered,Paid"
    assert f"{short(paid)},Asha Rao,2,199.00,INR,Paid," in body


def test_one_order(client, admin, paid):
    page = client.get(page_of(paid))
    ticket = paid.tickets.first()
    for words in ("Asha Rao", "asha@example.com", "Jazz Night", "₹199.00", f"…{ticket.ticket_code[-4:]}", "Monsoon"):
        assert words in text(page)
    assert ticket.ticket_code not in text(page)
    assert [one.account for one in page.context["entries"]] == [
        "cash",
        "partner_payable",
        "platform_fees",
        "partner_payable",
    ]
    assert [one.label for one in page.context["actions"]] == ["Cancel and refund", "Give money back"]


def test_staff_read_why_money_went_back_in_their_language(client, admin, paid):
    cancelling.cancel_tickets(paid, list(paid.tickets.all()[:1]), by=admin)
    cancelling.cancel(paid, by=admin, reason="Hij belde")
    page = text(client.get(page_of(paid), headers={"Accept-Language": "nl"}))
    assert '<html lang="nl"' in page
    with translation.override("nl"):
        said = [refund_reason(one) for one in Refund.objects.order_by("pk")]
        assert refund_reason(Refund(reason="event_cancelled: Storm: rain")) == f"{_('Event cancelled')}: Storm: rain"
        assert refund_reason(Refund(reason="event_refunded: ")) == _("Money back for the whole event")
        assert said == [_("Tickets cancelled"), "Hij belde"] and all(one in page for one in said)
    assert "tickets cancelled" not in page
    assert list(Refund.objects.order_by("pk").values_list("reason", flat=True)) == ["tickets cancelled", "Hij belde"]


def test_one_order_asks_as_often_for_many_tickets(client, admin, jazz):
    few, many = (pay(buy(people(1)[0], *types)) for types in ([jazz], [jazz, scene(price=1)[1], scene(price=2)[1]]))
    client.get(page_of(few))
    assert queries_of(client, page_of(few)) == queries_of(client, page_of(many))


def test_support_sees_no_money_lines_and_refunds_nothing(client, paid):
    staff(client, "Support")
    page = client.get(page_of(paid))
    assert (page.context["entries"], page.context["payments"], page.context["actions"]) == ([], [], [])
    for act in ("refund", "tickets", "give"):
        assert client.get(page_of(paid, act)).status_code == 403
        assert client.post(page_of(paid, act)).status_code == 403
    assert "Cancel them without a refund" not in text(page)
    assert client.post(page_of(paid, "mail")).status_code == 302


def test_a_partner_sees_orders_that_are_wholly_its_own(client, jazz, paid):
    other = scene(price=10, partner=PartnerFactory())[1]
    both, foreign = pay(buy(people(1)[0], jazz, other)), pay(buy(people(1)[0], other))
    member(client, jazz.event.partner, Member.Role.ADMIN)
    assert shown(client.get(LIST)) == [paid]
    page = client.get(page_of(paid))
    assert {one.account for one in page.context["entries"]} == {"partner_payable"}
    assert [one.label for one in page.context["actions"]] == ["Cancel and refund", "Give money back"]
    for order in (both, foreign):
        assert client.get(page_of(order)).status_code == 404
        for act in ("refund", "tickets", "give", "mail"):
            assert client.post(page_of(order, act)).status_code == 404
    member(client, jazz.event.partner, Member.Role.EVENT_MANAGER)
    assert client.get(page_of(paid)).status_code == 200
    assert client.get(page_of(paid, "refund")).status_code == 403
    log_in(client, UserFactory())
    assert (client.get(LIST).status_code, client.get(page_of(paid)).status_code) == (403, 403)


def test_a_refund_is_previewed_then_done(client, admin, paid):
    page = text(client.get(page_of(paid, "refund")))
    for words in ("Refund ₹199.00", "₹199.00 goes back to Asha Rao", "₹9.95"):
        assert words in page
    assert client.post(page_of(paid, "refund"), {"reason": ""}).status_code == 400
    OutgoingMail.objects.all().delete()
    answer = confirm(client, page_of(paid, "refund"), reason="Goodwill")
    assert (answer["Location"], said(answer)) == (
        page_of(paid),
        ["The order is refunded; the money is on its way."],
    )
    assert settled(paid) == ("refunded", 0, 1, 0)
    assert OutgoingMail.objects.get().template == "order_cancelled"
    assert AuditLog.objects.get(action="CANCELLED_ORDER").details["reason"] == "Goodwill"
    tasks.send_refunds()
    after = client.get(page_of(paid))
    assert "−₹199.00" in text(after)
    asked = [NotNow("Cancel", "cancel", paid.uid), NotNow("Give money back", "refund", paid.uid)]
    assert after.context["actions"] == asked  # no buttons: the questions why not
    assert "This order is refunded already." in text(client.get(page_of(paid, "refund")))


def test_an_order_that_is_not_paid_is_cancelled(client, admin, jazz):
    order = buy(people(1)[0], jazz)
    assert "Nothing was paid for it, so no money moves." in text(client.get(page_of(order, "refund")))
    assert said(confirm(client, page_of(order, "refund"), reason="Asked")) == ["The order is cancelled."]
    assert (settled(order)[0], Refund.objects.count()) == ("cancelled", 0)


def test_what_the_buyer_did_meanwhile_is_not_done_twice(client, admin, paid):
    digest = client.get(page_of(paid, "refund")).context["digest"]
    cancelling.cancel(paid, by=paid.user)
    answer = client.post(page_of(paid, "refund"), {"digest": digest, "reason": "x"})
    assert answer.status_code == 409
    assert Refund.objects.count() == 1


def test_tickets_are_cancelled_with_their_money(client, admin, paid):
    first, second = paid.tickets.order_by("pk")
    page = text(client.get(page_of(paid)))
    assert f'name="tickets" value="{first.uid}"' in page and "Cancel and refund the chosen ones" in page
    url = f"{page_of(paid, 'tickets')}?tickets={first.uid}&money=back"
    shows = text(client.get(url))
    for words in ("1 ticket of Asha Rao stops working.", "Cancel and refund ₹99.50", "₹4.98"):
        assert words in shows
    assert client.post(url, {"reason": "", "tickets": first.uid, "money": "back"}).status_code == 400
    answer = confirm(client, url, reason="Ill", tickets=[first.uid], money="back")
    assert (answer["Location"], said(answer)) == (
        page_of(paid),
        ["The tickets are cancelled; the money is on its way."],
    )
    assert settled(paid) == ("paid", 1, 1, 99.5)
    assert [one.status for one in paid.tickets.order_by("pk")] == ["cancelled", "valid"]
    assert AuditLog.objects.get(action="CANCELLED_TICKETS").details["reason"] == "Ill"
    refused = text(client.get(url))
    assert "These tickets are not good any more" in refused and f"tickets={first.uid}&money=back" in refused
    page = text(client.get(page_of(paid)))
    assert f'value="{first.uid}"' not in page and f"action=cancel_tickets&object={paid.uid}&tickets={first.uid}" in page
    check(second.event)


def test_tickets_are_cancelled_without_their_money(client, admin, paid):
    first, _second = paid.tickets.order_by("pk")
    url = f"{page_of(paid, 'tickets')}?tickets={first.uid}&money=stays"
    assert "Cancel without a refund" in text(client.get(url))
    answer = confirm(client, url, reason="Rules", tickets=[first.uid], money="stays")
    assert said(answer) == ["The tickets are cancelled."]
    assert settled(paid) == ("paid", 1, 0, 199)
    assert "Without a refund" in text(client.get(page_of(paid)))
    check(first.event)


def test_what_was_shown_with_a_refund_is_not_done_without_one(client, admin, paid):
    first = paid.tickets.first()
    page = client.get(f"{page_of(paid, 'tickets')}?tickets={first.uid}&money=back")
    values = {"digest": page.context["digest"], "reason": "x", "tickets": first.uid, "money": "stays"}
    assert client.post(page_of(paid, "tickets"), values).status_code == 409
    assert settled(paid) == ("paid", 2, 0, 199)


def test_money_is_given_back_without_a_cancellation(client, admin, paid):
    url = page_of(paid, "give")
    assert "Give ₹199.00 back" in text(client.get(url))
    shows = text(client.get(f"{url}?amount=10"))
    for words in ("₹10.00 goes back to Asha Rao, and the tickets stay good.", "₹0.50", "₹189.00", "Give ₹10.00 back"):
        assert words in shows
    answer = client.post(url, {"digest": "x", "amount": "12", "reason": "Late"})
    assert answer.status_code == 409 and "Give ₹12.00 back" in text(answer)
    answer = confirm(client, f"{url}?amount=10", amount="10", reason="Late")
    assert (answer["Location"], said(answer)) == (page_of(paid), ["The money is on its way."])
    assert settled(paid) == ("paid", 2, 1, 189)
    assert "10.00 given back" in text(client.get(page_of(paid)))
    for amount in ("0", "-1", "189.01", "1.005", "9" * 400, "NaN", "x", "\x00"):
        assert client.get(url, {"amount": amount}).status_code == 200
        assert client.post(url, {"amount": amount, "reason": "x", "digest": "x"}).status_code in (400, 409, 422), amount
    assert Refund.objects.count() == 1
    check(paid.bookings.get().event)


def test_an_order_without_money_gets_none_back(client, admin):
    free = buy(people(1)[0], scene(price=0)[1])
    assert [one.label for one in client.get(page_of(free)).context["actions"]] == ["Cancel"]
    assert client.get(page_of(free, "give")).context["impossible"]


def test_a_refund_needs_a_proof_of_identity(client, paid):
    log_in(client, SuperAdminFactory(), fresh=False)
    for act in ("refund", "tickets", "give"):
        assert client.get(page_of(paid, act))["Location"].startswith("/account/confirm/")
        assert client.post(page_of(paid, act), {"reason": "x"}).status_code == 403


def test_the_tickets_are_mailed_again(client, admin, paid, jazz):
    OutgoingMail.objects.all().delete()
    answer = client.post(page_of(paid, "mail"))
    assert said(answer) == ["We send the tickets to asha@example.com again."]
    mail = OutgoingMail.objects.get()
    assert (mail.to, mail.template) == ("asha@example.com", "tickets")
    assert mail.context == {"order": str(paid.uid), "event": "Jazz Night", "qty": 2}
    assert AuditLog.objects.get(action="RESENT_TICKETS").actor == admin
    pending = buy(people(1)[0], jazz)
    answer = client.post(page_of(pending, "mail"))
    assert (answer.status_code, "nothing to send" in text(answer)) == (409, True)
    assert "Send the tickets again" not in text(client.get(page_of(pending)))


@pytest.mark.parametrize("value", HOSTILE)
def test_odd_values_are_answered(client, admin, paid, value):
    for name in ("q", "status", "event", "first_day", "last_day", "refund", "sort", "page"):
        assert client.get(LIST, {name: value}).status_code == 200, name
    for act in ("refund", "tickets", "give"):
        values = {"reason": value, "digest": value, "tickets": [value], "money": value, "amount": value}
        assert client.post(page_of(paid, act), values).status_code in (400, 409), act
        assert client.get(page_of(paid, act), values).status_code == 200, act
    assert client.get(f"{DESK}/search/", {"q": value}).status_code == 200


def test_the_search_finds_orders(client, admin, paid):
    for words in ("asha@example", short(paid), str(paid.uid)):
        assert f"Order {short(paid)}" in text(client.get(f"{DESK}/search/", {"q": words})), words
