"""Dates as the language writes them."""

from datetime import date, datetime, time

from django.utils import formats
from django.utils.translation import get_language

CAPITALS = ("en",)  # the languages that write a month with a capital


def date_format(value: date | time, form: str) -> str:
    """Django's `date_format`, where "M" has a capital in English alone: `Sat 21 Nov`, but `za 21 nov`."""
    language = (get_language() or CAPITALS[0]).partition("-")[0]
    return formats.date_format(value, form if language in CAPITALS else form.replace("M", "b"))


def zone_of(there: datetime) -> str:
    """The zone of a moment: `IST`, or `UTC+7` where it has no letters."""
    name = there.tzname() or ""
    return f"UTC{name[0]}{name[1:].lstrip('0')}" if name.startswith(("+", "-")) else name


def full_moment(there: datetime) -> str:
    """`Fri 12 Jun 2026, 19:30 IST`, in the zone that the moment has: for what is read at any time and anywhere."""
    return f"{date_format(there, 'D j M Y, H:i')} {zone_of(there)}"
