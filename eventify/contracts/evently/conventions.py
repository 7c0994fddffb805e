"""The conventions of Evently: errors as {"detail": ...}, strict bodies, integer ids, roles `admin` and `user`."""

import re
from functools import lru_cache

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, JsonResponse, QueryDict
from rest_framework import status
from rest_framework.exceptions import APIException, AuthenticationFailed, ValidationError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import BasePermission
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import two_factor
from accounts.authentication import BearerAuthentication
from accounts.signup import Taken
from eventify.contracts.evently import fields
from eventify.lib import ratelimit
from eventify.lib.errors import DomainError, Invalid, Missing
from events.states import InvalidTransition
from partners import members

ID = re.compile(r"[1-9][0-9]{0,18}")
BIGINT_MAX = 2**63 - 1
LIST_MAX = 1000  # rows of a bare array in one answer
_USUAL = 200  # characters of a query that is remembered when it was found good
SENTENCE_MAX = 500  # characters of one sentence of an error; a value that it quotes may be long
# domain word -> Evently's, where they differ
_FIELDS = {"full_name": "name", "venue_name": "venue", "starts_at": "start_time", "ends_at": "end_time"}
_TYPES = {"required": "missing", "null": "missing", "unknown": "extra_forbidden"}


class LenientBearer(BearerAuthentication):
    """For public routes: a token that has expired makes the caller anonymous, not refused."""

    def authenticate(self, request):
        try:
            return super().authenticate(request)
        except AuthenticationFailed:
            return None


class AlwaysJSON(BaseContentNegotiation):
    """Evently speaks JSON whatever `Accept` says."""

    def select_parser(self, request, parsers):
        media_type = request.content_type.partition(";")[0].strip().lower() or "application/json"
        return next((parser for parser in parsers if parser.media_type == media_type), None)

    def select_renderer(self, request, renderers, format_suffix=None):
        return renderers[0], renderers[0].media_type


class Anyone(BasePermission):
    """A public route."""


class LoggedIn(BasePermission):
    """Any account."""

    def has_permission(self, request, view):
        return request.user is not None and request.user.is_authenticated


class Staff(LoggedIn):
    """Whoever holds `permission` on the whole platform."""

    permission: str

    def has_permission(self, request, view):
        return super().has_permission(request, view) and request.user.can(self.permission)


class Organiser(Staff):
    """Whoever holds `permission` on the whole platform, or on a partner (then for what is that partner's)."""

    def has_permission(self, request, view):
        if super().has_permission(request, view):
            return True
        return LoggedIn.has_permission(self, request, view) and _holds_somewhere(request.user, self.permission)


def _holds_somewhere(user, permission: str) -> bool:
    return members.partners_where(user, permission).exists()


def staff(permission: str) -> type[BasePermission]:
    """The permission class for what only staff of the platform may do."""
    return type("Staff", (Staff,), {"permission": permission})


def organiser(permission: str) -> type[BasePermission]:
    """The permission class for what staff and members of a partner may do with their own."""
    return type("Organiser", (Organiser,), {"permission": permission})


class EventlyView(APIView):
    """The base of every endpoint. `limits` names the rate limit of a method, `needs` the permission of one."""

    authentication_classes = [BearerAuthentication]
    content_negotiation_class = AlwaysJSON
    needs: dict[str, type[BasePermission]] = {}
    limits: dict[str, str] = {}

    def initial(self, request, *args, **kwargs):
        name = self.limits.get(request.method)
        if name:
            # "/x/" is the same place as "/x": one counter for both.
            ratelimit.hit(name, ratelimit.client_address(request), request.path.rstrip("/"))
        super().initial(request, *args, **kwargs)

    def get_permissions(self):
        # A method that the view does not have is answered 405 whoever asks.
        return [self.needs.get("GET" if self.request.method == "HEAD" else self.request.method, Anyone)()]

    def permission_denied(self, request, message=None, code=None):
        """Staff whom only their missing second factor keeps out are told so."""
        if request.user is not None and request.user.is_authenticated:
            two_factor.check_set_up(request.user)
        super().permission_denied(request, message, code)

    def get_exception_handler(self):
        return answer_error

    def read(self, serializer: type[fields.Fields], **options) -> dict:
        """The checked fields of the body (no body is {}); ValidationError otherwise."""
        data = self.request.data
        return fields.checked(serializer, {} if isinstance(data, QueryDict) else data, where="body", **options)

    def query(self, serializer: type[fields.Query]) -> dict:
        """The checked query parameters; an empty one counts as not given."""
        text = self.request.META.get("QUERY_STRING", "")
        return dict((_checked if len(text) <= _USUAL else _checked.__wrapped__)(serializer, text))

    def paged(self, rows: QuerySet) -> QuerySet:
        """The page of a bare array that `?page=&page_size=` asks for: the first 1000 rows without them."""
        asked = self.query(fields.Page)
        size = asked.get("page_size", LIST_MAX)
        start = (asked.get("page", 1) - 1) * size
        return rows[start : start + size]


@lru_cache(maxsize=1000)  # most ask the same, and to judge it costs more than to answer it
def _checked(serializer: type[fields.Query], text: str) -> dict:
    given = {name: value for name, value in QueryDict(text).items() if value != ""}
    return fields.checked(serializer, given, where="query")


def number(text: str, what: str) -> int:
    """The integer id in a path; Missing (404) for anything else."""
    if not ID.fullmatch(text) or int(text) > BIGINT_MAX:
        raise Missing(f"{what} not found")
    return int(text)


def answer_error(error: Exception, context: dict | None = None) -> Response | None:
    """The answer to an exception: {"detail": sentence}, for invalid fields {"detail": [{loc, msg, type}, ...]}."""
    if isinstance(error, ValidationError):
        return Response({"detail": _problems(error)}, status=422)
    if isinstance(error, Invalid) and error.errors:
        problems = [_problem(_location(name), s, "invalid") for name, found in error.errors.items() for s in found]
        return Response({"detail": problems}, status=422)
    if isinstance(error, DomainError):
        headers = {"Retry-After": str(error.retry_after)} if isinstance(error, ratelimit.TooManyRequests) else None
        return Response({"detail": _plain(error.message)}, status=_status(error), headers=headers)
    if isinstance(error, APIException):
        challenge = getattr(error, "auth_header", None)
        headers = {"WWW-Authenticate": challenge} if challenge else None
        return Response({"detail": _plain(error.detail)}, status=error.status_code, headers=headers)
    if isinstance(error, Http404):
        return Response({"detail": "Not found."}, status=404)
    if isinstance(error, PermissionDenied):
        return Response({"detail": "You do not have permission to do this."}, status=403)
    return None


def _status(error: DomainError) -> int:
    if isinstance(error, Taken):
        return status.HTTP_400_BAD_REQUEST  # Evently answers duplicates with 400
    if isinstance(error, InvalidTransition):
        return status.HTTP_409_CONFLICT
    return error.status


def _problems(error: ValidationError) -> list[dict]:
    where = getattr(error, "where", "body")
    return list(_walk([where], error.get_full_details()))


def _walk(loc: list, found):
    """Flatten DRF's nested details into FastAPI's list."""
    if isinstance(found, dict) and "message" in found and "code" in found:
        yield _problem(loc, found["message"], _TYPES.get(found["code"], found["code"]))
    elif isinstance(found, dict):
        for name, inner in found.items():
            yield from _walk(loc if name == "non_field_errors" else [*loc, _plain(name)], inner)
    else:
        for inner in found:
            yield from _walk(loc, inner)


def _location(name: str) -> list:
    return ["header", name] if name == "Idempotency-Key" else ["body", _FIELDS.get(name, name)]


def _problem(loc: list, sentence, kind: str) -> dict:
    return {"loc": loc, "msg": _plain(sentence), "type": kind}


def _plain(sentence) -> str | int:
    """Text that can be sent: what it quotes from the caller may be long or no text at all (lone surrogates)."""
    if isinstance(sentence, int):
        return sentence
    return str(sentence)[:SENTENCE_MAX].encode("utf-8", "backslashreplace").decode()


def plain_error(status: int, sentence: str) -> JsonResponse:
    """An error that no view made, in this contract's shape."""
    return JsonResponse({"detail": sentence}, status=status, json_dumps_params={"separators": (",", ":")})
