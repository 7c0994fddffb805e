"""Answers that no view makes: an unknown path, a suspicious request, a crash. Each contract words its own."""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse
from django.utils.translation import gettext as _

from eventify.contracts.paths import contract_of
from eventify.lib.desk import shell


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
    if contract := contract_of(request.path_info):
        return contract.plain_error(status, sentence)
    if status < 500 and shell.is_inside(request):
        return shell.refusal(request, status, "" if status in (403, 404) else sentence)
    context = {"status": status, "sentence": sentence, "request": request}
    return SimpleTemplateResponse("errors/error.html", context, status=status).render()
