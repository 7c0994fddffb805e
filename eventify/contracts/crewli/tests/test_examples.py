"""The examples of CONTRACT.md are what the API answers."""

import json
import re
from pathlib import Path

from django.test import Client

from eventify.contracts.crewli.tests.conftest import with_role

PAGE = Path(__file__).resolve().parents[1] / "CONTRACT.md"
EXAMPLE = re.compile(r"```http\n(\w+) (\S+)\n(.*?)\n?\n(\d{3})\n(.*?)\n```", re.DOTALL)
MADE = {"organisations": "{org}", "events": "{event}"}  # the last word of an address -> what stands for the new id


def fits(found, told) -> bool:
    """Whether the answer is what the page tells; "..." stands for anything but nothing."""
    if told == "...":
        return found is not None
    if isinstance(told, dict) and isinstance(found, dict):
        return told.keys() == found.keys() and all(fits(found[name], told[name]) for name in told)
    if isinstance(told, list) and isinstance(found, list):
        return len(told) == len(found) and all(fits(*pair) for pair in zip(found, told, strict=True))
    return found == told


def test_the_examples_run_as_they_are_told(db):
    admin = with_role("Super Admin", email="admin@evient.com", full_name="Ada Admin")
    admin.set_password("admin123")
    admin.save()
    examples = EXAMPLE.findall(PAGE.read_text())
    client, headers, ids = Client(), {}, {}
    for method, path, body, status, told in examples:
        address = path
        for word, id in ids.items():
            address = address.replace(word, id)
        answer = client.generic(method, address, body, content_type="application/json", headers=headers)
        found = answer.json()
        assert answer.status_code == int(status) and fits(found, json.loads(told)), (method, path, found)
        if path.endswith("login"):
            headers = {"Authorization": f"Bearer {found['data']['access_token']}"}
        if status == "201":
            ids[MADE.get(path.rpartition("/")[2], "{other}")] = found["data"]["id"]
    assert len(examples) == PAGE.read_text().count("```http") >= 11
