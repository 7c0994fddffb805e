"""Phone numbers, kept in E.164."""

import re

import phonenumbers
from django.conf import settings
from django.utils.translation import gettext as _

from eventify.lib.errors import Invalid

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def to_e164(text: str) -> str:
    """`+919876543210` for any usual spelling; without a country code it is one of EVENTIFY_PHONE_REGION.

    Any number of E.164's form is taken, also one that no country has (003's examples use such).
    Raises Invalid when it cannot be a phone number.
    """
    bare = re.sub(r"[\s().-]", "", text)
    if _E164.fullmatch(bare):
        return bare
    try:
        number = phonenumbers.parse(text, settings.EVENTIFY_PHONE_REGION)
    except phonenumbers.NumberParseException:
        number = None
    if number is not None and phonenumbers.is_possible_number(number):
        spelled = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        if _E164.fullmatch(spelled):  # the library thinks some longer than E.164's 15 digits possible
            return spelled
    raise Invalid.field("phone_number", _("Enter a valid phone number, for example +919876543210."))
