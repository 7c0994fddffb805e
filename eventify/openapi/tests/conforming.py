"""Whether an answer is one that the OpenAPI document promises: its status, its type, and all of its body."""

import json
import re
from functools import cache

import jsonschema_rs
from django.http import HttpResponse
from django.urls import Resolver404, resolve

from eventify.openapi import documents

_AHEAD = re.compile(r"^\^?(\(\?=[a-z/]+\))?\^?")  # what eventify/urls.py puts before the routes of contracts


class Broken(AssertionError):
    """An answer that the document does not tell of."""


@cache
def strict(name: str = documents.ALL) -> dict:
    """The document, where an object has no field that is not told."""
    return closed(documents.document(name))


def closed(value):
    """The schemas with every object that lists its fields closed against others."""
    if isinstance(value, list):
        return [closed(one) for one in value]
    if not isinstance(value, dict):
        return value
    found = {name: one if name in ("example", "examples") else closed(one) for name, one in value.items()}
    if isinstance(found.get("properties"), dict) and found.get("type") == "object":
        found.setdefault("additionalProperties", False)
    return found


@cache
def paths() -> dict[str, str]:
    """The pattern of a route -> the path in the document."""
    found = {}
    for name in documents.NAMES:
        contract = documents.contract(name)
        for (path, _view), one in zip(documents.routes(contract), contract.urls, strict=True):
            found[one.pattern.regex.pattern.removeprefix("^")] = path
    return found


def path_of(address: str) -> str | None:
    """The documented path that an address belongs to."""
    try:
        return paths().get(_AHEAD.sub("", resolve(address).route))
    except Resolver404:
        return None


@cache
def promised(path: str, method: str) -> dict | None:
    """status -> response, of an operation; None where the document has none."""
    found = strict()["paths"].get(path, {}).get(method)
    return found and {status: _whole(answer) for status, answer in found["responses"].items()}


def _whole(answer: dict) -> dict:
    return strict()["components"]["responses"][answer["$ref"].rpartition("/")[2]] if "$ref" in answer else answer


@cache
def _judge(path: str, method: str, status: str, media_type: str):
    schema = promised(path, method)[status]["content"][media_type]["schema"]
    return jsonschema_rs.validator_for({**schema, "components": strict()["components"]}, validate_formats=True)


def check(method: str, address: str, answer: HttpResponse) -> None:
    """Broken when the document has the operation and does not promise this answer of it."""
    path = path_of(address)
    told = path and promised(path, method.lower())
    if not told:
        return
    status, place = str(answer.status_code), f"{method} {path}: {answer.status_code}"
    if status not in told:
        raise Broken(f"{place} is no status of the document: {answer.content[:300]!r}")
    content, kind = told[status].get("content", {}), answer.headers.get("Content-Type", "").partition(";")[0]
    if not content and not answer.content:
        return
    if kind not in content:
        raise Broken(f"{place} is of the type {kind!r}, which the document does not tell")
    if kind == "application/json":
        _check_body(path, method.lower(), status, kind, answer, place)


def _check_body(path: str, method: str, status: str, kind: str, answer: HttpResponse, place: str) -> None:
    found = next(_judge(path, method, status, kind).iter_errors(json.loads(answer.content)), None)
    if found is not None:
        where = re.sub(r"[\[\]', ]+", ".", str(found.instance_path))
        raise Broken(f"{place}: {where} {found.message[:300]}")
