"""Parameters of a query: of filters (django-filter), of serializers that judge one, and of pages."""

from typing import Any

import django_filters
from rest_framework import serializers

from eventify.contracts.crewli import filters as crewli
from eventify.contracts.kinds import DAY, UID, ULID_OR_UUID, Operation
from eventify.contracts.lists import FlagFilter
from eventify.openapi.bodies import of_field

Schema = dict[str, Any]


def _words(one: django_filters.ChoiceFilter) -> Schema:
    return {"type": "string", "enum": [str(word) for word, _label in one.extra["choices"]]}


def _order(one: django_filters.OrderingFilter) -> Schema:
    names = [word for word, _label in one.extra["choices"]]
    return {"type": "string", "enum": names}


def _text(one: django_filters.Filter) -> Schema:
    most = one.extra.get("max_length")
    return {"type": "string", **({"maxLength": most} if most else {}), "examples": ["blue"]}


_KINDS = {
    crewli.UlidFilter: lambda one: ULID_OR_UUID,
    crewli.UlidsFilter: lambda one: {"type": "string", "description": "Ids with commas between them.",
                                     "examples": ULID_OR_UUID["examples"]},
    django_filters.OrderingFilter: _order,
    django_filters.ChoiceFilter: _words,
    django_filters.UUIDFilter: lambda one: UID,
    django_filters.DateFilter: lambda one: DAY,
    FlagFilter: lambda one: {"type": "boolean"},
    django_filters.CharFilter: _text,
}  # fmt: skip


def of_filter(one: django_filters.Filter) -> Schema:
    """The schema of one filter. TypeError for a kind that has no row."""
    for kind in type(one).__mro__:
        if kind in _KINDS:
            return _KINDS[kind](one)
    raise TypeError(f"{type(one).__name__} has no row in eventify/openapi/queries.py")


def _of(judge) -> dict[str, tuple[Schema, bool]]:
    """name -> (schema, whether it must be there) of what judges a query."""
    if isinstance(judge, dict):
        return {name: (schema, False) for name, schema in judge.items()}
    if issubclass(judge, django_filters.FilterSet):
        return {name: (of_filter(one), False) for name, one in judge.base_filters.items()}
    fields: dict[str, serializers.Field] = judge().fields
    return {name: (of_field(field, name), field.required) for name, field in fields.items()}


def parameters(operation: Operation, page_size: tuple[str, int, int] | None) -> list[Schema]:
    """All parameters of the operation's query."""
    found: dict[str, tuple[Schema, bool]] = {}
    for judge in operation.query:
        found |= _of(judge)
    if operation.paged and page_size:
        name, usual, most = page_size
        found["page"] = {"type": "integer", "minimum": 1, "maximum": 10**18 - 1, "default": 1}, False
        size = {"type": "integer", "minimum": 1, "maximum": most, "default": operation.per_page or usual}
        found[name] = size, False
    return [
        {"name": name, "in": "query", "required": needed, "schema": schema} for name, (schema, needed) in found.items()
    ]
