"""Reading what callers send: strict types, no unknown fields, sentences that name the field."""

from datetime import UTC, datetime, timedelta

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from eventify.contracts.fields import judge_of

NAME_MAX = 100  # characters of an unknown field's name that the answer repeats


class Text(serializers.CharField):
    """A JSON string; numbers are not texts."""

    def to_internal_value(self, data):
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Integer(serializers.IntegerField):
    """A JSON number without a fraction; true is not 1 and "1" is not 1."""

    def to_internal_value(self, data):
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return data


class Flag(serializers.BooleanField):
    """true or false."""

    def to_internal_value(self, data):
        if not isinstance(data, bool):
            raise ValidationError("Must be true or false.", code="invalid")
        return data


class Choice(serializers.Field):
    """One word of a few. The sentence names them and does not repeat what came."""

    def __init__(self, *words: str, **options):
        self.words = words
        super().__init__(**options)

    def to_internal_value(self, data):
        if not isinstance(data, str) or data not in self.words:
            raise ValidationError(f"Use one of: {', '.join(self.words)}.", code="invalid_choice")
        return data

    def to_representation(self, value):
        return value


class Moment(serializers.DateTimeField):
    """ISO 8601; without an offset it is UTC. Years 1900 to 9998, so that every time zone can show it."""

    EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(9998, 12, 31, tzinfo=UTC)

    def __init__(self, **options):
        super().__init__(default_timezone=UTC, **options)

    def to_internal_value(self, value):
        if not isinstance(value, str):
            raise ValidationError("Use a date and time such as 2030-01-01T19:00:00Z.", code="datetime_parsing")
        moment = super().to_internal_value(value)
        if not self.EARLIEST <= moment <= self.LATEST:
            raise ValidationError("Use a year from 1900 to 9998.", code="datetime_range")
        return moment


class LastMoment(Moment):
    """The end of a range: a day without a time means the whole of it."""

    def to_internal_value(self, value):
        moment = super().to_internal_value(value)
        is_day = isinstance(value, str) and len(value.strip()) == len("2030-01-01")
        return moment + timedelta(days=1, microseconds=-1) if is_day else moment


class Fields(serializers.Serializer):
    """A body. Fields that it does not have are refused by name."""

    def to_internal_value(self, data):
        if not isinstance(data, dict):
            raise ValidationError({"non_field_errors": ["Send a JSON object."]}, code="object")
        unknown = {str(name)[:NAME_MAX]: self._unknown(name) for name in data if name not in self.fields}
        try:
            values = super().to_internal_value(data)
        except ValidationError as error:
            raise ValidationError({**error.detail, **unknown}) from None
        if unknown:
            raise ValidationError(unknown)
        return values

    @staticmethod
    def _unknown(name: str) -> list:
        return ValidationError(f"Unknown field: {str(name)[:NAME_MAX]}.", code="unknown").detail


class Nothing(Fields):
    """The body of an endpoint that needs none."""


class Query(serializers.Serializer):
    """Query parameters; unknown ones are ignored."""


class Page(Query):
    """Which part of a bare array."""

    page = serializers.IntegerField(min_value=1, max_value=1_000_000_000, required=False)
    page_size = serializers.IntegerField(min_value=1, max_value=1000, required=False)


def checked(serializer: type[serializers.Serializer], data, *, where: str, **options) -> dict:
    """The checked values of the given fields only. ValidationError says in `where` they stood (body, query)."""
    try:
        if data is None:
            raise ValidationError("No data provided", code="null")
        return (serializer(**options) if options else judge_of(serializer)).run_validation(data)
    except ValidationError as error:
        error.where = where
        raise
