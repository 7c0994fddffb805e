"""What a new password may not be, beside Django's own rules: the words of this site, and what was seen in breaches."""

import re
from hashlib import sha1
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

WORDS = ("eventify", "admin", "booking", "concert", "event", "festival", "organiser", "organizer", "partner")
WORDS += ("passphrase", "password", "secret", "tickets", "ticket", "welcome")
LEAST = 6  # letters that have to be left when the words are taken out
_HEX = 40  # digits of a SHA-1
_LINE = 60  # bytes of a line at most: the hash, a colon, how often it was seen
_NOT_LETTERS = re.compile(r"[\W\d_]+")


def words() -> list[str]:
    """The words of this site, the longest first: WORDS, and the names in its addresses ("example" of example.com)."""
    hosts = [part for host in settings.ALLOWED_HOSTS for part in host.lower().split(".")[:-1]]
    return sorted({*WORDS, *(part for part in hosts if len(part) > 3)}, key=len, reverse=True)


class WordsOfThisSite:
    """Refuses what is little more than words that anybody would try here, with figures around them."""

    def validate(self, password: str, user=None) -> None:
        left = password.lower()
        for word in words():
            left = left.replace(word, "")
        if left != password.lower() and len(_NOT_LETTERS.sub("", left)) < LEAST:
            raise ValidationError(self.get_help_text(), code="password_of_this_site")

    def get_help_text(self) -> str:
        return _("Your password can't be made of the words of this site.")


class KnownFromBreaches:
    """Refuses what is in settings.BREACHED_PASSWORDS, a sorted file of SHA-1 hashes as large as it likes.

    It is looked up by halving, some thirty reads of one line, and never leaves this machine. No file: all passes.
    """

    def validate(self, password: str, user=None) -> None:
        if settings.BREACHED_PASSWORDS and is_listed(Path(settings.BREACHED_PASSWORDS), password):
            raise ValidationError(self.get_help_text(), code="password_breached")

    def get_help_text(self) -> str:
        return _("Your password can't be one that is known from a data breach.")


def is_listed(path: Path, password: str) -> bool:
    """Whether the password's hash begins a line of the file."""
    wanted = sha1(password.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest().upper().encode()
    low, high = 0, path.stat().st_size
    with path.open("rb") as file:
        while low < high:  # the first line that begins at or after `low` and is not before the wanted one
            middle = (low + high) // 2
            if _line_from(file, middle)[:_HEX] < wanted:
                low = middle + 1
            else:
                high = middle
        return _line_from(file, low)[:_HEX] == wanted


def _line_from(file, place: int) -> bytes:
    """The first line that begins at this byte or after it; what is greater than any hash at the end of the file."""
    file.seek(max(place - 1, 0))
    if place:
        file.readline(_LINE)
    return file.readline(_LINE) or b"~"
