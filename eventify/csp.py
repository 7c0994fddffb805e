"""The Content-Security-Policy header, with a looser policy under the paths that settings list."""

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings


class PathCSPMiddleware(CSPMiddleware):
    """django-csp, plus settings.CSP_BY_PREFIX: {path prefix: directives}; a view's own policy still wins.

    Most answers have the policy of their path: its text is made once.
    """

    def __init__(self, get_response):
        super().__init__(get_response)
        self._texts: dict[str, str] = {}

    def process_response(self, request, response):
        has_own = any(name.startswith("_csp") for name in (*vars(response), *vars(request)))
        if has_own or settings.DEBUG or getattr(settings, "CONTENT_SECURITY_POLICY_REPORT_ONLY", None):
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, self._text_of(request.path_info))
        return response

    def _text_of(self, path: str) -> str:
        prefix = self._prefix_of(path)
        if prefix not in self._texts:
            self._texts[prefix] = build_policy(settings.CSP_BY_PREFIX.get(prefix))
        return self._texts[prefix]

    def get_policy_parts(self, request, response, report_only=False):
        parts = super().get_policy_parts(request, response, report_only)
        if not report_only and parts.config is None:
            parts.config = settings.CSP_BY_PREFIX.get(self._prefix_of(request.path_info))
        return parts

    def _prefix_of(self, path: str) -> str:
        return next((prefix for prefix in settings.CSP_BY_PREFIX if path.startswith(prefix)), "")
