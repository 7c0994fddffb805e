"""Mails that thousands get at once leave at a pace, and what somebody waits for goes before them."""

import time

import pytest

from accounts import mail
from accounts.models import OutgoingMail
from eventify.lib import later

pytestmark = pytest.mark.django_db(transaction=True)
MANY = "event_cancelled"


@pytest.fixture(autouse=True)
def two_a_second(settings, monkeypatch):
    settings.EVENTIFY_MAILS_PER_SECOND = 2
    for number in range(5):
        mail.queue(MANY, f"guest{number}@example.com", event="Jazz", reason="Rain", amounts="", orders=[])
    mail.queue("password_reset_unknown", "maya@example.com")
    monkeypatch.setattr(later, "_nudged", {})


def left() -> dict[str, int]:
    templates = list(OutgoingMail.objects.filter(sent_at=None).values_list("template", flat=True))
    return {name: templates.count(name) for name in set(templates)}


def test_two_leave_in_a_second_and_who_waits_comes_first(mailoutbox):
    assert mail.send_pending() == 3
    assert mailoutbox[0].to == ["maya@example.com"]
    assert [one.to for one in mailoutbox[1:]] == [["guest0@example.com"], ["guest1@example.com"]]
    assert "accounts.tasks.send_pending_mail" in later._nudged  # the others are not left to the sweep
    mail.queue("password_reset_unknown", "nia@example.com")
    assert mail.send_pending() == 1  # within the same second
    assert left() == {MANY: 3}
    assert sent_within(5) == {}


def sent_within(seconds: float) -> dict[str, int]:
    """What is left after so many seconds at most, asking often."""
    end = time.monotonic() + seconds
    while left() and time.monotonic() < end:
        mail.send_pending()
        time.sleep(0.1)
    return left()


def test_nothing_to_pace_calls_nobody_back():
    OutgoingMail.objects.all().delete()
    assert mail.send_pending() == 0
    assert later._nudged == {}


def test_zero_is_any_number(settings):
    settings.EVENTIFY_MAILS_PER_SECOND = 0
    assert mail.send_pending() == 6
