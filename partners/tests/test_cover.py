"""What can be paid out, and the sentence that explains it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from events.models import Event
from partners import cover
from partners.factories import PartnerFactory
from partners.models import Partner
from partners.tests.money import bank_account, event_of, payable_partner, refund, sell

pytestmark = pytest.mark.django_db


def position(partner: Partner, currency: str = "INR") -> cover.Position:
    partner.refresh_from_db()
    return next(one for one in cover.positions([partner]) if one.currency == currency)


def said(partner: Partner) -> tuple[Decimal, str]:
    one = position(partner)
    return one.amount, one.sentence


def test_the_issues_own_example():
    partner = payable_partner()
    sell(partner, 4400)
    sell(partner, 5000, event=event_of(partner))
    sell(partner, 3000, event=event_of(partner))
    assert said(partner) == (
        Decimal(4400),
        "₹12,400.00 settled, ₹8,000.00 kept as cover for 2 future events (100 %), so ₹4,400.00 can be paid out.",
    )


@pytest.mark.parametrize(
    ("trust", "amount", "sentence"),
    [
        ("new", 0, "₹100.01 kept as cover for 1 future event (100 %), so nothing can be paid out."),
        ("known", "50", "₹50.01 kept as cover for 1 future event (50 %), so ₹50.00 can be paid out."),
        ("trusted", "100.01", "₹0.00 kept as cover for 1 future event (0 %), so ₹100.01 can be paid out."),
    ],
)
def test_trust_decides_how_much_is_kept_and_halves_of_a_cent_stay_here(trust, amount, sentence):
    partner = payable_partner(trust=trust)
    sell(partner, "100.01", event=event_of(partner))
    assert said(partner) == (Decimal(amount), f"₹100.01 settled, {sentence}")


def test_cover_is_never_a_part_of_the_smallest_unit():
    partner = payable_partner(trust="known")
    sell(partner, "101", event=event_of(partner), currency="JPY")
    one = position(partner, "JPY")
    assert (one.cover, one.amount) == (51, 50)


def test_an_event_that_is_over_needs_no_cover():
    partner = payable_partner()
    sell(partner, 700, event=event_of(partner, days=-1))
    assert said(partner) == (Decimal(700), "₹700.00 settled, so ₹700.00 can be paid out.")


def test_an_event_without_an_end_is_a_future_one():
    partner = payable_partner()
    sell(partner, 700, event=event_of(partner, days=-1))
    partner.events.update(ends_at=None)
    assert position(partner).cover == 700


def test_closing_an_event_early_frees_nothing():
    partner = payable_partner()
    sell(partner, 700, event=event_of(partner, state=Event.State.CLOSED))
    assert position(partner).cover == 700


def test_what_was_sold_for_a_cancelled_event_is_kept_whole_whatever_the_trust_until_it_is_refunded():
    partner = payable_partner(trust="trusted")
    event = event_of(partner, days=-3, state=Event.State.CANCELLED)
    order = sell(partner, 700, fee=35, event=event)
    sell(partner, 100)
    assert said(partner) == (
        Decimal(100),
        "₹765.00 settled, ₹665.00 kept for the refunds of 1 cancelled event, so ₹100.00 can be paid out.",
    )
    refund(partner, 700, fee=35, event=event, order=order)
    assert said(partner) == (Decimal(100), "₹100.00 settled, so ₹100.00 can be paid out.")


def test_cover_is_net_of_the_fees_that_would_be_returned_and_of_refunds():
    partner = payable_partner()
    event = event_of(partner)
    order = sell(partner, 1000, fee=50, event=event)
    sell(partner, 300)
    assert (position(partner).cover, position(partner).amount) == (950, 300)
    refund(partner, 200, fee=10, event=event, order=order)
    assert (position(partner).settled, position(partner).cover, position(partner).amount) == (1060, 760, 300)


def test_young_sales_are_not_settled_with_their_fees_and_refunds(settings):
    partner = payable_partner()
    settings.EVENTIFY_SETTLEMENT_DAYS = 2
    sell(partner, 500)
    order = sell(partner, 100, fee=5, days_ago=1.9)
    refund(partner, 40, fee=2, order=order)
    sell(partner, 70, days_ago=2.1)
    found = position(partner)
    assert (found.owed, found.fresh, found.amount) == (627, 57, 570)
    assert found.sentence == "₹570.00 settled, ₹57.00 not settled yet, so ₹570.00 can be paid out."
    settings.EVENTIFY_SETTLEMENT_DAYS = 1
    assert said(partner) == (Decimal(627), "₹627.00 settled, so ₹627.00 can be paid out.")


def test_a_young_sale_that_was_refunded_whole_takes_nothing_from_older_money():
    partner = payable_partner()
    sell(partner, 500)
    refund(partner, 100, fee=5, order=sell(partner, 100, fee=5, days_ago=0))
    assert position(partner).amount == 500


def test_money_that_is_not_settled_is_its_own_cover():
    partner = payable_partner()
    sell(partner, 500)
    sell(partner, 200, event=event_of(partner), days_ago=0)
    assert (position(partner).fresh, position(partner).cover, position(partner).amount) == (200, 0, 500)


def test_a_refund_of_an_older_sale_counts_at_once():
    partner = payable_partner()
    refund(partner, 120, order=sell(partner, 500))
    assert position(partner).amount == 380


def test_events_of_others_and_currencies_are_kept_apart():
    partner, other = payable_partner(), payable_partner()
    sell(partner, 500)
    sell(partner, 90, currency="EUR")
    sell(other, 800, event=event_of(other))
    found = cover.positions([partner, other])
    assert [(one.partner, one.currency, one.amount) for one in found] == [
        (partner, "EUR", 90),
        (partner, "INR", 500),
        (other, "INR", 0),
    ]


def suspend(partner):
    Partner.objects.filter(pk=partner.pk).update(status="Suspended")


def unverify(partner):
    Partner.objects.filter(pk=partner.pk).update(verification_status="Pending")


def retire_account(partner):
    partner.bank_accounts.update(retired_at=timezone.now())


def change_account(partner):
    bank_account(partner)


def invite(partner):
    Partner.objects.filter(pk=partner.pk).update(status="Invited")


REASONS = [
    (invite, "The partner has not joined yet, so nothing is paid out."),
    (change_account, "Its bank account is not proven by a verified cheque, or its papers have run out."),
    (suspend, "The partner is suspended, so nothing is paid out."),
    (unverify, "The partner's documents are not verified, so nothing is paid out. Review them first."),
    (retire_account, "There is no bank account to pay to. Ask the partner to enter one."),
    (lambda partner: refund(partner, 500), "Nothing is owed to this partner."),
    (lambda partner: refund(partner, 620), "The partner owes us ₹120.00, which is set off against its next sales."),
    (
        lambda partner: refund(partner, "499.50"),
        "₹0.50 settled: what is left, ₹0.50, is less than the minimum of ₹1.00.",
    ),
]


@pytest.mark.parametrize(("change", "sentence"), REASONS)
def test_who_gets_nothing_is_told_why(change, sentence):
    partner = payable_partner()
    sell(partner, 500)
    assert position(partner).amount == 500
    change(partner)
    assert said(partner) == (Decimal(0), sentence)


def test_a_partner_that_never_sold_is_owed_nothing():
    assert said(payable_partner()) == (Decimal(0), "Nothing is owed to this partner.")


def test_only_young_sales():
    partner = payable_partner()
    sell(partner, 500, days_ago=1)
    assert said(partner) == (Decimal(0), "₹0.00 settled, ₹500.00 not settled yet, so nothing can be paid out.")


def test_the_house_is_never_paid():
    house = Partner.objects.get(is_house=True)
    sell(house, 500)
    assert said(house) == (Decimal(0), "This is the platform's own organisation, which is never paid out.")
    assert house.pk not in cover.candidates()


def test_candidates_are_those_with_money():
    rich, indebted, even, _new = (payable_partner() for _n in range(4))
    sell(rich, 5)
    refund(indebted, 5)
    refund(even, 5, order=sell(even, 5))
    assert cover.candidates() == [rich.pk, indebted.pk]


@pytest.mark.parametrize("how_many", [1, 3])
def test_as_many_queries_for_three_partners_as_for_one(how_many, django_assert_num_queries):
    partners = [payable_partner() for _n in range(how_many)]
    for partner in partners:
        sell(partner, 10, event=event_of(partner))
        sell(partner, 10)
    with django_assert_num_queries(QUERIES):
        assert [one.amount for one in cover.positions(partners)] == [10] * how_many


QUERIES = 4


def test_an_account_of_before_does_not_count():
    partner = PartnerFactory()
    sell(partner, 10)
    old, new = bank_account(partner), bank_account(partner)
    assert (old.pk != new.pk, position(partner).account) == (True, new)


def test_the_moment_an_event_ends_is_the_moment_its_money_is_free(time_machine):
    now = timezone.now()
    partner = payable_partner()
    sell(partner, 10, event=event_of(partner, days=1))
    time_machine.move_to(now + timedelta(days=1, seconds=-5), tick=False)
    assert position(partner).amount == 0
    time_machine.move_to(now + timedelta(days=1, seconds=5), tick=False)
    assert position(partner).amount == 10
