"""The code of docs/integrators.md does what it says, with what is really sent."""

import io
import json
import re
import subprocess
import time

import pytest
from django.conf import settings
from django.test import Client

from eventify.tests.debian import program
from integrations import keys, tasks
from integrations.models import Fact
from integrations.tests.scenes import endpoint_of, happen, organisation, receiver

pytestmark = pytest.mark.django_db
TEXT = (settings.BASE_DIR / "docs" / "integrators.md").read_text()


def code(language: str, name: str) -> str:
    """The block that defines this."""
    blocks = re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)
    [found] = [block for block in blocks if f" {name}(" in block]
    return found


def defined(name: str):
    """The function of a block in Python."""
    space: dict = {}
    exec(code("python", name), space)  # noqa: S102
    return space[name], space


@pytest.fixture
def sent():
    """(the secret, the headers in small letters, the body) of a request as a receiver gets it."""
    with receiver() as server:
        partner = organisation()
        endpoint = endpoint_of(partner, server.url, ["order.paid"])
        happen(partner, 1)
        tasks.deliver()
        [(headers, body)] = server.sent
    return endpoint.secret_shown, {name.lower(): value for name, value in headers.items()}, body


def test_the_python_that_checks_a_signature(sent):
    is_ours, _space = defined("is_ours")
    secret, headers, body = sent
    assert is_ours(secret, headers, body)
    assert not is_ours(secret, headers, body + b" ")
    assert not is_ours("whsec_bm8=", headers, body)
    assert not is_ours(secret, {**headers, "webhook-timestamp": str(int(time.time()) - 400)}, body)


def test_the_javascript_that_checks_a_signature(sent):
    secret, headers, body = sent
    script = f"""{code("js", "isOurs")}
const [secret, headers, body] = {json.dumps([secret, headers, body.decode()])};
console.log(isOurs(secret, headers, Buffer.from(body)), isOurs(secret, headers, Buffer.from(body + " ")));"""
    node = program("node", "nodejs", packages="nodejs")
    told = subprocess.run([node, "-e", script], capture_output=True, text=True, check=True).stdout
    assert told.split() == ["true", "false"]


def test_the_loop_that_follows_the_feed(monkeypatch):
    """The network is Django's client here, all else is as it stands there."""
    follow, space = defined("follow")
    partner = organisation()
    key = keys.make(partner, name="CRM", scopes=["feed:read"], by=partner.admin).key

    def opened(request):
        headers = dict(request.header_items())
        answer = Client().get(request.full_url.removeprefix("http://here"), headers=headers)
        assert answer.status_code == 200, answer.content
        return io.BytesIO(answer.content)

    monkeypatch.setattr(space["urllib"].request, "urlopen", opened)
    happen(partner, 250)
    seen: list[dict] = []
    after = follow("http://here", key, "", seen.append)
    assert [one["id"] for one in seen] == [
        str(uid) for uid in Fact.objects.order_by("pk").values_list("uid", flat=True)
    ]
    happen(partner, 3)
    follow("http://here", key, after, seen.append)
    assert len({one["id"] for one in seen}) == len(seen) == 254
