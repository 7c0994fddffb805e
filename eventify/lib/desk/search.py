"""The search over everything that a person may see: each app registers where it looks, and who may ask it."""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import NamedTuple

from eventify.lib.desk import nav

LEAST = 2  # characters that are worth a search
MOST = 200
PER_KIND = 6


class Hit(NamedTuple):
    """One thing that was found."""

    title: str
    subtitle: str
    url: str


class Source(NamedTuple):
    """Where to look. `find(user, text)` gives at most PER_KIND hits that the user may see, the best first."""

    kind: object  # the heading: "Users"
    permissions: tuple[str, ...]
    is_scoped: bool
    find: Callable[..., Iterable[Hit]]


_sources: dict[str, Source] = {}


def register(name: str, kind, *permissions: str, scoped: bool = False):
    """Decorate `find(user, text) -> hits`. Sources answer in the order in which they were registered."""

    def remember(find):
        if name in _sources:
            raise ValueError(f"Two sources are called {name}.")
        _sources[name] = Source(kind, permissions, scoped, find)
        return find

    return remember


def everywhere(user, text: str) -> list[tuple[Source, list[Hit]]]:
    """What each source that the user may ask has found; sources that found nothing are left out."""
    open_to = [one for one in _sources.values() if nav.may(user, one.permissions, one.is_scoped)]
    found = [(one, list(islice(one.find(user, text), PER_KIND))) for one in open_to]
    return [(source, hits) for source, hits in found if hits]
