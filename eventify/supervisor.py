"""bin/serve: starts everything in order, restarts what dies, stops everything in the opposite order."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from threading import Event

import environ

from eventify.embedded import EmbeddedError, Services, die_with_parent, wait_until
from eventify.healthcheck import is_healthy
from eventify.mode import ROOT, default_to_demo, home

READY_SECONDS = 60
STOP_SECONDS = 25  # for requests and tasks that are under way; a task that takes longer is done again later
MAILS_WAIT = 10  # niceness of the worker: who buys comes before the mails of who has bought
CALM_SECONDS = 30  # a child that lived this long did not die of what killed it before
LONGEST_PAUSE = 10  # seconds between two attempts to restart
SERVER_TRIES = 5  # to start PostgreSQL or Redis again, before everything ends with the reason
MARK = "EVENTIFY_SERVED_FROM"  # in the environment of everything that bin/serve starts
LOGINS = (
    "administrator  admin@evient.com / admin123",
    "staff          finance@, moderator@, support@, gate@evient.com / admin123",
    "partner        promoter@evient.com / admin123",
    "crew planner   crew@evient.com / admin123",
    "buyer          buyer@evient.com / secret123",
    "volunteer      volunteer@evient.com / secret123",
)
asked_to_stop = Event()


class Stop(Exception):
    """SIGINT or SIGTERM arrived."""


class Failure(Exception):
    """The platform cannot start; the message is one sentence."""


class Child:
    """One of our own processes: its command, its log file, and when it may be started again."""

    def __init__(self, name, command, log, yields=0):
        self.name, self.command, self.log = name, command, log
        self.yields = yields  # niceness: how far it stands back where there is more work than processor
        self.process, self.started, self.failures, self.due = None, 0.0, 0, 0.0

    def start(self):
        """Start the process; the kernel ends it when this process is killed."""
        self.started = time.monotonic()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *self.command],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches only us, and we stop in order
                preexec_fn=partial(self._begin, die_with_parent(signal.SIGTERM)),
            )

    def _begin(self, end_with_us):
        """In the new process, before it is the program."""
        end_with_us()
        if self.yields:
            os.nice(self.yields)
            with contextlib.suppress(OSError):  # where Linux weighs sessions, niceness counts only within one
                Path("/proc/self/autogroup").write_text(str(self.yields))

    def revive(self):
        """Start again if it died, with a pause that doubles while it keeps dying."""
        if self.process is None:
            if time.monotonic() >= self.due:
                self.start()
        elif self.process.poll() is not None:
            calm = time.monotonic() - self.started > CALM_SECONDS
            self.failures = 0 if calm else self.failures + 1
            pause = min(LONGEST_PAUSE, 0.5 * 2**self.failures)
            say(f"{self.name} ended ({self.process.returncode}), again in {pause:g} s: see {self.log}")
            self.end_group()
            self.process, self.due = None, time.monotonic() + pause

    def terminate(self):
        """Ask the process to stop."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def finish(self, deadline):
        """Wait until the process has stopped, after the deadline by force, with everything it started."""
        if self.process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0.1, deadline - time.monotonic()))
        self.end_group()
        self.process.wait()

    def end_group(self):
        """Kill what is left of the process's session: its workers must not outlive it."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)


class Supervisor:
    """One copy of the platform, from the first service to the last child."""

    def __init__(self, environment):
        self.environment = environment
        self.home = home()
        self.host, self.port = environment.get("HOST") or "127.0.0.1", environment.get("PORT") or "8000"
        self.logs = self.home.path / "logs"
        self.services = Services(self.home, **embedded(environment))
        self.web = Child("web", self.web_command(), self.logs / "web.log")
        self.background = [
            Child("worker", self.worker_command(), self.logs / "worker.log", yields=MAILS_WAIT),
            Child("beat", ["eventify.clock"], self.logs / "beat.log"),
        ]

    def web_command(self):
        """The WSGI server. Its threads stay as long as it lets them: each keeps its connection to the database."""
        workers, threads = self.number("WEB_WORKERS", 2), self.number("WEB_THREADS", 2)
        command = ["eventify.web", "--interface", "wsgi", "--host", self.host, "--port", self.port, "--no-ws"]
        command += ["--workers", workers, "--blocking-threads", threads, "--respawn-failed-workers"]
        command += ["--blocking-threads-idle-timeout", "600"]  # seconds; no more can be had
        return [*command, "--workers-kill-timeout", "20", "eventify.wsgi:application"]

    def worker_command(self):
        """The Celery worker, with so many processes for tasks, and so many while much is waiting."""
        processes = self.number("CELERY_CONCURRENCY", 2)
        return ["eventify.worker", processes, "--most", self.number("CELERY_CONCURRENCY_MOST", processes)]

    def number(self, name, default):
        """A positive whole number of the environment, as text."""
        value = self.environment.get(name) or str(default)
        if not (value.isdecimal() and int(value)):
            raise Failure(f"{name} must be a whole number above zero, not {value!r}.")
        return value

    def run(self):
        """Start, watch until Stop, stop. Raises Failure or EmbeddedError when it cannot start."""
        try:
            self.start()
            while not asked_to_stop.is_set():
                self.watch()
                time.sleep(0.5)
            raise Stop
        finally:
            ignore_signals()
            self.stop()

    def start(self):
        """Services and preparation side by side, then the web server, then the rest."""
        self.lock = self.home.make().lock()  # held until this process ends, however it ends
        say(f"state in {self.home.path}")
        self.end_orphans()
        self.claim_port()
        self.home.make_secret()
        self.services.launch()
        for server in self.services.servers:
            if not server.data.is_relative_to(self.home.path):
                say(f"{server.name} keeps its data in {server.data}, as its account cannot reach the home")
        self.clear_metrics()
        self.prepare()
        self.web.start()
        self.wait_for_web()
        for child in self.background:
            child.start()
        self.greet()

    def end_orphans(self):
        """End web, worker and beat processes of this home that outlived a killed supervisor."""
        os.environ[MARK] = str(self.home.path)
        for pid in marked_processes(self.home.path):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not marked_processes(self.home.path), STOP_SECONDS)

    def claim_port(self):
        """Failure if somebody else listens on our port: said before minutes of preparation, not after."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, int(self.port)))
            except OSError as error:
                reason = f"cannot listen on {self.host}:{self.port} ({error.strerror})"
                raise Failure(f"{reason}: choose another PORT.") from None

    def clear_metrics(self):
        """The web processes of an earlier start must not be counted in /metrics."""
        folder = self.home.path / "metrics"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)

    def prepare(self):
        """Load Django while PostgreSQL starts, then migrate and seed; its progress is ours."""
        command = [sys.executable, "-m", "eventify.prepare", "--wait"]
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, start_new_session=True)
        try:
            self.services.wait_until_ready()
            process.stdin.close()
            if process.wait():
                raise Failure("")  # it has said why
        finally:
            process.kill()
            process.wait()

    def wait_for_web(self):
        """Return when /healthz answers; Failure when the server ends or READY_SECONDS pass."""
        deadline = time.monotonic() + READY_SECONDS
        while not is_healthy(self.address()):
            if self.web.process.poll() is not None:
                raise Failure(last_words(self.web.log) or f"The web server does not start: see {self.web.log}.")
            if time.monotonic() > deadline:
                raise Failure(f"/healthz does not answer: see {self.web.log}.")
            time.sleep(0.02)

    def address(self):
        """Host and port as this machine reaches them."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"

    def greet(self):
        """Where to go, and who may log in."""
        base = f"http://{self.address()}"
        say(f"ready\n\n  site           {base}/\n  admin          {base}/django-admin/\n  logs           {self.logs}")
        if is_on(self.environment.get("DEMO")):
            known = {"none": 0, "basic": 1}.get(self.environment.get("EVENTIFY_SEED"), len(LOGINS))
            print("".join(f"  {login}\n" for login in LOGINS[:known]), flush=True)
        if (self.environment.get("EVENTIFY_PAYMENT_PROVIDER") or "sandbox") == "sandbox":
            print("  Payments are in sandbox mode: no real money is taken.", flush=True)
        print("  Ctrl-C stops everything.", flush=True)

    def watch(self):
        """Restart what died: services at once, for nothing works without them, children with a pause."""
        for server in self.services.dead():
            start_again(server)
        for child in (self.web, *self.background):
            child.revive()

    def stop(self):
        """Children first, then Redis, then PostgreSQL."""
        children = (self.web, *self.background)
        for child in children:
            child.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for child in children:
            child.finish(deadline)
        self.services.stop()


def start_again(server):
    """Start a service that ended; it may be killed again while it starts. EmbeddedError after SERVER_TRIES."""
    for tries_left in reversed(range(SERVER_TRIES)):
        say(f"{server.name} ended ({server.process.returncode}), starting it again")
        try:
            server.spawn()
            return server.wait()
        except EmbeddedError:
            if not tries_left:
                raise
            time.sleep(1)


def embedded(environment):
    """Which services run embedded: in production none, otherwise those without an address of their own."""
    is_production = not (is_on(environment.get("DEBUG")) or is_on(environment.get("DEMO")))
    return {
        "postgres": not (is_production or environment.get("DATABASE_URL")),
        "redis": not (is_production or environment.get("REDIS_URL")),
    }


def is_on(value):
    """Whether a switch is on, as the settings read it."""
    return str(value).lower() in environ.Env.BOOLEAN_TRUE_STRINGS


def marked_processes(home):
    """Process ids, except ours, that carry MARK for this home in their environment."""
    mark = f"{MARK}={home}".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has just ended, or it is not ours
            if mark in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return [pid for pid in found if pid != os.getpid()]


def last_words(log):
    """The sentence with which a child refused to start, if it ended with one."""
    lines = log.read_text(errors="replace").splitlines()[-20:]
    return next((line.removeprefix("eventify: ") for line in reversed(lines) if line.startswith("eventify: ")), None)


def say(text):
    """One line of progress."""
    print(f"eventify: {text}", flush=True)


def ignore_signals():
    """A second Ctrl-C must not interrupt the stopping."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def raise_stop(number, frame):
    """The handler of the signals that stop us. Python swallows what is raised in a fork hook, hence the event, too."""
    asked_to_stop.set()
    raise Stop


def main():
    """Run until a signal; exit code 0 after one, 1 with a sentence when something cannot start."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, raise_stop)
    try:
        default_to_demo()
        Supervisor(os.environ).run()
    except Stop:
        say("stopped")
    except (Failure, EmbeddedError) as error:
        sys.exit(f"eventify: {error}" if str(error) else 1)


if __name__ == "__main__":
    main()
