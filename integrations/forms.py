"""The forms of an organisation's integrations; the verbs judge what is typed."""

from datetime import timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from integrations import keys, kinds
from integrations.addresses import URL_MAX
from integrations.endpoints import DESCRIPTION_MAX

_BOXES = forms.CheckboxSelectMultiple
USUAL = ("order.paid", "order.refunded", "ticket.issued", "ticket.checked_in")


class EndpointForm(forms.Form):
    """Where to send what."""

    url = forms.CharField(
        label=_("Address"),
        max_length=URL_MAX,
        help_text=_("https, and reachable from the internet."),
        widget=forms.URLInput(attrs={"autocomplete": "off"}),
    )
    description = forms.CharField(
        label=_("What it is for (optional)"), max_length=DESCRIPTION_MAX, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    kinds = forms.MultipleChoiceField(
        label=_("What it is sent"), choices=[(one, one) for one in kinds.IDS], initial=USUAL, widget=_BOXES
    )


class KeyForm(forms.Form):
    """A key for one system of the organisation."""

    ENDS = (("", _("Never")), ("30", _("In 30 days")), ("90", _("In 90 days")), ("365", _("In a year")))

    name = forms.CharField(
        label=_("What it is for"), max_length=keys.NAME_MAX, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    scopes = forms.MultipleChoiceField(label=_("What it may do"), choices=list(keys.SCOPES.items()), widget=_BOXES)
    ends = forms.ChoiceField(label=_("When it ends"), choices=ENDS, required=False)

    def expires_at(self):
        """The moment, or None."""
        days = self.cleaned_data["ends"]
        return timezone.now() + timedelta(days=int(days)) if days else None


class SinceForm(forms.Form):
    """How far back to go."""

    HOURS = ((1, _("The last hour")), (24, _("The last day")), (24 * 7, _("The last 7 days")), (24 * 30, _("30 days")))

    hours = forms.TypedChoiceField(label=_("Send again what happened in"), choices=HOURS, coerce=int)

    def moment(self):
        """From when on."""
        return timezone.now() - timedelta(hours=self.cleaned_data["hours"])
