"""The public home page."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.pages import own_path
from eventify.lib import ics
from events import calendars, month, queries, states
from events.filters import PublicEventFilter
from events.models import Banner, Event

PER_PAGE = 24
HEROES = 3
_NARROWING = ("q", "category", "city", "pincode", "price", "since", "until")


@require_safe
def home(request):
    """`/`: what can still be attended, soonest first."""
    found = PublicEventFilter(request.GET, queryset=queries.upcoming())
    is_narrowed = any(request.GET.get(name) for name in _NARROWING)
    page = Paginator(_with_parts(found.qs if request.GET.get("q") else _top_level(found.qs)), PER_PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "form": found.form,
        "page": page,
        "is_narrowed": is_narrowed,
        "has_open_filters": any(request.GET.get(name) for name in _NARROWING[1:]),
        "heroes": _heroes() if page.number == 1 and not is_narrowed else [],
        "chips": _day_chips(request),
        "kept": _query_without(request, "page"),
    }
    return render(request, "events/home.html", context)


@require_safe
def calendar(request, year: int | None = None, month_number: int | None = None):
    """`/calendar/` and `/calendar/<year>/<month>/`: what is on, month by month. 404 for a month that is none."""
    today = timezone.now().astimezone(ZoneInfo(settings.EVENTIFY_TIME_ZONE)).date()
    year, number = (today.year, today.month) if year is None else (year, month_number)
    if year not in month.YEARS or not 1 <= number <= 12:
        raise Http404
    weeks = month.weeks(_top_level(queries.public().exclude(state=Event.State.CANCELLED)), year, number)
    context = {
        "first": date(year, number, 1),
        "today": today,
        "weeks": weeks,
        "is_empty": not any(day.events for week in weeks for day in week),
        "before": month.beside(year, number, -1),
        "after": month.beside(year, number, 1),
    }
    return render(request, "events/calendar.html", context)


@require_safe
def calendar_file(request, slug):
    """`/e/<slug>/calendar.ics`: the event for anybody's calendar. 404 while it has no date."""
    event = get_object_or_404(queries.visible_to(request.user), slug=slug)
    content = calendars.of_event(event)
    if content is None:
        raise Http404
    headers = {"Content-Disposition": f'attachment; filename="{event.slug}.ics"'}
    return HttpResponse(content, content_type=ics.CONTENT_TYPE, headers=headers)


def _with_parts(events: QuerySet[Event]) -> QuerySet[Event]:
    return events.select_related("partner").prefetch_related("images", "ticket_types")


def _top_level(events: QuerySet[Event]) -> QuerySet[Event]:
    """Without the sub-events of what is listed itself; a search finds those too."""
    return events.filter(Q(parent=None) | ~Q(parent__state__in=states.ON_SALE))


def _heroes() -> list[dict]:
    """The banners, or else the next hot event, as title, image, link and event."""
    upcoming = queries.upcoming()
    shown = Banner.objects.filter(Q(event=None) | Q(event__in=upcoming.order_by().values("pk")), is_active=True)
    banners = shown.select_related("event")[:HEROES]
    heroes = [{"title": b.title, "image": own_path(b.image_url), "link": b.link_url, "event": b.event} for b in banners]
    if heroes:
        return heroes
    hot = upcoming.filter(is_hot=True).prefetch_related("images").first()
    return [{"title": hot.headline, "image": "", "link": "", "event": hot}] if hot else []


def _day_chips(request) -> list[dict]:
    """Short ways to the days that people ask for; the one in force leads back to any day."""
    today = timezone.now().astimezone(ZoneInfo(settings.EVENTIFY_TIME_ZONE)).date()
    saturday = today + timedelta(days=max(0, 5 - today.weekday()))
    sunday = today + timedelta(days=6 - today.weekday())
    spans = (
        (_("Today"), today, today),
        (_("Tomorrow"), today + timedelta(days=1), today + timedelta(days=1)),
        (_("This weekend"), min(saturday, sunday), sunday),
        (_("Next 30 days"), today, today + timedelta(days=30)),
    )
    return [_chip(request, *span) for span in spans]


def _chip(request, label: str, since: date, until: date) -> dict:
    days = {"since": since.isoformat(), "until": until.isoformat()}
    is_current = all(request.GET.get(name) == value for name, value in days.items())
    query = request.GET.copy()
    for name in ("page", *days):
        query.pop(name, None)
    if not is_current:
        query.update(days)
    return {"label": label, "query": query.urlencode(), "is_current": is_current}


def _query_without(request, name: str) -> str:
    query = request.GET.copy()
    query.pop(name, None)
    return query.urlencode()
