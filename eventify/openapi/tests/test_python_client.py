"""A client in Python is generated of contract 001's document and buys a ticket from a running server."""

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bookings.factories import TicketTypeFactory
from bookings.models import Order, Ticket
from eventify.openapi import documents
from events.factories import EventFactory

NAME = "evient_client"


@pytest.fixture
def client(tmp_path, monkeypatch):
    """A function that imports a module of the generated client."""
    (tmp_path / "evient.json").write_text(json.dumps(documents.document("evient")))
    tools = Path(sys.executable).parent  # the generator formats what it writes with ruff
    command = [tools / "openapi-python-client", "generate", "--path", "evient.json", "--meta", "none"]
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
    done = subprocess.run(
        [*command, "--output-path", NAME, "--fail-on-warning"],
        cwd=tmp_path, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    monkeypatch.syspath_prepend(tmp_path)
    yield lambda module: importlib.import_module(f"{NAME}.{module}")
    for module in [one for one in sys.modules if one.partition(".")[0] == NAME]:
        del sys.modules[module]


def test_the_generated_client_buys_a_ticket(client, live_server):
    event = EventFactory(name="Night of Lights", capacity=5)
    kind = TicketTypeFactory(event=event, name="GA", price=0)
    models, base = client("models"), live_server.url
    anybody = client("client").Client(base_url=base)

    account = models.EvientAskedNewAccount(email="eve@example.com", password="kettle-and-lamp-7", full_name="Eve")
    registered = client("api.e_vi_ent_coming_in.evient_post_auth_register").sync(client=anybody, body=account)
    eve = client("client").AuthenticatedClient(base_url=base, token=registered.data.token)

    found = client("api.e_vi_ent_events_for_everybody.evient_get_events").sync(client=anybody, search="lights")
    assert [one.title for one in found.data] == ["Night of Lights"] and found.pagination.total == 1
    shown = client("api.e_vi_ent_events_for_everybody.evient_get_events_by_id").sync(found.data[0].slug, client=anybody)

    wanted = models.EvientAskedNewOrderTicketItemsItem(ticket_type_id=shown.data.ticket_types[0].id, quantity=2)
    order = client("api.e_vi_ent_buying.evient_post_orders")
    asked = {"client": eve, "body": models.EvientAskedNewOrder(ticket_items=[wanted]), "idempotency_key": "eve-1"}
    bought, again = order.sync(**asked).data, order.sync(**asked).data
    assert bought.order.status.value == "paid" and bought.order.id == again.order.id and len(bought.tickets) == 2

    wallet = client("api.e_vi_ent_oneself.evient_get_users_tickets").sync(client=eve)
    assert {one.ticket_code for one in wallet.data} == set(Ticket.objects.values_list("ticket_code", flat=True))
    assert Order.objects.get().bookings.get().ticket_type == kind

    refused = client("api.e_vi_ent_buying.evient_post_orders").sync(client=anybody, body=asked["body"])
    assert refused.error.code == "unauthenticated"
    for one in (anybody, eve):
        one.get_httpx_client().close()
