"""Form fields that pages of sales share."""

from datetime import datetime

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _

from events.editing import YEARS


def changed(row, values: dict) -> dict:
    """The values that the row does not have already. Forms show moments to the minute: so far they are compared."""
    return {name: value for name, value in values.items() if _shown(value) != _shown(getattr(row, name))}


def _shown(value):
    return value.replace(second=0, microsecond=0) if isinstance(value, datetime) else value


class LocalMoment(forms.DateTimeField):
    """A moment, typed and shown in the event's own time."""

    zone = None

    def __init__(self, required=False, **kwargs):
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(required=required, widget=widget, **kwargs)

    def to_python(self, value):
        with timezone.override(self.zone):
            moment = super().to_python(value)
        if moment and moment.year not in YEARS:
            limits = {"first": YEARS[0], "last": YEARS[-1]}
            raise forms.ValidationError(_("Use a year from %(first)s to %(last)s.") % limits)
        return moment

    def prepare_value(self, value):
        with timezone.override(self.zone):
            return super().prepare_value(value)


class OfUid(forms.ModelChoiceField):
    """One row, named by its uid; what is not among the rows is no choice."""

    def __init__(self, queryset, **options):
        super().__init__(queryset, to_field_name="uid", **options)

    def to_python(self, value):
        try:
            return super().to_python(value)
        except forms.ValidationError:  # also of what is no uid
            raise forms.ValidationError(_("Choose one of the list."), "invalid_choice") from None
