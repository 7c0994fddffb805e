"""Schemathesis asks every operation of every contract what its document allows, and what it does not: no answer is a
server error, and each is one that the document tells of, in its status, its type and the whole of its body.

EVENTIFY_FUZZ=200 asks that many times instead of a few (bin/fuzz).
"""

import copy
import os

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks as openapi

from eventify.openapi import documents
from eventify.openapi.tests.conforming import strict
from eventify.openapi.tests.world import World

EXAMPLES = int(os.environ.get("EVENTIFY_FUZZ", "2"))  # of each operation and mode
CHECKS = [
    not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_schema_conformance,
]
CALLERS = ("admin", "admin", "organiser", "buyer", "")
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


def loaded(name: str):
    """The contract as Schemathesis knows it, answered by the real application.

    Tokens are the world's own, and a request's id that is not sane is replaced, not refused: neither is generated.
    """
    document = copy.deepcopy(strict(name))
    for operation in (one for item in document["paths"].values() for one in item.values()):
        operation["security"] = []
        operation["parameters"] = [one for one in operation["parameters"] if "$ref" not in one]
    schema = schemathesis.openapi.from_dict(document)
    schema.app = get_wsgi_application()
    return schema


@pytest.fixture
def world(db, settings, private):
    """The world; a request leaves the test's connection open, as it does with Django's own client."""
    settings.EVENTIFY_RATE_LIMITS = False
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield World()
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def explore(operation, mode: GenerationMode, world: World, examples: int) -> int:
    """Ask the operation so many times; what a request changes is taken back. Returns how many were asked."""
    asked = []

    @settings(
        max_examples=examples, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode), who=st.sampled_from(CALLERS), real=st.booleans())
    def ask(case, who, real):
        if real:
            world.real(case)
        headers = {"Authorization": f"Bearer {world.tokens[who]}"} if who else {}
        asked.append(case)
        with taken_back():
            response = case.call(headers=headers)
        told = operation.definition.raw["responses"]
        checks = [check for check in CHECKS if check is not not_a_server_error or str(response.status_code) not in told]
        if mode is GenerationMode.NEGATIVE and not real and not has_blanks(case):
            checks.append(openapi.negative_data_rejection)
        case.validate_response(response, checks=checks)

    try:
        ask()
    except Unsatisfiable:  # whatever is sent is allowed: a path of any text, for one
        assert mode is GenerationMode.NEGATIVE
    return len(asked)


def has_blanks(case) -> bool:
    """Whether a parameter of the query is empty, which is no filter in every contract."""
    return any(not str(one).strip() for value in case.query.values() for one in (value if is_list(value) else [value]))


def is_list(value) -> bool:
    return isinstance(value, list | tuple)


def taken_back():
    """A transaction that is always rolled back, which a verb that wants to be the outermost takes for none."""
    block = transaction.atomic()
    block._from_testcase = True  # as Django's own TestCase says it
    return RolledBack(block)


class RolledBack:
    """`with` it, and nothing stays."""

    def __init__(self, block: transaction.Atomic):
        self._block = block

    def __enter__(self):
        self._block.__enter__()

    def __exit__(self, *problem):
        transaction.set_rollback(True)
        self._block.__exit__(*problem)


@pytest.mark.parametrize("name", documents.NAMES)
def test_every_answer_is_one_that_the_document_tells_of(world, name):
    operations = [found.ok() for found in loaded(name).get_all_operations()]
    assert len(operations) == len(documents.contract(name).operations)
    for operation in operations:
        asked = [explore(operation, mode, world, EXAMPLES) for mode in modes(operation)]
        assert sum(asked) >= 1, operation.label


def modes(operation) -> tuple:
    """Nothing can be wrong about an operation that takes nothing."""
    return MODES if operation.body or operation.path_parameters or operation.query else MODES[:1]
