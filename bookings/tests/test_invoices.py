"""Invoices and credit notes: once per fact, numbered without gaps, adding up, never changed."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.db.models import Sum
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.tests.racing import errors, good, meet_after, race, switch_row_locks_off
from bookings import cancelling, refunds, tasks
from bookings.factories import TicketTypeFactory
from bookings.models import Booking, Invoice, InvoiceSeries, Order, Refund
from bookings.papers import invoices
from bookings.tests.scenes import buy, decide, hear, pay, people, scene
from eventify.lib.errors import DomainError
from partners.factories import PartnerFactory

THREADS = 20


def sale(price=100, qty=1, rate=0, **event):
    """A paid order of one type; (order, event, type)."""
    where, kind = scene(capacity=1000, price=price, **event)
    kind.tax_rate = rate
    kind.save()
    order = buy(people(1)[0], kind, qty=qty)
    Booking.objects.filter(order=order).update(tax_rate=rate)
    return pay(order), where, kind


def numbers(partner) -> list[int]:
    """The numbers that the partner has given, in order."""
    return sorted(Invoice.objects.filter(series__partner=partner).values_list("number", flat=True))


def gapless(partner) -> bool:
    """Whether the numbers of its one series are 1, 2, 3 ... up to what the series says."""
    last = InvoiceSeries.objects.get(partner=partner).last_number
    return numbers(partner) == list(range(1, last + 1))


@pytest.mark.django_db
def test_an_invoice_says_all_and_is_issued_once():
    with time_machine.travel(datetime(2026, 3, 1, 12, tzinfo=UTC), tick=False):
        order, event, kind = sale(price="118", qty=2, rate=18, name="Nights")
        Order.objects.filter(pk=order.pk).update(
            buyer_name="Asha", buyer_email="asha@example.com", company="Bloom", company_tax_number="29A"
        )
        order.refresh_from_db()
        (paper,) = invoices.issue_for(order)
        assert invoices.issue_for(order) == [paper]
    day, _clock = event.local(event.starts_at)
    line = {"what": kind.name, "event": "Nights", "on": day.isoformat() if day else "", "qty": 2, "unit": "118.00"}
    assert (paper.number, paper.kind, paper.total, paper.tax) == (1, "invoice", Decimal(236), Decimal(36))
    assert (paper.currency, paper.key) == (event.currency, f"sale:{order.uid}:{event.partner_id}")
    assert paper.data == {
        "number": "2026-000001",
        "kind": "invoice",
        "language": "en",
        "issued_on": "2026-03-01",
        "paid_on": "2026-03-01",
        "paid_with": order.payment_method,
        "order": str(order.uid),
        "corrects": "",
        "reason": "",
        "currency": event.currency,
        "seller": {
            "name": event.partner.name,
            "legal_name": "",
            "address": event.partner.address,
            "tax_number": "",
            "email": event.partner.contact_email,
            "phone": "",
            "website": "",
        },
        "buyer": {
            "name": "Asha",
            "email": "asha@example.com",
            "company": "Bloom",
            "address": "",
            "tax_number": "29A",
        },
        "lines": [{**line, "list": "", "rate": "18.00", "amount": "236.00"}],
        "taxes": [{"rate": "18.00", "net": "200.00", "tax": "36.00", "gross": "236.00"}],
        "total": "236.00",
    }


@pytest.mark.django_db
def test_what_the_buyer_changes_later_changes_no_invoice():
    order, _event, _kind = sale()
    (paper,) = invoices.issue_for(order)
    before = paper.data
    Order.objects.filter(pk=order.pk).update(company="Another one")
    assert invoices.issue_for(Order.objects.get(pk=order.pk))[0].data == before


@pytest.mark.django_db(transaction=True)
def test_the_database_keeps_what_was_issued():
    order, event, _kind = sale()
    (paper,) = invoices.issue_for(order)
    for change in (
        lambda: Invoice.objects.filter(pk=paper.pk).update(total=1),
        lambda: Invoice.objects.filter(pk=paper.pk).delete(),
        lambda: InvoiceSeries.objects.filter(partner=event.partner).update(last_number=7),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


@pytest.mark.django_db
def test_nothing_is_issued_for_what_was_not_paid_or_cost_nothing():
    _event, kind = scene(price=100)
    _free_event, free = scene()
    assert invoices.issue_for(buy(people(1)[0], kind)) == []
    assert invoices.issue_for(buy(people(1)[0], free)) == []
    assert not InvoiceSeries.objects.exists()


@pytest.mark.django_db
def test_each_seller_of_an_order_has_its_own_invoice_and_series():
    here, one = scene(price=100)
    there, other = scene(price=50, partner=PartnerFactory(status="Active"))
    order = pay(buy(people(1)[0], one, other))
    papers = invoices.issue_for(order)
    assert {(p.series.partner_id, p.number, p.total) for p in papers} == {
        (here.partner_id, 1, Decimal(100)),
        (there.partner_id, 1, Decimal(50)),
    }


@pytest.mark.django_db
def test_tax_is_shown_per_rate():
    event, first = scene(price=105)
    second = TicketTypeFactory(event=event, price=118, name="Gold")
    order = buy(people(1)[0], first, second)
    order.bookings.filter(ticket_type=first).update(tax_rate=5)
    order.bookings.filter(ticket_type=second).update(tax_rate=18)
    (paper,) = invoices.issue_for(pay(order))
    assert paper.data["taxes"] == [
        {"rate": "5.00", "net": "100.00", "tax": "5.00", "gross": "105.00"},
        {"rate": "18.00", "net": "100.00", "tax": "18.00", "gross": "118.00"},
    ]
    assert paper.tax == Decimal(23)


@pytest.mark.django_db
def test_a_late_invoice_still_says_what_was_sold():
    order, event, _kind = sale(qty=3)
    cancelling.cancel_tickets(order, order.tickets.all()[:1], by=order.user)
    invoice, note = invoices.issue_for(order)
    assert (invoice.total, note.total, note.corrects) == (Decimal(300), Decimal(-100), invoice)
    assert [line["qty"] for line in invoice.data["lines"]] == [3]
    assert [(line["qty"], line["amount"]) for line in note.data["lines"]] == [(1, "-100.00")]
    assert note.data["corrects"] == invoice.data["number"]


@pytest.mark.django_db
def test_however_it_goes_back_all_the_tax_goes_back():
    order, event, _kind = sale(price="33.33", qty=3, rate="18", lets_smaller_parties_pass=True)
    invoices.issue_for(order)
    refunds.give(order, Decimal("10.01"), by=people(1)[0], reason="Rain")
    invoices.issue_for(order)
    for ticket in list(order.tickets.all()):
        cancelling.cancel_tickets(order, [ticket], by=order.user)
        invoices.issue_for(order)
    invoice, *notes = invoices.issue_for(order)
    assert len(notes) == 4 and notes[0].data["reason"] == "Rain"
    assert sum(note.total for note in notes) == -invoice.total
    assert sum(note.tax for note in notes) == -invoice.tax
    assert gapless(event.partner)


@pytest.mark.django_db
def test_what_ends_together_is_one_credit_note():
    event, first = scene(price=10)
    second = TicketTypeFactory(event=event, price=20, name="Gold")
    order = pay(buy(people(1)[0], first, second))
    cancelling.cancel(order, by=order.user)
    invoice, note = invoices.issue_for(order)
    assert (invoice.total, note.total, len(note.data["lines"])) == (Decimal(30), Decimal(-30), 2)


@pytest.mark.django_db
def test_money_that_came_in_vain_has_no_paper():
    order, event, kind = sale()
    late = buy(people(1)[0], kind)
    payment = decide(late)
    Order.objects.filter(pk=late.pk).update(expires_at=timezone.now() - timedelta(minutes=1))
    cancelling.expire_overdue()
    type(event).objects.filter(pk=event.pk).update(is_bookable=False)
    hear(payment)
    assert payment.refunds.count() == 1
    assert invoices.issue_for(Order.objects.get(pk=late.pk)) == []
    invoices.issue_for(order)
    assert tasks.issue_invoices() == 0


@pytest.mark.django_db
def test_the_sweep_finds_what_has_no_paper_and_then_nothing():
    paid, _event, _kind = sale()
    returned, _event, _kind = sale()
    invoices.issue_for(returned)
    cancelling.cancel(returned, by=returned.user)
    assert tasks.issue_invoices() == 2
    assert (paid.invoices.count(), returned.invoices.count()) == (1, 2)
    assert tasks.issue_invoices() == 0


@pytest.mark.django_db
def test_a_new_year_begins_with_one():
    with time_machine.travel(datetime(2026, 12, 31, 23, 59, tzinfo=UTC), tick=False):
        order, event, kind = sale()
        invoices.issue_for(order)
    with time_machine.travel(datetime(2027, 1, 1, 0, 0, tzinfo=UTC), tick=False):
        second = pay(buy(people(1)[0], kind))
        (paper,) = invoices.issue_for(second)
    assert paper.data["number"] == "2027-000001"


def paid_orders(how_many: int) -> tuple[list[Order], Booking]:
    """Orders of one seller, paid, with no invoice yet; and the event."""
    event, kind = scene(capacity=1000, price=100)
    return [pay(buy(one, kind)) for one in people(how_many)], event


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_leave_no_gap_and_no_double():
    orders, event = paid_orders(THREADS)
    found = good(race(*[lambda order=order: invoices.issue_for(order) for order in orders]))
    assert len(found) == THREADS
    assert numbers(event.partner) == list(range(1, THREADS + 1)) and gapless(event.partner)


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_twenty_do_not_get_their_numbers(monkeypatch):
    orders, event = paid_orders(THREADS)
    InvoiceSeries.objects.create(partner=event.partner, year=timezone.now().year)
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, invoices, "_locked", THREADS)
    race(*[lambda order=order: invoices.issue_for(order) for order in orders])
    assert len(numbers(event.partner)) < THREADS


@pytest.mark.django_db(transaction=True)
def test_twenty_who_issue_the_same_order_issue_it_once():
    (order,), event = paid_orders(1)
    good(race(*[lambda: invoices.issue_for(Order.objects.get(pk=order.pk))] * THREADS))
    assert numbers(event.partner) == [1] and gapless(event.partner)


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_the_key_in_the_database_refuses_the_second(monkeypatch):
    (order,), event = paid_orders(1)
    InvoiceSeries.objects.create(partner=event.partner, year=timezone.now().year)
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, invoices, "_locked", 2)
    results = race(*[lambda: invoices.issue_for(Order.objects.get(pk=order.pk))] * 2)
    assert len(errors(results, DatabaseError)) == 1
    assert numbers(event.partner) == [1]


class PowerCut(Exception):
    """The process dies here."""


@pytest.mark.django_db(transaction=True)
def test_a_death_after_the_number_was_given_leaves_no_gap(monkeypatch):
    (first, second), event = paid_orders(2)

    def cut(_name):
        raise PowerCut

    with monkeypatch.context() as dying:
        dying.setattr(invoices, "failpoint", cut)
        with pytest.raises(PowerCut):
            invoices.issue_for(first)
    assert not Invoice.objects.exists()
    invoices.issue_for(second), invoices.issue_for(first)
    assert numbers(event.partner) == [1, 2] and gapless(event.partner)


STEPS = st.lists(
    st.one_of(
        st.just(("issue",)),
        st.tuples(st.just("cancel"), st.integers(1, 3), st.booleans()),
        st.tuples(st.just("give"), st.integers(1, 9999)),
    ),
    max_size=7,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, price=st.integers(1, 99999), qty=st.integers(1, 5), rate=st.sampled_from([0, 5, 12, 18, "8.25"]))
@pytest.mark.django_db
def test_whatever_goes_back_the_papers_add_up_to_what_was_kept(steps, price, qty, rate):
    order, event, _kind = sale(price=Decimal(price) / 100, qty=qty, rate=Decimal(rate))
    staff = people(1)[0]
    for step in steps:
        with suppress(DomainError):
            take(step, order, staff)
    papers = invoices.issue_for(Order.objects.get(pk=order.pk))
    returned = Refund.objects.filter(payment__order=order).aggregate(sum=Sum("amount"))["sum"] or 0
    assert sum(paper.total for paper in papers) == order.total_amount - returned
    for paper in papers:
        assert sum(Decimal(one["gross"]) for one in paper.data["taxes"]) == paper.total
        assert sum(Decimal(one["amount"]) for one in paper.data["lines"]) == paper.total
    if returned == order.total_amount:
        assert sum(paper.tax for paper in papers) == 0
    assert not invoices._owing().filter(pk=order.pk).exists()
    assert invoices.issue_for(Order.objects.get(pk=order.pk)) == papers


def take(step: tuple, order: Order, staff) -> None:
    """One step of the property test."""
    match step:
        case ("issue",):
            invoices.issue_for(Order.objects.get(pk=order.pk))
        case ("cancel", how_many, is_refunded):
            good_ones = order.tickets.filter(status="valid").order_by("pk")[:how_many]
            cancelling.cancel_tickets(order, good_ones, by=staff, is_refunded=is_refunded)
        case ("give", cents):
            refunds.give(order, Decimal(cents) / 100, by=staff, reason="Rain")
