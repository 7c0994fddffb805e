"""Amounts, numbers and days by language; phone numbers and addresses by country."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from eventify.lib import addresses, currencies, dates, phones
from eventify.lib.desk import say
from events.models import Event
from events.templatetags.say import address, money
from partners import countries

MOMENT = datetime(2026, 9, 4, 19, 30, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))


@pytest.mark.parametrize(
    ("language", "amount", "currency", "exact", "price"),
    [
        ("en", "1234567", "INR", "₹1,234,567.00", "₹1,234,567"),
        ("hi", "1234567", "INR", "₹12,34,567.00", "₹12,34,567"),
        ("hi", "999.5", "INR", "₹999.50", "₹999.50"),
        ("hi", "100000", "USD", "$1,00,000.00", "$1,00,000"),
        ("nl", "1234567", "EUR", "€ 1.234.567,00", "€ 1.234.567"),
        ("nl", "-99.5", "EUR", "−€ 99,50", "−€ 99,50"),
        ("nl", "10", "CHF", "CHF 10,00", "CHF 10"),
        ("vi", "1234567", "VND", "1.234.567 ₫", "1.234.567 ₫"),
        ("vi", "-99.5", "EUR", "−99,50 €", "−99,50 €"),
        ("vi", "0.5", "VND", "0,50 ₫", "0,50 ₫"),
        ("vi", "10", "CHF", "10,00 CHF", "10 CHF"),
        ("en", "1.5", "KWD", "KWD 1.500", "KWD 1.500"),
        ("en", "2", "KWD", "KWD 2.000", "KWD 2"),
        ("en-gb", "1200", "GBP", "£1,200.00", "£1,200"),
    ],
)
def test_amounts_are_written_as_in_the_language(language, amount, currency, exact, price):
    with translation.override(language):
        said = (currencies.exact(Decimal(amount), currency), money(Decimal(amount), currency))
    assert tuple(one.replace("\N{NO-BREAK SPACE}", " ") for one in said) == (exact, price)


@pytest.mark.parametrize(
    ("language", "said"), [("en", "1,234,567"), ("hi", "12,34,567"), ("nl", "1.234.567"), ("vi", "1.234.567")]
)
def test_numbers_are_grouped_as_in_the_language(language, said):
    with translation.override(language):
        assert say.plain_number(1234567) == said


@pytest.mark.parametrize(
    ("language", "short", "long"),
    [
        ("en", "Fri 4 Sep 2026, 19:30 UTC+7", "Friday 4 September"),
        ("hi", "शुक्र, 4 सितंबर 2026, 19:30 UTC+7", "शुक्रवार, 4 सितंबर"),
        ("nl", "vr 4 sep 2026, 19:30 UTC+7", "vrijdag 4 september"),
        ("vi", "Thứ 6, 4 tháng 9, 2026, 19:30 UTC+7", "Thứ 6, 4 tháng 9"),
    ],
)
def test_days_are_written_as_in_the_language(language, short, long):
    with translation.override(language):
        assert (dates.full_moment(MOMENT), dates.date_format(date(2026, 9, 4), "l j F")) == (short, long)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("+919876543210", "+91 98765 43210"),
        ("+31612345678", "+31 6 12345678"),
        ("+84912345678", "+84 912 345 678"),
        ("+442079460958", "+44 20 7946 0958"),
        ("+9991234567", "+9991234567"),
        ("", ""),
    ],
)
def test_phone_numbers_are_in_the_groups_of_their_country(number, said):
    assert phones.shown(number) == said


@pytest.mark.parametrize(
    ("country", "place", "lines"),
    [
        ("IN", ("Mumbai", "Mumbai Suburban", "Maharashtra", "400050"), ["Mumbai 400050", "Maharashtra"]),
        ("NL", ("Amsterdam", "", "Noord-Holland", "1012 AB"), ["1012 AB Amsterdam"]),
        (
            "VN",
            ("Hồ Chí Minh City", "District 1", "Hồ Chí Minh City", "700000"),
            ["District 1, Hồ Chí Minh City 700000"],
        ),
        ("VN", ("Hà Nội", "", "", ""), ["Hà Nội"]),
        ("US", ("Austin", "Travis", "TX", "78701"), ["Austin, TX 78701"]),
        ("US", ("Austin", "", "", "78701"), ["Austin, 78701"]),
        ("GB", ("London", "", "", "SW1A 1AA"), ["London", "SW1A 1AA"]),
        ("BR", ("Recife", "", "PE", "50030-230"), ["Recife-PE", "50030-230"]),
        ("", ("Somewhere", "", "", "1"), ["Somewhere 1"]),
        ("NL", ("", "", "", ""), []),
    ],
)
def test_addresses_are_laid_out_as_in_the_country(country, place, lines):
    city, district, state, postcode = place
    assert addresses.lines(country, city=city, district=district, state=state, postcode=postcode) == lines


@pytest.mark.parametrize("language", ["en", "hi", "nl", "vi"])
@pytest.mark.parametrize(("written", "code"), [("India", "IN"), (" india ", "IN"), ("NL", "NL"), ("Atlantis", "")])
def test_a_country_is_known_by_its_english_name_or_its_code(language, written, code):
    with translation.override(language):
        assert countries.code_of(written) == code


@pytest.mark.parametrize(
    ("values", "lines"),
    [
        ({"venue_name": "Royal Opera House", "place": "Mumbai"}, ["Royal Opera House", "Mumbai"]),
        ({"venue_name": "Royal Opera House", "place": "Mumbai", "pincode": "400004", "country": "India"},
         ["Royal Opera House", "Mumbai 400004"]),
        ({"location": "Charni Road 1, Mumbai", "place": "Mumbai", "pincode": "400004", "state_name": "Maharashtra"},
         ["Charni Road 1", "Mumbai 400004", "Maharashtra"]),
        ({"location": "Charni Road 1, Mumbai", "place": "Mumbai"}, ["Charni Road 1, Mumbai"]),
        ({"location": "In the park", "venue_name": "Park"}, ["Park", "In the park"]),
        ({"location": "Park, north side", "venue_name": "Park"}, ["Park, north side"]),
        ({}, []),
    ],
)  # fmt: skip
def test_the_address_of_an_event_says_nothing_twice(values, lines):
    assert address(Event(**values)) == lines
