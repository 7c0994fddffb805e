"""What everybody may see: events, and the banners of the home page."""

import re

import django_filters
from django.db.models import F, Q, QuerySet

from eventify.contracts.evient import rows, shapes, wording
from eventify.contracts.evient.conventions import LIMIT_MOST, View, listing, ok
from eventify.contracts.fields import uid_of
from eventify.contracts.lists import InTurn, filtered
from eventify.contracts.needs import ANYBODY
from eventify.lib import replica
from eventify.lib.errors import Missing
from events import queries, search
from events.models import Banner, Event

_SLUG = re.compile(r"[-\w]{1,120}")
PUBLIC_WORDS = (wording.PUBLISHED, wording.COMPLETED, wording.CANCELLED)


class EventFilters(django_filters.FilterSet):
    """The filters of every list of events."""

    category = django_filters.CharFilter(field_name="category__name", lookup_expr="iexact")
    search = django_filters.CharFilter(method="search_for")
    status = django_filters.ChoiceFilter(choices=[(word, word) for word in PUBLIC_WORDS], method="having")
    city = django_filters.CharFilter(method="in_city")
    date = django_filters.DateFilter(method="on_date")
    date_from = django_filters.DateFilter(field_name="ends_on", lookup_expr="gte")
    date_to = django_filters.DateFilter(field_name="starts_on", lookup_expr="lte")

    def search_for(self, events, name, value):
        return search.holding(events, value)

    def having(self, events, name, value):
        return events.filter(wording.having(value))

    def in_city(self, events, name, value):
        return events.filter(Q(place__icontains=value) | Q(location__icontains=value))

    def on_date(self, events, name, value):
        return queries.on_day(events, value)


class Events(View):
    """GET what can be attended, soonest first, and after it what is completed, newest first."""

    needs = {"GET": ANYBODY}

    @replica.may_lag
    def get(self, request):
        asked = request.query_params
        found = rows.events(filtered(EventFilters, request, queries.public()))
        words = [asked["status"]] if asked.get("status") else [wording.PUBLISHED, wording.COMPLETED]
        place = ("evient", *((name, asked[name]) for name in EventFilters.base_filters if asked.get(name)))
        return listing(request, InTurn(place, *(_having(found, word) for word in words)), shapes.event)


def _having(events: QuerySet[Event], word: str) -> QuerySet[Event]:
    """Those of this word, in their order."""
    start = F("starts_at")
    first = start.asc(nulls_last=True) if word == wording.PUBLISHED else start.desc(nulls_last=True)
    return events.filter(wording.having(word)).order_by(first, "id")


class Featured(View):
    """GET the hot events that can still be attended, soonest first."""

    needs = {"GET": ANYBODY}

    @replica.may_lag
    def get(self, request):
        return listing(request, rows.events(queries.upcoming().filter(is_hot=True)), shapes.event)


class EventDetail(View):
    """GET one event, by id or slug, with its ticket types."""

    needs = {"GET": ANYBODY}

    def get(self, request, id):
        return ok(shapes.event_detail(find(rows.events(queries.public()), id)))


def find(events, text: str) -> Event:
    """The event with this uid or slug; Missing when there is none."""
    uid = uid_of(text)
    found = events.filter(uid=uid).first() if uid else None
    if found is None and _SLUG.fullmatch(text):
        found = events.filter(slug=text).first()
    if found is None:
        raise Missing
    return found


class Banners(View):
    """GET the active banners, highest priority first; one that leads to a draft waits."""

    needs = {"GET": ANYBODY}

    def get(self, request):
        shown = Banner.objects.filter(is_active=True).exclude(event__state=Event.State.DRAFT)
        return listing(request, shown.select_related("event"), shapes.banner, limit=LIMIT_MOST)
