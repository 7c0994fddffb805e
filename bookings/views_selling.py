"""What the event page does when it is sent: book tickets, or join the waitlist."""

from django.shortcuts import redirect
from django.utils.translation import gettext as _

from bookings import inventory, orders
from bookings.forms import BookingForm, WaitlistForm, new_key
from eventify.lib.errors import DomainError
from events.models import Event


def book(request, event: Event, *, show, again):
    """Place the order. `show` renders the event's page, `again` reads the event afresh."""
    form = BookingForm(event, request.POST)
    if not form.is_valid():
        return show(request, event, form=form, status=400)
    try:
        order = orders.place(form.lines(), by=request.user, key=form.cleaned_data["key"])
    except orders.KeyReused:
        return show(request, event, form=_fresh(form, BookingForm, event), status=409)
    except DomainError as refusal:
        form.add_error(None, str(refusal.message))
        is_full = isinstance(refusal, inventory.SoldOut)
        return show(request, again(request, event.slug), form=form, status=refusal.status, is_full=is_full)
    return redirect("order", order.uid)


def _fresh(form, kind, event: Event):
    """The same choice under a new key, when this one was used for another order from a page left open."""
    again = kind(event, {**form.data.dict(), "key": new_key()})
    again.add_error(None, _("You have ordered from this page already. Check the numbers and send them again."))
    return again


def wait(request, event: Event, *, show, again):
    """Join the waitlist, or book at once where there is room. As `book`."""
    form = WaitlistForm(request.POST)
    if not form.is_valid():
        return show(request, event, wait=form, status=400)
    cleaned = form.cleaned_data
    try:
        booking = orders.book(event, cleaned["places"], by=request.user, waitlist_too=True, key=cleaned["wait_key"])
    except DomainError as refusal:
        form.add_error(None, str(refusal.message))
        return show(request, again(request, event.slug), wait=form, status=refusal.status)
    return redirect("order", booking.order.uid) if booking.order else redirect("orders")
