"""Clients: one thread and one kept-alive connection each, so that the generator costs little."""

import http.client
import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Result:
    """What one run measured. Times in seconds."""

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
    """One HTTP request; `body` is JSON text."""

    method: str
    path: str
    headers: dict[str, str]
    body: str = ""


def run(base: str, per_client: list[Iterable[Request]]) -> Result:
    """Send every client's requests, one after another within a client, all clients at once."""
    result, lock, start = Result(), threading.Lock(), threading.Barrier(len(per_client) + 1)
    threads = [threading.Thread(target=_client, args=(base, list(r), start, result, lock)) for r in per_client]
    for thread in threads:
        thread.start()
    start.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    result.elapsed = time.perf_counter() - began
    return result


def _client(base: str, requests: list[Request], start, result: Result, lock) -> None:
    connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=60)
    connection.connect()
    start.wait()
    timed = [_timed(connection, request) for request in requests]
    connection.close()
    with lock:
        result.latencies += [seconds for seconds, _status in timed]
        result.statuses.update(status for _seconds, status in timed)


def _timed(connection: http.client.HTTPConnection, request: Request) -> tuple[float, int]:
    began = time.perf_counter()
    connection.request(request.method, request.path, request.body, request.headers)
    answer = connection.getresponse()
    answer.read()
    return time.perf_counter() - began, answer.status


def median(values: Iterable[float]) -> float:
    """The middle value (the lower one of two)."""
    ordered = sorted(values)
    return ordered[(len(ordered) - 1) // 2]
