"""bin/smoke against a real server, and what it says when the server is wrong."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

from accounts.factories import SuperAdminFactory

pytestmark = pytest.mark.django_db(transaction=True)


def smoke(*arguments):
    environment = {**os.environ, "SMOKE_ADMIN_EMAIL": "boss@example.com", "SMOKE_ADMIN_PASSWORD": "secret"}
    command = [sys.executable, settings.BASE_DIR / "bin" / "smoke", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


def test_a_right_server_passes(live_server, settings):
    settings.EVENTIFY_RATE_LIMITS = True
    SuperAdminFactory(email="boss@example.com")
    done = smoke(live_server.url)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count(" ... ") == 11
    assert done.stdout.endswith(f"All steps passed against {live_server.url}\n")


def test_a_server_without_limits_fails_at_the_last_step(live_server):
    SuperAdminFactory(email="boss@example.com")
    done = smoke(live_server.url)
    assert done.returncode == 1
    assert done.stdout.endswith("WRONG\nthe last of them: expected 429, got 401\n")


def test_a_wrong_answer_ends_it(live_server):
    done = smoke(live_server.url)  # there is no such administrator
    assert done.returncode == 1
    assert "POST /auth/login: expected 200, got 401" in done.stdout
    assert "create and list" not in done.stdout


def test_no_server_and_wrong_usage():
    nobody = smoke("http://127.0.0.1:1")
    assert nobody.returncode == 1
    assert "no answer from http://127.0.0.1:1" in nobody.stdout
    assert smoke("a", "b").returncode == 2
