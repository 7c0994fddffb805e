"""Dates as the language writes them."""

from datetime import date, time

from django.utils import formats
from django.utils.translation import get_language

CAPITALS = ("en",)  # the languages that write a month with a capital


def date_format(value: date | time, form: str) -> str:
    """Django's `date_format`, where "M" has a capital in English alone: `Sat 21 Nov`, but `za 21 nov`."""
    language = (get_language() or CAPITALS[0]).partition("-")[0]
    return formats.date_format(value, form if language in CAPITALS else form.replace("M", "b"))
