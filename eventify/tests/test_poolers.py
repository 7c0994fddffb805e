"""Nothing stays with a connection beyond its transaction: poolers give it to somebody else then."""

import re

import pytest

from eventify.environment import database
from eventify.supervisor import ROOT

FOLDERS = ("accounts", "partners", "events", "bookings", "crew", "analytics", "privacy", "integrations", "eventify")
ADVISORY, SET, LISTEN = (
    r"pg_(?:try_)?advisory_(?:lock|unlock)\(",
    r"SET (?!LOCAL|CONSTRAINTS|TRANSACTION)",
    r"LISTEN \w",
)
OF_A_SESSION = re.compile(f"{ADVISORY}|[\"']{SET}|[\"']{LISTEN}")


def statements() -> str:
    """The code of ours that runs in a site's processes."""
    files = [one for folder in FOLDERS for one in (ROOT / folder).rglob("*.py")]
    return "\n".join(one.read_text() for one in files if not {"tests", "migrations"} & set(one.parts))


def test_no_statement_is_a_sessions():
    own = [line for line in statements().splitlines() if OF_A_SESSION.search(line)]
    # /readyz asks over a connection of its own, which it closes.
    assert [line.strip() for line in own] == ['asked.execute(f"SET statement_timeout = {PATIENCE * 1000}")']


@pytest.mark.parametrize(
    "line",
    [
        "pg_advisory_lock(1)",
        "SELECT pg_try_advisory_lock(1, 2)",
        """execute("SET lock_timeout = '5s'")""",
        "'LISTEN news'",
    ],
)
def test_control_a_sessions_statement_is_noticed(line):
    assert OF_A_SESSION.search(line)


@pytest.mark.parametrize("prepares", [True, False])
def test_behind_a_pooler_nothing_is_kept_on_the_server(prepares):
    found = database("postgresql://a@b/c", prepares=prepares)
    assert found["DISABLE_SERVER_SIDE_CURSORS"] is not prepares
    assert ("prepare_threshold" in found["OPTIONS"]) is prepares
