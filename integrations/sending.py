"""One request to an endpoint: at most so long, to a public address, without following redirects."""

import socket
import time
from http.client import HTTPException
from threading import Timer
from typing import NamedTuple

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from integrations import addresses
from integrations.models import TEXT_OF_ANSWER

CONNECTING = 5  # seconds
WHOLE = 15  # seconds that one attempt takes at most, however slowly the other side speaks
READ_MOST = 2048  # bytes of an answer
AGENT = "Eventify-Webhooks/1"
_AWAY = {429, 502, 503, 504}


class Outcome(NamedTuple):
    """What became of an attempt: the answer's status (0: none), how it began, and what went wrong ("": nothing)."""

    status: int
    milliseconds: int
    answer: str
    error: str

    @property
    def is_good(self) -> bool:
        """Whether the other side has taken it."""
        return 200 <= self.status < 300 and not self.error

    @property
    def is_away(self) -> bool:
        """Whether the other side is not there at all, so that nothing else need be tried now."""
        return self.status == 0 or self.status in _AWAY


def post(url: str, body: bytes, headers: dict[str, str]) -> Outcome:
    """POST the JSON there; never raises for what the other side does."""
    began = time.monotonic()
    try:
        status, answer = _exchange(addresses.resolve(url), body, headers)
        error = "" if 200 <= status < 300 else f"The answer was {status}."
    except addresses.Refused as refusal:
        status, answer, error = 0, "", str(refusal)
    except (HTTPError, HTTPException, OSError, ValueError) as problem:  # the latter: an answer that is no HTTP
        status, answer, error = 0, "", f"{type(problem).__name__}: {problem}"
    return Outcome(status, round((time.monotonic() - began) * 1000), answer, error[:300])


def _exchange(place: addresses.Place, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
    connection = _connection(place)
    deadline = Timer(WHOLE, _cut, [connection])
    deadline.daemon = True
    try:
        deadline.start()
        connection.connect()
        host = place.host if ":" not in place.host else f"[{place.host}]"
        named = host if place.port in (80, 443) else f"{host}:{place.port}"
        sent = {"Host": named, "User-Agent": AGENT, "Content-Type": "application/json", "Connection": "close"}
        connection.request("POST", place.path, body=body, headers={**sent, **headers}, preload_content=False)
        response = connection.getresponse()
        begins = response.read(READ_MOST, decode_content=False)
        return response.status, begins.decode("utf-8", "replace").replace("\x00", "")[:TEXT_OF_ANSWER]
    finally:
        deadline.cancel()
        connection.close()


def _connection(place: addresses.Place) -> HTTPConnection:
    """To the very address that was judged; its certificate must be the name's."""
    if not place.is_secure:
        return HTTPConnection(place.ip, place.port, timeout=CONNECTING)
    return HTTPSConnection(
        place.ip, place.port, timeout=CONNECTING, server_hostname=place.host, assert_hostname=place.host
    )


def _cut(connection: HTTPConnection) -> None:
    """End what takes too long: whoever waits for the other side is told so."""
    if connection.sock is not None:
        try:
            socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)
        except OSError:
            return  # it has ended by itself
