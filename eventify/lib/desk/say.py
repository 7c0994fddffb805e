"""How values look in the command center: each kind of value is made into HTML in one place."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext as _

from eventify.lib import currencies
from eventify.lib.dates import date_format
from eventify.lib.desk.words import word

NOTHING = format_html('<span class="none">{}</span>', "–")
LONG = 30  # characters; a longer text may be cut by the layout and is whole in its title
SOON = timedelta(days=7)  # within it a moment is said relative to now


def zone() -> ZoneInfo:
    """The zone in which staff read moments (settings.EVENTIFY_TIME_ZONE)."""
    return ZoneInfo(settings.EVENTIFY_TIME_ZONE)


def day_starts_at(value: date) -> datetime:
    """The first moment of the day in the staff's zone."""
    return datetime.combine(value, time.min, tzinfo=zone())


def day_ends_at(value: date) -> datetime:
    """The first moment after the day in the staff's zone; the end of time for the last day there is."""
    last = date.max - timedelta(days=2)  # a later day has no next one in every zone
    return day_starts_at(min(value, last) + timedelta(days=1))


def text(value) -> SafeString:
    """A text that may be long: the layout cuts it, the title has all of it. What is HTML already stays as it is."""
    if isinstance(value, SafeString):
        return value
    value = str(value)
    if not value.strip():
        return NOTHING
    return format_html('<span title="{0}">{0}</span>', value) if len(value) > LONG else format_html("{}", value)


def number(value) -> SafeString:
    """`12,480`, with figures of one width."""
    return format_html('<span class="figures">{}</span>', plain_number(value))


def plain_number(value) -> str:
    """`12,480` as plain text."""
    return number_format(value, use_l10n=True, force_grouping=True)


def money(amount: Decimal, currency: str) -> SafeString:
    """`₹1,200.00`; an amount below zero has a minus and a tone."""
    tone = " below-zero" if amount < 0 else ""
    return format_html('<span class="figures money{}">{}</span>', tone, currencies.exact(amount, currency))


def exact(value: datetime) -> str:
    """`Fri 12 Jun 2026, 19:30:05 IST`: for titles."""
    there = value.astimezone(zone())
    name = there.tzname() or ""
    name = f"UTC{name}" if name[:1] in "+-" else name
    return f"{date_format(there, 'D j M Y, H:i:s')} {name}"


def moment(value: datetime) -> SafeString:
    """`12 Jun, 19:30` in the staff's zone, with the year when it is not this one; the exact moment in the title."""
    there = value.astimezone(zone())
    is_this_year = there.year == timezone.now().astimezone(zone()).year
    return _time(value, date_format(there, "j M, H:i" if is_this_year else "j M Y, H:i"))


def relative(value: datetime) -> SafeString:
    """`5 minutes ago` or `in 2 days` within a week, else the day."""
    gap = value - timezone.now()
    if abs(gap) < timedelta(minutes=1):
        return _time(value, _("just now"))
    if abs(gap) > SOON:
        return moment(value)
    if gap < timedelta():
        return _time(value, _("%(time)s ago") % {"time": timesince(value, depth=1)})
    return _time(value, _("in %(time)s") % {"time": timeuntil(value, depth=1)})


def _time(value: datetime, said: str) -> SafeString:
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), exact(value), said)


def day(value: date) -> SafeString:
    """`12 Jun 2026`."""
    if isinstance(value, datetime):
        value = value.astimezone(zone()).date()
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), date_format(value, "j M Y"))


def pill(value, words: dict | None = None) -> SafeString:
    """The word of a state, in its tone, with a shape that tells the tone without colour."""
    said = word(value, words)
    return format_html('<span class="pill {}">{}</span>', said.tone or "plain", said.label)


def yesno(value: bool) -> SafeString:
    """Yes or no, as a word."""
    return format_html('<span class="{}">{}</span>', "yes" if value else "none", _("Yes") if value else _("No"))
