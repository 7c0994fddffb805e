"""`/why/`: the page behind every "Why not?"."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import step_up
from accounts.models import User
from accounts.pages import safe_next, too_many
from analytics import explaining
from bookings import buyers, guests
from eventify.lib.dates import full_moment
from eventify.lib.errors import DomainError, Missing
from eventify.lib.ids import uid_of
from eventify.lib.ratelimit import TooManyRequests, client_address

# What stands in the way -> how it is called, and the tone of its pill.
WORDS = {
    "rule": (_("A rule"), "information"),
    "role": (_("A role"), "caution"),
    "state": (_("How things stand"), "information"),
    "limit": (_("A limit"), "caution"),
    "sign-in": (_("Who you are"), "caution"),
}
# The facts that people are shown beside the sentence; moments among them end so.
FACTS = {
    "limit": _("Limit"),
    "held": _("There already"),
    "asked": _("Asked for"),
    "left": _("Left"),
    "waiting": _("Places waited for"),
    "starts_at": _("From"),
    "began_at": _("Since"),
    "ended_at": _("Since"),
    "used_at": _("At"),
    "since": _("Since"),
    "until": _("At the latest"),
}
_MOMENTS = ("_at", "since", "until")


@require_safe
@never_cache
def why(request: HttpRequest) -> HttpResponse:
    """`/why/?action=book&object=<uid>`: the same sentence as of the API (contract platform), and what can be done."""
    said = {name: value for name, value in request.GET.items() if "\x00" not in value}
    context = {"back": safe_next(request, "")}
    try:
        action, answer = explaining.answer(
            said,
            asker=_asker(request, said.get("object", "")),
            address=client_address(request),
            is_fresh=step_up.is_fresh(request),
        )
    except Missing:
        raise Http404 from None
    except TooManyRequests as refusal:
        return too_many(request, refusal)
    except DomainError as refusal:
        return render(request, "analytics/why.html", {"refusal": refusal.message, **context}, status=refusal.status)
    word, tone = WORDS.get(answer.kind, ("", ""))
    context |= {"action": action, "answer": answer, "word": word, "tone": tone, "facts": shown(answer.facts)}
    return render(request, "analytics/why.html", context)


def shown(facts: dict) -> list[tuple[str, str]]:
    """(what, its value) of the facts for people; moments in the zone of the platform."""
    known = [(name, facts[name]) for name in FACTS if facts.get(name) is not None]
    return [(FACTS[name], _moment(value) if name.endswith(_MOMENTS) else value) for name, value in known]


def _moment(text: str) -> str:
    return full_moment(datetime.fromisoformat(text).astimezone(ZoneInfo(settings.EVENTIFY_TIME_ZONE)))


def _asker(request: HttpRequest, text: str) -> User | None:
    """Who asks: the user, the guest of this browser, or the one whose order it has opened through a mailed link."""
    if request.user.is_authenticated:
        return request.user
    uid = uid_of(text)
    seen = buyers.orders_seen_by(request).filter(Q(uid=uid) | Q(tickets__uid=uid)) if uid else None
    order = seen.select_related("user").first() if seen is not None else None
    return order.user if order else guests.of(request)
