"""Clients: one thread and one kept-alive connection each. Plain sockets, so that the generator costs little."""

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import urlsplit

TIMEOUT = 60  # seconds for one answer
GRACE = 2  # seconds after the end in which a paced load may still catch up


@dataclass
class Result:
    """What one run measured. Times in seconds; status 0 is a request without an answer."""

    elapsed: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter = field(default_factory=Counter)

    @property
    def per_second(self) -> float:
        """Answers of any kind a second."""
        return len(self.latencies) / self.elapsed

    def percentile(self, share: float) -> float:
        """The latency that this share (0..1) of the requests did not exceed, in milliseconds."""
        ordered = sorted(self.latencies)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass(frozen=True)
class Request:
    """One HTTP request; `body` is text."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""

    def on_wire(self, host: str) -> bytes:
        """The bytes to send."""
        if self.method == "GET":
            return _head(self, host, ())
        body = self.body.encode()
        return _head.__wrapped__(self, host, (f"Content-Length: {len(body)}",)) + body


@lru_cache(maxsize=10_000)  # who reads asks the same again and again
def _head(request: Request, host: str, more: tuple[str, ...]) -> bytes:
    lines = [f"{request.method} {request.path} HTTP/1.1", f"Host: {host}", *(f"{n}: {v}" for n, v in request.headers)]
    return "\r\n".join([*lines, *more, "", ""]).encode()


def bearer(token: str, **more: str) -> tuple[tuple[str, str], ...]:
    """The headers of a JSON request with this token; `more` with _ for -."""
    named = {name.replace("_", "-"): value for name, value in more.items()}
    return tuple({"Authorization": f"Bearer {token}", "Content-Type": "application/json", **named}.items())


def run(base: str, ask: Callable[[int], Iterator[Request]], *, clients: int, seconds: float, rate: float = 0) -> Result:
    """Send what `ask(client)` yields, one after another within a client, all clients at once, for so many seconds.

    With a `rate` (requests a second, of all clients) each request has its moment, and its latency counts from that
    moment, so that a server that falls behind is not spared.
    """
    result, lock, start = Result(), threading.Lock(), threading.Barrier(clients + 1)

    def client(number: int) -> None:
        pace = _pace(number, clients, rate) if rate else None
        with Connection(base) as connection:
            start.wait()
            timed = list(_answers(connection, ask(number), time.perf_counter() + seconds, pace))
        with lock:
            result.latencies += [taken for taken, _status in timed]
            result.statuses.update(status for _taken, status in timed)

    threads = [threading.Thread(target=client, args=(number,), daemon=True) for number in range(clients)]
    for thread in threads:
        thread.start()
    start.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    result.elapsed = time.perf_counter() - began
    return result


def _pace(number: int, clients: int, rate: float) -> Iterator[float]:
    """Seconds after the start at which this client's requests are due."""
    while True:
        yield number / rate
        number += clients


def _answers(connection, requests: Iterable[Request], end: float, pace) -> Iterator[tuple[float, int]]:
    began = time.perf_counter()
    for request in requests:
        at = time.perf_counter()
        if pace is not None:
            due = began + next(pace)
            time.sleep(max(0.0, due - at))
            at = due
        status = connection.send(request)
        yield time.perf_counter() - at, status
        if at >= end or time.perf_counter() >= end + (GRACE if pace else 0):
            return


class Connection:
    """One kept-alive connection."""

    def __init__(self, base: str):
        self.host = urlsplit(base).netloc

    def __enter__(self):
        self._open()
        return self

    def __exit__(self, *_error):
        self.socket.close()

    def _open(self) -> None:
        name, _colon, port = self.host.partition(":")
        self.socket = socket.create_connection((name, int(port)), timeout=TIMEOUT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, request: Request) -> int:
        """The status of the answer, which is read to its end; 0 without one."""
        try:
            self.socket.sendall(request.on_wire(self.host))
            return self._read()
        except OSError:
            self.socket.close()
            self._open()
            return 0

    def _read(self) -> int:
        data = self._more(b"")
        while (end := data.find(b"\r\n\r\n")) < 0:
            data = self._more(data)
        head, size = data[:end].lower(), len(data) - end - 4
        at = head.find(b"content-length:")
        if at >= 0:
            left = int(head[at + 15 :].split(b"\r\n", 1)[0]) - size
            while left > 0:
                left -= len(self._more(b""))
        elif b"transfer-encoding: chunked" in head:
            while not data.endswith(b"0\r\n\r\n"):
                data = self._more(data)
        return int(head[9:12])

    def _more(self, data: bytes) -> bytes:
        part = self.socket.recv(262_144)
        if not part:
            raise ConnectionResetError
        return data + part


def median(values: Iterable[float]) -> float:
    """The middle value (the lower one of two)."""
    ordered = sorted(values)
    return ordered[(len(ordered) - 1) // 2]
