"""JSON Schema of what REST framework's serializers take: one row for each kind of field, the nearest class counts."""

from collections.abc import Callable
from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers
from rest_framework.fields import empty

from eventify.contracts.crewli import conventions as crewli
from eventify.contracts.crewli.events import Unwritten
from eventify.contracts.crewli.locations import Degrees
from eventify.contracts.evently import booking
from eventify.contracts.evently import fields as evently
from eventify.contracts.kinds import DAY, MOMENT, UID, ULID_OR_UUID

# what a field of this name is like, where nothing else says it
EXAMPLES: dict[str, Any] = {
    "address": "Gate South, Green Hill", "avatar_url": "https://example.com/asha.jpg", "category": "Music",
    "city": "Pune", "code": "HYTM5YNPHL2GKLEPG4TKBTHLKE", "color": "#16a34a", "contact_email": "ann@bluehall.example",
    "contact_name": "Ann Lee", "contact_phone": "+31201234567", "content": "<p>Bring a lamp.</p>", "currency": "INR",
    "description": "Lamps on the river.", "email": "ann@bluehall.example", "full_name": "Ann Lee", "gate": "South",
    "icon": "star", "image_url": "https://example.com/summer.jpg", "link_url": "https://example.com/summer",
    "banner_image": "https://example.com/night.jpg", "thumbnail_image": "https://example.com/night-small.jpg",
    "instructions": "Ask for Mara.", "location": "Open Air, Pune", "name": "Blue Hall", "title": "Night of Lights",
    "new_password": "kettle-and-lamp-8", "notes": "Has a van.", "old_password": "kettle-7", "otp": "123456",
    "password": "kettle-and-lamp-7", "phone": "+919876543210", "reason": "They asked for it.",
    "refresh_token": "eyJhbGciOi...", "slug": "night-of-lights", "sub_event_label": "Day", "venue": "Riverside Steps",
    "timezone": "Europe/Amsterdam", "website": "https://bluehall.example", "search": "blue", "q": "lantern",
}  # fmt: skip
Schema = dict[str, Any]
CLOCK = {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9](:00)?$", "examples": ["18:30"]}


def _text(field: serializers.CharField) -> Schema:
    found: Schema = {"type": "string"}
    if not field.allow_blank:
        found |= {"minLength": 1, "pattern": r"\S" if field.trim_whitespace else "."}
    for validator in field.validators:
        if isinstance(validator, RegexValidator) and validator.regex.pattern.startswith(r"\A"):
            found["pattern"] = validator.regex.pattern.replace(r"\A", "^").replace(r"\Z", "$")
    if field.max_length:
        found["maxLength"] = field.max_length
    return found


def _number(kind: str) -> Callable[[serializers.Field], Schema]:
    def schema(field) -> Schema:
        bounds = {"minimum": field.min_value, "maximum": field.max_value}
        plain = {name: float(end) if kind == "number" else end for name, end in bounds.items() if end is not None}
        return {"type": kind, **plain}

    return schema


def _list(field: serializers.ListField) -> Schema:
    bounds = {"minItems": 1 if not field.allow_empty else field.min_length, "maxItems": field.max_length}
    return {"type": "array", "items": of_field(field.child), **{name: n for name, n in bounds.items() if n is not None}}


def _words(field) -> Schema:
    found = {"type": "string", "enum": [str(word) for word in getattr(field, "words", None) or field.choices]}
    if getattr(field, "allow_blank", False):
        found["enum"].append("")
    return found


_KINDS: dict[type, Callable[[Any], Schema]] = {
    serializers.ListSerializer: _list,
    serializers.ListField: _list,
    serializers.Serializer: lambda field: of_serializer(type(field)),
    booking.SeatReference: lambda field: {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string"}],
                                          "examples": ["A-1"]},
    crewli.Day: lambda field: DAY,
    crewli.Clock: lambda field: CLOCK,
    crewli.Ulid: lambda field: ULID_OR_UUID,
    evently.Choice: _words,
    serializers.ChoiceField: _words,
    serializers.UUIDField: lambda field: UID,
    serializers.DateTimeField: lambda field: MOMENT,
    serializers.DateField: lambda field: DAY,
    serializers.BooleanField: lambda field: {"type": "boolean"},
    serializers.IntegerField: _number("integer"),
    Degrees: _number("number"),
    serializers.DecimalField: _number("number"),
    serializers.FileField: lambda field: {"type": "string", "format": "binary"},
    serializers.CharField: _text,
}  # fmt: skip


def of_field(field: serializers.Field, name: str = "") -> Schema:
    """The schema of one field. TypeError for a kind that has no row."""
    for kind in type(field).__mro__:
        if kind in _KINDS:
            return _dressed(_KINDS[kind](field), field, name)
    raise TypeError(f"{type(field).__name__} has no row in eventify/openapi/bodies.py")


def _dressed(found: Schema, field: serializers.Field, name: str) -> Schema:
    """With null where it may be null, its default and an example."""
    if name in EXAMPLES and found.get("type") == "string" and "enum" not in found:
        found = {**found, "examples": [EXAMPLES[name]]}
    if field.allow_null or isinstance(field, crewli.OptionalText):
        found = or_null(found)
    if field.default is not empty and not callable(field.default):
        found = {**found, "default": field.default}
    return found


def or_null(found: Schema) -> Schema:
    """The same, or null."""
    if "anyOf" in found:
        return {**found, "anyOf": [*found["anyOf"], {"type": "null"}]}
    if isinstance(found.get("type"), list):
        return found
    words = {"enum": [*found["enum"], None]} if "enum" in found else {}
    return {**found, "type": [found["type"], "null"], **words}


def of_serializer(body: type[serializers.Serializer], partial: bool = False, nullable: bool = False) -> Schema:
    """The object that it takes; unknown fields are refused, those that it ignores may come back as they were read."""
    fields = {name: field for name, field in body().fields.items() if not isinstance(field, Unwritten)}
    properties = {name: of_field(field, name) for name, field in fields.items()}
    if nullable:
        properties = {name: or_null(schema) for name, schema in properties.items()}
    for name in sorted(getattr(body, "ignored", ())):
        properties[name] = {"description": "Of an answer that comes back; it is ignored.", "examples": [None]}
    required = [name for name, field in fields.items() if field.required and not partial]
    found: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    if body.__doc__ and not issubclass(serializers.Serializer, body):
        found["description"] = " ".join(body.__doc__.split())
    return {**found, "required": required} if required else found
