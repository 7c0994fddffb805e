"""What the filters of this contract's lists have in common."""

import uuid

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from eventify.contracts.crewli.conventions import IDS_MOST, uid_of


class _UlidField(forms.CharField):
    def clean(self, value) -> uuid.UUID | None:
        text = super().clean(value)
        uid = uid_of(text) if text else None
        if text and uid is None:
            raise ValidationError(_("This is not an id."))
        return uid


class _UlidsField(forms.CharField):
    def clean(self, value) -> list[uuid.UUID]:
        words = [word.strip() for word in super().clean(value).split(",") if word.strip()]
        if len(words) > IDS_MOST:
            raise ValidationError(_("Use at most %(most)s ids.") % {"most": IDS_MOST})
        found = [uid_of(word) for word in words]
        if None in found:
            raise ValidationError(_("This is not an id."))
        return list(dict.fromkeys(found))


class UlidFilter(django_filters.Filter):
    """The id of a row, as a ULID or a UUID. One that nothing has leaves nothing."""

    field_class = _UlidField


class UlidsFilter(django_filters.Filter):
    """Several ids with commas between them; the value is their UUIDs, each once."""

    field_class = _UlidsField
