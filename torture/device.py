"""A scanner at the door, as static/js/door has it: it judges codes alone, and brings its scans over HTTP later."""

import base64
import hashlib
import random
import re
import struct
from datetime import UTC, datetime
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from torture.world import Client

ADMITTED, USED, UNKNOWN, CANCELLED, FORGED = "admitted", "used", "unknown", "cancelled", "forged"
CONTEXT = b"eventify-ticket-1"
HEAD = struct.Struct(">BI16s")
LONGEST = 400  # characters that are looked at
_LETTERS = re.compile(r"[A-Z2-7]{26}")
_SIGNED = re.compile(r"([A-Z2-7]{26})\.([A-Z2-7]{136})")
_BLANKS = re.compile(r"[\s-]")


class Device:
    """One phone: its token, its event's list, and the scans that it keeps until the server has them."""

    def __init__(self, base: str, code: str, gate: str, luck: random.Random):
        self.client, self.gate, self.luck = Client(base), gate, luck
        asked = {"code": code, "client_uid": str(self.new_uid())}
        status, said = self.client.insist("POST", "/door/api/enrol/", asked)
        if status != 200:
            raise RuntimeError(f"enrolment: {status} {said}")
        self.uid, self.headers = said["device"], {"X_Door_Token": said["token"]}
        self.queue: list[dict] = []

    def new_uid(self) -> UUID:
        """For a scan."""
        return UUID(int=self.luck.getrandbits(128), version=4)

    def load(self) -> dict:
        """The whole list of the event, asked for until it comes."""
        said = self.client.insist("GET", "/door/api/event/", **self.headers)[1]
        self.event, self.dead = said["event"]["uid"], set(said["dead"])
        self.used = {one["hash"]: (one["at"], one["gate"]) for one in said["used"]}
        self.let_in = set(self.used)
        self.keys = {
            one["number"]: Ed25519PublicKey.from_public_bytes(base64.b64decode(one["public_key"]))
            for one in said["keys"]
        }
        return said

    def judge(self, text: str) -> str:
        """What it says of a code without network: `read` and `decide` of static/js/door/core.js."""
        clean = _BLANKS.sub("", text[:LONGEST]).upper()
        signed = _SIGNED.fullmatch(clean)
        if not signed and not _LETTERS.fullmatch(clean):
            return UNKNOWN
        if signed and (refused := self._why_not(signed[1], signed[2])):
            return refused
        hashed = hash_of(clean)
        if hashed in self.dead:
            return CANCELLED
        if hashed in self.let_in:
            return USED
        return ADMITTED if signed else UNKNOWN  # letters without a signature prove nothing

    def _why_not(self, letters: str, sealed: str) -> str:
        raw = base64.b32decode(sealed)
        number, _type, event = HEAD.unpack(raw[: HEAD.size])
        if str(UUID(bytes=event)) != self.event:
            return "wrong_event"
        if number not in self.keys:
            return FORGED
        try:
            self.keys[number].verify(raw[HEAD.size :], CONTEXT + raw[: HEAD.size] + letters.encode())
        except InvalidSignature:
            return FORGED
        return ""

    def scan(self, text: str, at: datetime) -> str:
        """Judge a code alone at this moment, and keep the scan."""
        verdict = self.judge(text)
        if verdict == ADMITTED:
            self.let_in.add(hash_of(text))
        self.queue.append(self.said(text, verdict, at))
        return verdict

    def said(self, text: str, verdict: str, at: datetime) -> dict:
        """A scan as it is sent."""
        moment = at.astimezone(UTC).isoformat()
        facts = {"client_uid": str(self.new_uid()), "code": text, "verdict": verdict, "scanned_at": moment}
        return {**facts, "skew_ms": 0, "gate": self.gate}

    def batches(self, most: int) -> list[list[dict]]:
        """All that it keeps, in any order, in batches of any size."""
        left, found = self.luck.sample(self.queue, len(self.queue)), []
        while left:
            size = self.luck.randint(1, most)
            found.append(left[:size])
            left = left[size:]
        return found

    def sync(self, scans: list[dict], *, is_lost: bool = False) -> dict[str, dict]:
        """Send these until they are taken; what was said of each. `is_lost`: once before without hearing the answer."""
        body = {"scans": scans, "skew_ms": 0, "queue": 0}
        if is_lost:
            self.client.hang_up("POST", "/door/api/sync/", body, **self.headers)
        status, said = self.client.insist("POST", "/door/api/sync/", body, **self.headers)
        if status != 200:
            raise RuntimeError(f"sync: {status} {said}")
        return {one["client_uid"]: one for one in said["scans"]}

    def ask(self, text: str) -> str:
        """The server's verdict on a code; empty when it does not give one."""
        asked = {"client_uid": str(self.new_uid()), "code": text, "scanned_at": datetime.now(UTC).isoformat()}
        status, said = self.client.insist("POST", "/door/api/scan/", asked, **self.headers)
        return said["verdict"] if status == 200 else ""

    def inside(self) -> int:
        """How many the server counts as inside."""
        return self.client.insist("GET", "/door/api/counts/", **self.headers)[1]["inside"]


def hash_of(text: str) -> str:
    """SHA-256 of the letters, as lists hold codes."""
    return hashlib.sha256(_BLANKS.sub("", text).upper().partition(".")[0].encode()).hexdigest()
