"""What a partner says of itself."""

import re

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, signup
from accounts.models import User
from accounts.phones import to_e164
from eventify.lib.errors import Because, Conflict, Invalid
from partners import contacts, locking
from partners.models import Partner

WEBSITE_MAX = 200  # characters
ADDRESS_MAX = 500  # characters
ADDRESS_LINES = 6
TAX_NUMBER_MAX = 50  # characters
_TAX_NUMBER = re.compile(r"[A-Z0-9][A-Z0-9 ./-]{2,}")
SLUG_MAX = 100  # characters
SLUG_TAKEN = gettext_lazy("Another organisation has this slug.")
_is_url = URLValidator(schemes=["http", "https"])


@transaction.atomic
def change(partner: Partner, *, by: User, **changes) -> Partner:
    """Change what `cleaned` knows, the name for example. Locks the partner. Invalid names the fields.

    The papers were verified for the names, so then only staff who manage all partners change one (Conflict).
    Invoices that were issued before keep what they say.
    """
    partner = locking.lock_one(partner)
    values = cleaned(changes, but=partner)
    changed = {name: value for name, value in values.items() if value != getattr(partner, name)}
    is_verified = partner.verification_status == Partner.Verification.VERIFIED
    is_renamed = any(name in changed and getattr(partner, name) for name in ("name", "legal_name"))
    if is_renamed and is_verified and not by.can("manage_partners"):
        sentence = _("Your papers were verified for this name. Write to us to change it.")
        raise Conflict(Because("name_verified", sentence))
    if changed:
        before = {name: getattr(partner, name) for name in changed}
        for name, value in changed.items():
            setattr(partner, name, value)
        _save(partner, [*changed, "updated_at"])
        audit.record("CHANGED_PARTNER", partner, by=by, before=before, after=changed)
    return partner


def _save(partner: Partner, fields: list[str]) -> None:
    try:
        with transaction.atomic():
            partner.save(update_fields=fields)
    except IntegrityError:  # somebody took the slug between the look and now
        raise Invalid.field("slug", SLUG_TAKEN) from None


def cleaned(values: dict, but: Partner | None = None) -> dict:
    """What a partner says of itself, checked; Invalid names all wrong fields. `but` may have its own slug."""
    checks = {
        "name": lambda text: contacts.cleaned(name=text)["name"],
        "slug": lambda text: _clean_slug(text, but),
        "contact_email": lambda text: signup.clean_email(text) if text else "",
        "phone": lambda text: to_e164(text) if text else "",
        "website": _clean_website,
        "legal_name": lambda text: contacts.cleaned(name=text)["name"] if text.strip() else "",
        "address": _clean_address,
        "tax_number": _clean_tax_number,
    }
    good, errors = {}, {}
    for field, value in values.items():
        try:
            good[field] = checks[field](value)
        except Invalid as refusal:
            errors[field] = next(iter(refusal.errors.values()))
    if errors:
        raise Invalid(next(iter(errors.values()))[0], errors=errors)
    return good


def _clean_slug(text: str, but: Partner | None) -> str:
    if not text or len(text) > SLUG_MAX or slugify(text) != text:
        raise Invalid.field("slug", _("Use small letters, digits and hyphens, at most %(most)s.") % {"most": SLUG_MAX})
    others = Partner.objects.exclude(pk=but.pk) if but else Partner.objects
    if others.filter(slug=text).exists():
        raise Invalid.field("slug", SLUG_TAKEN)
    return text


def _clean_website(text: str) -> str:
    text = text.strip()
    if not text:
        return ""
    url = text if "://" in text else f"https://{text}"
    try:
        _is_url(url)
    except ValidationError:
        raise Invalid.field("website", _("Enter an address such as https://example.com.")) from None
    if len(url) > WEBSITE_MAX:
        raise Invalid.field("website", _("Use at most %(most)s characters.") % {"most": WEBSITE_MAX})
    return url


def _clean_address(text: str) -> str:
    """Its lines without blanks around them and without empty ones."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    address = "\n".join(line for line in lines if line)
    if len(address) > ADDRESS_MAX or address.count("\n") >= ADDRESS_LINES:
        most = {"lines": ADDRESS_LINES, "most": ADDRESS_MAX}
        raise Invalid.field("address", _("Use at most %(lines)s lines and %(most)s characters.") % most)
    if not all(letter.isprintable() for letter in address if letter != "\n"):
        raise Invalid.field("address", _("This has characters that cannot be used."))
    return address


def _clean_tax_number(text: str) -> str:
    """In capitals. Its form depends on the country, so only what no country has is refused."""
    number = " ".join(text.split()).upper()
    if number and not (_TAX_NUMBER.fullmatch(number) and len(number) <= TAX_NUMBER_MAX and re.search("[0-9]", number)):
        sentence = _("Enter the number as the tax office writes it, such as 29ABCDE1234F1Z5 or NL123456789B01.")
        raise Invalid.field("tax_number", sentence)
    return number
