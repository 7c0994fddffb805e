"""The WSGI entry point of the web server."""

import os
import sys

from django.core.checks import Tags, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

from eventify.lib.chunked import with_length

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eventify.settings")

try:
    application = with_length(get_wsgi_application())
    # Before the first request, for a demo's database must not serve in production.
    for error in run_checks(tags=[Tags.database], databases=["default"]):
        raise ImproperlyConfigured(error.msg)
except ImproperlyConfigured as error:
    sys.exit(f"eventify: {error}")
