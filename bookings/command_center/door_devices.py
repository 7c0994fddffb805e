"""Devices of a door: a new one gets a code that is shown once; one that is lost is revoked; and a file of what one
scanned and cannot send is handed in.
"""

from datetime import timedelta

from django import forms
from django.conf import settings
from django.contrib import messages
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bookings import queries
from bookings.command_center.door import AboutDoor
from bookings.door import devices, handing_in, lists, scanning
from bookings.models import Device
from eventify.lib import qr
from eventify.lib.dates import date_format
from eventify.lib.desk.pages import ObjectFormPage

MAX = 100  # characters
_MINUTES = devices.ENROLMENT // timedelta(minutes=1)


class DeviceForm(forms.Form):
    """What the device is called, and where it stands."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=MAX,
        help_text=gettext_lazy("What staff call it, for example Phone 3. It stands beside each of its scans."),
    )
    gate = forms.CharField(
        label=gettext_lazy("Gate"),
        max_length=MAX,
        required=False,
        help_text=gettext_lazy("Where it stands. The device can change it."),
        widget=forms.TextInput(attrs={"list": "gates", "autocomplete": "off"}),
    )


class Enrol(AboutDoor, ObjectFormPage):
    """`desk-event-door-enrol`: the answer to the form shows the code, once."""

    template_name = "command_center/bookings/door_enrol.html"
    title, submit, form_class = gettext_lazy("Enrol a device"), gettext_lazy("Make its code"), DeviceForm

    def act(self, form):
        device, code = devices.invite(self.object, by=self.request.user, **form.cleaned_data)
        self.template_name = "command_center/bookings/door_enrolled.html"
        link = f"{settings.SITE_URL}/door/#enrol={code}"
        picture = qr.inline(link, _("QR code that enrols the device"))
        until, minutes = date_format(device.enrolment_expires_at.astimezone(self.object.zone), "H:i"), _MINUTES
        return self.render(device=device, code=code, link=link, qr=picture, until=until, minutes=minutes)

    def get_context_data(self, **context) -> dict:
        return super().get_context_data(gates=lists.gates(self.object), **context)


class AboutDevice(AboutDoor, ObjectFormPage):
    """A form about `self.device`; `self.object` is its event."""

    def visible(self):
        mine = queries.events_of(self.request.user, "check_in").values("pk")
        return Device.objects.filter(event__in=mine).select_related("event__partner")

    def allowed(self) -> bool:
        if not super().allowed():
            return False
        self.device, self.object = self.object, self.object.event
        return True

    def get_context_data(self, **context) -> dict:
        return super().get_context_data(device=self.device, **context)


class Revoke(AboutDevice):
    """`desk-device-revoke`."""

    template_name = "command_center/bookings/door_revoke.html"
    form_class, submit_style = forms.Form, "danger"

    def get_title(self):
        return _("Revoke %(device)s") % {"device": self.device.name}

    def get_submit(self):
        return self.get_title()

    def act(self, form):
        devices.revoke(self.device, by=self.request.user)
        sentence = _("%(device)s may scan no more.") % {"device": self.device.name}
        return self.done(sentence, self.at("desk-event-door"))


class FileForm(forms.Form):
    """The file that the scanner saved."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        allow_empty_file=True,  # the rules' sentence says what is wrong
        max_length=None,
        error_messages={"required": gettext_lazy("Choose a file first.")},
        help_text=gettext_lazy("door-scans.json, as the scanner saved it."),
        widget=forms.FileInput(attrs={"accept": ".json,application/json"}),
    )


class HandIn(AboutDevice):
    """`desk-device-scans`: also of a device that was revoked, or whose event is over."""

    template_name = "command_center/bookings/door_hand_in.html"
    title, submit, form_class = gettext_lazy("Hand in scans from a file"), gettext_lazy("Hand in"), FileForm
    fields = {"never_enrolled": "file"}

    def act(self, form):
        found = handing_in.read(form.cleaned_data["file"], self.device)
        new, known = scanning.hand_in(self.device, found.said, by=self.request.user)
        for sentence in _left_out(found):
            messages.warning(self.request, sentence)
        return self.done(_taken(new, known), f"{self.at('desk-event-door-scans')}?device={self.device.uid}")


def _taken(new: int, known: int) -> str:
    if not new:
        return _("Nothing new: all scans in the file were here already.")
    said = ngettext("%(count)s scan is taken in.", "%(count)s scans are taken in.", new) % {"count": new}
    if not known:
        return said
    before = ngettext("%(count)s was here already.", "%(count)s were here already.", known) % {"count": known}
    return f"{said} {before}"


def _left_out(found: handing_in.Read):
    if found.others:
        yield ngettext(
            "%(count)s scan in the file is of another device: hand the file in there, too.",
            "%(count)s scans in the file are of another device: hand the file in there, too.",
            found.others,
        ) % {"count": found.others}
    if found.unreadable:
        yield ngettext(
            "%(count)s scan in the file cannot be read and is left out. Keep the file.",
            "%(count)s scans in the file cannot be read and are left out. Keep the file.",
            found.unreadable,
        ) % {"count": found.unreadable}
