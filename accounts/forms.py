"""The forms of logging in and signing up."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import sessions, signup
from eventify.lib.errors import DomainError

# the domain's name of a field -> the form's
_FIELDS = {"phone_number": "phone"}


class LoginForm(forms.Form):
    """Who is it? `user` holds the account once the form is valid."""

    identifier = forms.CharField(
        label=_("E-mail, username or phone number"),
        error_messages={"required": _("Enter the e-mail address, username or phone number of your account.")},
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label=_("Password"),
        error_messages={"required": _("Enter your password.")},
        strip=False,
        max_length=signup.PASSWORD_MAX,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    user = None

    def clean(self):
        """Check the two together, so that nobody learns which of them was wrong."""
        cleaned = super().clean()
        if self.errors:
            return cleaned
        try:
            self.user = sessions.check_credentials(cleaned["identifier"], cleaned["password"])
        except sessions.WrongCredentials:
            sentence = _("We know no account with these details. Check both and try again.")
            raise forms.ValidationError(sentence, code="wrong_credentials") from None
        return cleaned


class SignupForm(forms.Form):
    """A new account. `user` holds it once the form is valid."""

    full_name = forms.CharField(
        label=_("Your name"),
        error_messages={"required": _("Enter your name, as it should stand on tickets.")},
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("E-mail"),
        error_messages={"required": _("Enter your e-mail address.")},
        max_length=254,
        help_text=_("Your tickets go here."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    phone = forms.CharField(
        label=_("Phone number (optional)"),
        max_length=32,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )
    password = forms.CharField(
        label=_("Password"),
        error_messages={"required": _("Enter a password.")},
        strip=False,
        max_length=signup.PASSWORD_MAX,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    user = None

    def clean(self):
        """Make the account, or put each refusal beside its field."""
        cleaned = super().clean()
        if self.errors:
            return cleaned
        try:
            self.user = signup.register(**cleaned)
        except DomainError as refusal:
            errors = getattr(refusal, "errors", None) or {None: [str(refusal.message)]}
            for name, sentences in errors.items():
                field = _FIELDS.get(name, name)
                self.add_error(field if field in self.fields else None, [str(sentence) for sentence in sentences])
        return cleaned
