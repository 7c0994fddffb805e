"""Phone numbers of people whom we only want to be able to call: kept as they were typed, if they look like one."""

import re

from django.utils.translation import gettext as _

from accounts.phones import to_e164
from eventify.lib.errors import Invalid

MOST = 30  # characters
_INTERNATIONAL = re.compile(r"\+[0-9 .-]+")  # nothing in brackets or behind it, which E.164 has no place for
_LIKE = re.compile(r"\+?[0-9][0-9 ()./-]*(?:(?:x|ext\.?|#) ?[0-9]+)?|\([0-9][0-9 ()./-]*")
_LEAST_DIGITS = 3  # an extension of the house is a number, too


def clean(text: str, field: str = "phone") -> str:
    """The number: in E.164 where it is plainly international, else as typed, without needless blanks; "" for none.

    Invalid (at `field`) for what is no number, or longer than 30 characters.
    """
    text = " ".join(text.split())
    if _INTERNATIONAL.fullmatch(text):
        return _spelled(text, field)
    digits = sum(character.isdigit() for character in text)
    if text and (len(text) > MOST or digits < _LEAST_DIGITS or not _LIKE.fullmatch(text)):
        raise _refusal(field)
    return text


def _spelled(text: str, field: str) -> str:
    try:
        return to_e164(text)
    except Invalid:
        raise _refusal(field) from None


def _refusal(field: str) -> Invalid:
    return Invalid.field(field, _("Enter a phone number, for example +31 6 12345678."))
