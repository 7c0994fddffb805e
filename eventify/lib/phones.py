"""Phone numbers as people read them."""

from functools import lru_cache

import phonenumbers


@lru_cache(maxsize=10_000)
def shown(number: str) -> str:
    """`+91 98765 43210`: an E.164 number in the groups of its country; as it is when no country has such numbers."""
    try:
        found = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    if not phonenumbers.is_possible_number(found):
        return number
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
