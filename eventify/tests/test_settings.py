"""Settings: what production refuses, what the modes choose, and that .env.example names everything."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from eventify.environment import KEEP_DAYS

ROOT = Path(__file__).resolve().parents[2]
SECRET = "k7Qm2vXc9RtY4uWz1NbP8sLd6FhJ3gAe5TiKoVxM"
PRODUCTION = {
    "SECRET_KEY": SECRET,
    "JWT_SECRET": SECRET[::-1],
    "ALLOWED_HOSTS": "tickets.example.com",
    "DATABASE_URL": "postgresql://eventify:word@db:5433/eventify",
}
SHOW = """
import json
from eventify import settings
print(json.dumps({name: getattr(settings, name) for name in %r}, default=str))
"""


def run(command, home, **environment):
    """Run Python with nothing of our environment but PATH and `environment`."""
    base = {"PATH": os.environ["PATH"], "EVENTIFY_ENV_FILE": os.devnull, "EVENTIFY_HOME": str(home)}
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=base | environment, capture_output=True, text=True, timeout=60
    )


def read(home, *names, **environment):
    """The values of some settings in a process of their own."""
    done = run(["-c", SHOW % (names,)], home, **environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


REFUSED = [
    ({"SECRET_KEY": ""}, "Set SECRET_KEY to a random value of at least 32 characters"),
    ({"SECRET_KEY": "short"}, "Set SECRET_KEY to a random value of at least 32 characters"),
    (
        {"SECRET_KEY": "demo-secret-that-is-written-in-the-source-and-protects-nothing"},
        "Set SECRET_KEY to a random value of at least 32 characters",
    ),
    ({"JWT_SECRET": ""}, "Set JWT_SECRET to a random value of at least 32 characters"),
    ({"JWT_SECRET": "please_change_me"}, "Set JWT_SECRET to a random value of at least 32 characters"),
    ({"EVENTIFY_ADMIN_PASSWORD": "admin123"}, "EVENTIFY_ADMIN_PASSWORD is a well-known demo password"),
    ({"EVENTIFY_ADMIN_PASSWORD": "root"}, "EVENTIFY_ADMIN_PASSWORD is a well-known demo password"),
    ({"ALLOWED_HOSTS": ""}, "Set ALLOWED_HOSTS to the host names of this site"),
    ({"ALLOWED_HOSTS": "tickets.example.com,*"}, "Set ALLOWED_HOSTS to the host names of this site"),
    ({"DATABASE_URL": ""}, "Set DATABASE_URL"),
    ({"DATABASE_URL": "sqlite:///db"}, "DATABASE_URL must be a postgresql:// address."),
    ({"EVENTIFY_RATE_LIMITS": "maybe"}, "EVENTIFY_RATE_LIMITS must be one of on, off"),
    ({"EVENTIFY_LIMIT_LOGIN": "five"}, 'EVENTIFY_LIMIT_LOGIN must look like "5/60"'),
    ({"EVENTIFY_HOLD_MINUTES": "0"}, "EVENTIFY_HOLD_MINUTES must be a whole number of at least 1"),
    ({"EVENTIFY_TIME_ZONE": "Mars/Base"}, "EVENTIFY_TIME_ZONE must be a time zone"),
]


@pytest.mark.parametrize(("change", "sentence"), REFUSED)
def test_production_refuses_with_one_sentence(tmp_path, change, sentence):
    done = run(["manage.py", "check"], tmp_path, **PRODUCTION | change)
    assert done.returncode == 1
    assert done.stderr.startswith(f"eventify: {sentence}"), done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_the_web_server_refuses_with_the_same_sentence(tmp_path):
    done = run(["-c", "import eventify.wsgi"], tmp_path, **PRODUCTION | {"ALLOWED_HOSTS": "*"})
    assert (done.returncode, done.stderr) == (
        1,
        "eventify: Set ALLOWED_HOSTS to the host names of this site, without a wildcard.\n",
    )


def test_without_any_configuration_it_is_production(tmp_path):
    done = run(["manage.py", "check"], tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("eventify: Set SECRET_KEY")


def test_beside_a_demo_that_was_served_manage_py_joins_it(tmp_path):
    (tmp_path / "secret_key").write_text(SECRET)
    assert run(["manage.py", "check"], tmp_path).returncode == 0
    refused = run(["manage.py", "check"], tmp_path, SECRET_KEY="short")
    assert refused.stderr.startswith("eventify: Set SECRET_KEY")


def test_production_is_strict(tmp_path):
    names = ("DEBUG", "SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CORS_ALLOWED_ORIGINS", "EVENTIFY_RATE_LIMITS")
    names += ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SECURE_HSTS_SECONDS", "SECURE_HSTS_INCLUDE_SUBDOMAINS")
    names += ("LANGUAGE_COOKIE_NAME", "LANGUAGE_COOKIE_SECURE", "LANGUAGE_COOKIE_SAMESITE", "COOKIE_PREFIX")
    assert read(tmp_path, *names, **PRODUCTION) == {
        "DEBUG": False,
        "SECURE_SSL_REDIRECT": True,
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_NAME": "__Host-sessionid",
        "CSRF_COOKIE_NAME": "__Host-csrftoken",
        "LANGUAGE_COOKIE_NAME": "__Host-django_language",
        "LANGUAGE_COOKIE_SECURE": True,
        "LANGUAGE_COOKIE_SAMESITE": "Lax",
        "COOKIE_PREFIX": "__Host-",
        "SECURE_HSTS_SECONDS": 31_536_000,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
        "CORS_ALLOWED_ORIGINS": [],
        "EVENTIFY_RATE_LIMITS": True,
    }
    assert len(read(tmp_path, "AUTH_PASSWORD_VALIDATORS", **PRODUCTION)["AUTH_PASSWORD_VALIDATORS"]) == 6


def test_the_demo_runs_without_djangos_debug_and_without_any_setting(tmp_path):
    found = read(tmp_path, "DEBUG", "AUTH_PASSWORD_VALIDATORS", "EVENTIFY_ADMIN_PASSWORD", "PRODUCTION", DEMO="on")
    assert found == {
        "DEBUG": False,
        "AUTH_PASSWORD_VALIDATORS": [],
        "EVENTIFY_ADMIN_PASSWORD": "admin123",
        "PRODUCTION": False,
    }
    assert "http://localhost:5173" in read(tmp_path, "CORS_ALLOWED_ORIGINS", DEMO="on")["CORS_ALLOWED_ORIGINS"]


def test_an_sqlalchemy_address_is_understood(tmp_path):
    url = "postgresql+psycopg2://postgres@db:5432/evently"
    found = read(tmp_path, "DATABASES", DEMO="on", DATABASE_URL=url)["DATABASES"]["default"]
    assert [found[key] for key in ("HOST", "PORT", "USER", "NAME")] == ["db", "5432", "postgres", "evently"]
    assert (found["CONN_MAX_AGE"], found["CONN_HEALTH_CHECKS"]) == (None, True)
    assert found["OPTIONS"]["connect_timeout"] == 5
    asked = read(tmp_path, "DATABASES", DEMO="on", DATABASE_URL=f"{url}?connect_timeout=9")["DATABASES"]["default"]
    assert asked["OPTIONS"]["connect_timeout"] == 9


def test_a_socket_of_redis_is_spelled_for_celery(tmp_path):
    found = read(tmp_path, "CELERY_BROKER_URL", DEMO="on", REDIS_URL="unix:///run/redis.sock?db=3")
    assert found == {"CELERY_BROKER_URL": "redis+socket:///run/redis.sock?virtual_host=3"}


def test_the_names_of_the_published_contract_are_honoured(tmp_path):
    found = read(
        tmp_path,
        "JWT_SECRET",
        "LOG_LEVEL",
        "REDIS_URL",
        "SIMPLE_JWT",
        DEMO="on",
        JWT_SECRET="please_change_me",
        ACCESS_TOKEN_EXPIRE_MINUTES="7",
        LOG_LEVEL="warning",
        REDIS_URL="redis://redis:6379/0",
    )
    assert (found["JWT_SECRET"], found["LOG_LEVEL"]) == ("please_change_me", "WARNING")
    assert found["REDIS_URL"] == "redis://redis:6379/0"
    assert found["SIMPLE_JWT"]["ACCESS_TOKEN_LIFETIME"] == "0:07:00"


def test_env_file_is_read_and_the_environment_wins(tmp_path):
    file = tmp_path / "env"
    file.write_text("DEMO=on\nEVENTIFY_CURRENCY=EUR\nPORT=8123\n")
    found = read(tmp_path, "EVENTIFY_CURRENCY", "SITE_URL", EVENTIFY_ENV_FILE=str(file), EVENTIFY_CURRENCY="VND")
    assert found == {"EVENTIFY_CURRENCY": "VND", "SITE_URL": "http://localhost:8123"}


def test_env_example_names_every_setting_and_nothing_else():
    parts = [*(ROOT / "eventify/settings").glob("*.py"), ROOT / "eventify/supervisor.py", ROOT / "eventify/prepare.py"]
    source = "".join(part.read_text() for part in parts)
    kinds = "text|number|choice|chosen|switch|secret|time_zone"
    call = rf"""(?:env\.\w+|environ\.get|environment\.get|{kinds})\(\s*"([A-Z_]+)\""""
    names = set(re.findall(call, source)) | {
        f"EVENTIFY_LIMIT_{name.upper()}" for name in re.findall(r'limit\("(\w+)"', source)
    }
    names |= {f"EVENTIFY_KEEP_{kind.upper()}_DAYS" for kind in KEEP_DAYS}
    internal = {"EVENTIFY_ENV_FILE"}  # says where .env is, so it cannot stand in it
    example = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert example == names - internal
