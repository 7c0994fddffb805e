"""GET /events as it is asked most: queries that are compiled once for each way of asking, however deep the page.

A page far down begins at a key that was found once: to find it, the rows before it are counted off in an index.
For KEPT seconds it is remembered, and so is the total of a long list; events that come or go meanwhile move such a
page and its total a little later. Shorter lists and pages further up are always exact.
"""

from functools import lru_cache
from typing import NamedTuple

from django.db.models import F, FloatField, Func, Q, QuerySet, TextField
from django.db.models.functions import Cast, Coalesce, Lower, NullIf
from django.db.models.lookups import GreaterThanOrEqual

from eventify.contracts.lists import EXACT, KEPT, total_of
from eventify.lib import replica
from eventify.lib.brief import Brief
from eventify.lib.prepared import COUNT, PAGE, PAGED, Param, Prepared
from events import queries, states
from events.models import Event

ACTIVE, INACTIVE = "active", "inactive"
_ON_SALE = Q(state__in=states.ON_SALE, is_bookable=True)
_UTILIZATION = Coalesce(Cast("booked_count", FloatField()) / NullIf(F("capacity"), 0), 0.0)
SORTS = {"name": Lower("name"), "start_time": F("starts_at"), "utilization": _UTILIZATION}
_INDEXED = ("name", "start_time")
_RANGE = {"date_from": "starts_at__gte", "date_to": "starts_at__lte"}
_starts = Brief(KEPT)


class Way(NamedTuple):
    """What must be known to compile a query; `ends` are the ends of the range that are given."""

    sort: str
    order: str
    status: str
    ends: tuple[str, ...]


@replica.may_lag
def page(asked: dict, columns: tuple[str, ...]) -> tuple[list[tuple], int]:
    """The values of these columns on the page that is asked for, and how many events there are in all.

    What is searched by words is planned with the words, so it is compiled each time.
    """
    size, start = asked["page_size"], (asked["page"] - 1) * asked["page_size"]
    if "q" in asked or "venue" in asked:
        found = matching(queries.public(), asked)
        return list(found.values_list(*columns)[start : start + size]), found.count()
    values = {name: asked[name] for name in _RANGE if name in asked}
    how = Way(asked["sort"], asked["order"], asked.get("status", ""), tuple(values))
    rows = _deep(how, values, start, size, columns) if start >= EXACT else None
    if rows is None:
        rows = _rows(how, columns)(**values, limit=size, offset=start)
    ends_here = len(rows) < size and (rows or not start)
    return rows, start + len(rows) if ends_here else _total(how, values)


def _deep(how: Way, values: dict, start: int, size: int, columns: tuple[str, ...]) -> list[tuple] | None:
    """The page by the key that it starts with; None where there is no such key, or the rest has none."""
    if how.sort not in _INDEXED or how.order != "asc":
        return None
    place = (how, *values.values(), start)
    key = _starts.get(place) or next(iter(_start(how)(**values, limit=1, offset=start)), None)
    if key is None or key[0] is None:
        return None
    _starts.put(place, key)
    rows = _from(how, columns)(**values, key=key[0], pk=key[1], limit=size + 1, offset=0)
    if len(rows) <= size:  # the end of the list, where those without a date are
        return None
    _starts.put((*place[:-1], start + size), rows[size][-2:])
    return [row[:-2] for row in rows[:size]]


def _total(how: Way, values: dict) -> int:
    return total_of((how, *values.values()), lambda most: _count(how, most)(**values)[0][0])


def matching(events: QuerySet[Event], asked: dict) -> QuerySet[Event]:
    """The events that a checked query asks for, in its order."""
    if "q" in asked:
        events = events.filter(Q(name__icontains=asked["q"]) | Q(venue_name__icontains=asked["q"]))
    if "venue" in asked:
        events = events.filter(venue_name__icontains=asked["venue"])
    if "status" in asked:
        events = events.filter(_ON_SALE if asked["status"] == ACTIVE else ~_ON_SALE)
    events = events.filter(**{lookup: asked[name] for name, lookup in _RANGE.items() if name in asked})
    key = SORTS[asked["sort"]]
    ordered = key.desc(nulls_last=True) if asked["order"] == "desc" else key.asc(nulls_last=True)
    return events.order_by(ordered, "id")


def _any(how: Way) -> QuerySet[Event]:
    """Everything that is asked for in this way, with places for the ends of the range."""
    status = {"status": how.status} if how.status else {}
    ends = {name: Param(name) for name in how.ends}
    return matching(queries.public(), {"sort": how.sort, "order": how.order, **status, **ends})


@lru_cache(maxsize=200)
def _rows(how: Way, columns: tuple[str, ...]) -> Prepared:
    return Prepared(lambda: _any(how).values_list(*columns), PAGE, PAGED)


@lru_cache(maxsize=200)
def _start(how: Way) -> Prepared:
    return Prepared(lambda: _any(how).values_list(SORTS[how.sort], "pk"), PAGE, PAGED)


@lru_cache(maxsize=200)
def _from(how: Way, columns: tuple[str, ...]) -> Prepared:
    return Prepared(
        lambda: _any(how)
        .filter(GreaterThanOrEqual(_row(SORTS[how.sort], F("pk")), _row(Param("key"), Param("pk"))))
        .values_list(*columns, SORTS[how.sort], "pk"),
        PAGE,
        PAGED,
    )


@lru_cache(maxsize=200)
def _count(how: Way, most: int | None = None) -> Prepared:
    return Prepared(lambda: _any(how).order_by().values_list("pk")[:most], COUNT)


def _row(*parts) -> Func:
    """Several values that are compared as one: by the first, and where it is equal by the next."""
    return Func(*parts, template="(%(expressions)s)", output_field=TextField())
