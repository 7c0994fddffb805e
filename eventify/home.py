"""EVENTIFY_HOME: the folder that holds everything one copy of Eventify keeps, and its private sockets."""

import contextlib
import fcntl
import hashlib
import os
import pwd
import secrets
import shutil
import stat
from pathlib import Path

DATABASE = ROLE = "eventify"
FAR = Path("/var/tmp")  # for what the account of PostgreSQL could not reach in the home
LOG_LIMIT = 10_000_000  # bytes; a longer log is set aside when its process starts


class EmbeddedError(RuntimeError):
    """A server cannot run here; the text is a sentence for the person at the terminal."""


def server_account():
    """The account PostgreSQL runs as: None for this one; root, whom it refuses, lends `postgres` or `nobody`."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise EmbeddedError("PostgreSQL refuses to run as root and there is no user postgres or nobody.")


def private_folder(path, owner):
    """Make `path` (mode 0700) for user id `owner`; EmbeddedError if somebody else was there first."""
    with contextlib.suppress(FileExistsError):
        os.mkdir(path, 0o700)
        os.chown(path, owner, -1)
    found = os.lstat(path)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (owner, os.geteuid()):
        raise EmbeddedError(f"{path} belongs to somebody else: remove it or choose another EVENTIFY_HOME.")
    os.chown(path, owner, -1)
    os.chmod(path, 0o700)


class Home:
    """The folder that holds everything one copy of Eventify keeps: EVENTIFY_HOME."""

    def __init__(self, path):
        self.database = DATABASE
        self.path = Path(os.path.realpath(os.path.expanduser(path)))
        digest = hashlib.sha256(str(self.path).encode()).hexdigest()[:8]
        self.sockets = Path(f"/tmp/eventify-{os.geteuid()}-{digest}")

    @property
    def logs(self):
        return self.path / "logs"

    @property
    def database_url(self):
        return f"postgresql:///{self.database}?host={self.sockets}&user={ROLE}"

    @property
    def redis_url(self):
        return f"unix://{self.sockets}/redis.sock?db=0"

    def make(self):
        """Create the folder: nobody else may list it, PostgreSQL's account (when root starts it) may pass."""
        if not self.path.is_dir():
            self.path.mkdir(parents=True)
            self.path.chmod(0o711 if os.geteuid() == 0 else 0o700)
        if not os.access(self.path, os.W_OK):
            raise EmbeddedError(f"{self.path} is not writable: choose another EVENTIFY_HOME.")
        self.logs.mkdir(exist_ok=True)
        return self

    def make_sockets(self):
        """Create the private folder of the sockets; EmbeddedError if it belongs to somebody else."""
        account = server_account()
        private_folder(self.sockets, account.pw_uid if account else os.geteuid())

    def lock(self):
        """Hold this home until the returned file is closed; EmbeddedError if another copy holds it."""
        handle = (self.path / "lock").open("a+")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.close()
            raise EmbeddedError(
                f"Eventify already runs with {self.path}: stop that copy first or choose another EVENTIFY_HOME."
            ) from None
        return handle

    def open_log(self, name):
        """The log of one process, opened for appending."""
        path = self.logs / f"{name}.log"
        if path.exists() and path.stat().st_size > LOG_LIMIT:
            path.replace(path.with_suffix(".log.1"))
        return path.open("ab")

    def log_tail(self, name, lines=12):
        """The last lines of one log as text."""
        path = self.logs / f"{name}.log"
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ""

    def read_secret(self):
        """The secret key that make_secret stored, or None."""
        with contextlib.suppress(FileNotFoundError, PermissionError):
            return (self.path / "secret_key").read_text().strip()
        return None

    def make_secret(self):
        """Generate this home's secret key unless it has one."""
        with contextlib.suppress(FileExistsError):
            handle = os.open(self.path / "secret_key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_urlsafe(48))

    def remove(self):
        """Delete everything of this home, also what lies elsewhere (tests only)."""
        for link in self.path.iterdir():
            if link.is_symlink():
                shutil.rmtree(FAR / link.readlink().relative_to(FAR).parts[0], ignore_errors=True)
        shutil.rmtree(self.path, ignore_errors=True)
        shutil.rmtree(self.sockets, ignore_errors=True)
