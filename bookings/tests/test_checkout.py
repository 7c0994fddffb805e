"""One screen from the choice to the payment: who buys, who comes, codes, free orders, clicks that come twice."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.factories import UserFactory
from accounts.models import OutgoingMail
from accounts.tests.racing import good, race
from bookings import buyers, carts, payments, promos
from bookings.factories import TicketTypeFactory
from bookings.models import Booking, Order, Payment, Ticket, TicketType
from bookings.tests import invariants
from bookings.tests.scenes import buy, pay, people, scene, text
from eventify.lib.errors import Invalid

pytestmark = pytest.mark.django_db
WHO = {"name": "Asha Rao", "email": "asha@example.com"}


def begin(user, *types, qty=1, **options) -> Order:
    return buy(user, *types, qty=qty, at_checkout=True, **options)


def path(order: Order) -> str:
    return f"/orders/{order.uid}/checkout/"


def test_the_screen_says_what_is_bought_for_how_much_and_until_when(client, me):
    event, gold = scene(price=1200)
    order = begin(me, gold, qty=2)
    page = text(client.get(path(order)))
    for words in (
        event.name,
        "2 × General admission",
        "₹2,400",
        "Pay ₹2,400",
        "Held for you until",
        "You can book again.",
    ):
        assert words in page
    assert f'value="{me.full_name}"' in page
    assert f'value="{me.email}"' in page
    assert f'data-countdown="{order.expires_at.astimezone().isoformat(timespec="seconds")[:10]}' in page
    assert "style=" not in page
    assert not order.payments.exists()


def test_from_the_choice_to_the_ticket_with_names(client, me):
    event, gold = scene(price=1200)
    to = client.post(f"/e/{event.slug}/", {"key": "k", f"qty_{gold.pk}": 2})["Location"]
    order = Order.objects.get()
    assert to == path(order)
    booking = order.bookings.get()
    names = {f"attendee_{booking.pk}_0": " Bram 🎉 ", f"attendee_{booking.pk}_1": "Zoë O'Neill"}
    company = {"company": "Acme BV", "company_address": "Dam 1\nAmsterdam", "company_tax_number": "NL1"}
    hosted = client.post(to, {**WHO, "phone": "098765 43210", **names, **company})["Location"]
    assert hosted == f"/sandbox/pay/{order.payments.get().uid}/"
    client.post(hosted, {"decision": "pay"})
    assert "Asha Rao" in text(client.get(f"/orders/{order.uid}/"))
    order.refresh_from_db()
    facts = (order.status, order.buyer_name, order.buyer_email, order.buyer_phone, order.company, order.mail_to)
    assert facts == ("paid", "Asha Rao", "asha@example.com", "+919876543210", "Acme BV", "asha@example.com")
    assert list(order.tickets.order_by("pk").values_list("attendee_name", flat=True)) == ["Bram 🎉", "Zoë O'Neill"]
    assert OutgoingMail.objects.get(template="tickets").to == "asha@example.com"
    invariants.check(event)


def test_a_free_order_is_confirmed_without_a_payment(client, me):
    event, free = scene()
    order = begin(me, free, qty=2)
    assert "Confirm the order" in text(client.get(path(order)))
    assert client.post(path(order), WHO)["Location"] == f"/orders/{order.uid}/"
    order.refresh_from_db()
    assert (order.status, order.payment_method, order.payments.count()) == ("paid", "free", 0)
    assert order.tickets.count() == 2
    mail = OutgoingMail.objects.get()
    assert (mail.template, mail.to, mail.context["qty"]) == ("tickets", "asha@example.com", 2)
    assert client.post(path(order), WHO)["Location"] == f"/orders/{order.uid}/"  # once more: nothing more
    assert (order.tickets.count(), OutgoingMail.objects.count()) == (2, 1)
    invariants.check(event)


def test_an_order_that_costs_nothing_is_not_paid_but_confirmed(client, me):
    _event, free = scene()
    order = begin(me, free)
    assert client.get(f"/orders/{order.uid}/pay/")["Location"] == path(order)
    assert not order.payments.exists()


def test_sending_the_screen_twice_makes_one_payment(client, me):
    _event, gold = scene(price=100)
    order = begin(me, gold)
    first, second = client.post(path(order), WHO), client.post(path(order), WHO)
    assert first["Location"] == second["Location"]
    assert Payment.objects.count() == 1


def test_the_back_button_is_safe(client, me):
    event, gold = scene(price=100)
    order = begin(me, gold)
    hosted = client.post(path(order), WHO)["Location"]
    page = client.get(path(order))  # back from the provider's page
    assert "no-store" in page["Cache-Control"]
    assert "Apply" not in text(page)  # the price stays
    assert client.post(path(order), WHO)["Location"] == hosted
    client.post(hosted, {"decision": "pay"})
    client.get(f"/orders/{order.uid}/")
    for response in (client.get(path(order)), client.post(path(order), WHO)):
        assert response["Location"] == f"/orders/{order.uid}/"
    assert (Order.objects.count(), Ticket.objects.count()) == (1, 1)
    invariants.check(event)


def test_when_the_time_has_run_out_the_order_page_says_what_to_do(client, me):
    event, gold = scene(price=100)
    order = begin(me, gold)
    Order.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    for send in (client.get, client.post):
        page = text(send(path(order), follow=True))
        assert "The time to pay ran out" in page
        assert f'href="/e/{event.slug}/"' in page
    with pytest.raises(buyers.TooLate):
        buyers.save(order, buyers.Buyer(**WHO))


@pytest.mark.parametrize("verb", [carts.finish_free, lambda order: carts.use_code(order, "X"), carts.drop_code])
def test_nothing_is_done_to_a_cancelled_order(verb):
    _event, free = scene()
    (buyer,) = people(1)
    order = begin(buyer, free)
    buyers.cancelling.cancel(order, by=buyer)
    with pytest.raises(buyers.TooLate):
        verb(order)


def test_an_order_that_costs_something_is_not_finished_free():
    _event, gold = scene(price=1)
    with pytest.raises(carts.Conflict, match="to be paid first"):
        carts.finish_free(begin(people(1)[0], gold))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "   "),
        ("name", "x" * 201),
        ("name", "a\x00b"),
        ("email", ""),
        ("email", "asha"),
        ("email", "a@b.c\x00"),
        ("email", f"{'x' * 250}@example.com"),
        ("email", "x" * 100_000),
        ("email", "guest-1@guests.invalid"),
        ("phone", "12"),
        ("phone", "\x00"),
        ("phone", "9" * 4000),
        ("company", "x" * 201),
        ("company_address", "\x00"),
        ("company_tax_number", "x" * 51),
    ],
)
def test_wrong_data_is_said_at_its_field_and_nothing_is_noted(client, me, field, value):
    _event, gold = scene(price=100)
    order = begin(me, gold)
    response = client.post(path(order), {**WHO, "phone": "", field: value})
    assert response.status_code in (400, 422)
    assert f'id="id_{field}_error"' in text(response)
    order.refresh_from_db()
    assert (order.buyer_name, order.buyer_email, order.payments.count()) == ("", "", 0)


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", "\ud800"), ("email", "\ud800@x.nl"), ("phone", "\ud800"), ("company", "\x00"), ("name", "x" * 201)],
)
def test_the_rules_refuse_what_the_database_cannot_take(field, value):
    _event, gold = scene(price=100)
    order = begin(people(1)[0], gold)
    with pytest.raises(Invalid) as refused:
        buyers.save(order, buyers.Buyer(**{**WHO, field: value}))
    assert list(refused.value.errors) == [field]


def test_all_that_is_wrong_is_said_at_its_field_in_one_go(client, me):
    _event, gold = scene(price=100)
    order = begin(me, gold, qty=2)
    field = f"attendee_{order.bookings.get().pk}_1"
    wrong = {"name": "", "email": "asha", "phone": "12", "company": "x" * 201, field: "x" * 201}
    response = client.post(path(order), {**WHO, **wrong})
    assert response.status_code == 400
    assert {name: len(said) for name, said in response.context["form"].errors.items()} == dict.fromkeys(wrong, 1)
    assert all(f'id="id_{name}_error"' in text(response) for name in wrong)
    with pytest.raises(Invalid) as refused:
        buyers.save(order, buyers.Buyer(**WHO, attendees={order.bookings.get().pk: ["ok", "\x00"]}))
    assert list(refused.value.errors) == [field]


@pytest.mark.parametrize("name", ["Łukasz 🎟️ Ångström", "名前", "x" * 200, "<script>alert(1)</script>", "{{ 7 }}"])
def test_every_name_that_people_have_is_fine(client, me, name):
    _event, gold = scene(price=100)
    order = begin(me, gold)
    assert client.post(path(order), {**WHO, "name": name}).status_code == 302
    order.refresh_from_db()
    assert order.buyer_name == name
    assert "<script>alert" not in client.get(f"/orders/{order.uid}/").content.decode()


def test_names_are_asked_for_a_few_places_not_for_one_or_very_many(client, me):
    _event, gold = scene(capacity=100, price=100)
    for qty, asked in ((1, 0), (20, 20), (21, 0)):
        order = begin(me, gold, qty=qty)
        assert client.get(path(order)).content.decode().count('name="attendee_') == asked
        assert client.post(path(order), WHO).status_code == 302


def test_only_the_places_of_the_order_are_named():
    _event, gold = scene(capacity=100, price=100)
    one, two = people(2)
    order, other = begin(one, gold, qty=2), begin(two, gold).bookings.get()
    booking = order.bookings.get()
    buyers.save(order, buyers.Buyer(**WHO, attendees={booking.pk: ["A", "B", "C"], other.pk: ["D"]}))
    booking.refresh_from_db()
    other.refresh_from_db()
    assert (booking.attendees, other.attendees) == ([{"name": "A"}, {"name": "B"}], [])


def test_the_order_of_somebody_else_is_not_there(client, me):
    _event, gold = scene(price=100)
    order = begin(UserFactory(), gold)
    assert client.get(path(order)).status_code == client.post(path(order), WHO).status_code == 404
    anonymous = Client()
    assert anonymous.get(path(order))["Location"] == f"/login/?next={path(order)}"


# --- Promo codes on the pages


def test_a_code_at_the_checkout_keeps_what_was_typed(client, me):
    event, gold = scene(price=100)
    promos.create(event, by=None, code="HALF", percent_off=Decimal(50))
    order = begin(me, gold)
    sent = {"name": "Half typed", "email": "x", "code": "half", "use_code": "1"}
    assert client.post(path(order), sent)["Location"] == path(order)
    page = text(client.get(path(order)))
    assert "Pay ₹50" in page
    assert "Promo code HALF" in page
    assert "−₹50" in page
    assert 'value="Half typed"' in page
    page = text(client.post(path(order), {"name": "Half typed", "drop_code": "1"}, follow=True))
    assert "Pay ₹100" in page


@pytest.mark.parametrize("code", ["NONE", "\x00", "x" * 41, "x" * 100_000, "é", "' OR 1=1"])
def test_a_wrong_code_is_said_at_its_field(client, me, code):
    _event, gold = scene(price=100)
    order = begin(me, gold)
    response = client.post(path(order), {**WHO, "code": code, "use_code": "1"})
    assert response.status_code == 422
    assert "There is no such code for this event." in text(response)
    assert "Pay ₹100" in text(response)
    assert not order.payments.exists()


def test_applying_no_code_says_so_and_does_not_pay(client, me):
    _event, gold = scene(price=100)
    order = begin(me, gold)
    response = client.post(path(order), {**WHO, "code": " ", "use_code": "1"})
    assert response.status_code == 422
    assert "Type the code first." in text(response)
    assert not order.payments.exists()


def test_a_code_that_makes_it_free_leads_to_a_confirmation(client, me):
    event, gold = scene(price=100)
    promos.create(event, by=None, code="ALL", percent_off=Decimal(100))
    order = begin(me, gold)
    assert "Confirm the order" in text(client.post(path(order), {"code": "all", "use_code": "1"}, follow=True))
    client.post(path(order), WHO)
    order.refresh_from_db()
    assert (order.status, order.total_amount) == ("paid", 0)
    invariants.check(event)


def test_a_code_on_the_events_page_shows_its_price_and_its_hidden_types(client):
    event, gold = scene(price=100)
    press = TicketTypeFactory(event=event, name="Press", price=20, status=TicketType.Status.HIDDEN)
    fields = {"percent_off": Decimal(50), "unlocks_hidden": True, "ticket_types": [gold, press]}
    promos.create(event, by=None, code="PRESS", **fields)
    page = text(client.get(f"/e/{event.slug}/"))
    assert 'name="code"' in page
    assert "Press" not in page
    look = client.post(f"/e/{event.slug}/", {"key": "k", f"qty_{gold.pk}": 2, "code": "press", "look": "1"})
    assert look["Location"] == f"/e/{event.slug}/?code=press&qty_{gold.pk}=2#tickets"
    page = text(client.get(look["Location"]))
    for words in ("Press", "₹50", "₹10", "PRESS is used.", '<option value="2" selected>'):
        assert words in page
    sent = {"key": "k", f"qty_{gold.pk}": 1, f"qty_{press.pk}": 1, "code": "press"}
    assert client.post(f"/e/{event.slug}/", sent).status_code == 302
    assert Order.objects.get().total_amount == 60


def test_an_event_whose_types_are_all_hidden_asks_for_the_code(client):
    event, gold = scene(price=100)
    TicketType.objects.update(status=TicketType.Status.HIDDEN)
    gold.refresh_from_db()
    promos.create(event, by=None, code="IN", unlocks_hidden=True, ticket_types=[gold])
    assert 'name="code"' in text(client.get(f"/e/{event.slug}/"))
    assert f"qty_{gold.pk}" in text(client.get(f"/e/{event.slug}/?code=IN"))


@pytest.mark.parametrize("code", ["NONE", "\x00", "x" * 5000, "é", "%00", "\ud800".encode("utf-8", "surrogatepass")])
def test_a_wrong_code_on_the_events_page_is_said_at_its_field(client, code):
    event, gold = scene(price=100)
    response = client.get(f"/e/{event.slug}/", {"code": code})
    assert response.status_code == 200
    sent = client.post(f"/e/{event.slug}/", {"key": "k", f"qty_{gold.pk}": 1, "code": code})
    assert sent.status_code in (400, 422)
    assert 'id="id_code_error"' in text(sent)
    assert not Order.objects.exists()
    assert client.post(f"/e/{event.slug}/", {"code": code, "look": "1"}).status_code == 302


def test_a_refused_order_with_a_good_code_has_its_question_without_the_code(client):
    event, gold = scene(price=100)
    type(gold).objects.filter(pk=gold.pk).update(max_per_order=1)
    promos.create(event, by=None, code="SUMMER", percent_off=Decimal(10))
    sent = client.post(f"/e/{event.slug}/", {"key": "k", f"qty_{gold.pk}": 2, "code": "SUMMER"})
    assert sent.status_code == 409
    [question] = re.findall(r'href="(/why/[^"]+)"', text(sent))
    assert f"object={event.uid}&types={gold.uid}%3A2" in question and "SUMMER" not in question
    assert "At most 1 of" in text(client.get(question))


def test_who_has_used_up_a_code_under_this_address_is_told(client, me):
    event, gold = scene(price=100)
    promos.create(event, by=None, code="ONE", percent_off=Decimal(10), max_places_per_person=1)
    first = begin(UserFactory(email="asha@example.com"), gold, promo="ONE")
    second = begin(me, gold, promo="ONE")
    response = client.post(path(second), WHO)
    assert response.status_code == 422
    assert "Each person may use this code for 1 ticket." in text(response)
    buyers.cancelling.cancel(first, by=first.user)
    assert client.post(path(second), WHO).status_code == 302


def test_the_limit_of_a_type_holds_for_the_address_too(client, me):
    _event, gold = scene(price=100)
    TicketType.objects.update(max_per_person=2)
    gold.refresh_from_db()
    first = begin(me, gold, qty=2)
    assert client.post(path(first), WHO).status_code == 302
    guest = Client()
    guest.get(f"/e/{gold.event.slug}/")
    to = guest.post(f"/e/{gold.event.slug}/", {"key": "k", f"qty_{gold.pk}": 1})["Location"]
    response = guest.post(to, WHO)
    assert response.status_code == 422
    assert response.context["form"].errors == {"email": ["At most 2 of General admission per person."]}
    assert guest.post(to, {**WHO, "email": "bram@example.com"}).status_code == 302


# --- Races and queries


@pytest.mark.django_db(transaction=True)
def test_two_tabs_confirm_a_free_order_once():
    event, free = scene()
    order = begin(people(1)[0], free, qty=2)
    results = race(*[lambda: carts.finish_free(Order.objects.get(pk=order.pk))] * 4)
    assert len(good(results)) == 4
    assert (Ticket.objects.count(), OutgoingMail.objects.count()) == (2, 1)
    invariants.check(event)


@pytest.mark.django_db(transaction=True)
def test_a_payment_that_begins_and_a_code_that_is_used_agree_on_the_price():
    event, gold = scene(price=100)
    promos.create(event, by=None, code="HALF", percent_off=Decimal(50))
    order = begin(people(1)[0], gold)
    race(
        lambda: carts.use_code(Order.objects.get(pk=order.pk), "HALF"),
        lambda: buyers_pay(order),
        lambda: carts.use_code(Order.objects.get(pk=order.pk), "HALF"),
    )
    order.refresh_from_db()
    assert order.payments.get().amount == order.total_amount == sum(one.amount for one in order.bookings.all())
    pay(order)
    invariants.check(event)


def buyers_pay(order: Order) -> str:
    return payments.try_again(Order.objects.get(pk=order.pk))


def test_as_many_queries_for_three_lines_as_for_one(client, me):
    event, gold = scene(capacity=100, price=100)
    others = [TicketTypeFactory(event=event, price=10) for _number in range(2)]
    asked = []
    for order in (begin(me, gold, qty=2), begin(me, gold, *others, qty=2)):
        client.get(path(order))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path(order)).status_code == 200
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 12
    assert Booking.objects.count() == 4
