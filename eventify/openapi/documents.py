"""The documents: `document("evient")` and `document("all")`, as data."""

import re
from importlib import import_module
from typing import Any

from django.conf import settings
from django.utils import translation

from eventify.contracts.described import Contract
from eventify.openapi import operations
from eventify.openapi.schemas import Schemas

NAMES = ("command_center", "evient", "evently", "eventify_plus", "crewli", "platform")
ALL = "all"
_GROUP = re.compile(r"\(\?P<(\w+)>[^)]*\)")
_INFO = {
    "version": "1.0.0",
    "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
}
_BEARER = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "The access token of a log-in. Contracts 000, 001, 002 and 004 accept each other's. "
    "Our own API takes the key of an organisation as well (`evk_...`).",
}
_HEADERS = {
    "RequestId": {
        "description": "The id of this request, the one that was sent where it was sane. It stands in our logs.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{8,64}$", "examples": ["order-7f3a2c91"]},
    },
    "RetryAfter": {
        "description": "Seconds until it makes sense to ask again.",
        "schema": {"type": "integer", "minimum": 1, "examples": [30]},
    },
    "Challenge": {
        "description": "That a bearer token is wanted.",
        "schema": {"type": "string", "examples": ['Bearer realm="eventify"']},
    },
}
_PARAMETERS = {
    "RequestId": {
        "name": "X-Request-ID",
        "in": "header",
        "description": "An id of the caller's for this request: 8 to 64 letters, digits, dots, dashes, underscores.",
        "schema": _HEADERS["RequestId"]["schema"],
    }
}


def contract(name: str) -> Contract:
    """What the contract of this name declares in its `openapi.py`."""
    return import_module(f"eventify.contracts.{name}.openapi").CONTRACT


def routes(found: Contract):
    """(path as OpenAPI spells it, view class) of each route of the contract."""
    for one in found.urls:
        yield "/" + _GROUP.sub(r"{\1}", one.pattern.regex.pattern.removeprefix("^").removesuffix("/?$")), _class(one)


def _class(one) -> type:
    return one.callback.view_class


def document(name: str) -> dict[str, Any]:
    """The document of one contract, or of all. In English, whatever language is spoken around it."""
    with translation.override("en"):
        parts = [contract(one) for one in (NAMES if name == ALL else (name,))]
        schemas, paths, responses = Schemas(), {}, {}
        for part in parts:
            writer = operations.Writer(part, schemas, responses)
            for path, view in routes(part):
                paths.setdefault(path, {}).update(writer.path_item(path, view))
        title = "Eventify" if name == ALL else f"Eventify: {parts[0].title}"
        return {
            "openapi": "3.1.1",
            "info": {"title": title, **_INFO, "description": _description(parts)},
            "servers": [{"url": settings.SITE_URL}],
            "tags": [{"name": tag} for tag in _tags(paths)],
            "paths": paths,
            "components": {
                "schemas": schemas.components,
                "responses": responses,
                "parameters": _PARAMETERS,
                "headers": _HEADERS,
                "securitySchemes": {"bearer": _BEARER},
            },
        }


def _description(parts: list[Contract]) -> str:
    names = ", ".join(part.title for part in parts)
    return (
        f"{names}. Each path answers with and without a trailing slash. Sentences are in the language that "
        "`Accept-Language` asks for (English, Dutch). The rules in words are in each contract's CONTRACT.md."
    )


def _tags(paths: dict) -> list[str]:
    return list(dict.fromkeys(tag for item in paths.values() for one in item.values() for tag in one["tags"]))
