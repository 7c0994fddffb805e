"""Values as the reader's language or their own country writes them, for templates of staff and of everybody."""

from datetime import date, time

from django import template

from eventify.lib import phones
from eventify.lib.dates import date_format

register = template.Library()


@register.filter(expects_localtime=True)
def written(value: date | time, form: str) -> str:
    """Django's `date` with a form of English, in the order and with the commas of the reader's language."""
    return date_format(value, form)


@register.filter
def phone(number: str) -> str:
    """`+91 98765 43210`: a number in the groups of its country."""
    return phones.shown(number)
