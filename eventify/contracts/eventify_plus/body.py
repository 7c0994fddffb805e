"""Reading the JSON body: every wrong type is a 400 that says what to send."""

import datetime
import re

from eventify.lib.errors import DomainError

BIGINT_MAX = 2**63 - 1
_WHOLE = re.compile(r"[0-9]{1,100}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SHOWN = 40  # characters of a caller's text that an answer repeats
MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)


class Malformed(DomainError):
    """The body cannot be used as it is (400)."""

    status = 400
    code = "malformed"


def read(request) -> dict:
    """The body, which must be a JSON object (none at all is an empty one)."""
    body = request.data
    if not isinstance(body, dict):
        raise Malformed("The body must be a JSON object.")
    return body


def check_known(body: dict, known: tuple[str, ...]) -> None:
    """Malformed when the body has a field that the endpoint does not know."""
    unknown = unknown_in(body, known)
    if unknown:
        raise Malformed(f"Unknown field: {', '.join(unknown)}.")


def unknown_in(body: dict, known: tuple[str, ...]) -> list[str]:
    """The names of unknown fields, sorted and shortened for an answer; at most ten."""
    return sorted(shown(name) for name in body.keys() - set(known))[:10]


def shown(text: str) -> str:
    """The caller's text, short enough to be repeated in an answer."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def whole_number(body: dict, name: str) -> int:
    """A required whole number, or a string of its digits. Malformed otherwise."""
    value = body.get(name)
    if value in (None, ""):
        raise Malformed(f"{name} is required")
    return _as_whole(value, name)


def _as_whole(value, name: str) -> int:
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Malformed(f"{name} must be an integer")
    return value


def row_id(body: dict, name: str) -> int | None:
    """A required id; None for a whole number that no row can have. Malformed otherwise."""
    number = whole_number(body, name)
    return number if 0 < number <= BIGINT_MAX else None


def pincode(body: dict) -> str:
    """The pincode to filter by; empty for all (none given, empty or "all")."""
    value = body.get("pincode")
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Malformed("pincode must be a string")
    value = value.strip()
    return "" if value.lower() == "all" else value


def month_and_year(body: dict) -> tuple[int, int]:
    """(year, month number) from a month's English name and a year. Malformed otherwise."""
    month, year = body.get("month"), body.get("year")
    if month in (None, "") or year in (None, ""):
        raise Malformed("month and year are required")
    number = _month_number(month)
    year = _as_whole(year, "year")
    if not datetime.MINYEAR <= year <= datetime.MAXYEAR:
        raise Malformed(f"year must be from {datetime.MINYEAR} to {datetime.MAXYEAR}")
    return year, number


def _month_number(month) -> int:
    if isinstance(month, str):
        for number, name in enumerate(MONTHS, start=1):
            if month.lower() in (name, name[:3]):
                return number
    if isinstance(month, str | int | float) and not isinstance(month, bool):
        raise Malformed(f"Invalid month name: {shown(str(month))}")
    raise Malformed("month must be a string, the name of a month")


def day(body: dict, name: str) -> datetime.date:
    """A required day as YYYY-MM-DD. Malformed otherwise."""
    value = body.get(name)
    if value in (None, ""):
        raise Malformed(f"{name} is required")
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            return datetime.date.fromisoformat(value)
    except ValueError:
        pass
    raise Malformed("Invalid date format. Expected YYYY-MM-DD")


def sentence_of(detail) -> str:
    """The first sentence of what REST framework puts into `detail`."""
    while isinstance(detail, dict | list):
        detail = next(iter(detail.values() if isinstance(detail, dict) else detail), "The request is malformed.")
    return str(detail)
