"""Whom to call at a partner: one of the contacts is the primary, as long as there is any."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit, signup
from accounts.models import User
from accounts.phones import to_e164
from eventify.lib.errors import Because, Conflict, Invalid
from partners import locking
from partners.models import Contact, Partner

NAME_MAX = 200  # characters
MOST = 20  # of one partner


@transaction.atomic
def add(partner: Partner, *, name: str, email: str, phone: str = "", is_primary=False, by: User | None) -> Contact:
    """Add a contact; the first one is the primary. Locks the partner. Invalid, or Conflict past the most."""
    partner = locking.lock_one(partner)
    known = list(partner.contacts.all())
    if len(known) >= MOST:
        sentence = _("A partner has at most %(most)s contacts. Remove one first.") % {"most": MOST}
        raise Conflict(Because("contacts_full", sentence, limit=MOST))
    values = cleaned(name=name, email=email, phone=phone)
    contact = Contact(partner=partner, **values, is_primary=is_primary or not known)
    _save(contact)
    audit.record("ADDED_CONTACT", partner, by=by, after=_said(contact))
    return contact


@transaction.atomic
def change(contact: Contact, *, by: User | None, **changes) -> Contact:
    """Change name, email, phone or is_primary. Conflict when the primary would be none. Locks the partner."""
    locking.lock_one(contact.partner)
    contact.refresh_from_db()
    before = _said(contact)
    if contact.is_primary and changes.get("is_primary") is False:
        raise Conflict(Because("stays_primary", _("Make another contact the primary one instead.")))
    is_primary = changes.pop("is_primary", contact.is_primary)
    for name, value in cleaned(**changes).items():
        setattr(contact, name, value)
    contact.is_primary = is_primary
    _save(contact)
    if _said(contact) != before:
        audit.record("CHANGED_CONTACT", contact.partner, by=by, before=before, after=_said(contact))
    return contact


@transaction.atomic
def remove(contact: Contact, *, by: User | None) -> None:
    """Remove a contact. Conflict for the primary while there are others, and for the last one. Locks the partner."""
    locking.lock_one(contact.partner)
    contact.refresh_from_db()
    if contact.is_primary:
        raise Conflict(Because("primary_contact", _("This is the primary contact. Make another one primary first.")))
    audit.record("REMOVED_CONTACT", contact.partner, by=by, before=_said(contact))
    contact.delete()


def cleaned(prefix: str = "", **values) -> dict:
    """The values of a contact, checked; Invalid names all fields that are not, each with `prefix` before it."""
    checks = {"name": _clean_name, "email": signup.clean_email, "phone": _clean_phone}
    good, errors = {}, {}
    for field, value in values.items():
        try:
            good[field] = checks[field](value)
        except Invalid as refusal:
            errors[prefix + field] = next(iter(refusal.errors.values()))
    if errors:
        raise Invalid(next(iter(errors.values()))[0], errors=errors)
    return good


def _clean_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > NAME_MAX or "\x00" in name:
        raise Invalid.field("name", _("Enter a name of at most %(most)s characters.") % {"most": NAME_MAX})
    return name


def _clean_phone(phone: str) -> str:
    return to_e164(phone) if phone else ""


def _save(contact: Contact) -> None:
    if contact.is_primary:
        contact.partner.contacts.filter(is_primary=True).exclude(pk=contact.pk).update(is_primary=False)
    contact.save()


def _said(contact: Contact) -> dict:
    said = {name: getattr(contact, name) for name in ("name", "email", "phone", "is_primary")}
    return {"contact": str(contact.uid), **said}
