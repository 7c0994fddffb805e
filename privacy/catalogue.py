"""All that is declared, in the order of the apps."""

from accounts import privacy as accounts
from analytics import privacy as analytics
from bookings import privacy as bookings
from crew import privacy as crew
from eventify.lib.personal import Data, Kind, NoData
from events import privacy as events
from integrations import privacy as integrations
from partners import privacy as partners
from privacy import declared

MODULES = (accounts, partners, events, bookings, crew, integrations, analytics, declared)
DATA: tuple[Data, ...] = tuple(one for module in MODULES for one in module.DECLARED)
NOTHING: tuple[NoData, ...] = tuple(one for module in MODULES for one in module.NOTHING)
KINDS: tuple[Kind, ...] = tuple(one for module in MODULES for one in module.KINDS)
FILES = (partners.files, bookings.files)
