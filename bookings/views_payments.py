"""The outside of payments: the sandbox provider's hosted page, and the address that providers report to."""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.pages import own_path
from bookings import webhooks
from bookings.models import SandboxCharge
from bookings.providers import provider, sandbox
from bookings.providers.base import UnknownProvider
from eventify.lib import ratelimit
from eventify.lib.errors import DomainError, Invalid

_DECISIONS = {"pay": SandboxCharge.Status.PAID, "fail": SandboxCharge.Status.FAILED}


@csrf_exempt  # a provider's page knows nothing of our sessions, so there is nothing to forge
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def sandbox_page(request, reference):
    """`/sandbox/pay/<payment uid>/`: the test provider's page. Whoever knows the address may pay, as with real ones."""
    if not settings.EVENTIFY_SANDBOX_PAYMENTS:
        raise Http404
    charge = get_object_or_404(SandboxCharge, reference=reference)
    decision = request.POST.get("decision")
    if request.method != "POST" or (decision != "abandon" and decision not in _DECISIONS):
        status = 400 if request.method == "POST" else 200
        is_open = charge.status == SandboxCharge.Status.OPEN
        context = {"charge": charge, "is_open": is_open, "back": own_path(charge.return_url)}
        return render(request, "bookings/sandbox.html", context, status=status)
    if decision != "abandon":
        sandbox.decide(charge, _DECISIONS[decision])
    return redirect(own_path(charge.return_url))


@csrf_exempt
def webhook(request, name):
    """`POST /webhooks/payments/<provider>/`: what a provider reports, believed only when it is signed."""
    if request.method != "POST":
        return _answer(405, _("Send a POST."), Allow="POST")
    try:
        provider(name)
    except UnknownProvider:
        return _answer(404, _("There is no such provider."))
    try:
        ratelimit.hit("webhook", ratelimit.client_address(request))
        webhooks.receive(name, request.body, request.headers)
    except RequestDataTooBig:
        return _answer(413, _("The message is too large."))
    except Invalid as refusal:
        return _answer(413, str(refusal.message))
    except ratelimit.TooManyRequests as refusal:
        return _answer(refusal.status, str(refusal.message), **{"Retry-After": refusal.retry_after})
    except DomainError as refusal:
        return _answer(refusal.status, str(refusal.message))
    return JsonResponse({"received": True})


def _answer(status: int, sentence: str, **headers) -> JsonResponse:
    return JsonResponse({"received": False, "message": sentence}, status=status, headers=headers)
