"""What a refusal says, whatever the contract's shape for it."""

from collections.abc import Callable
from typing import NamedTuple

from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response

from eventify.lib.errors import DomainError, Forbidden

CODES = {
    400: "malformed",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid",
    429: "too_many_requests",
    500: "server_error",
}


class Shape(NamedTuple):
    """How a contract words refusals: three functions that make a body."""

    plain: Callable  # (status, message)
    of_domain: Callable  # (DomainError)
    of_fields: Callable  # (message, {field: [sentences]}), for 422

    def handle(self, refusal: Exception, context) -> Response | None:
        """DRF's exception handler; None (a crash) for what is no refusal."""
        answer = self._answer(refusal)
        if answer is not None and answer.status_code == 401:
            answer["WWW-Authenticate"] = 'Bearer realm="eventify"'
        if answer is not None and getattr(refusal, "retry_after", None):
            answer["Retry-After"] = str(refusal.retry_after)
        return answer

    def _answer(self, refusal: Exception) -> Response | None:
        if isinstance(refusal, DomainError):
            return Response(self.of_domain(refusal), status=refusal.status)
        if isinstance(refusal, exceptions.ValidationError | DjangoValidationError):
            return Response(self.of_fields(*fields(refusal)), status=422)
        if isinstance(refusal, Http404):
            return Response(self.plain(404, _("Not found.")), status=404)
        if isinstance(refusal, DjangoPermissionDenied):
            return Response(self.plain(403, Forbidden.message), status=403)
        if isinstance(refusal, exceptions.APIException):
            return Response(self.plain(refusal.status_code, refusal.detail), status=refusal.status_code)
        return None


def fields(refusal) -> tuple[str, dict[str, list[str]]]:
    """(the first sentence, with its field's name; {field: [sentences]}) of invalid fields."""
    found = refusal.detail if isinstance(refusal, exceptions.ValidationError) else {"body": refusal.messages}
    errors = dict(flat(found))
    name, sentences = next(iter(errors.items()))
    return (sentences[0] if name == "body" else f"{name}: {sentences[0]}"), errors


def flat(detail, name: str = ""):
    """Yield (field, sentences) of nested errors; a field inside a list is called `ticket_types.0.price`."""
    nested = isinstance(detail, dict) or any(isinstance(one, dict | list) for one in detail)
    if not nested:
        yield name or "body", [str(sentence) for sentence in detail]
        return
    for key, value in detail.items() if isinstance(detail, dict) else enumerate(detail):
        if value:
            own = "" if key == "non_field_errors" else str(key)
            yield from flat(value, ".".join(part for part in (name, own) if part))


def plain(value):
    """The value with its lazy sentences made strings."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value if isinstance(value, str | int | float | None) else str(value)
