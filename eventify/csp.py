"""The Content-Security-Policy header, with a looser policy under the paths that settings list."""

from csp.middleware import CSPMiddleware
from django.conf import settings


class PathCSPMiddleware(CSPMiddleware):
    """django-csp, plus settings.CSP_BY_PREFIX: {path prefix: directives}; a view's own policy still wins."""

    def get_policy_parts(self, request, response, report_only=False):
        parts = super().get_policy_parts(request, response, report_only)
        if not report_only and parts.config is None:
            parts.config = self._of_path(request.path_info)
        return parts

    def _of_path(self, path):
        for prefix, directives in settings.CSP_BY_PREFIX.items():
            if path.startswith(prefix):
                return directives
        return None
