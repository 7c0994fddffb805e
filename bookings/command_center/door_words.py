"""How the door is said to staff: verdicts as words, and what a device lacks with the fix beside it."""

from datetime import timedelta
from typing import NamedTuple

from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bookings.models import Device, Scan
from eventify.lib.dates import date_format
from eventify.lib.desk.words import CAUTION, INFORMATION, NEGATIVE, POSITIVE, Word
from events.models import Event

V = Scan.Verdict
VERDICTS = {
    V.ADMITTED: Word(gettext_lazy("Let in"), POSITIVE),
    V.USED: Word(gettext_lazy("Used before"), NEGATIVE),
    V.CANCELLED: Word(gettext_lazy("Cancelled"), NEGATIVE),
    V.WRONG_EVENT: Word(gettext_lazy("Another event"), CAUTION),
    V.EVENT_CANCELLED: Word(gettext_lazy("Event cancelled"), NEGATIVE),
    V.UNKNOWN: Word(gettext_lazy("Unknown code"), CAUTION),
    V.FORGED: Word(gettext_lazy("Forged code"), NEGATIVE),
}
SILENT = timedelta(minutes=5)  # a device reports every half minute while it has network
OLD_LIST = timedelta(minutes=15)
_GOOD = ("ok", "ask", "soft", True)  # of what a device found of its camera and storage; the scanner says so, too


class Trouble(NamedTuple):
    """What is wrong with a device, and what to do about it."""

    what: str
    fix: str


class Shown(NamedTuple):
    """A device with its state as a word, and its troubles."""

    row: Device
    state: Word
    troubles: list[Trouble]


def shown(device: Device, event: Event) -> Shown:
    """The device as the page of the door shows it."""
    if device.revoked_at:
        return Shown(device, Word(_("Revoked"), NEGATIVE), [])
    if device.enrolled_at is None:
        return Shown(device, *_not_enrolled(device, event))
    found = list(_troubles(device))
    return Shown(device, Word(_("Look at it"), CAUTION) if found else Word(_("Ready"), POSITIVE), found)


def _not_enrolled(device: Device, event: Event) -> tuple[Word, list[Trouble]]:
    if device.enrolment_expires_at <= timezone.now():
        late = Trouble(_("Its code was not scanned in time."), _("Revoke it and enrol the device anew."))
        return Word(_("Not enrolled"), NEGATIVE), [late]
    until = date_format(device.enrolment_expires_at.astimezone(event.zone), "H:i")
    by = {"time": until, "zone": event.timezone}
    wait = Trouble(_("It was not opened yet."), _("Scan its code with the device before %(time)s (%(zone)s).") % by)
    return Word(_("Invited"), INFORMATION), [wait]


def _troubles(device: Device):
    now, found = timezone.now(), device.readiness
    if device.last_seen_at is None or now - device.last_seen_at > SILENT:
        what = _("Not heard of yet.")
        if device.last_seen_at:
            what = _("Not heard for %(time)s.") % {"time": timesince(device.last_seen_at, depth=1)}
        yield Trouble(what, _("Open the scanner on it. Without network it goes on by itself and reports later."))
    if device.list_at is None:
        yield Trouble(_("It has no list."), _("Connect it once to a network, so that it can check without one."))
    elif now - device.list_at > OLD_LIST:
        age = {"time": timesince(device.list_at, depth=1)}
        yield Trouble(
            _("Its list is %(time)s old.") % age, _("Connect it to a network: it loads the newest by itself.")
        )
    if device.is_clock_off:
        seconds = {"seconds": f"{device.clock_skew_ms / 1000:+.1f}"}
        yield Trouble(_("Its clock is off by %(seconds)s s.") % seconds, _("Set its date and time to automatic."))
    if device.queue_length:
        many = device.queue_length
        what = ngettext("%(count)s scan waits to be sent.", "%(count)s scans wait to be sent.", many) % {"count": many}
        yield Trouble(what, _("Bring it where there is a network, and keep the scanner open."))
    if found.get("camera", "ok") not in _GOOD:
        yield Trouble(_("It cannot use its camera."), _("Allow the camera in its browser, or type the codes."))
    if found.get("storage", "ok") not in _GOOD:
        yield Trouble(_("It may lose what it keeps."), _("Free some storage, and do not scan in a private window."))
