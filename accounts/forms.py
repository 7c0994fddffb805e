"""The forms of logging in and signing up."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts import codes, sessions, signup
from accounts.lockout import LockedOut
from eventify.lib.errors import DomainError

# the domain's name of a field -> the form's
_FIELDS = {"phone_number": "phone", "old_password": "old"}


class EntranceForm(forms.Form):
    """A form that lets somebody in. `user` holds the account once it is valid."""

    user = None
    status = 400
    retry_after = None  # seconds

    def __init__(self, *args, address: str = "", **kwargs):
        super().__init__(*args, **kwargs)
        self.address = address

    def refused(self, refusal: DomainError, field: str | None = None) -> None:
        """Show the refusal; a lock-out is no mistake in a field, and says how long it lasts."""
        locked = isinstance(refusal, LockedOut)
        if locked:
            self.status, self.retry_after = refusal.status, refusal.retry_after
        self.add_error(None if locked else field, str(refusal.message))


class LoginForm(EntranceForm):
    """Who is it? `needs_code`: the password was right, and a code must follow."""

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
    needs_code = False

    def clean(self):
        """Check the two together, so that nobody learns which of them was wrong."""
        cleaned = super().clean()
        if self.errors:
            return cleaned
        try:
            self.user = sessions.check_credentials(cleaned["identifier"], cleaned["password"], address=self.address)
        except sessions.OtpRequired as asked:
            self.user, self.needs_code = asked.user, True
        except sessions.WrongCredentials:
            sentence = _("We know no account with these details. Check both and try again.")
            raise forms.ValidationError(sentence, code="wrong_credentials") from None
        except LockedOut as refusal:
            self.refused(refusal)
        return cleaned


class CodeForm(EntranceForm):
    """The second step of a log-in."""

    code = forms.CharField(
        label=_("Code"),
        help_text=_("Six digits from your authenticator app, or one of your recovery codes."),
        error_messages={"required": _("Enter the code that your app shows now.")},
        max_length=codes.CODE_MAX,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false", "autofocus": True}
        ),
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.awaited = user

    def clean(self):
        """Check the code of the user whose password was right."""
        cleaned = super().clean()
        if self.errors:
            return cleaned
        try:
            self.user = sessions.check_second_step(self.awaited, cleaned["code"], address=self.address)
        except (sessions.WrongOtp, LockedOut) as refusal:
            self.refused(refusal, "code")
        return cleaned


def _own_name() -> forms.CharField:
    return forms.CharField(
        label=_("Your name"),
        error_messages={"required": _("Enter your name, as it should stand on tickets.")},
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )


def _own_phone() -> forms.CharField:
    return forms.CharField(
        label=_("Phone number (optional)"),
        max_length=32,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )


class SignupForm(EntranceForm):
    """A new account. `user` holds it once the form is valid."""

    full_name = _own_name()
    email = forms.EmailField(
        label=_("E-mail"),
        error_messages={"required": _("Enter your e-mail address.")},
        max_length=254,
        help_text=_("Your tickets go here."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    phone = _own_phone()
    password = forms.CharField(
        label=_("Password"),
        error_messages={"required": _("Enter a password.")},
        strip=False,
        max_length=signup.PASSWORD_MAX,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self):
        """Make the account, or put each refusal beside its field."""
        cleaned = super().clean()
        if self.errors:
            return cleaned
        try:
            self.user = signup.register(**cleaned, by_themself=True)
        except DomainError as refusal:
            put_into(self, refusal)
        return cleaned


def put_into(form: forms.Form, refusal: DomainError) -> None:
    """Show each sentence of the refusal at the field that it names, or above the form."""
    errors = getattr(refusal, "errors", None) or {None: [str(refusal.message)]}
    for name, sentences in errors.items():
        field = _FIELDS.get(name, name)
        form.add_error(field if field in form.fields else None, [str(sentence) for sentence in sentences])


def _password(label, autocomplete: str, required) -> forms.CharField:
    return forms.CharField(
        label=label,
        error_messages={"required": required},
        strip=False,
        max_length=signup.PASSWORD_MAX,
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
    )


class ConfirmForm(forms.Form):
    """Is it still you? The password, or the code of whoever has two-factor."""

    password = _password(_("Your password"), "current-password", _("Enter your password."))
    otp = forms.CharField(
        label=_("Code"),
        help_text=_("Six digits from your authenticator app, or one of your recovery codes."),
        error_messages={"required": _("Enter the code that your app shows now.")},
        max_length=codes.CODE_MAX,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )

    def __init__(self, *args, wants_code: bool, **kwargs):
        super().__init__(*args, **kwargs)
        del self.fields["password" if wants_code else "otp"]


class SetupCodeForm(forms.Form):
    """The first code of a new authenticator app."""

    code = forms.CharField(
        label=_("Code that the app shows"),
        error_messages={"required": _("Enter the six digits that the app shows now.")},
        max_length=codes.CODE_MAX,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


class NewPasswordForm(forms.Form):
    """A password for an account that has none yet."""

    password = _password(_("New password"), "new-password", _("Enter a password."))


class PasswordForm(forms.Form):
    """Another password."""

    old = _password(_("Your password now"), "current-password", _("Enter your password."))
    password = _password(_("New password"), "new-password", _("Enter a new password."))


def _email(label) -> forms.EmailField:
    return forms.EmailField(
        label=label,
        error_messages={"required": _("Enter your e-mail address.")},
        max_length=signup.EMAIL_MAX,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


class ForgottenForm(forms.Form):
    """Whose password is forgotten."""

    email = _email(_("E-mail"))


class AddressForm(forms.Form):
    """Another e-mail address for the account."""

    email = _email(_("New address"))


class ProfileForm(forms.Form):
    """What people say of themselves."""

    full_name = _own_name()
    phone = _own_phone()
    place = forms.CharField(
        label=_("City or town (optional)"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "address-level2"}),
    )
    pincode = forms.CharField(
        label=_("Postcode (optional)"),
        max_length=12,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "postal-code"}),
    )
    language = forms.ChoiceField(label=_("Language of our mails"), choices=settings.LANGUAGES, required=False)

    def clean_language(self):
        """A form without the field leaves the language as it is."""
        return self.cleaned_data["language"] or self.initial.get("language", "")
