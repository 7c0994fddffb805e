"""What the volunteer portal asks."""

from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from crew import signup, swaps
from crew.models import Person, PersonTag
from eventify.lib.dates import date_format

PHONE_MAX = 30  # characters
REASON_MAX = 500


class SignUpForm(forms.Form):
    """How to reach somebody, what they can do, and what the organisers should know."""

    phone = forms.CharField(
        label=_("Phone number (optional)"),
        help_text=_("So that the organisers can reach you on the day."),
        max_length=PHONE_MAX,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )
    tags = forms.ModelMultipleChoiceField(
        label=_("What you can do (optional)"),
        queryset=PersonTag.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    note = forms.CharField(
        label=_("Anything that the organisers should know (optional)"),
        max_length=signup.NOTE_MAX,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, partner, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["tags"].queryset = PersonTag.objects.filter(partner=partner, is_active=True)
        if not self.fields["tags"].queryset.exists():
            del self.fields["tags"]


def _named(sections) -> list[tuple]:
    """The choices of these sections; where they are of several events, each says of which."""
    is_several = len({one.event_id for one in sections}) > 1
    return [(one.uid, f"{one.name} ({one.event.name})" if is_several else one.name) for one in sections]


class PickForm(forms.Form):
    """Which shifts to show."""

    day = forms.ChoiceField(required=False)
    section = forms.ChoiceField(label=_("Section"), required=False)
    all = forms.BooleanField(required=False, widget=forms.HiddenInput)  # else only what one can take

    def __init__(self, days, sections, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["day"].choices = [(day.isoformat(), self.label_of(day)) for day in days]
        self.fields["section"].choices = [("", _("All sections")), *_named(sections)]

    @staticmethod
    def label_of(day) -> str:
        """`Fri 12 Jun`."""
        return date_format(day, "D j M")


class CancelForm(forms.Form):
    """Why somebody cannot come."""

    reason = forms.CharField(
        label=_("Why (optional)"),
        help_text=_("The organisers read it."),
        max_length=REASON_MAX,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class SwapForm(forms.Form):
    """To whom a shift is offered, perhaps what for."""

    to = forms.ChoiceField(label=_("To whom"), required=False)
    in_return = forms.ChoiceField(label=_("In return for"), required=False)
    note = forms.CharField(
        label=_("Say something with it (optional)"),
        max_length=swaps.NOTE_MAX,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, colleagues: list[tuple[Person, str]], theirs: list[tuple[UUID, str]], *args, **kwargs):
        super().__init__(*args, **kwargs)
        names = [(person.uid, name) for person, name in colleagues]
        self.fields["to"].choices = [("", _("Anybody in the crew")), *names]
        if theirs:
            self.fields["in_return"].choices = [("", _("Nothing")), *theirs]
        else:
            del self.fields["in_return"]
