"""The forms of the partner's own pages; the verbs judge what is typed."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.signup import PASSWORD_MAX
from partners import countries
from partners.models import Document, Member

EMAIL_MAX = 254  # characters
ACCEPT = "application/pdf,image/jpeg,image/png,image/webp"  # on a phone this offers the camera, too

ROLES = (
    (Member.Role.ADMIN, _("Administrator: everything, bank account and papers included")),
    (Member.Role.EVENT_MANAGER, _("Event manager: makes and runs events, sees the figures")),
    (Member.Role.CREW_COORDINATOR, _("Crew coordinator: plans who works")),
    (Member.Role.MEMBER, _("Member: sees the events")),
    (Member.Role.VOLUNTEER, _("Volunteer: no access here")),
)


def text(label, most: int, autocomplete: str = "off", **options) -> forms.CharField:
    """A line of text. `required` says so in the field's own words."""
    widget = options.pop("widget", forms.TextInput)
    return forms.CharField(label=label, max_length=most, widget=widget(attrs={"autocomplete": autocomplete}), **options)


def email(label, autocomplete: str = "off", **options) -> forms.CharField:
    """An address; the verb checks it."""
    return text(label, EMAIL_MAX, autocomplete, widget=forms.EmailInput, **options)


def phone(label, autocomplete: str = "off") -> forms.CharField:
    """A number in any usual spelling; the verb checks it."""
    widget = forms.TextInput(attrs={"autocomplete": autocomplete, "inputmode": "tel"})
    return forms.CharField(label=label, max_length=32, required=False, widget=widget)


class JoinForm(forms.Form):
    """A new account for who was invited."""

    name = text(_("Your name"), 200, "name")
    password = forms.CharField(
        label=_("Choose a password"),
        strip=False,
        max_length=PASSWORD_MAX,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class LegalForm(forms.Form):
    """Who the seller is on the invoices of its buyers."""

    legal_name = text(
        _("Registered name"),
        200,
        required=False,
        help_text=_("Where it differs from the name. It stands on the invoices of your buyers, as do the next two."),
    )
    address = forms.CharField(
        label=_("Postal address"), required=False, widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"})
    )
    tax_number = text(
        _("Tax number"), 50, required=False, help_text=_("GSTIN or VAT number, if the organisation has one.")
    )


class OrganisationForm(LegalForm):
    """What the partner says of itself."""

    name = text(_("Name of the organisation"), 200, "organization")
    contact_email = email(_("E-mail for buyers and for us"), required=False)
    phone = phone(_("Phone number"))
    website = text(_("Website"), 200, "url", required=False)

    field_order = ("name", "contact_email", "phone", "website")


class ContactForm(forms.Form):
    """Somebody whom we can call."""

    name = text(_("Name"), 200)
    email = email(_("E-mail"))
    phone = phone(_("Phone number"))
    is_primary = forms.BooleanField(label=_("Primary contact"), required=False)


class BankForm(forms.Form):
    """Where the money goes."""

    country = forms.ChoiceField(label=_("Country of the bank"))
    holder = text(_("Account holder, as the bank knows it"), 70)
    number = text(_("IBAN, or account number"), 50)
    routing_code = text(
        _("Bank code"), 30, required=False, help_text=_("India: the IFSC. Others: the BIC or routing number.")
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = countries.choices()
        self.fields["country"].initial = settings.EVENTIFY_PHONE_REGION


class UploadForm(forms.Form):
    """A document."""

    type = forms.ChoiceField(label=_("Kind of document"), choices=Document.Type.choices)
    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,  # the verb's sentence says what to do
        max_length=None,
        error_messages={"required": _("Choose a file first.")},
        help_text=_("PDF, JPEG, PNG or WebP, at most 10 MB. On a phone you can take a picture of it."),
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
    )


class InviteForm(forms.Form):
    """Somebody more."""

    email = email(_("E-mail"))
    name = text(_("Name (optional)"), 200, required=False)
    role = forms.ChoiceField(label=_("What they may do"), choices=ROLES, initial=Member.Role.MEMBER)
