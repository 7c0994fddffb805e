"""Tickets and papers: the ticket's own page, and what can be taken along of a ticket, an order or an invoice."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path

from django.conf import settings
from django.contrib import messages
from django.db.models import F, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.pages import to_log_in
from bookings import buyers, queries
from bookings.models import Invoice, Order, Ticket
from bookings.papers import calendar, of_tickets
from eventify.lib.when_needed import WhenNeeded

apple = WhenNeeded("bookings.papers.apple")
invoices_pdf = WhenNeeded("bookings.papers.invoices_pdf")
tickets_pdf = WhenNeeded("bookings.papers.tickets_pdf")

PDF = "application/pdf"
LOG_IN = gettext_lazy("Log in to see this ticket.")
_WORKER = Path(settings.BASE_DIR) / "static/js/site/ticket-worker.js"


def has_passes() -> bool:
    """Whether passes for Apple's wallet can be made here."""
    return bool(settings.EVENTIFY_APPLE_CERTIFICATE)


def tickets_seen_by(request) -> QuerySet[Ticket]:
    """The tickets that this browser may see: the user's own, and those of its orders that were not passed on."""
    seen = Q(order__in=buyers.orders_seen_by(request), user=F("order__user"))
    if request.user.is_authenticated:
        seen |= Q(user=request.user)
    return of_tickets.joined(queries.with_ways(Ticket.objects.filter(seen)))


def _paid_orders(request) -> QuerySet[Order]:
    return buyers.orders_seen_by(request).filter(paid_at__isnull=False).select_related("user")


def _invoices(request) -> QuerySet[Invoice]:
    return Invoice.objects.filter(order__in=buyers.orders_seen_by(request))


def about(rows: Callable, reason=LOG_IN):
    """The view gets the one of `rows(request)` that the address names. Others: 404, or log-in for who is nobody, to
    whom it says `reason`.
    """

    def decorate(view):
        @require_safe
        @never_cache
        @wraps(view)
        def found(request, uid):
            row = rows(request).filter(uid=uid).first()
            if row is None and not request.user.is_authenticated:
                return to_log_in(request, reason)
            if row is None:
                raise Http404
            return view(request, row)

        return found

    return decorate


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, content_type=kind, headers=headers)


def _back(request, sentence: str, name: str, row) -> HttpResponse:
    """There is no such paper (any more): the page of the ticket or order says why."""
    messages.error(request, sentence)
    return redirect(name, row.uid)


def _short(row) -> str:
    return row.uid.hex[-8:]


@about(tickets_seen_by)
def ticket(request, ticket):
    """`/tickets/<uid>/`: the code as large as the screen, who, where and when, and what can be done with the ticket."""
    context = {"ticket": ticket, "has_pass": has_passes(), "holder": of_tickets.holder(ticket)}
    return render(request, "bookings/ticket.html", context)


@about(tickets_seen_by)
def ticket_pdf(request, ticket):
    """`/tickets/<uid>/ticket.pdf`."""
    if ticket.status != Ticket.Status.VALID:
        return _back(request, _("This ticket opens no door any more, so there is nothing to print."), "ticket", ticket)
    return _file(tickets_pdf.of_ticket(ticket), PDF, f"ticket-{_short(ticket)}.pdf")


@about(tickets_seen_by)
def ticket_ics(request, ticket):
    """`/tickets/<uid>/ticket.ics`; a cancelled ticket takes its entry back."""
    content = calendar.of_ticket(ticket)
    if content is None:
        return _back(request, _("There is no date yet, so there is nothing for your calendar."), "ticket", ticket)
    return _file(content, calendar.CONTENT_TYPE, f"ticket-{_short(ticket)}.ics")


@about(tickets_seen_by)
def ticket_pass(request, ticket):
    """`/tickets/<uid>/ticket.pkpass`: for Apple Wallet, where the site can sign it."""
    if not has_passes() or ticket.status != Ticket.Status.VALID:
        return _back(request, _("There is no pass for this ticket."), "ticket", ticket)
    return _file(apple.of_ticket(ticket), apple.CONTENT_TYPE, f"ticket-{_short(ticket)}.pkpass")


@about(_paid_orders, gettext_lazy("Log in to see this order."))
def order_pdf(request, order):
    """`/orders/<uid>/tickets.pdf`: all its good tickets, a page each."""
    content = tickets_pdf.of_order(order)
    if content is None:
        return _back(request, _("This order has no tickets that open a door."), "order", order)
    return _file(content, PDF, f"{of_tickets.file_name(order)}.pdf")


@about(_paid_orders, gettext_lazy("Log in to see this order."))
def order_ics(request, order):
    """`/orders/<uid>/tickets.ics`."""
    content = calendar.of_order(order)
    if content is None:
        return _back(request, _("There is no date yet, so there is nothing for your calendar."), "order", order)
    return _file(content, calendar.CONTENT_TYPE, f"{of_tickets.file_name(order)}.ics")


@about(_paid_orders, gettext_lazy("Log in to see this order."))
def order_receipt(request, order):
    """`/orders/<uid>/receipt.pdf`: also of an order with nothing due."""
    return _file(invoices_pdf.of_receipt(order), PDF, f"receipt-{_short(order)}.pdf")


@about(_invoices, gettext_lazy("Log in to see this invoice."))
def invoice_pdf(request, invoice):
    """`/invoices/<uid>/invoice.pdf`: an invoice or credit note."""
    return _file(invoices_pdf.of_invoice(invoice), PDF, invoices_pdf.file_name(invoice))


@require_safe
def ticket_worker(request):
    """`/tickets/worker.js`: lets a ticket that was opened once be shown without network. It must stand above them."""
    return HttpResponse(_WORKER.read_bytes(), content_type="text/javascript; charset=utf-8")
