"""What the event page does when it is sent: book tickets, look what a code is good for, or join the waitlist."""

from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import QuerySet
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts import explaining
from accounts.models import User
from accounts.pages import too_many
from bookings import guests, inventory, keys, orders, promos
from bookings.explaining import said_of
from bookings.forms import BookingForm, WaitlistForm, new_key
from bookings.models import Booking, Order
from bookings.waiting_room import gate, joining
from eventify.lib.errors import DomainError
from eventify.lib.ratelimit import TooManyRequests, client_address
from events.models import Event


def place(request, event: Event, lines: list[orders.Line], *, key: str, code: str = "") -> Order:
    """The order that a page makes, for the user or a guest; its checkout is the next page. Raises as orders.place."""
    entry = joining.inside(request, event)
    buyer = request.user if request.user.is_authenticated else guests.start(request, key)
    if entry:
        joining.bind(entry, buyer)
    return orders.place(lines, by=buyer, key=key, promo=code, at_checkout=True)


def book(request, event: Event, *, show, again):
    """Place the order. `show` renders the event's page, `again` reads the event afresh."""
    if "look" in request.POST:
        return redirect(_with_code(request, event))
    form = BookingForm(event, request.POST, address=client_address(request))
    if not form.is_valid():
        return show(request, event, form=form, status=400)
    try:
        order = place(request, event, form.lines(), key=form.cleaned_data["key"], code=form.cleaned_data["code"])
    except keys.KeyReused:
        return show(request, event, form=_fresh(form, BookingForm, event), status=409)
    except gate.MustWait as refusal:
        return to_room(request, refusal)
    except TooManyRequests as refusal:
        return too_many(request, refusal)
    except DomainError as refusal:
        is_about_code = promos.FIELD in getattr(refusal, "errors", {})
        form.add_error("code" if is_about_code else None, str(refusal.message))
        explaining.ask_above(form, "book", event, **said_of(form.lines()))
        is_full = isinstance(refusal, inventory.SoldOut)
        return show(request, again(request, event.slug), form=form, status=refusal.status, is_full=is_full)
    return redirect("checkout", order.uid)


def to_room(request, refusal: gate.MustWait):
    """It is not their turn: the waiting room says when it is, and the event's page which order they have."""
    messages.info(request, str(refusal.message))
    return redirect("event-room", refusal.event.slug)


def _with_code(request, event: Event) -> str:
    """The event's page with the code and the choice so far, so that it can be looked at, kept and shared."""
    asked = {"code": request.POST.get("code", "")[: promos.CODE_MAX]}
    asked |= {name: text for name, text in request.POST.items() if name.startswith("qty_") and text.isdecimal()}
    chosen = {name: text for name, text in asked.items() if text != "0" and len(name) < 30 and len(text) <= 40}
    return f"/e/{event.slug}/?{urlencode(chosen, errors='replace')}#tickets"


def _fresh(form, kind, event: Event):
    """The same choice under a new key, when this one was used for another order from a page left open."""
    again = kind(event, {**form.data.dict(), "key": new_key()})
    again.add_error(None, _("You have ordered from this page already. Check the numbers and send them again."))
    return again


def wait(request, event: Event, *, show, again):
    """Join the waitlist, or book at once where there is room; the event's page then shows the number. As `book`."""
    form = WaitlistForm(event, request.POST)
    if not form.is_valid():
        return show(request, event, wait=form, status=400)
    cleaned = form.cleaned_data
    already = waiting(request.user, event).first()
    if already:
        return _in_queue(request, event, already, cleaned["wait_key"])
    try:
        booking = orders.book(event.pk, cleaned["places"], by=request.user, waitlist_too=True, key=cleaned["wait_key"])
    except gate.MustWait as refusal:
        return to_room(request, refusal)
    except DomainError as refusal:
        form.add_error(None, str(refusal.message))
        explaining.ask_above(form, "join_queue", event, quantity=cleaned["places"])
        return show(request, again(request, event.slug), wait=form, status=refusal.status)
    if booking.order:
        return redirect("order", booking.order.uid)
    return redirect(f"/e/{event.slug}/#waitlist")


def waiting(user: User, event: Event) -> QuerySet[Booking]:
    """What the person waits for at the event, first come first; nothing for who is nobody."""
    if not user.is_authenticated:
        return Booking.objects.none()
    return Booking.objects.filter(user=user, event=event, status=Booking.Status.WAITLISTED).order_by("pk")


def _in_queue(request, event: Event, already: Booking, key: str):
    """Who waits does not join again: neither by a double click, nor from a page that was left open."""
    if already.idempotency_key != key:
        sentence = _("You are in this queue already. To wait for another number of places, leave it and join again.")
        messages.info(request, sentence)
    return redirect(f"/e/{event.slug}/#waitlist")
