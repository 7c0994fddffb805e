"""Form fields that name rows by their uid."""

from django import forms
from django.utils.translation import gettext_lazy

from bookings.command_center.fields import OfUid as OfUid


class OfUids(forms.ModelMultipleChoiceField):
    """Several rows, named by their uids."""

    def __init__(self, queryset, **options):
        wrong = {
            "invalid_choice": gettext_lazy("Choose from the list."),
            "invalid_pk_value": gettext_lazy("Choose from the list."),
        }
        super().__init__(queryset, to_field_name="uid", error_messages=wrong, **options)
