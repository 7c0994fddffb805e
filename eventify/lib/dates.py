"""Dates as the language writes them."""

from datetime import date, datetime, time

from django.utils import formats
from django.utils.translation import get_language

_MONTH = r"\t\h\á\n\g n"
# How a form of English is written in other languages; Django knows their words, not their order and commas.
_WRITTEN = {
    "hi": (("D j", "D, j"), ("l j", "l, j"), ("M", "F")),
    "nl": (("M", "b"),),
    "vi": (("D j", "D, j"), ("l j", "l, j"), ("j M", f"j {_MONTH}"), ("j F", f"j {_MONTH}"), ("n Y", "n, Y")),
}


def date_format(value: date | time, form: str) -> str:
    """Django's `date_format` of a form as English has it: `Sat 21 Nov`, `za 21 nov` of "D j M"."""
    for said, written in _WRITTEN.get((get_language() or "en").partition("-")[0], ()):
        form = form.replace(said, written)
    return formats.date_format(value, form)


def zone_of(there: datetime) -> str:
    """The zone of a moment: `IST`, or `UTC+7` where it has no letters."""
    name = there.tzname() or ""
    return f"UTC{name[0]}{name[1:].lstrip('0')}" if name.startswith(("+", "-")) else name


def full_moment(there: datetime) -> str:
    """`Fri 12 Jun 2026, 19:30 IST`, in the zone that the moment has: for what is read at any time and anywhere."""
    return f"{date_format(there, 'D j M Y, H:i')} {zone_of(there)}"
