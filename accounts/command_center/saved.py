"""Saving and forgetting the view of a list."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import saved_filters
from eventify.lib.desk.pages import LOGGED_IN, ActionPage
from eventify.lib.errors import Invalid

BIGINT = 2**63 - 1


class SaveForm(forms.Form):
    """A name for the query of a page."""

    page = forms.RegexField(r"\Adesk-[a-z-]{1,50}\Z")
    query = forms.CharField(max_length=1000)
    name = forms.CharField(
        max_length=60, error_messages={"required": gettext_lazy("Give the view a name, so that you find it again.")}
    )


class ForgetForm(forms.Form):
    """Which one."""

    id = forms.IntegerField(min_value=1, max_value=BIGINT)


def checked(form: forms.Form) -> dict:
    """The values of a valid form; Invalid with its first sentence otherwise."""
    if not form.is_valid():
        raise Invalid(next(iter(form.errors.values()))[0], errors=form.errors)
    return form.cleaned_data


class SaveFilter(ActionPage):
    """`desk-filter-save`."""

    permission = LOGGED_IN

    def act(self):
        saved = saved_filters.save(self.request.user, **checked(SaveForm(self.request.POST)))
        return _("Saved as “%(name)s”. You find it above the list.") % {"name": saved.name}


class ForgetFilter(ActionPage):
    """`desk-filter-delete`."""

    permission = LOGGED_IN

    def act(self):
        saved_filters.forget(self.request.user, checked(ForgetForm(self.request.POST))["id"])
        return _("The view is forgotten.")
