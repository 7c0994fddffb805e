"""The conventions of everything under /api/v1: contracts 000, 004 and our own share the prefix.

Views return bare data (`ok`, `listing`); the renderer puts {"data"} and `meta` around it, and one exception handler
words every refusal as {"message", "errors", "code"}.
"""

import json

from django.http import JsonResponse
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from eventify.contracts.lists import page_asked
from eventify.contracts.needs import DeclaredView
from eventify.contracts.refusals import CODES, Shape, plain
from eventify.lib import ratelimit
from eventify.lib.errors import DomainError
from eventify.lib.parsers import StrictJSONParser

PER_PAGE = 25
PER_PAGE_MOST = 100


# --- Successes ----------------------------------------------------------------------------------------


class DataRenderer(JSONRenderer):
    """Puts {"data"} (and `meta`) around what a view returned; errors come complete."""

    def render(self, data, accepted_media_type=None, renderer_context=None):
        response = renderer_context["response"]
        if response.status_code < 400:
            data = {"data": data, **getattr(response, "beside", {})}
        return super().render(data, accepted_media_type, renderer_context)


def ok(data=None, status: int = 200) -> Response:
    """A success with this data."""
    return Response(data, status=status)


def listing(request, rows, shape, per_page: int = PER_PAGE) -> Response:
    """One page of the ordered query `rows`, each through `shape`; `page` and `per_page` come from the query."""
    page, size = page_asked(request, "per_page", per_page, PER_PAGE_MOST)
    total, start = rows.count(), (page - 1) * size
    found = rows[start : start + size] if start < total else []
    response = Response([shape(row) for row in found])
    last = max(1, -(-total // size))
    response.beside = {"meta": {"current_page": page, "per_page": size, "total": total, "last_page": last}}
    return response


# --- Errors -------------------------------------------------------------------------------------------


def error_body(status: int, message, code: str | None = None, errors: dict | None = None, **beside) -> dict:
    """The body of a refusal; `beside` is what else it tells, such as the transitions that are allowed."""
    return {**beside, "message": str(message), "errors": errors or {}, "code": code or CODES.get(status, "refused")}


def plain_error(status: int, sentence: str) -> JsonResponse:
    """An error that no view made, in this contract's shape."""
    return JsonResponse(error_body(status, sentence), status=status)


def _of_domain(refusal: DomainError) -> dict:
    errors = plain(getattr(refusal, "errors", None) or {})
    return error_body(refusal.status, refusal.message, refusal.code, errors, **_plain_details(refusal.details))


def _plain_details(details: dict) -> dict:
    """The details as JSON data; uids, moments and amounts become texts."""
    return json.loads(json.dumps(details, default=str))


def _of_fields(message: str, errors: dict) -> dict:
    return error_body(422, message, errors=errors)


exception_handler = Shape(error_body, _of_domain, _of_fields).handle


# --- The view -----------------------------------------------------------------------------------------


class View(DeclaredView):
    """The base of every view under /api/v1. `limits` names the rate limit of a method, counted before all else."""

    renderer_classes = [DataRenderer]
    parser_classes = [StrictJSONParser]
    limits: dict[str, str] = {}

    def initial(self, request, *args, **kwargs):
        if name := self.limits.get(request.method):
            # "/x/" is the same place as "/x": one counter for both.
            ratelimit.hit(name, ratelimit.client_address(request), request.path_info.rstrip("/"))
        super().initial(request, *args, **kwargs)

    def get_exception_handler(self):
        return exception_handler
