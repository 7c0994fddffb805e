"""Suspension: it stops publishing, selling, the waitlist and payouts, and never the door."""

from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
import time_machine
from django.core import mail as outbox
from django.utils import timezone

from accounts import mail
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog, Notification, OutgoingMail
from accounts.tests.racing import errors, good, meet_after, race, switch_row_locks_off
from bookings import cancelling, checkin, orders, sales, tasks
from bookings.models import Booking, Order, Refund, Ticket
from bookings.tests import invariants
from bookings.tests.scenes import book, buy, decide, hear, pay, people, scene, settled, statuses, wait
from eventify.lib import preview
from eventify.lib.errors import Conflict, Forbidden, Invalid
from events import states
from events.models import Event
from partners import members, payouts, standing
from partners.factories import PartnerFactory
from partners.models import Member, Partner, Payout
from partners.tests import money

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def partner():
    return PartnerFactory(name="Blue Note")


@pytest.fixture
def staff():
    return SuperAdminFactory()


def suspend(partner, by, reason="Fraud") -> Partner:
    return standing.set_status(partner, "Suspended", reason=reason, by=by)


def activate(partner, by) -> Partner:
    return standing.set_status(partner, "Active", by=by)


def test_suspending_and_activating_is_audited_and_told(partner, staff):
    worker, volunteer = UserFactory(email="w@p.com"), UserFactory()
    members.add(partner, worker, Member.Role.EVENT_MANAGER, by=None)
    members.add(partner, volunteer, Member.Role.VOLUNTEER, by=None)
    suspend(partner, staff, " Chargebacks. ")
    assert (partner.status, partner.status_reason, partner.may_trade) == ("Suspended", "Chargebacks.", False)
    activate(partner, staff)
    assert (partner.status, partner.status_reason, partner.may_trade) == ("Active", "", True)
    lines = AuditLog.objects.filter(target_uid=partner.uid, action__endswith="ED_PARTNER").order_by("id")
    figures = {"events_on_sale": 0, "open_holds": 0, "waitlisted": 0, "open_payouts": 0, "mails": 1}
    active, suspended = {"status": "Active", "reason": ""}, {"status": "Suspended", "reason": "Chargebacks."}
    assert [(line.action, line.actor, line.details) for line in lines] == [
        ("SUSPENDED_PARTNER", staff, {"partner": str(partner.uid), "before": active, "after": suspended, **figures}),
        ("ACTIVATED_PARTNER", staff, {"partner": str(partner.uid), "before": suspended, "after": active, **figures}),
    ]
    notes = Notification.objects.order_by("id").values_list("recipient__email", "title", "message", "level")
    assert list(notes) == [
        ("w@p.com", "Blue Note is suspended", "Chargebacks.", "critical"),
        ("w@p.com", "Blue Note is active again", "", "success"),
    ]
    mail.send_pending()
    assert [one.subject for one in outbox.outbox] == [
        "Blue Note is suspended on Eventify",
        "Blue Note is active again on Eventify",
    ]
    assert "Chargebacks." in outbox.outbox[0].body


def test_a_partner_without_members_is_told_at_its_primary_contact(partner, staff):
    partner.contacts.create(name="A", email="a@p.com", is_primary=True)
    partner.contacts.create(name="B", email="b@p.com")
    suspend(partner, staff)
    assert OutgoingMail.objects.get().to == "a@p.com"


def test_what_is_refused(partner, staff):
    for status, reason, field in (
        ("Suspended", "", "reason"),
        ("Suspended", " ", "reason"),
        ("Suspended", "x" * 2001, "reason"),
        ("Suspended", "\x00", "reason"),
        ("Invited", "x", "status"),
        ("", "x", "status"),
    ):
        with pytest.raises(Invalid) as refusal:
            standing.set_status(partner, status, reason=reason, by=staff)
        assert list(refusal.value.errors) == [field]
    with pytest.raises(Conflict, match="active already"):
        activate(partner, staff)
    suspend(partner, staff)
    with pytest.raises(Conflict, match="suspended already"):
        suspend(partner, staff)
    with pytest.raises(Conflict, match="our own"):
        suspend(Partner.objects.get(is_house=True), staff)


def test_staff_may_activate_one_that_nobody_joined_yet(staff):
    partner = activate(PartnerFactory(status="Invited", joined_at=None), staff)
    assert (partner.status, partner.joined_at is not None) == ("Active", True)


def test_a_suspended_partner_publishes_nothing(partner, staff):
    event, _type = scene(partner=partner, state=Event.State.DRAFT)
    suspend(partner, staff)
    with pytest.raises(states.InvalidTransition, match="suspended"):
        states.transition(event, Event.State.PUBLISHED, by=staff)
    with pytest.raises(states.InvalidTransition, match="suspended"):
        states.advance(event, Event.State.SHOWDAY, by=staff)
    activate(partner, staff)
    assert states.transition(event, Event.State.PUBLISHED, by=staff).state == "published"


def test_a_suspended_partner_sells_holds_and_queues_nothing(partner, staff):
    event, free = scene(capacity=1, partner=partner)
    priced_event, priced = scene(partner=partner, price=100)
    user = UserFactory()
    suspend(partner, staff)
    for attempt in (
        lambda: buy(user, free),
        lambda: book(event, user),
        lambda: buy(user, priced),
        lambda: orders.book(event.pk, 5, by=user, waitlist_too=True),
    ):
        with pytest.raises(sales.NotOnSale):
            attempt()
    assert (Order.objects.count(), Booking.objects.count()) == (0, 0)
    activate(partner, staff)
    assert buy(user, free, priced).status == "pending"
    invariants.check(event, priced_event)


def test_an_order_over_two_partners_is_refused_whole(partner, staff):
    (_a, own), (_b, foreign) = scene(partner=partner), scene()
    suspend(partner, staff)
    with pytest.raises(sales.NotOnSale):
        buy(UserFactory(), own, foreign)
    assert not Order.objects.exists()


def test_nobody_is_promoted_while_it_is_suspended_and_all_are_after(partner, staff):
    event, _type = scene(capacity=1, partner=partner)
    first, second = people(2)
    booking = book(event, first)
    waiting = wait(event, second)
    suspend(partner, staff)
    cancelling.cancel_booking(booking, by=first)
    assert (tasks.promote_waitlists(), statuses(waiting)) == (0, ["waitlisted"])
    activate(partner, staff)
    assert tasks.promote_waitlists(event.pk) == 1
    assert statuses(waiting) == ["confirmed"]
    invariants.check(event)


def test_an_order_that_was_held_before_may_still_be_paid(partner, staff):
    event, kind = scene(partner=partner, price=100)
    order = buy(UserFactory(), kind)
    suspend(partner, staff)
    assert settled(pay(order)) == ("paid", 1, 0, Decimal(100))
    invariants.check(event)


def test_money_that_comes_too_late_goes_back(partner, staff):
    event, kind = scene(partner=partner, price=100)
    order = buy(UserFactory(), kind)
    payment = decide(order)
    suspend(partner, staff)
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        cancelling.expire_overdue()
        hear(payment)
    assert settled(order)[:3] == ("cancelled", 0, 1)
    assert Refund.objects.get().amount == 100
    invariants.check(event)


def test_the_door_stays_open(partner, staff):
    event, kind = scene(partner=partner)
    order = buy(UserFactory(), kind, qty=2)
    suspend(partner, staff)
    ticket, second = order.tickets.order_by("id")
    assert checkin.admit(ticket.ticket_code, by=staff, event=event).status == "used"
    gate = UserFactory()
    members.add(partner, gate, Member.Role.EVENT_MANAGER, by=None)
    assert checkin.admit(second.ticket_code, by=gate, event=event).status == "used"
    assert Ticket.objects.filter(status="used").count() == 2


def test_a_buyer_may_still_give_tickets_back(partner, staff):
    event, kind = scene(partner=partner, price=100)
    order = pay(buy(UserFactory(), kind))
    suspend(partner, staff)
    cancelling.cancel(order, by=order.user)
    assert settled(order)[0] == "refunded"


def test_the_preview_says_what_stops_and_changes_nothing(partner, staff):
    event, kind = scene(capacity=2, partner=partner, price=10)
    scene(partner=partner, state=Event.State.DRAFT)
    scene(partner=partner)
    for user in people(2):
        buy(user, kind)
    wait(event, UserFactory())
    partner.contacts.create(name="A", email="a@p.com", is_primary=True)
    OutgoingMail.objects.all().delete()
    change = standing.change_of_status(partner, "Suspended", reason="Fraud", by=staff)
    seen = preview.dry_run(change)
    assert seen.facts == {
        "partner": str(partner.uid),
        "before": {"status": "Active", "reason": ""},
        "after": {"status": "Suspended"},
        "events_on_sale": 2,
        "open_holds": 2,
        "waitlisted": 1,
        "open_payouts": 0,
        "mails": 1,
    }
    partner.refresh_from_db()
    assert (partner.status, OutgoingMail.objects.count()) == ("Active", 0)
    cancelling.cancel(Order.objects.first(), by=None)
    with pytest.raises(preview.Moved):
        preview.apply(change, seen.digest)
    partner.refresh_from_db()
    assert partner.status == "Active"
    preview.apply(change, preview.dry_run(change).digest)
    partner.refresh_from_db()
    assert partner.status == "Suspended"


def suspend_at_once(partner) -> list:
    return race(*[partial(suspend, Partner.objects.get(pk=partner.pk), by) for by in SuperAdminFactory.create_batch(6)])


def test_six_suspend_at_once_one_does(partner):
    results = suspend_at_once(partner)
    assert (len(good(results)), len(errors(results, Conflict))) == (1, 5)
    assert AuditLog.objects.filter(action="SUSPENDED_PARTNER").count() == 1


def test_control_without_the_lock_several_do(partner, monkeypatch):
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, standing, "_check", 6)
    suspend_at_once(partner)
    assert AuditLog.objects.filter(action="SUSPENDED_PARTNER").count() > 1


def test_terms(partner, staff):
    standing.set_terms(partner, fee_percent=Decimal("7.5"), trust="trusted", by=staff)
    partner.refresh_from_db()
    assert (partner.fee_percent, partner.trust) == (Decimal("7.50"), "trusted")
    standing.set_terms(partner, fee_percent=Decimal("7.50"), by=staff)  # nothing new: no line
    standing.set_terms(partner, fee_percent=None, by=staff)
    lines = AuditLog.objects.filter(action="CHANGED_TERMS").order_by("id").values_list("details", flat=True)
    assert list(lines) == [
        {"before": {"fee_percent": None, "trust": "new"}, "after": {"fee_percent": "7.50", "trust": "trusted"}},
        {"before": {"fee_percent": "7.50"}, "after": {"fee_percent": None}},
    ]


@pytest.mark.parametrize("fee", ["-1", "100.01", "1.234", "NaN", "Infinity", "1e30"])
def test_impossible_fees(partner, fee):
    with pytest.raises(Invalid) as refusal:
        standing.set_terms(partner, fee_percent=Decimal(fee), by=None)
    assert list(refusal.value.errors) == ["fee_percent"]


def test_impossible_trust_and_a_fee_of_the_house(partner):
    with pytest.raises(Invalid):
        standing.set_terms(partner, trust="blind", by=None)
    with pytest.raises(Conflict):
        standing.set_terms(Partner.objects.get(is_house=True), fee_percent=Decimal(5), by=None)


def test_nobody_decides_about_the_partner_they_work_for(partner, staff):
    members.add(partner, staff, Member.Role.ADMIN, by=None)
    for attempt in (
        lambda: suspend(partner, staff),
        lambda: standing.set_terms(partner, fee_percent=Decimal(0), by=staff),
    ):
        with pytest.raises(Forbidden, match="work for this partner"):
            attempt()


def test_a_suspended_partner_is_paid_nothing(staff):
    partner = money.payable_partner()
    money.sell(partner, Decimal(100))
    assert payouts.preview([partner])[0].amount > 0
    suspend(partner, staff)
    with pytest.raises(payouts.NothingToPay) as refusal:
        payouts.create(partners=[partner], by=staff)
    assert "suspended" in refusal.value.details["left_out"][0]["sentence"]
    assert not Payout.objects.exists()
