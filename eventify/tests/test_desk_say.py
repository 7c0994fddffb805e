"""How values are said, and that templates hold no code."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import time_machine
from django.conf import settings as project

from eventify.lib import currencies
from eventify.lib.desk import say
from eventify.lib.desk.columns import Column, attribute
from eventify.lib.desk.words import WORDS, Word, spelled, word

TEMPLATES = Path(project.BASE_DIR) / "templates"
NOW = datetime(2026, 6, 12, 14, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("amount", "currency", "said"),
    [
        ("1200", "INR", "₹1,200.00"),
        ("-99.5", "EUR", "−€99.50"),
        ("0", "USD", "$0.00"),
        ("10", "CHF", "CHF 10.00"),
        ("-10", "CHF", "−CHF 10.00"),
        ("10", "", "10.00"),
        ("99999999999999.99", "INR", "₹99,999,999,999,999.99"),
    ],
)
def test_money_has_its_currency_and_two_places(amount, currency, said):
    assert currencies.exact(Decimal(amount), currency) == said


def test_money_below_zero_has_a_tone():
    assert say.money(Decimal("-1"), "INR") == '<span class="figures money below-zero">−₹1.00</span>'


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize(
    ("gap", "said"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(minutes=-5), "5\xa0minutes ago"),
        (timedelta(hours=2), "in 2\xa0hours"),
        (timedelta(days=-6), "6\xa0days ago"),
        (timedelta(days=-8), "4 Jun, 19:30"),
        (timedelta(days=-400), "8 May 2025, 19:30"),
    ],
)
def test_moments_near_now_are_said_relative_to_it(gap, said, settings):
    settings.EVENTIFY_TIME_ZONE = "Asia/Kolkata"
    assert f">{said}</time>" in say.relative(NOW + gap)


def test_a_moment_is_exact_in_its_title_and_in_the_zone_of_staff(settings):
    settings.EVENTIFY_TIME_ZONE = "Asia/Kolkata"
    assert 'title="Fri 12 Jun 2026, 19:30:00 IST"' in say.moment(NOW)
    assert 'datetime="2026-06-12T14:00:00+00:00"' in say.moment(NOW)
    settings.EVENTIFY_TIME_ZONE = "Asia/Ho_Chi_Minh"
    assert "UTC+07" in say.moment(NOW)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kolkata", "UTC"])
@pytest.mark.parametrize("day", [date.min, date(2026, 3, 29), date.max])
def test_every_day_has_a_start_and_an_end(settings, zone, day):
    settings.EVENTIFY_TIME_ZONE = zone
    assert say.day_starts_at(day) <= say.day_ends_at(day) or day == date.max


def test_words_are_looked_up_whatever_their_case():
    assert word("Active") == word("active") == WORDS["active"]
    assert word("Pending", {"Pending": Word("Waits")}).label == "Waits"
    assert word("pending_approval") == Word("Pending approval", "")
    assert say.pill("<b>") == '<span class="pill plain">&lt;b&gt;</span>'
    assert spelled("APPROVED_KYC") == "Approved KYC"
    assert spelled("KYC_EXPIRED") == "KYC expired"


def test_a_path_through_nothing_is_nothing():
    assert attribute(None, "a.b") is None
    assert attribute(date(2026, 1, 2), "isoformat") == "2026-01-02"
    assert Column("missing.name", "X").html(object()) == say.NOTHING


def test_long_texts_are_whole_in_their_title():
    assert say.text("x" * 31) == f'<span title="{"x" * 31}">{"x" * 31}</span>'
    assert say.text("  ") == say.NOTHING


def test_templates_have_no_inline_code():
    for path in (path for path in TEMPLATES.rglob("*.html") if "emails" not in path.parts):  # mail has no stylesheets
        text = re.sub(r"{%.*?%}", "", path.read_text())  # a tag's own arguments are no attributes
        assert not re.search(r"\sstyle=|\son[a-z]+=|<style|javascript:", text), path
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), path
