"""A process of its own that takes what a device sends, for the tests that kill it: `<verb> <token> <json>`."""

import json
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eventify.settings")
django.setup()

from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from bookings.door import conflicts  # noqa: E402


def sync(token: str, body: str) -> None:
    """The device sends this."""
    client = Client(SERVER_NAME="localhost")
    answer = client.post("/door/api/sync/", body, content_type="application/json", headers={"X-Door-Token": token})
    assert answer.status_code == 200, answer.content
    assert len(answer.json()["scans"]) == len(json.loads(body)["scans"])


def sync_in_pieces(token: str, body: str) -> None:
    """Wrong: the scans and the tickets are committed before the conflicts are known."""
    report = conflicts.report

    def committed(states) -> None:
        connection.connection.commit()  # behind Django's back
        report(states)

    conflicts.report = committed
    sync(token, body)


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
