"""Every setting, read from the environment and from .env (names and meanings: .env.example).

Three modes: DEBUG=on (development), DEMO=on (well-known logins), neither (production: weak secrets are refused).
"""

from eventify.environment import choice
from eventify.lib import logs
from eventify.settings.files import *
from eventify.settings.framework import *
from eventify.settings.mode import *
from eventify.settings.rules import *
from eventify.settings.security import *
from eventify.settings.services import *

LOG_LEVEL = choice("LOG_LEVEL", "info", ("debug", "info", "warning", "error", "critical")).upper()
LOG_FORMAT = choice("LOG_FORMAT", "line", ("line", "json"))
LOGGING = logs.configuration(LOG_LEVEL, LOG_FORMAT)  # one line each, to standard error
