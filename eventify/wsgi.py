"""The WSGI entry point of the web server."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

from eventify.lib.chunked import with_length

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eventify.settings")

try:
    application = with_length(get_wsgi_application())
except ImproperlyConfigured as error:
    sys.exit(f"eventify: {error}")
