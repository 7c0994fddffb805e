"""Passing a ticket on: the holder's page, and the page behind the link in the mail."""

from functools import wraps

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import explaining
from accounts.pages import limited, to_log_in
from bookings import transfers
from bookings.views_papers import LOG_IN, tickets_seen_by
from eventify.lib.errors import DomainError, Invalid


def holders_page(view):
    """The view gets the ticket of the address when this browser holds it. Others: 404, or log-in for who is nobody."""

    @wraps(view)
    def found(request, uid):
        ticket = tickets_seen_by(request).filter(uid=uid).first()
        if ticket is None and not request.user.is_authenticated:
            return to_log_in(request, LOG_IN)
        if ticket is None:
            raise Http404
        return view(request, ticket)

    return found


class TransferForm(forms.Form):
    """Whom the ticket goes to."""

    to_email = forms.EmailField(
        label=gettext_lazy("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "inputmode": "email"}),
    )
    message = forms.CharField(
        label=gettext_lazy("A few words (optional)"),
        max_length=transfers.MESSAGE_MAX,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@limited("booking")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@holders_page
def transfer(request, ticket):
    """`/tickets/<uid>/transfer/`: whom to send the ticket to; while a link waits, to whom it went.

    POST sends it, or takes it back (`act=withdraw`).
    """
    if request.method == "POST" and request.POST.get("act") == "withdraw":
        return _withdraw(request, ticket)
    form = TransferForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        to = form.cleaned_data["to_email"]
        try:
            transfers.offer(ticket, to, by=ticket.user, message=form.cleaned_data["message"])
        except Invalid as refusal:
            for name, sentences in refusal.errors.items():
                form.add_error(name, sentences)
        except DomainError as refusal:
            explaining.tell(request, refusal, "transfer", ticket)
            return redirect("ticket-transfer", ticket.uid)
        else:
            messages.success(request, _("We have sent the link to %(to)s.") % {"to": to})
            return redirect("ticket-transfer", ticket.uid)
    context = {"ticket": ticket, "form": form, "sent": transfers.open_of(ticket)}
    context |= {"why_not": transfers.why_not(ticket, ticket.event), "is_buyer": ticket.user_id == ticket.order.user_id}
    return render(request, "bookings/transfer.html", context, status=422 if form.errors else 200)


def _withdraw(request, ticket):
    try:
        transfers.take_back(ticket, by=ticket.user)
    except DomainError as refusal:
        explaining.tell(request, refusal, "take_back_link", ticket)
    else:
        messages.success(request, _("The link is dead. The ticket stays yours."))
    return redirect("ticket-transfer", ticket.uid)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def accept(request, token):
    """`/tickets/accept/<token>/`: what one gets and from whom; POST takes it. Needs an account."""
    try:
        found = transfers.find(token)
        if request.method == "POST" and request.user.is_authenticated:
            ticket = transfers.accept(token, by=request.user)
            messages.success(request, _("The ticket is yours."))
            return redirect("ticket", ticket.uid)
    except DomainError as refusal:
        status = 404 if refusal.status == 404 else 409
        return render(request, "bookings/transfer_over.html", {"sentence": refusal.message}, status=status)
    user = request.user
    is_other = user.is_authenticated and user.email.lower() != found.to_email.lower()
    context = {"transfer": found, "ticket": found.ticket, "event": found.ticket.event, "is_other_address": is_other}
    context["sender"] = transfers.name_of(found.sender, found.ticket)
    return render(request, "bookings/transfer_accept.html", context)
