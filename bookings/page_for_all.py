"""The page of an event as all see it who have no account, drawn once while nothing about it changes.

Each visitor asks the database for the state of the event, so stock is never stale; what is said of it (texts, pictures,
hours that pass) may be KEPT seconds old. What is personal in the page are the values of its forms: a token, and keys
that must be unlike all others. They are cut out of what is kept and made anew for each visitor.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from django.conf import settings
from django.db.models import Max, OuterRef, QuerySet, Subquery, Sum
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.utils.translation import get_language

from bookings.forms import new_key
from bookings.models import TicketType
from eventify.lib.brief import Brief
from eventify.lib.prepared import Param, Prepared
from eventify.lib.themes import COOKIE, theme_of
from events import queries
from events.models import Event

KEPT = 5  # seconds
MOST = 100  # pages that a process keeps, of some 40 KB each
# Cookies of somebody who is nobody yet.
_OF_ANYBODY = {settings.CSRF_COOKIE_NAME, settings.LANGUAGE_COOKIE_NAME, COOKIE, "city"}
_PERSONAL = re.compile(r'(?<= name=")(csrfmiddlewaretoken|key|wait_key)" value="[^"]*')
_pages = Brief(KEPT, MOST)


class _Page(NamedTuple):
    """`parts` are texts, with the name of a field between two of them."""

    parts: list[str]
    content_type: str


def is_for(request: HttpRequest) -> bool:
    """Whether this visitor sees what all see: no log-in, no guest's session, no message, nothing in the address."""
    return not request.GET and request.COOKIES.keys() <= _OF_ANYBODY


def show(request: HttpRequest, slug: str, draw: Callable[[], HttpResponse]) -> HttpResponse:
    """The page, kept or drawn now."""
    [state] = _state(slug=slug) or [None]
    if state is None:
        return draw()
    key = (get_language(), theme_of(request), *state)
    page = _pages.get(key)
    if page is None:
        response = draw()
        if response.status_code != 200:
            return response
        page = _Page(_PERSONAL.split(response.content.decode()), response["Content-Type"])
        _pages.put(key, page)
    return HttpResponse(_filled(page.parts, request), content_type=page.content_type)


def _filled(parts: list[str], request: HttpRequest) -> str:
    texts = list(parts)
    for place in range(1, len(texts), 2):
        value = get_token(request) if texts[place] == "csrfmiddlewaretoken" else new_key()
        texts[place] = f'{texts[place]}" value="{value}'
    return "".join(texts)


def _states() -> QuerySet:
    types, children = TicketType.objects.filter(event=OuterRef("pk")), Event.objects.filter(parent=OuterRef("pk"))
    return (
        queries.public()
        .filter(slug=Param("slug"))
        .values_list("pk", "updated_at", "booked_count", "waitlisted_count", "partner__updated_at")
        .annotate(
            sold=_one(types, "event", Sum("quantity_sold")),
            types_at=_one(types, "event", Max("updated_at")),
            children_booked=_one(children, "parent", Sum("booked_count")),
            children_at=_one(children, "parent", Max("updated_at")),
        )
    )


def _one(rows: QuerySet, by: str, value) -> Subquery:
    return Subquery(rows.order_by().values(by).annotate(value=value).values("value"))


_state = Prepared(_states)
