"""From choosing to paying on one screen, and how what was bought without an account is found again."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts import browser, explaining, signup
from accounts.models import User
from accounts.pages import limited, members_only, own_path, to_log_in
from bookings import buyers, carts, guests, payments, promos
from bookings import checkout as paying
from bookings.forms import CheckoutForm, ClaimForm, LinkForm, buyer_so_far
from bookings.models import Order
from eventify.lib.errors import Conflict, DomainError, Invalid
from eventify.lib.ratelimit import TooManyRequests, client_address

TYPED_MAX = 1000  # characters of a field that are kept while a code is used
_TYPED = "typed_at_checkout"  # in the session


def seen(request, uid) -> Order | None:
    """The order when this browser may see it, with its lines."""
    lines = "bookings__event", "bookings__ticket_type", "bookings__promo_code"
    return buyers.orders_seen_by(request).select_related("user").prefetch_related(*lines).filter(uid=uid).first()


def not_seen(request, uid):
    """The answer when an order cannot be seen: 404 for who is logged in, else the way to prove whose it is.

    Who is nobody reads the same of an order that there is not: nobody learns which there are.
    """
    if request.user.is_authenticated:
        return get_object_or_404(Order.objects.none())
    if Order.objects.filter(uid=uid, user__is_guest=True).exists():
        return redirect("order-link", uid)
    return to_log_in(request, _("Log in to see this order."))


def _lines(order: Order) -> list:
    return sorted(order.bookings.all(), key=lambda line: line.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@limited("checkout")
@never_cache  # going back shows what is true now
def checkout(request, uid):
    """`/orders/<uid>/checkout/`: who buys, who comes, a code; POST notes it and goes on to the payment."""
    order = seen(request, uid)
    if order is None:
        return not_seen(request, uid)
    if order.status != Order.Status.PENDING or order.is_overdue:
        return redirect("order", uid)
    lines = _lines(order)
    if request.method != "POST":
        return _show(request, order, CheckoutForm(order, lines, initial=_beginning(request, order, lines)))
    if "use_code" in request.POST:
        return _change_price(request, order, lines, lambda: _use_code(request, order))
    if "drop_code" in request.POST:
        return _change_price(request, order, lines, lambda: carts.drop_code(order))
    return _go_on(request, order, CheckoutForm(order, lines, request.POST))


def _show(request, order: Order, form: CheckoutForm, status: int = 200):
    lines = _lines(order)
    context = {
        "order": order,
        "lines": lines,
        "form": form,
        "promo": next((line.promo_code for line in lines if line.promo_code), None),
        "can_use_code": carts.can_use_code(order),
        "saved": sum((line.list_price - line.unit_price) * line.qty for line in lines if line.list_price is not None),
    }
    return render(request, "bookings/checkout.html", context, status=status)


def _change_price(request, order: Order, lines: list, change):
    """Use or leave away a code; what was typed so far stays in the form, and is not judged yet.

    What was done leads on to a fresh page, so that the back button asks nobody to send the form again.
    """
    typed = {name: request.POST.get(name, "")[:TYPED_MAX] for name in CheckoutForm(order, lines).fields}
    try:
        change()
    except buyers.TooLate:
        return redirect("order", order.uid)
    except TooManyRequests:
        raise
    except DomainError as refusal:
        form = CheckoutForm(order, lines, initial=typed)
        form.code_error = str(refusal.message)
        return _show(request, seen(request, order.uid), form, status=refusal.status)
    request.session[_TYPED] = [str(order.uid), {**typed, "code": ""}]
    return redirect("checkout", order.uid)


def _use_code(request, order: Order) -> None:
    with promos.guessing(client_address(request)):
        carts.use_code(order, request.POST.get("code", ""))


def _beginning(request, order: Order, lines: list) -> dict:
    """What the form begins with: what was typed when a code was used, else what is known."""
    uid, typed = request.session.pop(_TYPED, ("", {}))
    return typed if uid == str(order.uid) else buyer_so_far(order, lines)


def _go_on(request, order: Order, form: CheckoutForm):
    if not form.is_valid():
        return _show(request, order, form, status=400)
    try:
        if request.user.is_authenticated and order.user.is_guest:
            guests.claim(order.user, request.user, only_order=order)
            order = seen(request, order.uid)
        buyers.save(order, form.buyer())
        return redirect(_finish(request, order))
    except buyers.TooLate:  # paid in another tab, or the time ran out
        return redirect("order", order.uid)
    except Invalid as refusal:
        form.refused(refusal)
        return _show(request, order, form, status=refusal.status)
    except DomainError as refusal:
        form.add_error(None, str(refusal.message))
        explaining.ask_above(form, "pay", order)
        return _show(request, seen(request, order.uid), form, status=refusal.status)


def _finish(request, order: Order) -> str:
    """Confirm a free order, or open the page of the provider; the address to go to."""
    if not order.total_amount:
        carts.finish_free(order)
        return f"/orders/{order.uid}/"
    page = payments.try_again(order)
    if page == f"{paying.order_page(order)}pay/":
        messages.error(request, _("The payment page does not answer at the moment. Your places are held; try again."))
        return f"/orders/{order.uid}/checkout/"
    return own_path(page)


# --- Orders of guests ----------------------------------------------------------------------------------


@require_safe
@never_cache
def open_order(request, uid, token):
    """`/orders/<uid>/open/<token>/`: the link in a guest's mail. It lets this browser see the order."""
    try:
        guests.open_by(request, uid, token)
    except guests.LinkExpired as refusal:
        explaining.tell(request, refusal)
        return redirect("order-link", uid)
    return redirect("order", uid)


@require_http_methods(["GET", "HEAD", "POST"])
@limited("login")
@never_cache
def ask_link(request, uid):
    """`/orders/<uid>/link/`: mails the link to a guest's order again. The answer is the same for every address."""
    form = LinkForm(request.POST if request.method == "POST" else None)
    is_sent = request.method == "POST" and form.is_valid()
    if is_sent:
        buyers.mail_links_to(uid, form.cleaned_data["email"])
    status = 400 if request.method == "POST" and not is_sent else 200
    return render(request, "bookings/order_link.html", {"form": form, "is_sent": is_sent, "uid": uid}, status=status)


@members_only
@require_http_methods(["GET", "HEAD", "POST"])
def keep(request, uid):
    """`/orders/<uid>/keep/`: POST takes what this browser bought as a guest into the account; a link leads back."""
    order = seen(request, uid)
    if order is None:
        return not_seen(request, uid)
    if order.user.is_guest and request.method == "POST":
        guests.claim(order.user, request.user, only_order=order)
        messages.success(request, _("The order is in your account now."))
    return redirect("order", uid)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@limited("signup")
@never_cache
def claim(request, token):
    """`/account/claim/<token>/`: the link in a guest's mail that makes the orders an account's."""
    try:
        order = guests.linked(token)
    except DomainError as refusal:
        context = {"sentence": str(refusal.message)}
        return render(request, "bookings/claim_over.html", context, status=refusal.status)
    if not order.user.is_guest:
        return _claimed(request, order)
    if request.user.is_authenticated:
        return _claim_as(request, order) if request.method == "POST" else _ask(request, order)
    if User.objects.filter(email__lower=order.mail_to.lower()).exists():
        return _ask(request, order, has_account=True)
    form = ClaimForm(request.POST if request.method == "POST" else None, initial={"full_name": order.buyer_name})
    if request.method != "POST" or not form.is_valid():
        return _ask(request, order, form=form, status=400 if form.is_bound else 200)
    try:
        user = guests.sign_up(order, **form.cleaned_data)
    except signup.Taken:
        return _ask(request, order, has_account=True, status=409)
    except Invalid as refusal:
        for name, sentences in refusal.errors.items():
            form.add_error(name if name in form.fields else None, [str(one) for one in sentences])
        return _ask(request, order, form=form, status=refusal.status)
    browser.log_in(request, user)
    messages.success(request, _("Your account is ready, and your tickets are in it."))
    return redirect("/wallet/")


def _ask(request, order: Order, *, form=None, has_account=False, status=200):
    context = {"order": order, "lines": _lines(order), "form": form, "has_account": has_account}
    return render(request, "bookings/claim.html", context, status=status)


def _claim_as(request, order: Order):
    try:
        guests.claim(order.user, request.user, only=order.mail_to)
    except Conflict:  # claimed while we looked: by a double click, or by somebody else with the link
        return _claimed(request, Order.objects.get(pk=order.pk))
    messages.success(request, _("The order is in your account now."))
    return redirect("order", order.uid)


def _claimed(request, order: Order):
    """The link of an order that is an account's: on to it for its owner. Others do not learn whose it is."""
    if order.user_id == request.user.pk:
        return redirect("order", order.uid)
    return render(request, "bookings/claim_over.html", {"is_claimed": True}, status=409)
