"""Documents that run out: reminders once each, and no verification after the last day."""

from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail as outbox

from accounts import mail
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog, OutgoingMail
from accounts.tests.racing import good, meet_after, race, switch_row_locks_off
from partners import bank, expiry, kyc, members, tasks
from partners.factories import PartnerFactory
from partners.models import Document, Member, Partner
from partners.tests.papers import T, uploaded, verified

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("private")]
NOW = datetime(2026, 3, 1, 12, tzinfo=ZoneInfo("UTC"))


def day(days: int) -> datetime:
    return NOW + timedelta(days=days)


@pytest.fixture
def partner():
    """Verified on 1 March; its PAN is good until 100 days later."""
    partner, admin = PartnerFactory(verification_status="Pending"), UserFactory(email="admin@p.com")
    members.add(partner, admin, Member.Role.ADMIN, by=None)
    staff = SuperAdminFactory()
    with time_machine.travel(NOW, tick=False):
        verified(partner, T.COMPANY_REG, T.CHEQUE, by=staff)
        verified(partner, T.PAN, by=staff, expires_on=day(100).date())
    OutgoingMail.objects.all().delete()
    return partner


def watched_on(days: int) -> int:
    with time_machine.travel(day(days), tick=False):
        return tasks.watch_documents()


def status(partner) -> str:
    return Partner.objects.get(pk=partner.pk).verification_status


def test_reminders_30_7_and_1_days_before_once_each(partner):
    sent = {days: watched_on(days) for days in range(60, 101)}
    assert {days: n for days, n in sent.items() if n} == {70: 1, 93: 1, 99: 1}
    assert status(partner) == "Verified"
    mail.send_pending()
    assert {one.subject for one in outbox.outbox} == {f"{partner.name}: PAN expires on 9 June 2026"}


def test_a_watch_that_was_away_reminds_once_and_not_of_each_day_that_passed(partner):
    assert (watched_on(98), watched_on(98), watched_on(99), watched_on(100)) == (1, 0, 1, 0)


def test_after_the_last_day_the_partner_is_pending(partner):
    watched_on(100)
    assert status(partner) == "Verified"
    OutgoingMail.objects.all().delete()
    assert (watched_on(101), watched_on(101), watched_on(200)) == (1, 0, 0)
    assert status(partner) == "Pending"
    line = AuditLog.objects.get(action="EXPIRED_KYC")
    assert (line.actor, line.target_uid) == (None, partner.uid)
    assert line.details == {
        "types": ["PAN"],
        "before": {"verification_status": "Verified"},
        "after": {"verification_status": "Pending"},
    }
    assert OutgoingMail.objects.get().template == "document_expired"


def test_days_end_where_the_business_is(partner, settings):
    settings.EVENTIFY_TIME_ZONE = "Asia/Kolkata"
    last_evening = datetime(2026, 6, 9, 18, 29, tzinfo=ZoneInfo("UTC"))  # 23:59 there
    with time_machine.travel(last_evening, tick=False):
        assert kyc.derive(partner) == "Verified"
    with time_machine.travel(last_evening + timedelta(minutes=1), tick=False):
        assert kyc.derive(partner) == "Pending"


def test_nothing_is_paid_out_from_the_moment_it_expires_watched_or_not(partner):
    with time_machine.travel(day(-1)):
        bank.set_account(partner, holder="P", number="123456789", routing_code="HDFC0000001", country="IN", by=None)
    with time_machine.travel(day(100)):
        assert bank.is_payable(partner)
    with time_machine.travel(day(101)):
        assert bank.why_not_payable(partner) == "Its papers are not verified."
        assert not bank.with_payable(Partner.objects.filter(pk=partner.pk)).get().is_payable


def test_a_newer_document_ends_the_reminders_of_the_older(partner):
    staff = SuperAdminFactory()
    with time_machine.travel(day(80), tick=False):
        newer = uploaded(partner, T.PAN)
        kyc.review(newer, verdict="Verified", expires_on=day(500).date(), by=staff)
    OutgoingMail.objects.all().delete()
    assert [watched_on(days) for days in (93, 99, 101)] == [0, 0, 0]
    assert status(partner) == "Verified"
    assert watched_on(470) == 1


def test_a_new_last_day_is_reminded_of_again(partner):
    assert watched_on(70) == 1
    document = partner.documents.get(type=T.PAN)
    staff = SuperAdminFactory()
    with time_machine.travel(day(71), tick=False):
        kyc.review(document, verdict="Rejected", reason="x", by=staff, again=True)
        kyc.review(document, verdict="Verified", reason="y", expires_on=day(100).date(), by=staff, again=True)
    assert watched_on(72) == 1


def test_two_workers_remind_once(partner):
    with time_machine.travel(day(93), tick=False):
        assert sum(good(race(*[expiry.watch] * 4))) == 1
    assert OutgoingMail.objects.count() == 1


def test_control_without_the_lock_they_remind_twice(partner, monkeypatch):
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, expiry, "is_due", 4)
    key = Document.objects.get(type=T.PAN).pk
    with time_machine.travel(day(93), tick=False):
        race(*[partial(expiry._remind, key)] * 4)
    assert OutgoingMail.objects.count() > 1


def test_two_workers_take_the_verification_once(partner):
    with time_machine.travel(day(101), tick=False):
        assert len(good(race(*[expiry.take_back] * 4))) == 4
    assert AuditLog.objects.filter(action="EXPIRED_KYC").count() == 1
