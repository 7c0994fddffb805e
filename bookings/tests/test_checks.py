"""A production site is told when its payments are not real."""

import pytest
from django.core.checks import run_checks

from bookings import checks


def found() -> list[str]:
    return [one.id for one in run_checks() if one.id.startswith("bookings.")]


def test_the_demo_may_use_the_sandbox():
    assert found() == []


@pytest.mark.parametrize(
    ("is_open", "number", "sentence"),
    [
        (False, "bookings.W001", "Its payment page is closed here, so nobody can pay."),
        (True, "bookings.W002", "Anybody can say that they have paid: no real money is taken."),
    ],
)
def test_production_with_the_sandbox_is_warned(settings, is_open, number, sentence):
    settings.PRODUCTION, settings.EVENTIFY_SANDBOX_PAYMENTS = True, is_open
    assert found() == [number]
    (warning,) = checks.warnings()
    assert warning.msg == f"Payments are in sandbox mode. {sentence}"
    assert "EVENTIFY_PAYMENT_PROVIDER=stripe" in warning.hint


@pytest.mark.parametrize(("key", "numbers"), [("sk_live_1", []), ("sk_test_1", ["bookings.W003"])])
def test_production_with_a_key_for_tests_is_warned(settings, key, numbers):
    settings.PRODUCTION, settings.EVENTIFY_PAYMENT_PROVIDER, settings.STRIPE_SECRET_KEY = True, "stripe", key
    assert found() == numbers
