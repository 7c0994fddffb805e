"""The page of an event as all see it who have no account, drawn once for all processes while it says the same.

Each visitor asks the database for the state of the event, so stock, prices and what is on sale are never stale;
blocked seats and the words for a moment ("tomorrow") may be twice KEPT seconds old. Of more places than the page
tells of (SHOWN) it makes no difference how many they are, so a sale draws the page anew only for its last ones. What
is personal in the page are the values of its forms: a token, and keys that must be unlike all others. They are cut
out of what is kept and made anew.
"""

import re
import zlib
from collections.abc import Callable
from typing import NamedTuple

from django.conf import settings
from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import (
    BooleanField,
    Case,
    Count,
    F,
    IntegerField,
    Max,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    When,
    prefetch_related_objects,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Least
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.utils import timezone
from django.utils.translation import get_language

from bookings.forms import MOST_SHOWN, new_key
from bookings.models import TicketType
from eventify.lib.brief import Shared
from eventify.lib.prepared import Param, Prepared
from eventify.lib.themes import COOKIE, theme_of
from events import queries
from events.models import Event, EventImage

KEPT = 60  # seconds, in a process that has drawn it and as long in one that has found it
SHOWN = MOST_SHOWN + 1  # places: above, a page says the same however many are left
MOST = 1000  # pages that a process keeps, of some 8 KB each
_MARK = "\0"  # between the parts of a page
# Cookies of somebody who is nobody yet.
_OF_ANYBODY = {settings.CSRF_COOKIE_NAME, settings.LANGUAGE_COOKIE_NAME, COOKIE, f"{settings.COOKIE_PREFIX}city"}
_PERSONAL = re.compile(r'(?<= name=")(csrfmiddlewaretoken|key|wait_key)" value="[^"]*')
# Capacity and counters change without `updated_at`.
_OF_EVENT = ("pk", "updated_at", "state", "is_bookable", "capacity", "waitlisted_count")
_OF_EVENT += ("partner__status", "partner__updated_at")
_pages = Shared(KEPT, MOST)


class _Page(NamedTuple):
    """`packed` are texts with the name of a field between two of them, compressed."""

    packed: bytes
    content_type: str


def is_for(request: HttpRequest) -> bool:
    """Whether this visitor sees what all see: no log-in, no guest's session, no message, nothing in the address."""
    return not request.GET and request.COOKIES.keys() <= _OF_ANYBODY


def show(request: HttpRequest, slug: str, draw: Callable[[], HttpResponse]) -> HttpResponse:
    """The page, kept or drawn now (`draw`)."""
    [state] = _state(slug=slug, now=timezone.now()) or [None]
    if state is None:
        return draw()
    key = (get_language(), theme_of(request), repr(state))
    page = _pages.get(key)
    if page is None:
        response = draw()
        if response.status_code != 200:
            return response
        parts = _PERSONAL.split(response.content.decode())
        page = _Page(zlib.compress(_MARK.join(parts).encode(), 1), response["Content-Type"])
        _pages.put(key, page)
    return HttpResponse(_filled(page, request), content_type=page.content_type)


def read(slug: str) -> tuple[Event, list[Event]]:
    """The event as all may see it, with what its page shows, and its sub-events. Raises Http404."""
    event = _event.first(slug=slug)
    if event is None:
        raise Http404
    types, pictures = _types(event=event.pk), _pictures(event=event.pk)
    for one in (*types, *pictures):
        one.event = event
    kept = {"ticket_types": _found(TicketType, event, types), "images": _found(EventImage, event, pictures)}
    event._prefetched_objects_cache = kept
    children = _children(parent=event.pk)
    prefetch_related_objects(children, "images", "ticket_types")
    return event, children


def _found(model: type[Model], event: Event, rows: list) -> QuerySet:
    """The queryset of the event's rows that has them already, as prefetch_related leaves it."""
    queryset = QuerySet(model).filter(event=event)
    queryset._result_cache = rows
    return queryset


def _filled(page: _Page, request: HttpRequest) -> str:
    texts = zlib.decompress(page.packed).decode().split(_MARK)
    for place in range(1, len(texts), 2):
        value = get_token(request) if texts[place] == "csrfmiddlewaretoken" else new_key()
        texts[place] = f'{texts[place]}" value="{value}'
    return "".join(texts)


def _states() -> QuerySet:
    types, children = TicketType.objects.filter(event=OuterRef("pk")), Event.objects.filter(parent=OuterRef("pk"))
    pictures = EventImage.objects.filter(event=OuterRef("pk"))
    left = ArrayAgg(_shown("event__", F("quantity_total") - F("quantity_sold"), F("quantity_sold")), order_by="pk")
    return (
        queries.public()
        .filter(slug=Param("slug"))
        .values_list(*_OF_EVENT)
        .annotate(
            left=_shown("", F("capacity") - F("booked_count"), F("booked_count")),
            types_left=_one(types, "event", left),
            types_at=_one(types, "event", Max("updated_at")),
            begun=_one(types, "event", Count("pk", filter=Q(sales_start_at__lte=Param("now")))),
            ended=_one(types, "event", Count("pk", filter=Q(sales_end_at__lte=Param("now")))),
            pictures=_one(pictures, "event", ArrayAgg("updated_at", order_by="pk")),
            is_over=Case(When(ends_at__lte=Param("now"), then=True), default=False, output_field=BooleanField()),
            children_booked=_one(children, "parent", Sum("booked_count")),
            children_at=_one(children, "parent", Max("updated_at")),
        )
    )


def _shown(event: str, left: Combinable, taken: F) -> Case:
    """How many are left, as far as the page tells; with seats all that is taken, for areas share their types' seats."""
    number = IntegerField()
    few = Least(left, SHOWN, output_field=number)
    return Case(When(**{f"{event}seating": Event.Seating.NONE}, then=few), default=taken, output_field=number)


def _one(rows: QuerySet, by: str, value) -> Subquery:
    return Subquery(rows.order_by().values(by).annotate(value=value).values("value"))


_state = Prepared(_states)
_event = Prepared(lambda: queries.public().select_related("partner", "category", "parent").filter(slug=Param("slug")))
_types = Prepared(lambda: TicketType.objects.filter(event=Param("event")))
_pictures = Prepared(lambda: EventImage.objects.filter(event=Param("event")))
_children = Prepared(lambda: queries.children(queries.public(), Param("parent")))
