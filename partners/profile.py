"""What a partner says of itself."""

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit, signup
from accounts.models import User
from accounts.phones import to_e164
from eventify.lib.errors import Conflict, Invalid
from partners import contacts, locking
from partners.models import Partner

WEBSITE_MAX = 200  # characters
_is_url = URLValidator(schemes=["http", "https"])


@transaction.atomic
def change(partner: Partner, *, by: User, **changes) -> Partner:
    """Change name, contact_email, phone or website. Locks the partner. Invalid names the fields.

    The papers were verified for the name, so then only staff who manage all partners change it (Conflict).
    """
    partner = locking.lock_one(partner)
    values = _cleaned(changes)
    changed = {name: value for name, value in values.items() if value != getattr(partner, name)}
    is_verified = partner.verification_status == Partner.Verification.VERIFIED
    if "name" in changed and is_verified and not by.can("manage_partners"):
        raise Conflict(_("Your papers were verified for this name. Write to us to change it."))
    if changed:
        before = {name: getattr(partner, name) for name in changed}
        for name, value in changed.items():
            setattr(partner, name, value)
        partner.save(update_fields=[*changed, "updated_at"])
        audit.record("CHANGED_PARTNER", partner, by=by, before=before, after=changed)
    return partner


def _cleaned(values: dict) -> dict:
    checks = {
        "name": lambda text: contacts.cleaned(name=text)["name"],
        "contact_email": lambda text: signup.clean_email(text) if text else "",
        "phone": lambda text: to_e164(text) if text else "",
        "website": _clean_website,
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
