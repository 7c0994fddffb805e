"""The page of an event, where tickets are chosen and bought."""

from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.pages import limited
from bookings import page_for_all, promos, sales, structured, waitlist
from bookings import views_selling as selling
from bookings.forms import BookingForm, WaitlistForm, field_name, new_key
from bookings.models import Booking
from bookings.waiting_room import joining
from eventify.lib.ratelimit import client_address
from events import calendars, queries, states
from events.models import Event

_HELD = (Booking.Status.PENDING, Booking.Status.CONFIRMED)


@require_http_methods(["GET", "HEAD", "POST"])
@limited("booking")
@never_cache  # going back shows fresh stock and a fresh key
def event_page(request, slug):
    """`/e/<slug>/`: what, when and where; POST books, or joins the waitlist."""
    if request.method != "POST" and page_for_all.is_for(request):
        return page_for_all.show(request, slug, lambda: _show(request, *page_for_all.read(slug)))
    event = _event(request, slug)
    if request.method != "POST":
        return _show(request, event)
    if "wait_key" not in request.POST:
        return selling.book(request, event, show=_show, again=_event)
    if not request.user.is_authenticated:
        return redirect(f"/login/?{urlencode({'next': _back_to_queue(request, event)})}")
    return selling.wait(request, event, show=_show, again=_event)


def _event(request, slug: str) -> Event:
    seen = queries.visible_to(request.user).select_related("partner", "category", "parent")
    event = seen.prefetch_related("images", "ticket_types").filter(slug=slug).first()
    if event is None:
        raise Http404
    return event


def _show(request, event: Event, children=None, *, form=None, wait=None, status=200, is_full=False):
    form = form or BookingForm(event, initial=_beginning(request, event), address=client_address(request))
    sold_out = sales.is_sold_out(event)
    waiting = list(waitlist.numbered(selling.waiting(request.user, event)))
    can_wait = (sold_out or is_full or wait) and not waiting
    context = {
        "event": event,
        "closed": _closed(event),
        "turn": joining.turn_of(request, event),
        "form": form,
        "wait": (wait or WaitlistForm(event, initial=_beginning_of_wait(request))) if can_wait else None,
        "waiting": waiting,
        "minutes_to_pay": settings.EVENTIFY_OFFER_MINUTES,
        "is_sold_out": sold_out,
        "images": list(event.images.all()),
        "children": _children(request, event) if children is None else children,
        "mine": _mine(request, event),
        "page_url": calendars.page_of(event),
        "picture": structured.picture(event),
        "structured": structured.script(event) if event.state in states.PUBLIC else "",
        "google_calendar": calendars.google_link(event),
    }
    return render(request, "bookings/event.html", context, status=status)


def _beginning(request, event: Event) -> dict:
    """What the form begins with: the promo code and the quantities of the address."""
    code = request.GET.get("code", "").replace("\x00", "")
    return {"key": new_key(), "code": code[: promos.CODE_MAX], **_choice(request.GET, event)}


def _beginning_of_wait(request) -> dict:
    """What the form of the queue begins with: the places that were chosen before a log-in."""
    places = _places(request.GET)
    return {"wait_key": new_key(), **({"places": places} if places else {})}


def _places(data) -> int:
    """The places to wait for of an address or a form; 0 for none."""
    text = data.get("places", "")
    return int(text) if text.isdecimal() and len(text) < 4 else 0


def _closed(event: Event) -> dict | None:
    """Why nothing can be booked, as a heading and a sentence; None when something can."""
    if event.state == Event.State.DRAFT:
        return {"title": _("This is a draft"), "text": "", "tone": "information"}
    if event.state == Event.State.CANCELLED:
        return {"title": _("This event is cancelled"), "text": event.cancelled_reason, "tone": "negative"}
    if event.is_over or event.state in (Event.State.TEARDOWN, Event.State.CLOSED):
        return {"title": _("This event is over"), "text": _("Thank you to everybody who came."), "tone": "information"}
    if not sales.is_open(event):
        return {
            "title": _("Booking is closed"),
            "text": _("The organiser takes no bookings right now. Tickets that you have stay valid."),
            "tone": "caution",
        }
    return None


def _children(request, event: Event):
    return queries.children(queries.visible_to(request.user), event).prefetch_related("images", "ticket_types")


def _mine(request, event: Event) -> list[Booking]:
    if not request.user.is_authenticated:
        return []
    own = Booking.objects.filter(user=request.user, event=event, status__in=_HELD)
    return list(own.select_related("order").order_by("id"))


def _choice(data, event: Event) -> dict:
    """The quantities that an address or a form carries, for the types of this event."""
    asked = {name: data.get(name, "") for name in map(field_name, event.ticket_types.all())}
    return {name: text for name, text in asked.items() if text.isdecimal() and len(text) < 4 and int(text)}


def _back_to_queue(request, event: Event) -> str:
    places = _places(request.POST)
    return f"/e/{event.slug}/{f'?places={places}' if places else ''}#waitlist"
