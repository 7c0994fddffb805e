"""What /metrics tells of requests: how many came, how they were answered, how long it took, and what broke.

The names are those of django_prometheus, which serves the page. Its own middlewares record three times as much; that
costs a request more than to find an event does.
"""

from functools import cache
from time import perf_counter

from django.http import HttpRequest, HttpResponse
from prometheus_client import Counter, Histogram

from eventify import refused
from eventify.lib import request_ids

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"))
_came = Counter("django_http_requests_total_by_method", "Requests by method.", ["method"])
_answered = Counter(
    "django_http_responses_total_by_status_view_method",
    "Responses by status, view, method.",
    ["status", "view", "method"],
)
_took = Histogram(
    "django_http_requests_latency_seconds_by_view_method",
    "Time from the first middleware to the last, by view, method.",
    ["view", "method"],
    buckets=SECONDS,
)
_broke = Counter("django_http_exceptions_total_by_type", "Exceptions that no view caught, by type.", ["type"])
_broken = Counter("django_http_exceptions_total_by_view", "Exceptions that no view caught, by view.", ["view"])


class Measured:
    """The first middleware: what the others do is measured, too, and has the request's id."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = perf_counter()
        request_id = request_ids.begin(request.META.get("HTTP_X_REQUEST_ID"))
        method = request.method if request.method in METHODS else "<invalid method>"
        _coming(method)()
        response = self.get_response(request)
        response.headers._store["x-request-id"] = ("X-Request-Id", request_id)  # it is sane: not judged again
        count, observe = _answering(response.status_code, _view_of(request), method)
        count()
        observe(perf_counter() - began)
        if response.status_code in refused.STATUSES:
            refused.note(request, response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """What reaches the server's log."""
        _broke.labels(type(exception).__name__).inc()
        _broken.labels(_view_of(request)).inc()


def _view_of(request: HttpRequest) -> str:
    found = request.resolver_match
    return found.view_name if found else "<unnamed view>"


@cache  # as many as there are metrics: a metric is looked up by its labels slowly
def _answering(status: int, view: str, method: str):
    return _answered.labels(status, view, method).inc, _took.labels(view, method).observe


@cache
def _coming(method: str):
    return _came.labels(method).inc
