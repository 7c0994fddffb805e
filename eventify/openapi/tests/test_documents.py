"""The documents are valid OpenAPI 3.1, tell of every route and of nothing else, and keep rules of our own."""

import ast
import inspect
import subprocess
import sys
import textwrap

import jsonschema_rs
import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLResolver, get_resolver
from openapi_spec_validator import OpenAPIV31SpecValidator, validate
from rest_framework.views import APIView

from eventify.contracts.kinds import Body
from eventify.openapi import documents, pages, views
from eventify.openapi.tests import conforming

EVERY = (*documents.NAMES, documents.ALL)
METHODS = {"get", "post", "put", "patch", "delete"}
MEDIA = ("application/json", "multipart/form-data", "text/plain")


def operations(name: str):
    """("METHOD /path", operation) of a document."""
    for path, item in documents.document(name)["paths"].items():
        for method, one in item.items():
            yield f"{method.upper()} {path}", one


def routes(resolver):
    """Every route of the URL map."""
    for one in resolver.url_patterns:
        yield from routes(one) if isinstance(one, URLResolver) else [one]


# --- The format ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EVERY)
def test_it_is_valid_openapi_3_1(name):
    document = documents.document(name)
    assert document["openapi"].startswith("3.1.") and document["info"]["title"].startswith("Eventify")
    validate(document, cls=OpenAPIV31SpecValidator)


def test_the_one_for_all_has_every_operation_once():
    parts = [name for part in documents.NAMES for name, _one in operations(part)]
    whole = dict(operations(documents.ALL))
    assert sorted(whole) == sorted(parts) and len(parts) == len(set(parts))
    ids = [one["operationId"] for one in whole.values()]
    assert len(set(ids)) == len(ids)


# --- Every route, and nothing else --------------------------------------------------------------------


@pytest.mark.parametrize("name", documents.NAMES)
def test_what_is_declared_is_what_the_page_lists_and_the_routes_answer(name):
    contract = documents.contract(name)
    answered = {
        f"{method.upper()} {path}"
        for path, view in documents.routes(contract)
        for method in METHODS
        if hasattr(view, method)
    }
    assert answered == contract.operations.keys() == pages.rows(name).keys()


def test_every_api_route_of_the_url_map_is_in_a_document():
    told = {id(one.callback.view_class) for name in documents.NAMES for one in documents.contract(name).urls}
    found = [getattr(one.callback, "view_class", None) for one in routes(get_resolver())]
    apis = {view for view in found if view and issubclass(view, APIView)}
    assert apis and {view.__module__ + "." + view.__name__ for view in apis if id(view) not in told} == set()


# --- Rules of our own ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "one"), operations(documents.ALL), ids=lambda value: str(value)[:60])
def test_each_operation_tells_all(name, one):
    assert one["summary"] and not one["summary"].endswith(".") and one["tags"] and one["operationId"].isidentifier()
    assert isinstance(one["security"], list)
    statuses = set(one["responses"])
    assert any(status.startswith("2") for status in statuses)
    quiet = name in {"GET /healthz", "GET /metrics", "GET /stats/homepage", "GET /api/v1/feed/kinds"}
    assert quiet or any(status.startswith("4") for status in statuses), "no refusal is told"
    if one["security"] == [{"bearer": []}]:
        assert "401" in statuses
    if "{" in name:
        assert "404" in statuses
    for answer in map(_whole, one["responses"].values()):
        assert answer["description"]
        assert all("example" in media for media in answer.get("content", {}).values())
    if "requestBody" in one:
        assert all("example" in media for media in one["requestBody"]["content"].values())
        assert statuses >= {"400", "413", "415"}


def _whole(answer: dict) -> dict:
    components = conforming.strict()["components"]["responses"]
    return components[answer["$ref"].rpartition("/")[2]] if "$ref" in answer else answer


def media_of(name: str):
    """(where, schema, example) of every body that a document shows."""
    document = conforming.strict(name)
    shared = document["components"]["responses"]
    answers = [(f"components {key}", one) for key, one in shared.items()]
    for path, item in document["paths"].items():
        for method, one in item.items():
            answers += [(f"{method} {path} {status}", answer) for status, answer in one["responses"].items()]
            answers.append((f"{method} {path} request", one.get("requestBody", {})))
    for where, holder in answers:
        for kind, media in holder.get("content", {}).items():
            if kind == "application/json":
                yield where, media["schema"], media["example"]


@pytest.mark.parametrize("name", documents.NAMES)
def test_every_example_is_what_its_schema_says(name):
    components = conforming.strict(name)["components"]
    wrong = []
    for where, schema, example in media_of(name):
        judge = jsonschema_rs.validator_for({**schema, "components": components}, validate_formats=True)
        wrong += [f"{where}: {one.message[:200]}" for one in judge.iter_errors(example)]
    assert wrong == []


def test_examples_come_from_the_contracts_pages():
    invited = dict(operations("command_center"))["POST /api/v1/partners"]
    example = invited["responses"]["201"]["content"]["application/json"]["example"]["data"]
    assert example["slug"] == "blue-hall" and example["id"] != "..." and invited["requestBody"]["content"]
    booked = dict(operations("evently"))["POST /events/{id}/book"]["requestBody"]["content"]["application/json"]
    assert booked["example"] == {"seat_ids": ["A-1", "A-3"]}


# --- The declarations and the code say the same -------------------------------------------------------


def named_in(view: type, method: str) -> set[str]:
    """The classes that a method of a view hands to read(), filtered() and query() by their names."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(getattr(view, method))))
    calls = [one for one in ast.walk(tree) if isinstance(one, ast.Call)]
    readers = [one for one in calls if _name(one.func) in ("read", "filtered", "query") and one.args]
    candidates = [argument for one in readers for argument in one.args[:2]]
    return {_name(one) for one in candidates if (_name(one) or "")[:1].isupper()}


def _name(node) -> str:
    return getattr(node, "id", None) or getattr(node, "attr", "")


@pytest.mark.parametrize("name", documents.NAMES)
def test_what_a_view_reads_is_what_is_declared_of_it(name):
    contract = documents.contract(name)
    for path, view in documents.routes(contract):
        for method in METHODS & set(dir(view)):
            told = contract.operations[f"{method.upper()} {path}"]
            body = told.body.of if isinstance(told.body, Body) else told.body
            declared = {one.__name__ for one in (body, *told.query) if isinstance(one, type)}
            assert named_in(view, method) <= declared, (method, path)


# --- Over HTTP ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/schema", "/api/schema/", "/api/schema/evient", "/api/schema/crewli/"])
def test_the_document_over_http(path):
    answer = Client().get(path)
    assert answer.status_code == 200 and answer["Content-Type"] == "application/json"
    assert answer.json()["servers"] == [{"url": settings.SITE_URL}]
    again = Client().get(path, headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304 and again.content == b""


def test_a_document_of_nothing():
    answer = Client().get("/api/schema/nothing/")
    assert answer.status_code == 404 and answer.json()["error"]["code"] == "not_found"
    assert Client().post("/api/schema/").status_code == 405
    assert views.TITLES.keys() == set(EVERY)


def test_the_page_of_the_documents(db):
    answer = Client().get("/api/docs/?of=evently")
    assert answer.status_code == 200 and b'data-document="/api/schema/evently"' in answer.content
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert Client().get("/api/docs/?of=nothing").status_code == 404


def test_documents_are_in_english_whatever_is_spoken():
    views.written.cache_clear()
    found = Client().get("/api/schema/evient", headers={"Accept-Language": "nl"}).json()
    views.written.cache_clear()
    assert found["components"]["responses"]["Evient404"]["content"]["application/json"]["example"]["message"] == (
        "Not found."
    )


def test_a_process_that_nobody_asks_for_a_document_loads_nothing_of_what_makes_them():
    code = """
import sys, django
django.setup()
from django.urls import get_resolver
get_resolver().url_patterns
print([name for name in sys.modules if name.startswith("eventify.") and "openapi" in name])
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert sorted(ast.literal_eval(told.strip().splitlines()[-1])) == [
        "eventify.openapi",
        "eventify.openapi.urls",
        "eventify.openapi.views",
    ]
