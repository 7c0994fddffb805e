"""The page on which people wait, what it asks for meanwhile, and the draw that anyone can check."""

from urllib.parse import urlencode
from zlib import crc32

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_safe

from accounts.pages import too_many
from bookings.models import RoomEntry, WaitingRoom
from bookings.waiting_room import draw, gate, joining, opening, standing, telling
from eventify.lib.brief import Shared
from eventify.lib.errors import DomainError
from eventify.lib.ratelimit import TooManyRequests
from events import queries
from events.models import Event

P = WaitingRoom.Phase
_draws = Shared(600, 20)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def room_page(request, slug):
    """`/e/<slug>/room/`: waiting for one's turn, which leads to the event's page. POST comes in, or leaves."""
    event = _event(request, slug)
    room = opening.newest(event)
    if room is None or (room.ended_at and room.drawn_at is None):
        return redirect("event", event.slug)
    room.event = event
    if request.method == "POST":
        return _act(request, room)
    entry = joining.entry_of(request, room)
    if entry and not room.ended_at and gate.is_inside(entry):
        telling.saw(entry)
        return _with_cookie(request, redirect("event", event.slug), entry)
    return _with_cookie(request, _show(request, room, entry), entry)


def _event(request, slug: str) -> Event:
    event = queries.visible_to(request.user).select_related("partner").filter(slug=slug).first()
    if event is None:
        raise Http404
    return event


def _act(request, room: WaitingRoom):
    entry = joining.entry_of(request, room)
    if "leave" in request.POST:
        if entry:
            joining.leave(entry)
        return redirect("event-room", room.event.slug)
    try:
        entry = joining.come(request, room)
    except joining.LogInFirst:
        return redirect(f"/login/?{urlencode({'next': request.path})}")
    except TooManyRequests as refusal:
        return too_many(request, refusal)
    except DomainError as refusal:
        return _show(request, room, entry, refusal=str(refusal.message), status=refusal.status)
    return _with_cookie(request, redirect("event-room", room.event.slug), entry)


def _with_cookie(request, response: HttpResponse, entry: RoomEntry | None) -> HttpResponse:
    if entry and joining.uid_in(request, entry.room_id) != entry.uid:
        joining.set_cookie(response, entry)
    return response


def _show(request, room: WaitingRoom, entry: RoomEntry | None, *, refusal: str = "", status: int = 200):
    shared = standing.common(room.pk)
    where = standing.of_entry(shared, entry) if entry else None
    context = {
        "event": room.event,
        "room": room,
        "phase": room.phase_at(timezone.now()),
        "entry": entry,
        "where": where,
        "is_waiting": where is not None and where.state not in ("out", P.ENDED),
        "pause": standing.jittered(where.pause) if where else standing.LATEST,
        "must_log_in": room.needs_login and not request.user.is_authenticated,
        "next": request.path,
        "refusal": refusal,
    }
    return render(request, "bookings/room.html", context, status=status)


@require_safe
def state(request, slug, room):
    """`/e/<slug>/room/<id>/state.json`: where this browser's place stands. Retry-After says when to ask again.

    The cookie says who asks, so most answers need no query. 304 to who knows it already; 404 without a place.
    """
    uid = joining.uid_in(request, room)
    where = standing.of(room, uid) if uid else None
    if where is None:
        return _sparingly(JsonResponse({"state": "unknown"}, status=404), standing.LATEST)
    response = JsonResponse(where.told())
    tag = f'W/"{crc32(response.content):x}"'
    if request.headers.get("If-None-Match") == tag:
        response = HttpResponseNotModified()
    response["ETag"] = tag
    return _sparingly(response, where.pause)


def _sparingly(response: HttpResponse, pause: int) -> HttpResponse:
    patch_cache_control(response, private=True, no_cache=True)
    response["Retry-After"] = str(standing.jittered(pause))
    return response


@require_safe
@gzip_page
def drawn(request: HttpRequest, slug: str, uid):
    """`/e/<slug>/room/<uid>/draw.json`: the seed, the list and the order of a draw, for whoever wants to check it."""
    room = get_object_or_404(_rooms_seen(request, slug), uid=uid)
    body = _draws.get(room.pk)
    if body is None:
        body = JsonResponse(draw.told(room), json_dumps_params={"indent": 0}).content
        _draws.put(room.pk, body)
    response = HttpResponse(body, content_type="application/json")
    patch_cache_control(response, public=True, max_age=3600)
    return response


def _rooms_seen(request, slug: str):
    seen = queries.visible_to(request.user).filter(slug=slug)
    return WaitingRoom.objects.filter(event__in=seen, drawn_at__isnull=False).select_related("event")
