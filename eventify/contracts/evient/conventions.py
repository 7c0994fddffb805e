"""The conventions of this contract: envelope, errors, pages.

Views return bare data (`ok`, `listing`); the renderer puts the envelope around it, and one exception handler words
every refusal.
"""

from django.http import JsonResponse
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from eventify.contracts.lists import page_asked, total_for
from eventify.contracts.needs import DeclaredView
from eventify.contracts.refusals import CODES, Shape, plain
from eventify.lib.errors import DomainError
from eventify.lib.parsers import StrictJSONParser

LIMIT_MOST = 100
LIMIT = 10


# --- The envelope -------------------------------------------------------------------------------------


class EnvelopeRenderer(JSONRenderer):
    """Puts {success, data, message, error} (and `pagination`) around what a view returned; errors come complete."""

    def render(self, data, accepted_media_type=None, renderer_context=None):
        response = renderer_context["response"]
        if response.status_code >= 400:
            return super().render(data, accepted_media_type, renderer_context)
        message = getattr(response, "message", None)
        whole = {"success": True, "data": data, "message": message, "error": None}
        if hasattr(response, "pagination"):
            whole["pagination"] = response.pagination
        return super().render(whole, accepted_media_type, renderer_context)


def ok(data=None, message: str | None = None, status: int = 200) -> Response:
    """A success with this data."""
    response = Response(data, status=status)
    response.message = message
    return response


def listing(request, rows, shape, limit: int = LIMIT) -> Response:
    """One page of the ordered query `rows`, each through `shape`; `page` and `limit` come from the query."""
    page, limit = page_asked(request, "limit", limit, LIMIT_MOST)
    total, start = total_for(request, rows), (page - 1) * limit
    found = rows[start : start + limit] if start < total else []
    response = Response([shape(row) for row in found])
    pages = -(-total // limit)
    response.pagination = {
        "page": page,
        "limit": limit,
        "total": total,
        "pages": pages,
        "totalPages": pages,
        "total_pages": pages,
    }
    return response


# --- Errors -------------------------------------------------------------------------------------------


def error_body(status: int, message, code: str | None = None, details: dict | None = None) -> dict:
    """The envelope of a refusal."""
    error = {"code": code or CODES.get(status, "refused"), "details": details or {}}
    return {"success": False, "data": None, "message": str(message), "error": error}


def plain_error(status: int, sentence: str) -> JsonResponse:
    """An error that no view made, in this contract's shape."""
    return JsonResponse(error_body(status, sentence), status=status)


def _of_domain(refusal: DomainError) -> dict:
    details = getattr(refusal, "errors", None) or refusal.details
    return error_body(refusal.status, refusal.message, refusal.code, plain(details))


def _of_fields(message: str, errors: dict) -> dict:
    return error_body(422, message, details=errors)


exception_handler = Shape(error_body, _of_domain, _of_fields).handle


class View(DeclaredView):
    """The base of every view of this contract."""

    renderer_classes = [EnvelopeRenderer]
    parser_classes = [StrictJSONParser]

    def get_exception_handler(self):
        return exception_handler
