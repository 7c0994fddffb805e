"""Reports that come by themselves: when, of which days, what the mail says, and the end when the right is gone."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from accounts import letters
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import OutgoingMail, User
from accounts.tests.coming_in import log_in
from analytics import tasks
from analytics.models import Export, Subscription
from analytics.reports import schedules
from bookings.tests.scenes import buy, pay, scene
from eventify.lib.errors import Conflict, Forbidden, Invalid
from partners import members
from partners.models import Member

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
WHEN = [
    # every, hour, zone, after, the moment in UTC
    ("day", 7, "UTC", "2026-11-22T06:59", "2026-11-22T07:00"),
    ("day", 7, "UTC", "2026-11-22T07:00", "2026-11-23T07:00"),
    ("day", 7, "Asia/Kolkata", "2026-11-22T02:00", "2026-11-23T01:30"),
    ("week", 0, "America/New_York", "2026-11-22T12:00", "2026-11-23T05:00"),
    ("month", 23, "Asia/Ho_Chi_Minh", "2026-11-22T12:00", "2026-12-01T16:00"),
    ("day", 2, "Europe/Amsterdam", "2027-03-27T12:00", "2027-03-28T01:00"),  # the hour that the clocks skip
    ("day", 2, "Europe/Amsterdam", "2026-10-24T12:00", "2026-10-25T00:00"),  # the hour that comes twice
    ("day", 2, "Europe/Amsterdam", "2026-10-25T00:30", "2026-10-26T01:00"),
]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("every", "hour", "zone", "after", "then"), WHEN)
def test_when_it_comes(every, hour, zone, after, then):
    found = schedules.next_moment(Subscription(every=every, hour=hour, time_zone=zone), moment(after))
    assert found == moment(then)


PERIODS = [
    ("day", "orders", (date(2026, 11, 22), date(2026, 11, 22))),
    ("week", "orders", (date(2026, 11, 16), date(2026, 11, 22))),
    ("month", "ledger", (date(2026, 10, 24), date(2026, 11, 22))),
    ("week", "attendees", (None, None)),
]


@pytest.mark.parametrize(("every", "report", "days"), PERIODS)
def test_of_which_days_it_tells(every, report, days):
    asked = Subscription(every=every, report=report, time_zone="UTC")
    assert schedules.period(asked, MONDAY + timedelta(hours=7)) == days


def test_the_month_that_is_over_is_told_whole():
    asked = Subscription(every="month", report="orders", time_zone="UTC")
    first_of_march = datetime(2027, 3, 1, 7, tzinfo=UTC)
    assert schedules.period(asked, first_of_march) == (date(2027, 2, 1), date(2027, 2, 28))


def subscribed(user, report="orders", **about) -> Subscription:
    return schedules.subscribe(Subscription(user=user, report=report, form="csv", every="day", hour=7, **about))


def is_due(*subscriptions: Subscription) -> None:
    Subscription.objects.filter(pk__in=[one.pk for one in subscriptions]).update(next_at=timezone.now())


@pytest.fixture
def sale():
    """A member of a partner, and the event where somebody bought."""
    event, kind = scene(price=7, name="Blue Night", timezone="Asia/Kolkata")
    user = UserFactory(full_name="Mel Member")
    members.add(event.partner, user, Member.Role.MEMBER, by=None)
    pay(buy(UserFactory(full_name="Wombat Secret"), kind))
    return user, event


def test_the_mail_leads_to_the_file_and_holds_none_of_it(sale, client):
    user, event = sale
    subscription = subscribed(user, "attendees", event=event)
    assert subscription.time_zone == "Asia/Kolkata"
    is_due(subscription)
    assert tasks.make_due_reports() == 1 == tasks.make_exports()
    mail = letters.compose(OutgoingMail.objects.get(template="report_ready"))
    export = Export.objects.get()
    assert f"/command-center/exports/{export.uid}/" in mail.body and "Blue Night" in mail.subject
    assert "Wombat" not in mail.body and not mail.attachments and mail.to == [user.email]
    path = f"/command-center/exports/{export.uid}/file/"
    assert client.get(path)["Location"].startswith("/login/")
    assert b"Wombat Secret" in log_in(client, user).get(path).getvalue()


def test_who_has_lost_the_right_is_told_and_gets_no_more(sale):
    user, event = sale
    User.objects.filter(pk=user.pk).update(language="nl")
    is_due(subscribed(user, event=event))
    members.remove(Member.objects.get(user=user), by=None)
    assert tasks.make_due_reports() == 0
    assert not Subscription.objects.exists() and not Export.objects.exists()
    mail = letters.compose(OutgoingMail.objects.get(template="report_ended"))
    assert mail.to == [user.email] and 'rapport "Bestellingen" van Blue Night' in mail.body  # all of it in Dutch
    assert tasks.make_due_reports() == 0


def test_one_that_ended_stops_no_other(sale):
    user, event = sale
    is_due(subscribed(user, event=event), subscribed(SuperAdminFactory(), event=event))
    members.remove(Member.objects.get(user=user), by=None)
    assert tasks.make_due_reports() == 1
    assert Subscription.objects.count() == 1


def test_asking_twice_is_asking_once_and_there_is_an_end(sale, monkeypatch):
    user, event = sale
    assert subscribed(user, event=event) == subscribed(user, event=event)
    monkeypatch.setattr(schedules, "MOST", 1)
    with pytest.raises(Conflict):
        subscribed(user, "attendees", event=event)
    with pytest.raises(Forbidden):
        subscribed(user, "ledger", event=event)
    with pytest.raises(Invalid):
        schedules.subscribe(Subscription(user=user, report="orders", form="csv", every="day", hour=24, event=event))
    with pytest.raises(Forbidden):
        schedules.unsubscribe(Subscription.objects.get(), by=SuperAdminFactory())
    schedules.unsubscribe(Subscription.objects.get(), by=user)
    assert not Subscription.objects.exists()
