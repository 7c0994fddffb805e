"""How many events of each kind and in each city can still be attended, as the home page and the search offer them."""

from typing import NamedTuple

from django.core.cache import cache
from django.db.models import Count

from events import queries

_SECONDS = 60  # that a count may be behind
_CITIES_MOST = 300


class Kind(NamedTuple):
    """A category that has something."""

    slug: str
    name: str
    icon: str  # the path of the picture below MEDIA_URL; empty without one
    total: int


class City(NamedTuple):
    """A city that has something."""

    name: str
    total: int


def kinds() -> list[Kind]:
    """The categories with their numbers, the largest first."""
    return cache.get_or_set("events:kinds", _kinds, _SECONDS)


def cities() -> list[City]:
    """The cities with their numbers, the largest first; at most 300."""
    return cache.get_or_set("events:cities", _cities, _SECONDS)


def _kinds() -> list[Kind]:
    shown = queries.top_level(queries.upcoming()).exclude(category=None).order_by()
    counted = shown.values("category").annotate(total=Count("*"))
    rows = counted.values_list("category__slug", "category__name", "category__icon", "total")
    return [Kind(*row) for row in rows.order_by("-total", "category__name")]


def _cities() -> list[City]:
    shown = queries.top_level(queries.upcoming()).exclude(place="").order_by()
    counted = shown.values("place").annotate(total=Count("*")).values_list("place", "total")
    return [City(*row) for row in counted.order_by("-total", "place")[:_CITIES_MOST]]
