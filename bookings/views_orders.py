"""What a person has bought: orders, their payment and cancellation, the places waited for."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import explaining
from accounts.pages import members_only, own_path, to_log_in
from bookings import buyers, cancelling, checkout, payments, queries, waitlist
from bookings.models import Booking, Order, Refund
from bookings.views_checkout import not_seen
from eventify.lib.errors import DomainError

PER_PAGE = 20


def _own(request):
    lines = Booking.objects.select_related("event", "ticket_type", "promo_code").order_by("id")
    seen = queries.with_failed_refunds(buyers.orders_seen_by(request)).select_related("user")
    return seen.prefetch_related(Prefetch("bookings", lines))


@require_safe
@never_cache
def orders(request):
    """`/orders/`: own orders (of a guest: of this browser), newest first, and the places that the person waits for."""
    own = _own(request).order_by("-id")
    if not request.user.is_authenticated and not own.exists():
        return to_log_in(request, _("Log in to see your orders."))
    page = Paginator(own, PER_PAGE).get_page(request.GET.get("page"))
    waiting = Booking.objects.filter(user=request.user.pk, status=Booking.Status.WAITLISTED)
    waiting = waitlist.numbered(waiting).select_related("event").order_by("id")
    return render(request, "bookings/orders.html", {"page": page, "waiting": waiting})


@require_safe
@never_cache
def order(request, uid):
    """`/orders/<uid>/`: one own order; a pending one first asks its provider, for the webhook may be late."""
    found = _own(request).filter(uid=uid).first()
    if found is None:
        return not_seen(request, uid)
    if found.status == Order.Status.PENDING:
        payments.refresh(found)
        found = _own(request).get(pk=found.pk)
    tickets = queries.with_ways(found.tickets.select_related("event", "ticket_type", "seat").order_by("id"))
    tickets = tickets.prefetch_related("event__door_keys")
    lines = list(found.bookings.all())
    newest_payment = found.payments.order_by("-id").first()
    context = {
        "order": found,
        "lines": lines,
        "tickets": tickets if found.status != Order.Status.PENDING else [],
        "can_pay": found.status == Order.Status.PENDING and not found.is_overdue,
        "has_failed": bool(newest_payment and newest_payment.status == newest_payment.Status.FAILED),
        "can_cancel": _can_cancel(found, lines),
        "is_guest": found.user.is_guest,
        "refunds": list(Refund.objects.filter(payment__order=found).order_by("id")),
    }
    return render(request, "bookings/order.html", context)


def _can_cancel(found: Order, lines: list[Booking]) -> bool:
    if found.status == Order.Status.PENDING:
        return not found.is_overdue
    now = timezone.now()
    begun = any(line.event.starts_at and line.event.starts_at <= now for line in lines)
    return found.status == Order.Status.PAID and not begun


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def pay(request, uid):
    """`/orders/<uid>/pay/`: on to the provider's page. Whoever knows the address may pay, as there.

    The contracts answer this address as `payment_url` until the provider has a page (an offer from the waitlist,
    or after a payment that failed); their clients have a token and no session.
    """
    found = get_object_or_404(Order, uid=uid)
    if not found.total_amount:  # there is nothing to pay; the checkout confirms it
        return redirect("checkout", uid)
    try:
        page = payments.try_again(payments.refresh(found))
    except DomainError as refusal:
        if found.status == Order.Status.PENDING:
            explaining.tell(request, refusal, "pay", found)
        return redirect("order", uid)
    if page == f"{checkout.order_page(found)}pay/":
        messages.error(request, _("The payment page does not answer at the moment. Your places are held; try again."))
        return redirect("order", uid)
    return redirect(own_path(page))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def cancel(request, uid):
    """`/orders/<uid>/cancel/`: asks first; POST cancels the order, and what was paid goes back."""
    found = _own(request).filter(uid=uid).first()
    if found is None:
        return not_seen(request, uid)
    if request.method != "POST":
        return render(request, "bookings/cancel.html", {"order": found, "lines": found.bookings.all()})
    try:
        cancelling.cancel(found, by=found.user)
    except DomainError as refusal:
        explaining.tell(request, refusal, "cancel", found)
    else:
        messages.success(request, _("Your order is cancelled."))
    return redirect("order", uid)


@members_only
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def leave_waitlist(request, uid):
    """`/waitlist/<uid>/leave/`: asks first; POST gives the place in the queue up."""
    mine = Booking.objects.select_related("event", "order").filter(user=request.user)
    booking = get_object_or_404(mine, uid=uid)
    if booking.order:
        return redirect("order", booking.order.uid)
    if request.method != "POST":
        return render(request, "bookings/leave_waitlist.html", {"booking": booking})
    try:
        cancelling.cancel_booking(booking, by=request.user)
    except DomainError as refusal:
        explaining.tell(request, refusal, "cancel", booking)
    else:
        messages.success(request, _("You have left the waitlist of %(event)s.") % {"event": booking.event.name})
    return redirect("orders")
