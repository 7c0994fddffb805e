"""What this process needs to answer requests, and whether it is there: asked by load balancers and monitors.

Without the database, or with migrations missing, no request can be answered: not ready. Without Redis, a worker or beat
every request still works, and what must happen later waits as rows until they are back: a warning.
"""

import pkgutil
from functools import cache
from importlib import util
from threading import Lock

import psycopg
import redis
from django.apps import apps
from django.conf import settings
from django.db import connection

from eventify.lib import heartbeats
from eventify.lib.brief import Brief

OK, WARNING, FAILED = "ok", "warning", "failed"
PATIENCE = 2  # seconds that a database has to answer; libpq knows no less
_kept = Brief(1.0, most=1)  # whoever asks more often gets the same answer: asking costs nothing
_asking = Lock()


def report() -> dict:
    """{"status", "checks": {name: {"status", "detail"}}}, at most a second old; never raises, never hangs."""
    with _asking:
        found = _kept.get("report")
        if found is None:
            found = _look()
            _kept.put("report", found)
        return found


def _look() -> dict:
    checks = {**_database(), **_processes()}
    states = {check["status"] for check in checks.values()}
    return {"status": next((state for state in (FAILED, WARNING) if state in states), OK), "checks": checks}


def _said(status: str, detail: str) -> dict[str, str]:
    return {"status": status, "detail": detail}


def _database() -> dict:
    """A connection of its own, for that new ones can be had is a part of the question."""
    try:
        with psycopg.connect(**_address()) as asked:
            asked.execute(f"SET statement_timeout = {PATIENCE * 1000}")
            missing = required() - set(asked.execute("SELECT app, name FROM django_migrations"))
    except psycopg.errors.UndefinedTable:
        missing = required()
    except psycopg.Error:
        words = "The database does not answer: see whether PostgreSQL runs and DATABASE_URL is right."
        return {"database": _said(FAILED, words), "migrations": _said(FAILED, "Nobody knows without the database.")}
    return {"database": _said(OK, "The database answers."), "migrations": _migrations(missing)}


def _address() -> dict:
    given = connection.get_connection_params()
    for name in ("cursor_factory", "context", "prepare_threshold"):
        given.pop(name, None)
    return {**given, "connect_timeout": PATIENCE, "autocommit": True, "application_name": "eventify readyz"}


@cache
def required() -> frozenset[tuple[str, str]]:
    """The app and the name of every migration of the code, by its file: none of them is loaded."""
    names = ((config.label, f"{config.name}.migrations") for config in apps.get_app_configs())
    found = ((label, util.find_spec(name)) for label, name in names)
    folders = ((label, spec.submodule_search_locations) for label, spec in found if spec)
    files = ((label, file) for label, places in folders for file in pkgutil.iter_modules(places or ()))
    return frozenset((label, file.name) for label, file in files if file.name[0] not in "_~")


def _migrations(missing: frozenset) -> dict:
    if not missing:
        return _said(OK, "Every migration is applied.")
    first = ".".join(min(missing))
    return _said(FAILED, f"{len(missing)} migrations are not applied ({first}): run manage.py migrate.")


def _processes() -> dict:
    """Redis, and what the worker and beat left there."""
    queues = {queue: heartbeats.of_queue(queue) for queue in settings.QUEUES}
    try:
        *ages, beat = heartbeats.ages(*queues.values(), "beat")
    except redis.RedisError:
        unknown = _said(WARNING, "Nobody knows without Redis.")
        words = "Redis does not answer: requests work, tasks wait. See whether it runs and REDIS_URL is right."
        return {"redis": _said(WARNING, words), "worker": unknown, "beat": unknown}
    return {
        "redis": _said(OK, "Redis answers."),
        "worker": _served(dict(zip(queues, ages, strict=True))),
        "beat": _alive(beat, "Beat", "nothing periodic is done, such as freeing what was held"),
    }


def _served(ages: dict[str, float | None]) -> dict:
    """Of all queues, or of those that are in trouble: a site may have several workers, each for some."""
    troubled = {queue: age for queue, age in ages.items() if age is None or age > heartbeats.LATE}
    which = f"The worker of {', '.join(troubled)}" if len(troubled) < len(ages) and troubled else "The worker"
    seen = list((troubled or ages).values())
    return _alive(None if None in seen else max(seen), which, "mails, refunds and payouts wait")


def _alive(age: float | None, who: str, without: str) -> dict:
    if age is None:
        return _said(WARNING, f"{who} has not been heard of: {without}. Start it, or see its log.")
    if age > heartbeats.LATE:
        return _said(WARNING, f"{who} was last heard of {age:.0f} s ago: {without}. See its log.")
    return _said(OK, f"{who} was heard of {age:.0f} s ago.")
