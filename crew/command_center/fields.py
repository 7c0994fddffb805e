"""Form fields that name rows by their uid."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class OfUid(forms.ModelChoiceField):
    """One row, named by its uid; what is not among the rows is no choice."""

    def __init__(self, queryset, **options):
        super().__init__(queryset, to_field_name="uid", **options)

    def to_python(self, value):
        try:
            return super().to_python(value)
        except forms.ValidationError:  # also of what is no uid
            raise forms.ValidationError(_("Choose one of the list."), "invalid_choice") from None


class OfUids(forms.ModelMultipleChoiceField):
    """Several rows, named by their uids."""

    def __init__(self, queryset, **options):
        wrong = {
            "invalid_choice": gettext_lazy("Choose from the list."),
            "invalid_pk_value": gettext_lazy("Choose from the list."),
        }
        super().__init__(queryset, to_field_name="uid", error_messages=wrong, **options)
