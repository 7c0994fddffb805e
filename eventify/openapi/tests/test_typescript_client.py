"""A client in TypeScript is generated of contract 001's document, type-checked, and buys from a running server."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from bookings.factories import TicketTypeFactory
from bookings.models import Order
from eventify.openapi import documents
from eventify.tests.debian import program
from events.factories import EventFactory

PROJECT = Path(__file__).parent / "typescript"
DAY = 24 * 60 * 60  # seconds; a registry that is slow is waited for


@pytest.fixture(scope="module")
def client(tmp_path_factory) -> Path:
    """A folder with the generated types, the program that uses them, and what compiles both."""
    folder = tmp_path_factory.mktemp("typescript") / "client"
    shutil.copytree(PROJECT, folder)
    run(folder, program("npm", packages="nodejs npm"), "ci", "--silent")
    (folder / "evient.json").write_text(json.dumps(documents.document("evient")))
    run(folder, "node_modules/.bin/openapi-typescript", "evient.json", "-o", "evient.d.ts")
    return folder


def run(folder: Path, *command: str, **environment: str) -> str:
    """What the command prints; a failure shows all that it said."""
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, timeout=DAY
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_generated_client_buys_a_ticket(client, live_server):
    event = EventFactory(name="Night of Lights", capacity=5)
    TicketTypeFactory(event=event, name="GA", price=0)
    run(client, "node_modules/.bin/tsc")
    assert run(client, "node", "buy.js", BASE=live_server.url).split() == ["paid", "2", "true"]
    assert Order.objects.get().bookings.get().qty == 2


def test_control_a_wrong_name_is_not_compiled(client):
    text = (client / "buy.ts").read_text()
    (client / "wrong.ts").write_text(text.replace("ticket_type_id:", "ticket_type:"))
    with pytest.raises(AssertionError, match="ticket_type"):
        run(client, "node_modules/.bin/tsc", "--noEmit", "--module", "nodenext", "--strict", "wrong.ts")
