"""Reading bodies: fields that refuse wrong types, and bodies that refuse what they do not know."""

import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from threading import get_ident
from urllib.parse import urlsplit

from django.utils.text import format_lazy
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ParseError, ValidationError

from bookings.ticket_types import PRICE_MAX

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
_NAME_SHOWN = 60  # characters of an unknown field's name that are quoted
_BLANK = re.compile(r"[\s\x00-\x1f\x7f]")


class Body(serializers.Serializer):
    """A JSON object. Fields of the answer that cannot be written (`ignored`) may come back; others are refused."""

    ignored: frozenset[str] = frozenset()

    def to_internal_value(self, data):
        errors = {}
        if isinstance(data, Mapping):
            unknown = sorted(data.keys() - self.fields.keys() - self.ignored)
            errors = {name[:_NAME_SHOWN]: [_("This field is not known here.")] for name in unknown}
        try:
            values = super().to_internal_value(data)
        except ValidationError as refusal:
            raise ValidationError({**errors, **refusal.detail}) from None
        if errors:
            raise ValidationError(errors)
        return values


def read(request, body: type[Body], **options) -> dict:
    """The request's body, checked by `body`. ParseError for JSON that is no object, ValidationError for bad fields."""
    if not isinstance(request.data, Mapping):
        raise ParseError(_("Send a JSON object."))
    if options:
        checked = body(data=request.data, **options)
        checked.is_valid(raise_exception=True)
        return checked.validated_data
    return judge_of(body).run_validation(request.data)


def judge_of(body: type[serializers.Serializer]) -> serializers.Serializer:
    """One for many requests: without options it keeps nothing of what it judges, and making one copies its fields.

    REST framework's fields word a sentence once, and not for two threads at a time.
    """
    return _judge(body, get_language(), get_ident())


@lru_cache(maxsize=1000)
def _judge(body: type[serializers.Serializer], language: str, thread: int) -> serializers.Serializer:
    return body()


class Text(serializers.CharField):
    """A string, and nothing that could be made one."""

    def to_internal_value(self, data):
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Secret(Text):
    """A password: blanks count."""

    def __init__(self, **options):
        super().__init__(trim_whitespace=False, max_length=256, **options)


class Link(Text):
    """An http(s) address or a path of the client's own site; null is none."""

    default_error_messages = {"link": gettext_lazy("Use an http or https address.")}

    def __init__(self, **options):
        super().__init__(max_length=500, **{"allow_null": True, "allow_blank": True, "required": False, **options})

    def to_internal_value(self, data):
        address = super().to_internal_value(data)
        if _BLANK.search(address) or not _is_web_address(address):
            self.fail("link")
        return address


def _is_web_address(address: str) -> bool:
    try:
        return urlsplit(address).scheme in ("", "http", "https")
    except ValueError:
        return False


class Uid(serializers.UUIDField):
    """The id of a row: a UUID as a string."""

    default_error_messages = {"invalid": gettext_lazy("This is not an id.")}

    def to_internal_value(self, data):
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Choice(serializers.ChoiceField):
    """One of some words."""

    def __init__(self, words, **options):
        sentence = format_lazy(gettext_lazy("Choose one of: {words}."), words=", ".join(words))
        super().__init__(choices=list(words), error_messages={"invalid_choice": sentence}, **options)


class Moment(serializers.DateTimeField):
    """ISO 8601; without an offset it is UTC. From 1970 to 2199, so that every calendar can show it."""

    default_error_messages = {"range": gettext_lazy("Use a moment between the years 1970 and 2199.")}

    def to_internal_value(self, data):
        moment = super().to_internal_value(data)
        if not EARLIEST <= moment < LATEST:
            self.fail("range")
        return moment


class Price(serializers.DecimalField):
    """An amount of money, not negative, with at most two decimal places."""

    def __init__(self, **options):
        super().__init__(max_digits=12, decimal_places=2, min_value=Decimal(0), max_value=PRICE_MAX, **options)


def uid_of(text: str) -> uuid.UUID | None:
    """The UUID that a piece of a path spells, or None."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
