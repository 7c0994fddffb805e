"""Giving a ticket back to the queue: what would happen, offering it, and taking the offer back."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import explaining
from bookings import resales
from bookings.models import Resale
from bookings.views_transfers import holders_page
from eventify.lib.errors import DomainError


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@holders_page
def resale(request, ticket):
    """`/tickets/<uid>/give-back/`: what happens with ticket and money; POST offers it, or takes it back."""
    if request.method == "POST":
        return (_withdraw if request.POST.get("act") == "withdraw" else _offer)(request, ticket)
    offered = resales.open_of(ticket)
    context = {
        "ticket": ticket,
        "event": ticket.event,
        "offered": offered,
        "is_held": bool(offered) and offered.status == Resale.Status.HELD,
        "why_not": "" if offered else resales.why_not(ticket, ticket.event),
        "amount": resales.would_go_back(ticket),
    }
    return render(request, "bookings/resale.html", context)


def _offer(request, ticket):
    try:
        made = resales.offer(ticket, by=ticket.user)
    except DomainError as refusal:
        explaining.tell(request, refusal, "resell", ticket)
        return redirect("ticket-resale", ticket.uid)
    if made.status == Resale.Status.SOLD:
        messages.success(request, _("Somebody who waited has your ticket now."))
        return redirect("order", ticket.order.uid)
    messages.success(request, _("Your ticket is offered to those who wait. It stays yours until one of them has paid."))
    return redirect("ticket-resale", ticket.uid)


def _withdraw(request, ticket):
    try:
        resales.take_back(ticket, by=ticket.user)
    except DomainError as refusal:
        explaining.tell(request, refusal, "take_back_offer", ticket)
    else:
        messages.success(request, _("You keep your ticket. It is not offered any more."))
    return redirect("ticket-resale", ticket.uid)
