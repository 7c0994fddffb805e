"""Identifiers: a bigint `id` for joins, a UUIDv7 `uid` for the outside, a ULID as another spelling of it."""

import uuid

import uuid_utils

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32
_VALUES = {letter: value for value, letter in enumerate(ALPHABET)}
ULID_LENGTH = 26


def new_uid() -> uuid.UUID:
    """A UUID version 7: sortable by the moment it was made, to the millisecond."""
    return uuid.UUID(int=uuid_utils.uuid7().int)


def to_ulid(uid: uuid.UUID) -> str:
    """The same 128 bits as 26 letters and digits."""
    number, letters = uid.int, []
    for _ in range(ULID_LENGTH):
        number, rest = divmod(number, 32)
        letters.append(ALPHABET[rest])
    return "".join(reversed(letters))


def from_ulid(text: str) -> uuid.UUID:
    """The UUID that `text` spells; ValueError when it is not a ULID."""
    if len(text) != ULID_LENGTH:
        raise ValueError("A ULID has 26 characters.")
    try:
        number = sum(_VALUES[letter] * 32**power for power, letter in enumerate(reversed(text.upper())))
    except KeyError as error:
        raise ValueError(f"{error.args[0]!r} is not a letter of a ULID.") from None
    return uuid.UUID(int=number)  # ValueError past 128 bits


def uid_of(text: str) -> uuid.UUID | None:
    """The UUID that a text spells, as such or as a ULID; None when it spells none."""
    for read in (uuid.UUID, from_ulid):
        try:
            return read(text)
        except ValueError:
            continue
    return None
