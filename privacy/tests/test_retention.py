"""Nothing is kept longer than the settings say, nothing goes sooner, and what is money never goes."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from io import StringIO
from types import SimpleNamespace

import pytest
from django.contrib.sessions.models import Session as BrowserSession
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from accounts.factories import UserFactory
from accounts.mail import MOST_ATTEMPTS
from accounts.models import Notification, OutgoingMail, Session
from accounts.tests.racing import race
from analytics import fsck
from analytics.models import Export
from bookings.models import Booking, Device, Order, Payment, Ticket, WaitingRoom, WebhookDelivery
from bookings.tests.scenes import buy, scene
from crew.factories import PersonFactory
from crew.models import Person
from eventify.environment import KEEP_DAYS
from eventify.lib import orphans
from eventify.lib.personal import DELETED, Kind
from events.factories import EventFactory
from events.models import Event
from integrations.models import Delivery, Endpoint, Fact
from partners.factories import PartnerFactory
from partners.models import Invitation
from privacy import catalogue, retention, tasks
from privacy.models import Copy
from privacy.tests import lives

pytestmark = pytest.mark.django_db
NOW = timezone.now()
# The rows of these are the books: no kind deletes them, and of their columns only names may go.
MONEY = {"Order", "Booking", "Ticket", "Payment", "Refund", "Invoice", "InvoiceSeries", "Transfer", "Entry", "Balance"}
MONEY |= {"Payout", "PayoutBatch", "BankAccount", "AuditLog", "Scan"}
NAMES = {"buyer_name", "buyer_email", "buyer_phone", "company", "company_address", "company_tax_number"}
NAMES |= {"attendee_name", "attendee_email", "attendees"}


@pytest.fixture(autouse=True)
def crew_goes(settings):
    settings.EVENTIFY_KEEP_DAYS = {**KEEP_DAYS, "crew": 10}


@pytest.fixture(autouse=True)
def now(monkeypatch):
    monkeypatch.setattr(retention, "timezone", SimpleNamespace(now=lambda: NOW))


def ended(at: datetime, **fields) -> Event:
    return EventFactory(starts_at=at - timedelta(hours=3), ends_at=at, **fields)


def _mail(at):
    row = OutgoingMail.objects.create(to="a@example.com", template="tickets")
    OutgoingMail.objects.filter(pk=row.pk).update(sent_at=at, created_at=at)
    return row


def _mail_given_up(at):
    row = OutgoingMail.objects.create(to="a@example.com", template="tickets", attempts=MOST_ATTEMPTS)
    OutgoingMail.objects.filter(pk=row.pk).update(next_attempt_at=at)
    return row


def _notification(at):
    row = Notification.objects.create(recipient=UserFactory(), title="Hello")
    Notification.objects.filter(pk=row.pk).update(created_at=at)
    return row


def _session(at):
    return Session.objects.create(user=UserFactory(), ended_at=at)


def _browser_session(at):
    return BrowserSession.objects.create(session_key=f"{at.timestamp():.0f}", session_data="", expire_date=at)


def _cart(at):
    order = buy(UserFactory(), scene(price=5)[1])
    Order.objects.filter(pk=order.pk).update(status="cancelled", cancelled_at=at, buyer_name="A", company="B")
    return order


def _ticket(at):
    order = buy(UserFactory(), scene()[1])
    order.tickets.update(attendee_name="A", attendee_email="a@example.com")
    Event.objects.filter(tickets__order=order).update(starts_at=at, ends_at=at)
    return order.tickets.get()


def _booking(at):
    order = buy(UserFactory(), scene()[1])
    Booking.objects.filter(order=order).update(attendees=[{"name": "A"}])
    Event.objects.filter(bookings__order=order).update(starts_at=at, ends_at=at)
    return order.bookings.get()


def _message(at):
    row = WebhookDelivery.objects.create(
        provider="sandbox", delivery_id=f"{at}", body={"payment": "1"}, raw_body=b"who paid", processed_at=at
    )
    WebhookDelivery.objects.filter(pk=row.pk).update(received_at=at)
    return row


def _device(at):
    return Device.objects.create(
        event=ended(at), name="A's phone", enrolled_by=UserFactory(), enrolment_hash=f"{at}", enrolment_expires_at=at,
        token_hash="t", readiness={"camera": True},
    )  # fmt: skip


def _invitation(at):
    partner = PartnerFactory()
    return Invitation.objects.create(partner=partner, email="a@example.com", token_hash=f"{at}", expires_at=at)


def _person(at):
    return PersonFactory(event=ended(at), name="A", email="a@example.com", phone="1", notes="n")


def _copy(at):
    user = UserFactory()
    copy = Copy(user=user, requested_by=user, sent_to=user.email, made_at=at)
    copy.file.save("", ContentFile(b"zip"))
    return copy


def _copy_never_made(at):
    user = UserFactory()
    copy = Copy.objects.create(user=user, requested_by=user, sent_to=user.email)
    Copy.objects.filter(pk=copy.pk).update(created_at=at)
    return copy


def _fact(at):
    return Fact.objects.create(partner=PartnerFactory(), kind="order.paid", position=1, numbered_at=at)


def _delivery(at):
    endpoint = Endpoint.objects.create(partner=PartnerFactory(), url="https://a.example/", secret=b"")
    about = {"kind": "webhook.test", "status": "delivered", "next_attempt_at": at, "give_up_at": at}
    row = Delivery.objects.create(endpoint=endpoint, **about)
    Delivery.objects.filter(pk=row.pk).update(created_at=at)
    return row


def _room_entry(at):
    """The admission of somebody to an event that is over, who came by their account."""
    about = {"opens_at": at, "draw_at": at, "max_inside": 1, "minutes": 1, "sealed_seed": b""}
    room = WaitingRoom.objects.create(event=ended(at), **about)
    return room.entries.create(user=UserFactory(), holder="user 1", is_early=True)


def _report(at):
    return Export.objects.create(user=UserFactory(), report="orders", form="csv", state="expired", ended_at=at)


MAKERS = {
    "mails that were sent": _mail,
    "mails that were given up": _mail_given_up,
    "notifications": _notification,
    "log-ins that have ended": _session,
    "browser sessions that have expired": _browser_session,
    "invitations that nobody accepted": _invitation,
    "names on orders that were never paid": _cart,
    "names on tickets": _ticket,
    "names on bookings": _booking,
    "messages of payment providers as they came": _message,
    "what phones at the door said of themselves": _device,
    "whose place in a waiting room was whose": _room_entry,
    "people of crews": _person,
    "copies of people's data": _copy,
    "copies that could not be made": _copy_never_made,
    "reports whose file is gone": _report,
    "facts of the feed": _fact,
    "deliveries to webhook endpoints": _delivery,
}
KINDS = {kind.what: kind for kind in catalogue.KINDS}


def stands(kind: Kind, row) -> bool:
    """Whether the row is there as it was."""
    found = type(row)._base_manager.filter(pk=row.pk).first()
    if found is None or kind.becomes == DELETED:
        return found is not None
    values = {name: getattr(found, name) for name in kind.becomes}
    return {name: bytes(v) if isinstance(v, memoryview) else v for name, v in values.items()} != kind.becomes


def test_each_kind_has_a_row_here():
    assert set(MAKERS) == set(KINDS)
    assert {kind.setting for kind in catalogue.KINDS} == set(KEEP_DAYS)


@pytest.mark.parametrize("what", MAKERS)
def test_just_outside_the_limit_it_goes_and_just_inside_it_stays(what, settings):
    kind = KINDS[what]
    limit = NOW - timedelta(days=settings.EVENTIFY_KEEP_DAYS[kind.setting])
    old, young = MAKERS[what](limit - timedelta(seconds=2)), MAKERS[what](limit + timedelta(seconds=2))
    assert {one.kind.what: one.rows for one in retention.due() if one.rows} == {what: 1}
    assert (stands(kind, old), stands(kind, young)) == (True, True)  # looking changes nothing
    assert tasks.retain() == 1
    assert (stands(kind, old), stands(kind, young)) == (False, True)
    assert tasks.retain() == 0


@pytest.mark.parametrize("what", MAKERS)
def test_0_days_is_for_ever(what, settings):
    settings.EVENTIFY_KEEP_DAYS = dict.fromkeys(KEEP_DAYS, 0)
    row = MAKERS[what](NOW - timedelta(days=9999))
    assert tasks.retain() == 0 and stands(KINDS[what], row)


def test_the_file_of_a_copy_goes_with_it():
    copy = _copy(NOW - timedelta(days=8))
    assert copy.file.storage.exists(copy.file.name)
    tasks.retain()
    assert not copy.file.storage.exists(copy.file.name)


def test_a_file_that_no_row_knows_goes_after_a_day(monkeypatch):
    copy = _copy(NOW)
    storage = copy.file.storage
    storage.save("copies/lost.zip", ContentFile(b"zip"))
    assert tasks.retain() == 0 and storage.exists("copies/lost.zip")
    monkeypatch.setattr(orphans, "timezone", SimpleNamespace(now=lambda: NOW + timedelta(days=2)))
    assert tasks.retain() == 1
    assert (storage.exists("copies/lost.zip"), storage.exists(copy.file.name)) == (False, True)


def test_money_is_in_no_kind():
    for kind in catalogue.KINDS:
        model = kind.rows(NOW).model.__name__
        if model in MONEY:
            assert isinstance(kind.becomes, Mapping) and set(kind.becomes) <= NAMES, kind.what
    assert not {model for model in MONEY if model in ("Payment", "Refund", "Invoice", "Entry")} & {
        kind.rows(NOW).model.__name__ for kind in catalogue.KINDS
    }


def test_the_books_are_the_same_after_years(monkeypatch):
    lives.a_life()
    assert not [result.check for result in fsck.look() if result.breaches]
    before = lives.books()
    monkeypatch.setattr(retention, "timezone", SimpleNamespace(now=lambda: NOW + timedelta(days=9999)))
    assert tasks.retain() > 0
    assert lives.books() == before
    found = {result.check for result in fsck.look() if result.breaches}
    assert found == set()
    assert not Person.objects.exclude(name="(erased)").exists()


def test_an_order_with_money_keeps_its_names_though_it_was_cancelled():
    order = _cart(NOW - timedelta(days=99))
    Payment.objects.filter(order=order).update(status="paid")  # too late, so it went back
    assert tasks.retain() == 0 and Order.objects.get(pk=order.pk).buyer_name == "A"


def test_what_is_still_to_be_processed_stays():
    message = _message(NOW - timedelta(days=999))
    WebhookDelivery.objects.update(processed_at=None)
    assert tasks.retain() == 0 and stands(KINDS["messages of payment providers as they came"], message)


def test_many_rows_go_a_batch_at_a_time(monkeypatch):
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    monkeypatch.setattr(retention, "MOST", 2)
    for _number in range(5):
        _mail(NOW - timedelta(days=100))
    assert tasks.retain() == 4  # a run has an end
    assert tasks.retain() == 1


def test_the_command_shows_what_would_go_and_changes_nothing():
    _mail(NOW - timedelta(days=100))
    out = StringIO()
    call_command("retention", "--dry-run", stdout=out)
    assert "mails that were sent" in out.getvalue() and "1 would go" in out.getvalue()
    assert OutgoingMail.objects.count() == 1
    call_command("retention", stdout=out)
    assert "1 gone" in out.getvalue() and not OutgoingMail.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_row_that_somebody_holds_is_left_for_the_next_run():
    held, free = _mail(NOW - timedelta(days=100)), _mail(NOW - timedelta(days=101))

    def run():
        return sum(retention.apply())

    with transaction.atomic():
        list(OutgoingMail.objects.select_for_update().filter(pk=held.pk))
        assert race(run) == [1]
    assert list(OutgoingMail.objects.values_list("pk", flat=True)) == [held.pk]
    assert (run(), free.pk in OutgoingMail.objects.values_list("pk", flat=True)) == (1, False)


INDEXES = {
    "mails that were sent": "mail_sent",
    "mails that were given up": "mail_due",
    "notifications": "notification_oldest",
    "log-ins that have ended": "session_ended",
    "browser sessions that have expired": "django_session_expire_date",
    "names on orders that were never paid": "order_named_unpaid",
    "names on tickets": "ticket_named",
    "names on bookings": "booking_named",
    "messages of payment providers as they came": "webhook_by_moment",
    "copies of people's data": "copy_old",
}


@pytest.mark.parametrize("what", INDEXES)
def test_large_tables_are_not_read_whole(what):
    """With sequential scans made dear, as in a large table they are, the plan is the index that is meant."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
    kind = KINDS[what]
    plan = kind.rows(NOW).order_by(kind.by).values_list("pk")[: retention.AT_ONCE].explain()
    assert INDEXES[what] in plan, plan


def test_tickets_are_told_apart_by_their_event(now):
    young = _ticket(NOW + timedelta(days=1))
    assert tasks.retain() == 0 and Ticket.objects.get(pk=young.pk).attendee_name == "A"
