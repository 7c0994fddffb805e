"""The ways in: a request of a published contract goes straight to its view, a page's through all that pages need."""

from functools import lru_cache
from hashlib import blake2b

from corsheaders.middleware import CorsMiddleware
from csp.constants import HEADER
from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import translation
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _

from eventify.contracts.paths import contract_of, is_contracts
from eventify.lib.later import nudge

POLICY = "default-src 'none'; frame-ancestors 'none'"  # an answer of a contract is shown to nobody as a page
# Asked by machines from inside, under whatever name the container has there; nothing that they answer names a host.
FROM_INSIDE = frozenset(f"/{name}{end}" for name in ("healthz", "readyz", "metrics") for end in ("", "/"))
TASK = "integrations.tasks.deliver"
_READS = frozenset(("GET", "HEAD", "OPTIONS"))
_MACHINES = ("/door/api/", "/webhooks/")  # and all contracts
_LONGEST = 500  # characters of an Accept-Language header that count
_FINGERPRINT = 12  # bytes of a body's hash


class OtherOrigins(CorsMiddleware):
    """Pages of other origins may call us. Most callers are no pages: they name no origin, and there is little to do."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "HTTP_ORIGIN" in request.META:
            return super().__call__(request)
        headers = (response := self.get_response(request)).headers
        headers["Vary"] = f"{headers['Vary']}, Origin" if "Vary" in headers else "Origin"
        return response


class Nudging:
    """Who has changed something may have written a fact: endpoints are sent it now, not at the sweep's next round.

    Triggers write facts (integrations/kinds.py), so no verb knows of them. Each process sends one message a second at
    most.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method not in _READS and response.status_code < 400:
            nudge(TASK)
        return response


class MachinesOverHttps:
    """What machines ask without TLS is refused (403), where people's browsers are led to https by Django.

    A program that is redirected goes on sending its tokens in the clear, and nobody notices.
    """

    def __init__(self, get_response):
        if not settings.SECURE_SSL_REDIRECT:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if request.is_secure() or path in FROM_INSIDE or not (is_contracts(path) or path.startswith(_MACHINES)):
            return self.get_response(request)
        translation.activate(_language(request.META.get("HTTP_ACCEPT_LANGUAGE", "")[:_LONGEST]))
        sentence, contract = _("Use https."), contract_of(path)
        response = contract.plain_error(403, sentence) if contract else JsonResponse({"message": sentence}, status=403)
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


class Contracts:
    """The middlewares after this one serve pages only: requests of contracts pass all of them by.

    They know bearer tokens and nothing of cookies: no session, no message, no CSRF token. What they need of the others
    is done here: the host is judged, sentences are in the language of Accept-Language, and answers have a length, a
    policy, and a word about keeping them.
    """

    def __init__(self, get_response):
        self.get_response = get_response
        self._view = _innermost(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_contracts(request.path_info):
            return self.get_response(request)
        language = _language(request.META.get("HTTP_ACCEPT_LANGUAGE", "")[:_LONGEST])
        translation.activate(language)  # or the thread would speak that of its last request
        if request.path_info not in FROM_INSIDE:
            request.get_host()  # DisallowedHost (400)
        response = self._view(request)
        headers = response.headers
        headers["Content-Language"] = language
        headers["Vary"] = "Accept-Language, Authorization"  # all that an answer of a contract depends on
        headers.setdefault(HEADER, POLICY)
        if not response.streaming:
            headers.setdefault("Content-Length", str(len(response.content)))
        if _is_read(request, response):
            return _conditional(request, response)
        headers.setdefault("Cache-Control", "private, no-store")
        return response


class PagesOfAnybody:
    """A page that is asked for and answered without cookies is the same for all: whoever has it need not load it again.

    Not one that says itself that it must not be kept.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.META.get("HTTP_COOKIE") or response.cookies or not _is_read(request, response):
            return response
        kept = response.headers.get("Cache-Control", "")
        return response if "no-store" in kept or "private" in kept else _conditional(request, response)


def _innermost(handler):
    """The views, past the middlewares; `handler` is Django's wrapper of one."""
    while inner := getattr(getattr(handler, "__wrapped__", None), "get_response", None):
        handler = inner
    return handler


@lru_cache(maxsize=1000)
def _language(accepted: str) -> str:
    """The language of ours that fits an Accept-Language header best."""
    request = HttpRequest()
    request.META["HTTP_ACCEPT_LANGUAGE"] = accepted
    return translation.get_language_from_request(request)


def _is_read(request: HttpRequest, response: HttpResponse) -> bool:
    """Whether somebody unknown has read something and got it. (No contract takes a token elsewhere when it is read.)"""
    is_found = response.status_code == 200 and not response.streaming
    return is_found and request.method in ("GET", "HEAD") and "HTTP_AUTHORIZATION" not in request.META


def _conditional(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """With an ETag of its body, so never stale; 304 for who has just that. Unless it says more, it is asked for anew.

    The ETag is weak, for a proxy may compress the body.
    """
    headers = response.headers
    headers.setdefault("Cache-Control", "no-cache")
    if "ETag" not in headers:
        headers["ETag"] = f'W/"{blake2b(response.content, digest_size=_FINGERPRINT).hexdigest()}"'
    if "HTTP_IF_NONE_MATCH" not in request.META:
        return response
    found = get_conditional_response(request, etag=headers["ETag"], response=response)
    if found is not response and HEADER in headers:
        found.headers[HEADER] = headers[HEADER]
    return found
