"""The conventions of this contract: envelope, errors, pages, who may call what.

Views return bare data (`ok`, `listing`); the renderer puts the envelope around it, and one exception handler words
every refusal.
"""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404, JsonResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.permissions import BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import BearerAuthentication
from eventify.lib.errors import DomainError, Forbidden
from eventify.lib.parsers import StrictJSONParser
from partners import members

LIMIT_MOST = 100
LIMIT = 10
_DIGITS_MOST = 18  # of a page number
CODES = {
    400: "malformed",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    415: "unsupported_media_type",
    422: "invalid",
    429: "too_many_requests",
    500: "server_error",
}


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
    page, limit = page_asked(request, limit)
    total, start = rows.count(), (page - 1) * limit
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


def page_asked(request, limit: int) -> tuple[int, int]:
    """`page` and `limit` of the query; ValidationError names each that is no number in its range."""
    errors: dict[str, list] = {}
    page = _number(request, "page", 1, None, errors)
    limit = _number(request, "limit", limit, LIMIT_MOST, errors)
    if errors:
        raise exceptions.ValidationError(errors)
    return page, limit


def _number(request, name: str, default: int, most: int | None, errors: dict) -> int:
    text = request.query_params.get(name, "").strip()
    if not text:
        return default
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS_MOST else 0
    if number < 1 or (most and number > most):
        errors[name] = [_("Use a whole number from 1 to %(most)s.") % {"most": most or "10^18"}]
    return number


def filtered(filters, request, rows):
    """The rows that the query's filters leave (a FilterSet class); refuses known filters with bad values."""
    chosen = filters(request.query_params, queryset=rows, request=request)
    if not chosen.is_valid():
        raise exceptions.ValidationError({name: list(said) for name, said in chosen.errors.items()})
    return chosen.qs


# --- Errors -------------------------------------------------------------------------------------------


def error_body(status: int, message, code: str | None = None, details: dict | None = None) -> dict:
    """The envelope of a refusal."""
    error = {"code": code or CODES.get(status, "refused"), "details": details or {}}
    return {"success": False, "data": None, "message": str(message), "error": error}


def plain_error(status: int, sentence: str) -> JsonResponse:
    """An error that no view made, in this contract's shape."""
    return JsonResponse(error_body(status, sentence), status=status)


def exception_handler(refusal: Exception, context) -> Response | None:
    """Word a refusal; None (a crash) for what is none."""
    if isinstance(refusal, DomainError):
        answer = Response(_of_domain(refusal), status=refusal.status)
    elif isinstance(refusal, exceptions.ValidationError | DjangoValidationError):
        answer = _of_fields(refusal)
    elif isinstance(refusal, Http404):
        answer = Response(error_body(404, _("Not found.")), status=404)
    elif isinstance(refusal, DjangoPermissionDenied):
        answer = Response(error_body(403, Forbidden.message), status=403)
    elif isinstance(refusal, exceptions.APIException):
        answer = Response(error_body(refusal.status_code, refusal.detail), status=refusal.status_code)
    else:
        return None
    if answer.status_code == 401:
        answer["WWW-Authenticate"] = 'Bearer realm="eventify"'
    if getattr(refusal, "retry_after", None):
        answer["Retry-After"] = str(refusal.retry_after)
    return answer


def _of_domain(refusal: DomainError) -> dict:
    details = getattr(refusal, "errors", None) or refusal.details
    return error_body(refusal.status, refusal.message, refusal.code, _plain(details))


def _of_fields(refusal) -> Response:
    found = refusal.detail if isinstance(refusal, exceptions.ValidationError) else {"body": refusal.messages}
    details = dict(_flat(found))
    name, sentences = next(iter(details.items()))
    message = sentences[0] if name == "body" else f"{name}: {sentences[0]}"
    return Response(error_body(422, message, details=details), status=422)


def _flat(detail, name: str = ""):
    """Yield (field, sentences) of nested errors; a field inside a list is called `ticket_types.0.price`."""
    nested = isinstance(detail, dict) or any(isinstance(one, dict | list) for one in detail)
    if not nested:
        yield name or "body", [str(sentence) for sentence in detail]
        return
    for key, value in detail.items() if isinstance(detail, dict) else enumerate(detail):
        if value:
            own = "" if key == "non_field_errors" else str(key)
            yield from _flat(value, ".".join(part for part in (name, own) if part))


def _plain(value):
    """The value with its lazy sentences made strings."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | float | None) else str(value)


# --- Who may call what --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Need:
    """What a caller needs: one of the permissions, everywhere or (`own`) on one organisation; none: a session."""

    permissions: tuple[str, ...] = ()
    own: bool = False

    def met_by(self, user) -> bool:
        if not user or not user.is_authenticated:
            return False
        return not self.permissions or any(self._holds(user, permission) for permission in self.permissions)

    def _holds(self, user, permission: str) -> bool:
        return user.can(permission) or (self.own and members.partners_where(user, permission).exists())


ANYBODY = None
SIGNED_IN = Need()


def staff(*permissions: str) -> Need:
    """One of these permissions, held everywhere."""
    return Need(permissions)


def organiser(*permissions: str) -> Need:
    """One of these permissions, held everywhere or on an organisation; the view asks about the object again."""
    return Need(permissions, own=True)


class Declared(BasePermission):
    """The view's `needs` for the method; a method that declares nothing answers nobody."""

    def has_permission(self, request, view):
        need = view.need()
        return need is ANYBODY or need.met_by(request.user)


class OnlyJSON(DefaultContentNegotiation):
    """JSON whatever the Accept header or a `format` in the query says."""

    def select_renderer(self, request, renderers, format_suffix=None):
        return renderers[0], renderers[0].media_type


class View(APIView):
    """The base of every view of this contract. `needs` maps each method to ANYBODY, SIGNED_IN or a Need."""

    needs: dict = {}
    renderer_classes = [EnvelopeRenderer]
    parser_classes = [StrictJSONParser]
    permission_classes = [Declared]
    content_negotiation_class = OnlyJSON

    def need(self) -> Need | None:
        """What the request's method needs. OPTIONS, and methods that the path does not have, need nothing."""
        method = "GET" if self.request.method == "HEAD" else self.request.method
        if method == "OPTIONS" or method not in self.allowed_methods:
            return ANYBODY
        return self.needs[method]

    def get_authenticators(self):
        # An outdated token does not keep anybody from what is public: a client that logs in again may still send it.
        return [] if self.need() is ANYBODY else [BearerAuthentication()]

    def get_exception_handler(self):
        return exception_handler
