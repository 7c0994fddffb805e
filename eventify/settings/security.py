"""Addresses of this site, and what browsers are told."""

from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from eventify.environment import env, number, text
from eventify.settings.mode import PRODUCTION

PORT = number("PORT", 8000)
SITE_URL = text("SITE_URL", f"http://localhost:{PORT}").rstrip("/")
LOCAL_HOSTS = ["localhost", ".localhost", "127.0.0.1", "[::1]", urlsplit(SITE_URL).hostname or "localhost"]
LOCAL_HOSTS += ["*"] if text("HOST", "127.0.0.1") == "0.0.0.0" else []
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[] if PRODUCTION else LOCAL_HOSTS)
if PRODUCTION and (not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS):
    raise ImproperlyConfigured("Set ALLOWED_HOSTS to the host names of this site, without a wildcard.")

LOCAL_PORTS = (3000, 4200, 5173, 5500, 8080)
LOCAL_ORIGINS = [f"http://{host}:{port}" for host in ("localhost", "127.0.0.1") for port in LOCAL_PORTS]
CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[] if PRODUCTION else LOCAL_ORIGINS)
CORS_ALLOW_HEADERS = ["accept", "authorization", "content-type", "idempotency-key", "x-requested-with", "x-request-id"]
CORS_EXPOSE_HEADERS = ["Retry-After", "X-Request-Id", "Content-Disposition"]
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

SECURE_SSL = env.bool("SECURE_SSL", default=PRODUCTION)
SECURE_SSL_REDIRECT = SECURE_SSL
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)/?$"]  # asked by machines from inside
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_SSL else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_SSL
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SECURE_SSL
LANGUAGE_COOKIE_SAMESITE = "Lax"  # Django says it of the others by itself
# A browser takes a cookie of such a name only over TLS, from this very host, for all of it.
COOKIE_PREFIX = "__Host-" if SECURE_SSL else ""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid", f"{COOKIE_PREFIX}csrftoken"
LANGUAGE_COOKIE_NAME = f"{COOKIE_PREFIX}django_language"
PROXY_SSL_HEADER = text("SECURE_PROXY_SSL_HEADER", "")  # such as "X-Forwarded-Proto: https"
if PROXY_SSL_HEADER:
    header, _, header_value = PROXY_SSL_HEADER.partition(":")
    SECURE_PROXY_SSL_HEADER = ("HTTP_" + header.strip().upper().replace("-", "_"), header_value.strip())

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:", "https:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
# The raw admin's theme (unfold) runs Alpine expressions and inline styles; nothing else may.
CSP_BY_PREFIX = {
    "/django-admin/": {
        **CONTENT_SECURITY_POLICY["DIRECTIVES"],
        "script-src": ["'self'", "'unsafe-inline'", "'unsafe-eval'"],
        "style-src": ["'self'", "'unsafe-inline'"],
    }
}
