"""What the body of a registration or a log-in says, checked field by field."""

import re
from decimal import Decimal

from accounts.models import User
from eventify.contracts.eventify_plus.body import unknown_in
from eventify.contracts.eventify_plus.conventions import FieldErrors

REQUIRED = ("email", "phone_number", "password")
PLACE = ("pincode", "district", "state", "country", "place")
NAMES = ("username", "first_name", "last_name")
COORDINATES = {"latitude": 90, "longitude": 180}  # degrees either way
OTP_MAX = 32
NAME_MAX = 99  # two of them and a blank fit into a full name
_NUMBER = re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]{1,30})?")


def registration(body: dict) -> dict:
    """The arguments of accounts.signup.register. FieldErrors names every field that will not do."""
    errors = _unknown(body, (*REQUIRED, *NAMES, *PLACE, *COORDINATES))
    texts = {name: _text(body, name, errors, required=True) for name in REQUIRED}
    texts |= {name: _text(body, name, errors, most=_most(name)) for name in (*NAMES, *PLACE)}
    degrees = {name: _degrees(body.get(name), name, errors) for name in COORDINATES}
    if errors:
        raise FieldErrors(errors)
    full_name = f"{texts.pop('first_name').strip()} {texts.pop('last_name').strip()}".strip()
    return {"phone": texts.pop("phone_number"), "full_name": full_name, **texts, **degrees}


def credentials(body: dict) -> tuple[str, str, str]:
    """(username, password, code of the second step or "") of a log-in. FieldErrors names what is missing."""
    errors = _unknown(body, ("username", "password", "otp"))
    username, password = (_text(body, name, errors, required=True) for name in ("username", "password"))
    otp = _text(body, "otp", errors, most=OTP_MAX)
    if errors:
        raise FieldErrors(errors)
    return username, password, otp


def _unknown(body: dict, known: tuple[str, ...]) -> dict:
    return {name: ["Unknown field."] for name in unknown_in(body, known)}


def _most(name: str) -> int:
    return NAME_MAX if name in ("first_name", "last_name") else User._meta.get_field(name).max_length


def _text(body: dict, name: str, errors: dict, *, required=False, most: int | None = None) -> str:
    value = body.get(name)
    value = "" if value is None else value
    if not isinstance(value, str):
        errors[name] = ["Not a valid string."]
    elif required and not value.strip():
        errors[name] = ["This field may not be blank." if body.get(name) is not None else "This field is required."]
    elif most and len(value) > most:
        errors[name] = [f"Use at most {most} characters."]
    return value if isinstance(value, str) else ""


def _degrees(value, name: str, errors: dict) -> Decimal | None:
    if value in (None, ""):
        return None
    number = None
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        number = Decimal(value.strip())
    elif isinstance(value, int | float) and not isinstance(value, bool):
        number = Decimal(str(value))
    most = COORDINATES[name]
    if number is None or not -most <= number <= most:
        errors[name] = [f"Enter degrees from -{most} to {most}."]
        return None
    return round(number, 6)
