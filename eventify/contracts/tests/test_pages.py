"""Each contract's page and its routes say the same: no promise without a route, no route without a promise."""

import re
from importlib import import_module
from pathlib import Path

import pytest
from django.urls import Resolver404, URLPattern, resolve

CONTRACTS = Path(__file__).resolve().parent.parent
NAMES = sorted(page.parent.name for page in CONTRACTS.glob("*/CONTRACT.md"))
ROW = re.compile(r"^\| *`(GET|POST|PUT|PATCH|DELETE) (/\S*)` *\|", re.MULTILINE)
METHODS = {"get", "post", "put", "patch", "delete"}


def promised(name: str) -> set[tuple[str, str]]:
    """The ("METHOD", "/path") rows of the contract's page."""
    return set(ROW.findall((CONTRACTS / name / "CONTRACT.md").read_text()))


def concrete(path: str) -> str:
    """The path with a value for each {parameter}."""
    return re.sub(r"\{\w+\}", "1", path)


def methods_of(view) -> set[str]:
    """The HTTP methods that a view answers, in lower case."""
    if hasattr(view, "actions"):  # a viewset
        return METHODS & set(view.actions)
    cls = getattr(view, "cls", None) or getattr(view, "view_class", None)
    return {method for method in METHODS if hasattr(cls, method)} if cls else {"get"}


def routes(name: str) -> list[URLPattern]:
    return import_module(f"eventify.contracts.{name}.urls").urlpatterns


def test_every_contract_has_a_page():
    folders = {path.parent.name for path in CONTRACTS.glob("*/urls.py")}
    assert folders == set(NAMES)
    assert {"evient", "evently", "eventify_plus"} <= folders


@pytest.mark.parametrize("name", NAMES)
def test_every_promise_resolves(name):
    assert promised(name), f"{name}/CONTRACT.md lists no endpoint"
    for method, path in sorted(promised(name)):
        for spelling in (concrete(path), concrete(path) + "/"):
            try:
                match = resolve(spelling)
            except Resolver404:
                pytest.fail(f"{name}/CONTRACT.md promises {method} {path}, but {spelling} leads nowhere")
            assert method.lower() in methods_of(match.func), f"{path} does not answer {method}"


@pytest.mark.parametrize("name", NAMES)
def test_every_route_is_promised(name):
    paths = {(method.lower(), path): (method, path) for method, path in promised(name)}
    for pattern in routes(name):
        for method in methods_of(pattern.callback):
            listed = any(m == method and pattern.resolve(concrete(path)[1:]) for m, path in paths)
            assert listed, f"{name}/CONTRACT.md does not list {method.upper()} {pattern.pattern}"
