"""Reading JSON bodies so that no input can be a server error."""

import re

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

NUL = "\x00"
_SURROGATE = re.compile("[\ud800-\udfff]")


class StrictJSONParser(JSONParser):
    """DRF's JSON parser that also refuses bodies nested too deeply and texts that PostgreSQL cannot store.

    JSON is UTF-8 whatever charset the header names (some of Python's are no text encodings at all).
    """

    def parse(self, stream, media_type=None, parser_context=None):
        try:
            data = super().parse(stream, media_type, {**parser_context, "encoding": "utf-8"})
            if _has_unstorable_text(data):
                raise ParseError(_("A text contains a NUL or half a character. Remove it and send again."))
        except RecursionError:
            raise ParseError(_("The JSON is nested too deeply.")) from None
        return data


def _has_unstorable_text(value) -> bool:
    if isinstance(value, str):
        return NUL in value or _SURROGATE.search(value) is not None
    if isinstance(value, dict):
        return any(_has_unstorable_text(item) for pair in value.items() for item in pair)
    return isinstance(value, list) and any(_has_unstorable_text(item) for item in value)
