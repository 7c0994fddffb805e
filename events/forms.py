"""The form of an event in the raw admin."""

from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

_ZONES = available_timezones()


class EventForm(forms.ModelForm):
    """Descriptive fields only; saving goes through events/editing.py."""

    def clean_timezone(self):
        """An IANA name."""
        name = self.cleaned_data["timezone"]
        if name not in _ZONES:
            raise forms.ValidationError(_("This is not a time zone. Use a name such as Asia/Kolkata."))
        return name
