"""Answers that no view makes: an unknown path, a suspicious request, a crash. Each contract words its own."""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse
from django.utils.translation import gettext as _

from eventify.contracts import api_v1
from eventify.contracts.eventify_plus import conventions as eventify_plus
from eventify.contracts.evently import conventions as evently
from eventify.contracts.evient import conventions as evient
from eventify.lib.desk import shell
from events.editing import RESERVED_SLUGS

# path -> the conventions of the contract that has it and all below it; the first that fits counts
_CONTRACTS = (
    ("/api/v1", api_v1),
    ("/api/user", eventify_plus),
    *((f"/api/events/{word}", eventify_plus) for word in sorted(RESERVED_SLUGS - {"featured"})),
    ("/api", evient),
    ("/auth", evently),
    ("/events", evently),
    ("/bookings", evently),
    ("/me", evently),
    ("/admin", evently),
    ("/stats", evently),
    ("/healthz", evently),
    ("/metrics", evently),
)


def bad_request(request: HttpRequest, exception=None) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        return _answer(request, 413, _("The body is too large. Send less."))
    return _answer(request, 400, _("The request is malformed."))


def forbidden(request: HttpRequest, exception=None) -> HttpResponse:
    return _answer(request, 403, _("You do not have permission to do this."))


def not_found(request: HttpRequest, exception=None) -> HttpResponse:
    return _answer(request, 404, _("Not found."))


def server_error(request: HttpRequest) -> HttpResponse:
    return _answer(request, 500, _("Something went wrong on our side. Try again in a moment."))


def _answer(request: HttpRequest, status: int, sentence: str) -> HttpResponse:
    for path, contract in _CONTRACTS:
        if f"{request.path_info}/".startswith(f"{path}/"):
            return contract.plain_error(status, sentence)
    if status < 500 and shell.is_inside(request):
        return shell.refusal(request, status, "" if status in (403, 404) else sentence)
    context = {"status": status, "sentence": sentence, "request": request}
    return SimpleTemplateResponse("errors/error.html", context, status=status).render()
