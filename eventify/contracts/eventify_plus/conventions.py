"""The conventions of contract 003: POST only, token in the body, errors as `{"status": "error", "message": ...}`."""

import abc

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework.exceptions import APIException
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import sessions
from accounts.models import DeviceToken
from eventify.contracts.eventify_plus import body as bodies
from eventify.lib.errors import DomainError
from eventify.lib.ratelimit import TooManyRequests, client_address, hit


class FieldErrors(DomainError):
    """Registration or log-in is refused: `{"errors": {field: [sentences]}}`."""

    status = 400

    def __init__(self, errors: dict, status: int = 400):
        super().__init__()
        self.errors, self.status = errors, status


class CredentialsMissing(DomainError):
    """No token or no username in the body (400)."""

    status = 400
    message = "token and username required"


class InvalidToken(DomainError):
    """The token is unknown, expired or ended (401): `{"status": "invalid_token"}`."""

    status = 401


class TokenMismatch(DomainError):
    """The token belongs to somebody else than `username` (401)."""

    status = 401
    message = "token does not match user"


def plain_error(status: int, sentence: str) -> JsonResponse:
    """An error that no view made, in this contract's shape."""
    answer = error_body(sentence)
    if status == 500:
        answer["error"] = sentence  # where the document puts it for registration and log-in
    return JsonResponse(answer, status=status)


def error_body(sentence) -> dict:
    """The standard error of the contract."""
    return {"status": "error", "message": str(sentence)}


def on_error(error: Exception, context: dict) -> Response | None:
    """The one exception handler: any refusal in the contract's words; None lets a crash be a crash."""
    if isinstance(error, DomainError):
        return _refused(error)
    if isinstance(error, Http404):
        return Response(error_body("Not found."), status=404)
    if isinstance(error, PermissionDenied):
        return Response(error_body("You do not have permission to do this."), status=403)
    if isinstance(error, RequestDataTooBig):
        return Response(error_body("The body is too large. Send less."), status=413)
    if isinstance(error, DjangoValidationError):
        return Response(error_body(error.messages[0]), status=400)
    if isinstance(error, APIException):
        return _refused_by_rest_framework(error)
    return None


def _refused(error: DomainError) -> Response:
    if isinstance(error, InvalidToken):
        return Response({"status": "invalid_token"}, status=error.status)
    if isinstance(error, FieldErrors):
        return Response({"errors": error.errors}, status=error.status)
    headers = {"Retry-After": str(error.retry_after)} if isinstance(error, TooManyRequests) else None
    status = 400 if error.status == 422 else error.status  # the document knows no 422
    return Response(error_body(error.message), status=status, headers=headers)


def _refused_by_rest_framework(error: APIException) -> Response:
    headers = {"Allow": "POST, OPTIONS"} if error.status_code == 405 else None
    return Response(error_body(bodies.sentence_of(error.detail)), status=error.status_code, headers=headers)


class OnlyJSON(DefaultContentNegotiation):
    """JSON whatever the Accept header or a `format` in the query says: the document knows no 406."""

    def select_renderer(self, request, renderers, format_suffix=None):
        return renderers[0], renderers[0].media_type


class PlusView(APIView):
    """A view of this contract; it asks for no token (registration and log-in)."""

    authentication_classes = []
    content_negotiation_class = OnlyJSON
    permission_classes = [AllowAny]

    def get_exception_handler(self):
        return on_error


class TokenView(PlusView, abc.ABC):
    """A view for the owner of a token. `fields` are the body's other fields; `answer` makes the 200 body."""

    fields: tuple[str, ...] = ()

    def post(self, request):
        body = bodies.read(request)
        device = device_of(body)
        bodies.check_known(body, ("token", "username", *self.fields))
        return Response(self.answer(device, body))

    @abc.abstractmethod
    def answer(self, device: DeviceToken, body: dict) -> dict:
        """The body of the 200 answer."""


def device_of(body: dict) -> DeviceToken:
    """The device whose token the body carries. CredentialsMissing, InvalidToken or TokenMismatch."""
    token, username = body.get("token"), body.get("username")
    if token in (None, "") or username in (None, ""):
        raise CredentialsMissing
    if not (isinstance(token, str) and isinstance(username, str)):
        raise bodies.Malformed("token and username must be strings")
    device = sessions.find_device_token(token)
    if device is None:
        raise InvalidToken
    if username.lower() not in (device.user.username.lower(), device.user.email.lower()):
        raise TokenMismatch
    return device


def count(limit: str, request: HttpRequest) -> None:
    """Count the request against a limit, per address and path (with and without its slash alike)."""
    hit(limit, client_address(request), request.path.rstrip("/"))
