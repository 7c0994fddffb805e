"""The home page, the search, the calendar, and an event for anybody's calendar."""

from dataclasses import replace
from datetime import date
from urllib.parse import quote, unquote, urlencode

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from eventify.lib import ics
from eventify.lib.brief import Brief
from events import calendars, facets, front, month, queries, search
from events.filters import CalendarForm, SearchForm, today

PER_PAGE = 24
OTHERS = 4  # events that are offered where nothing fits
CITY_COOKIE, CITY_SECONDS = f"{settings.COOKIE_PREFIX}city", 365 * 24 * 60 * 60
_PUBLIC_SECONDS = 30  # that anybody may keep the home page of somebody unknown
_homes = Brief(seconds=5)  # that we keep it ourselves: language -> page
# What the home page narrowed by once, and what the search calls it: such addresses were shared.
_MOVED = {name: name for name in ("q", "category", "city", "pincode", "since", "until", "page")} | {
    "price": "price_max"
}


@require_safe
def home(request):
    """`/`: banners, a search, and what is on soon. With the filters that it once had, it leads to the search."""
    moved = {new: request.GET[old] for old, new in _MOVED.items() if request.GET.get(old)}
    if moved:
        return HttpResponsePermanentRedirect(f"/whats-on/?{urlencode(moved)}")
    is_stranger = not (request.COOKIES or request.GET)
    response = _home_of_a_stranger(request) if is_stranger else _home(request)
    if request.COOKIES:
        patch_cache_control(response, private=True, no_cache=True)
    else:
        patch_cache_control(response, public=True, max_age=_PUBLIC_SECONDS)
    patch_vary_headers(response, ["Cookie", "Accept-Language"])
    return response


def _home(request):
    city, heroes = _city(request), front.heroes()
    shown = [hero["event"].pk for hero in heroes if hero["event"]]
    context = {
        "form": SearchForm({"city": city}),
        "city": city,
        "heroes": heroes,
        "rows": front.rows(city, shown),
        "kinds": facets.kinds()[:12],
        "cities": facets.cities()[:12],
    }
    return render(request, "events/home.html", context)


def _home_of_a_stranger(request):
    """Who sends no cookie at all has no account, no city and no message: their page is the same for all of them."""
    key = get_language()
    content = _homes.get(key)
    if content is not None:
        return HttpResponse(content)
    response = _home(request)
    _homes.put(key, response.content)
    return response


def _city(request) -> str:
    """The city that the visitor chose; empty when they chose none."""
    city = unquote(request.COOKIES.get(CITY_COOKIE, ""))[:100].strip()
    return city if city.isprintable() else ""


@require_safe
def near(request):
    """`/near/?city=`: remembers the city for the home page (a year, in a cookie); an empty one forgets it."""
    city = request.GET.get("city", "").strip()[:100]
    response = redirect("/")
    if city and city.isprintable():
        response.set_cookie(
            CITY_COOKIE,
            quote(city),
            max_age=CITY_SECONDS,
            samesite="Lax",
            httponly=True,
            secure=settings.SESSION_COOKIE_SECURE,
        )
    else:
        response.delete_cookie(CITY_COOKIE)
    return response


@require_safe
def events_page(request):
    """`/whats-on/`: everything that can be attended, narrowed and sorted by the address."""
    form = SearchForm(request.GET)
    if form.untidy():
        return redirect(_with_query("/whats-on/", form.kept()))
    wanted = form.wanted()
    ids = search.first(wanted, search.MOST + 1)
    page = Paginator(ids[: search.MOST], PER_PAGE).get_page(request.GET.get("page"))
    narrowing = {name for name in form.fields if request.GET.get(name)}
    is_own_page = len(narrowing) < 2 and narrowing <= {"category", "city"} and not form.errors
    context = {
        "form": form,
        "wanted": wanted,
        "page": page,
        "events": front.cards(page.object_list),
        "is_cut": len(ids) > search.MOST,
        "kept": form.kept(),
        "others": None if ids else _others(wanted),
        "is_own_page": is_own_page,
        "canonical": settings.SITE_URL + _with_query("/whats-on/", _canonical(form, page.number)),
    }
    return render(request, "events/events.html", context)


def _canonical(form: SearchForm, number: int) -> str:
    return form.kept(page=str(number) if number > 1 else "")


def _with_query(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path


def _others(wanted: search.Wanted) -> dict:
    """What is offered where nothing fits: the same on other days, or else what is soonest."""
    if wanted.since or wanted.until:
        ids = search.first(replace(wanted, since=None, until=None), OTHERS)
        if ids:
            return {"title": _("On other days"), "events": front.cards(ids)}
    return {"title": _("Coming up"), "events": front.cards(search.first(search.Wanted(), OTHERS))}


@require_safe
def calendar(request, year: int | None = None, month_number: int | None = None):
    """`/calendar/` and `/calendar/<year>/<month>/`: what is on, month by month. 404 for a month that is none."""
    now = today()
    year, number = (now.year, now.month) if year is None else (year, month_number)
    if year not in month.YEARS or not 1 <= number <= 12:
        raise Http404
    form = CalendarForm(request.GET)
    if form.untidy():
        return redirect(_with_query(request.path, form.kept()))
    weeks = month.weeks(search.found(form.wanted(), queries.held()), year, number)
    context = {
        "form": form,
        "kept": form.kept(),
        "first": date(year, number, 1),
        "today": now,
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
