"""Reading JSON bodies so that no input can be a server error."""

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

NUL = "\x00"


class StrictJSONParser(JSONParser):
    """DRF's JSON parser that also refuses bodies nested too deeply and NUL characters (PostgreSQL has no such text)."""

    def parse(self, stream, media_type=None, parser_context=None):
        try:
            data = super().parse(stream, media_type, parser_context)
            if _has_nul(data):
                raise ParseError("A text contains a NUL character. Remove it and send again.")
        except RecursionError:
            raise ParseError("The JSON is nested too deeply.") from None
        return data


def _has_nul(value) -> bool:
    if isinstance(value, str):
        return NUL in value
    if isinstance(value, dict):
        return any(_has_nul(item) for pair in value.items() for item in pair)
    return isinstance(value, list) and any(_has_nul(item) for item in value)
