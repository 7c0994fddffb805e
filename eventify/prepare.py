"""What must be done before the web server starts, in one Python process: check, migrate, collect, seed.

`python -m eventify.prepare`, run by bin/serve. With --wait it loads Django first and goes on when its
standard input closes, while the services start.
"""

import hashlib
import os
import sys

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.checks import Tags, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import BaseCommand, OutputWrapper, SystemCheckError
from django.db import OperationalError

SEEDS = {"none": None, "basic": ["--if-empty"], "demo": ["--demo", "--if-empty"]}


def main():
    """Prepare the database and the static files; exits 1 with a sentence when a setting is wrong."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eventify.settings")
    try:
        django.setup()
        arguments = seed_arguments()
        if "--wait" in sys.argv:
            sys.stdin.read()
        prepare(arguments)
    except (ImproperlyConfigured, SystemCheckError) as error:
        sys.exit(f"eventify: {error}")
    except OperationalError as error:
        sys.exit(f"eventify: the database refuses: {str(error).strip()} (DATABASE_URL says where it is)")


def seed_arguments():
    """The options of the seed command that EVENTIFY_SEED asks for, or None; production is never seeded unasked."""
    name = os.environ.get("EVENTIFY_SEED") or ("none" if settings.PRODUCTION else "demo")
    if name not in SEEDS:
        raise ImproperlyConfigured(f"EVENTIFY_SEED must be one of {', '.join(SEEDS)}, not {name!r}.")
    return SEEDS[name]


def prepare(seed):
    """Check, migrate, bring the ledger up, collect static files when they changed, seed an empty database."""
    run_system_checks()
    call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
    call_command("ledger_post_missing", verbosity=0, skip_checks=True)
    for error in run_checks(tags=[Tags.database], databases=["default"]):
        raise ImproperlyConfigured(error.msg)
    collect_static()
    if seed is not None:
        call_command("seed", *seed)


def run_system_checks():
    """Print warnings, raise SystemCheckError for errors; no news is good news."""
    BaseCommand(stderr=OutputWrapper(sys.stderr)).check()


def collect_static():
    """Copy and compress the static files, unless the last run saw the same ones."""
    if "Manifest" not in settings.STORAGES["staticfiles"]["BACKEND"]:
        return
    stamp = settings.HOME.path / "static.stamp"
    seen = static_fingerprint()
    if stamp.exists() and stamp.read_text() == seen:
        return
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    call_command("collectstatic", verbosity=0, interactive=False)
    stamp.write_text(seen)


def static_fingerprint():
    """A hash of every static file's name, size and time, and of where they are collected."""
    digest = hashlib.sha256(str(settings.STATIC_ROOT).encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            found = os.stat(storage.path(name))
            digest.update(f"{name} {found.st_size} {found.st_mtime_ns}\n".encode())
    return digest.hexdigest()


if __name__ == "__main__":
    main()
