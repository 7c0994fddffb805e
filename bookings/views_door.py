"""The scanner's pages: the shell that a device keeps, what makes it installable, and the ways in with an account."""

import hashlib
import json
from functools import cache
from itertools import chain

from csp.decorators import csp_update
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db import transaction
from django.db.models import F, Q
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.pages import members_only
from bookings.door import devices, lists, words
from bookings.signals import doors_of
from events.models import Event
from partners import members

# What the shell needs to open and to work without network; the service worker keeps these.
STYLES = ("css/door.css",)
SCRIPTS = tuple(
    f"js/door/{name}.js"
    for name in ("app", "api", "camera", "core", "feedback", "result", "scanner", "screens", "store", "wedge")
)
DECODER = {"zxing": "js/vendor/zxing-reader-3.1.4.js", "wasm": "js/vendor/zxing-reader-3.1.4.wasm"}
KEPT = (
    *STYLES,
    *SCRIPTS,
    *DECODER.values(),
    "js/vendor/noble-ed25519-3.2.0.js",
    "fonts/noto-sans-latin.woff2",
    "img/icon.svg",
    "img/door-192.png",
    "img/door-512.png",
)
KEPT_FONTS = {"hi": ("fonts/noto-sans-devanagari.woff2",), "vi": ("fonts/noto-sans-vietnamese.woff2",)}
MOST_EVENTS = 50


@require_safe
@csp_update({"script-src": ["'self'", "'wasm-unsafe-eval'"]})  # zxing, where the browser reads no QR codes itself
def shell(request):
    """`/door/`: the same page for everybody; what is personal is in the device's own storage."""
    context = {
        "words": words.all_of_them(),
        "files": {name: static(path) for name, path in DECODER.items()},
        "styles": STYLES,
        "checks": _checks(),
        "reasons": _reasons(),
    }
    response = render(request, "door/shell.html", context)
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
def manifest(request):
    """`/door/manifest.webmanifest`."""
    icons = [
        {"src": static(f"img/door-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for size in (192, 512)
        for purpose in ("any", "maskable")
    ]
    about = {
        "name": _("Eventify door"),
        "short_name": _("Door"),
        "lang": get_language(),
        "id": "/door/",
        "start_url": "/door/",
        "scope": "/door/",
        "display": "standalone",
        "background_color": "#151310",
        "theme_color": "#151310",
        "icons": icons,
    }
    return JsonResponse(about, content_type="application/manifest+json")


@require_safe
def worker(request):
    """`/door/sw.js`: keeps the shell and its files; another release has another cache."""
    kept = (*KEPT, *KEPT_FONTS.get(get_language(), ()))
    cache_name, files = f"door-{get_language()}-{_release()}", ["/door/", *map(static, kept)]
    context = {"cache": json.dumps(cache_name), "files": json.dumps(files)}
    response = render(request, "door/sw.js", context, content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


@members_only
@require_safe
@never_cache
def mine(request):
    """`/door/mine/`: the events at whose door the person may scan now."""
    events = scannable_by(request.user)
    gates = lists.gates_by_event(events)
    doors = [(event, gates[event.pk]) for event in events]
    return render(request, "door/mine.html", {"doors": doors, "suggested": request.user.first_name})


@members_only
@require_POST
@never_cache
def here(request):
    """`/door/here/`: makes this browser a scanner of one event, without a QR code."""
    form = HereForm(request.POST)
    event = _event(request.user, form) if form.is_valid() else None
    if event is None:
        messages.error(request, _("You may not scan there now. Choose an event of this list, and name the device."))
        return redirect("door-mine")
    with transaction.atomic():
        given = form.cleaned_data
        _device, code = devices.invite(event, by=request.user, name=given["name"], gate=given["gate"])
        device, token = devices.enrol(code)
    enrolled = {"token": token, "device": str(device.uid), "name": device.name, "gate": device.gate}
    return render(request, "door/here.html", {"enrolled": enrolled})


class HereForm(forms.Form):
    """Which event, and what the device is called."""

    event = forms.UUIDField()
    name = forms.CharField(max_length=100)
    gate = forms.CharField(max_length=100, required=False)


def scannable_by(user: User) -> list[Event]:
    """Events not over that the user may check tickets in for now, the soonest first; at most 50.

    The user holds it everywhere, on partners, or because of a shift now: as `user.can` says of each of them.
    """
    now = timezone.now()
    going_on = Q(ends_at=None) | Q(ends_at__gt=now - devices.AFTER)
    rows = (
        Event.objects.filter(going_on)
        .exclude(state__in=(Event.State.DRAFT, Event.State.CLOSED))
        .order_by(F("starts_at").asc(nulls_last=True), "pk")
    )
    if user.can("check_in"):
        return list(rows[:MOST_EVENTS])
    mine = Q(partner__in=members.partners_where(user, "check_in").values("pk"))
    for _receiver, worked in doors_of.send(User, user=user):
        mine |= Q(pk__in=worked)
    return list(rows.filter(mine)[:MOST_EVENTS])


def _event(user: User, form: HereForm) -> Event | None:
    event = Event.objects.select_related("partner").filter(uid=form.cleaned_data["event"]).first()
    return event if event and user.can("check_in", event) else None


def _checks() -> list[tuple[str, str]]:
    """What is looked at before doors, in the order in which it is put right."""
    return [
        ("network", _("Network")),
        ("list", _("List of the event")),
        ("keys", _("Keys")),
        ("camera", _("Camera")),
        ("storage", _("Storage")),
        ("clock", _("Clock")),
        ("shell", _("Without network")),
    ]


def _reasons() -> list[str]:
    return [_("Scanned by mistake"), _("The person did not go in"), _("The wrong ticket was shown")]


def _release() -> str:
    """A name for these very files: another one as soon as one of them, or the shell, changes."""
    return _digest() if not settings.DEBUG else _digest.__wrapped__()


@cache
def _digest() -> str:
    found = hashlib.sha256()
    for path in (*KEPT, *chain.from_iterable(KEPT_FONTS.values())):
        with open(finders.find(path) or staticfiles_storage.path(path), "rb") as file:
            found.update(file.read())
    for name in ("shell.html", "sw.js"):
        found.update((settings.BASE_DIR / "templates/door" / name).read_bytes())
    found.update(repr(words.all_of_them()).encode())
    return found.hexdigest()[:16]
