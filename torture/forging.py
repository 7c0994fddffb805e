"""Codes that must open no door: made up, tampered with, signed by others, or good once and dead by now."""

import base64
import random
from collections.abc import Iterator

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bookings.door import keys
from bookings.models import Ticket
from torture.device import CONTEXT, HEAD

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
LETTERS = 26
SEALED = 136  # letters of head and signature
ORDER = 2**252 + 27742317777372353535851937790883648493  # of the group of Ed25519


class Forger:
    """Knows good codes of an event (`good`), of another event, and codes that are dead."""

    def __init__(self, luck: random.Random, good: list[str], others: list[Ticket], dead: list[str], foreign: list[str]):
        self.luck, self.good, self.dead, self.foreign = luck, good, dead, foreign
        self.their_key = keys.private(keys.newest(others[0].event))
        self.own_key = Ed25519PrivateKey.generate()
        self.ways = (
            *(self._letters, self._sealed, self._tampered, self._other_letters, self._of_another_event),
            *(self._by_the_key_of_another, self._by_an_own_key, self._malleable, self._dead, self._dead_otherwise),
        )

    def codes(self, number: int) -> Iterator[str]:
        """So many, of all ways in turn."""
        for one in range(number):
            yield self.ways[one % len(self.ways)]()

    def _some(self, number: int) -> str:
        return "".join(self.luck.choices(ALPHABET, k=number))

    def _good(self) -> tuple[str, bytes, bytes]:
        """The letters, the head and the signature of a good code."""
        letters, _dot, sealed = self.luck.choice(self.good).partition(".")
        raw = base64.b32decode(sealed)
        return letters, raw[: HEAD.size], raw[HEAD.size :]

    def _letters(self) -> str:
        return self._some(LETTERS)

    def _sealed(self) -> str:
        return f"{self._some(LETTERS)}.{self._some(SEALED)}"

    def _tampered(self) -> str:
        """Another letter somewhere in the seal."""
        code = self.luck.choice(self.good)
        place = self.luck.randrange(LETTERS + 1, len(code))
        other = self.luck.choice(ALPHABET.replace(code[place], ""))
        return code[:place] + other + code[place + 1 :]

    def _other_letters(self) -> str:
        """The seal of one ticket under the letters of another one."""
        first, second = self.luck.sample(self.good, 2)
        return f"{first[:LETTERS]}{second[LETTERS:]}"

    def _of_another_event(self) -> str:
        return self.luck.choice(self.foreign)

    def _by_the_key_of_another(self) -> str:
        return self._signed(self.their_key)

    def _by_an_own_key(self) -> str:
        return self._signed(self.own_key)

    def _signed(self, key: Ed25519PrivateKey) -> str:
        """A ticket's letters and head, signed by somebody else."""
        letters, head, _signature = self._good()
        return _joined(letters, head, key.sign(CONTEXT + head + letters.encode()))

    def _malleable(self) -> str:
        """The same signature as another number: S plus the order of the group, which careless judges take."""
        letters, head, signature = self._good()
        s = int.from_bytes(signature[32:], "little") + ORDER
        return _joined(letters, head, signature[:32] + s.to_bytes(32, "little"))

    def _dead(self) -> str:
        return self.luck.choice(self.dead)

    def _dead_otherwise(self) -> str:
        """A dead code in another spelling."""
        code = self.luck.choice(self.dead)
        return " ".join((code[:9], code[9:LETTERS], code[LETTERS:])).lower()


def _joined(letters: str, head: bytes, signature: bytes) -> str:
    return f"{letters}.{base64.b32encode(head + signature).decode()}"
