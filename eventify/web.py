"""The web server: `python -m eventify.web` takes the options of granian.

One process loads the application, forks the workers and ends. So they share what was loaded, and nobody keeps a copy
only to fork from: the process that looks after the workers never loads it. Who takes the place of a worker that died
loads it anew.
"""

import ctypes
import gc
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from importlib import import_module
from multiprocessing.connection import Connection, wait

import granian.cli
import granian.server.mp

FORK = multiprocessing.get_context("fork")
PR_SET_CHILD_SUBREAPER = 36


class Forked:
    """A worker that another process forks: what granian asks of a process that it starts itself.

    One that could not be forked has ended from the beginning.
    """

    pid = ends = None  # `ends` can be read when its process has ended

    def __init__(self, target: Callable, args: tuple, load: str):
        self.begin, self.load = partial(target, *args), load

    def start(self) -> None:
        """Have it forked, unless that was done for several together."""
        if self.ends is None:
            load_and_fork([self])

    def follow(self, pid: int) -> None:
        """Its process is `pid`."""
        self.pid, self.ends = pid, Connection(os.pidfd_open(pid), writable=False)

    def join(self, timeout: float | None = None) -> None:
        """Wait until it has ended, at most for `timeout` seconds; any thread may."""
        if self.ends and wait([self.ends], timeout):
            with suppress(ChildProcessError):  # another thread was first
                os.waitpid(self.pid, os.WNOHANG)

    def is_alive(self) -> bool:
        """Whether its process has not ended yet."""
        return bool(self.ends) and not wait([self.ends], 0)

    def terminate(self) -> None:
        """Let it finish what it does."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self._send(signal.SIGKILL)

    def _send(self, number: int) -> None:
        with suppress(ProcessLookupError):
            if self.ends:
                signal.pidfd_send_signal(self.ends.fileno(), number)


def load_and_fork(workers: Sequence[Forked]) -> None:
    """Start a process that loads the application, forks `workers` and ends; they become children of this one.

    When it ends early, those that it has not forked have no process. Why stands in its log.
    """
    hear, tell = FORK.Pipe(duplex=False)
    loader = FORK.Process(target=_loader, args=(workers, hear, tell))
    loader.start()
    tell.close()
    with suppress(EOFError):
        for worker in workers:
            worker.follow(hear.recv())
    loader.join()


def _loader(workers: Sequence[Forked], hear: Connection, tell: Connection) -> None:
    hear.close()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)  # nothing is served yet that would have to be finished
    import_module(workers[0].load).load()
    for worker in workers:
        process = FORK.Process(name="granian-worker", target=_begin, args=(worker, tell))
        process.start()
        tell.send(process.pid)
    os._exit(0)  # without waiting for them


def _begin(worker: Forked, tell: Connection) -> None:
    tell.close()  # so that nobody but the process that forks keeps it open
    worker.begin()


class Worker(granian.server.mp.WorkerProcess):
    """granian's worker, forked by another process."""

    load = "eventify.warm"  # the module whose load() makes everything that is to be shared

    def _spawn(self, target, args):
        self.inner = Forked(target, args, self.load)


class Server(granian.server.mp.MPServer):
    """granian's server, whose workers are forked together."""

    def _spawn_workers(self, spawn_target, target_loader):
        self.wrks = [self._spawn_worker(number, spawn_target, target_loader) for number in range(self.workers)]
        load_and_fork([worker.inner for worker in self.wrks])
        if not all(worker.is_alive() for worker in self.wrks):
            sys.exit("eventify: the web server's workers cannot be started; the reason stands above.")
        for worker in self.wrks:
            worker.start()
        self._metrics.incr_spawn(self.workers)


def serve() -> None:
    """Serve until told to end; the options of granian stand in sys.argv."""
    gc.freeze()  # what is there already stays shared with the workers
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    granian.server.mp.WorkerProcess, granian.cli.Server = Worker, Server
    granian.cli.entrypoint()


if __name__ == "__main__":
    serve()
