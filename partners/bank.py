"""Where a partner wants its money, and whether it may get it.

A new account needs a new cheque: until one that was uploaded after the account was set has been verified, nothing is
paid out. So nobody can lead a payout elsewhere with the papers of the account before.
"""

import re

import phonenumbers
from django.db import transaction
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, notify
from accounts.models import User
from eventify.lib.errors import Conflict, Invalid
from partners import kyc, locking, telling
from partners.countries import IBAN_LENGTHS
from partners.models import BankAccount, Document, Partner

COUNTRIES = frozenset(phonenumbers.SUPPORTED_REGIONS)  # every ISO 3166 country that has telephones
HOLDER_MAX = 70  # characters, as banks take them
_ACCOUNT = re.compile(r"[A-Z0-9]{4,34}")
_INDIAN_ACCOUNT = re.compile(r"[0-9]{9,18}")
_IFSC = re.compile(r"[A-Z]{4}0[A-Z0-9]{6}")
_BIC = re.compile(r"[A-Z]{4}(?P<country>[A-Z]{2})[A-Z0-9]{2}([A-Z0-9]{3})?")
_ROUTING = re.compile(r"[A-Z0-9]{3,20}")


@transaction.atomic
def set_account(
    partner: Partner, *, holder: str, number: str, routing_code: str = "", country: str, by: User | None
) -> BankAccount:
    """Set where the partner's money goes; the account before is retired. The administrators are told.

    Locks the partner. Invalid names the fields. The same account again changes nothing; the house has none (Conflict).
    """
    partner = locking.lock_one(partner)
    if partner.is_house:
        raise Conflict(_("Our own organisation is not paid out."))
    values = cleaned(holder=holder, number=number, routing_code=routing_code, country=country)
    before = current(partner)
    if before and all(getattr(before, name) == value for name, value in values.items()):
        return before
    partner.bank_accounts.filter(retired_at=None).update(retired_at=timezone.now(), updated_at=timezone.now())
    account = BankAccount.objects.create(partner=partner, added_by=by, **values)
    audit.record("CHANGED_BANK_ACCOUNT", partner, by=by, before=_said(before), after=_said(account))
    title = notify.filled(gettext_lazy("The bank account of %(partner)s was changed"), {"partner": partner.name})
    who = str(by) if by else ""
    telling.tell(partner, "bank_account_changed", title, masked(account), account=masked(account), by=who)
    return account


def cleaned(*, holder: str, number: str, routing_code: str, country: str) -> dict:
    """The values, checked and spelled as banks do; Invalid names all fields that are not acceptable."""
    holder = " ".join(holder.split())
    number, routing_code, country = (_bare(text) for text in (number, routing_code, country))
    errors = {}
    if not holder or len(holder) > HOLDER_MAX or not holder.isprintable():
        errors["holder"] = _("Enter the account holder's name, at most %(most)s characters.") % {"most": HOLDER_MAX}
    if country not in COUNTRIES:
        errors["country"] = _("Choose the country of the bank.")
    else:
        errors |= _number_errors(number, country) | _routing_errors(routing_code, country)
    if errors:
        raise Invalid(next(iter(errors.values())), errors={field: [sentence] for field, sentence in errors.items()})
    return {"holder": holder, "number": number, "routing_code": routing_code, "country": country}


def _bare(text: str) -> str:
    return re.sub(r"[\s.-]", "", text).upper()


def _number_errors(number: str, country: str) -> dict:
    if country in IBAN_LENGTHS:
        sentence = _("This IBAN is not right. Compare each character with your bank statement.")
        return {} if is_iban(number, country) else {"number": sentence}
    if country == "IN":
        fits, sentence = _INDIAN_ACCOUNT.fullmatch(number), _("Enter the account number: 9 to 18 digits.")
    else:
        fits, sentence = _ACCOUNT.fullmatch(number), _("Enter the account number: 4 to 34 letters and digits.")
    return {} if fits else {"number": sentence}


def is_iban(number: str, country: str) -> bool:
    """Whether it is an IBAN of this country: its length and its check digits (ISO 13616, modulo 97)."""
    if len(number) != IBAN_LENGTHS[country] or not number.startswith(country) or not _ACCOUNT.fullmatch(number):
        return False
    return int("".join(str(int(letter, 36)) for letter in number[4:] + number[:4])) % 97 == 1


def _routing_errors(code: str, country: str) -> dict:
    if country == "IN":
        fits, sentence = _IFSC.fullmatch(code), _("Enter the IFSC: 11 letters and digits, the fifth is a zero.")
    elif country in IBAN_LENGTHS:
        fits, sentence = not code or _is_bic(code), _("Enter the BIC of the bank, or leave this empty.")
    else:
        fits, sentence = _ROUTING.fullmatch(code), _("Enter the code of the bank: its BIC or routing number.")
    return {} if fits else {"routing_code": sentence}


def _is_bic(code: str) -> bool:
    found = _BIC.fullmatch(code)
    # Not always the IBAN's country: territories bank under the code of the country that they belong to.
    return found is not None and found["country"] in COUNTRIES


def current(partner: Partner) -> BankAccount | None:
    """The account that counts now."""
    return partner.bank_accounts.filter(retired_at=None).first()


def masked(account: BankAccount) -> str:
    """`•••• 1234`: enough to know it, too little to use it."""
    return f"•••• {account.number[-4:]}"


def _said(account: BankAccount | None) -> dict | None:
    if account is None:
        return None
    said = {name: getattr(account, name) for name in ("holder", "routing_code", "country")}
    return {"account": str(account.uid), "number": account.number[-4:], **said}


def cheques_of(account: BankAccount) -> QuerySet[Document]:
    """The cheques that can prove this account: those uploaded since it was set. Newest first."""
    return Document.objects.filter(
        partner_id=account.partner_id, type=Document.Type.CHEQUE, created_at__gte=account.created_at
    )


def why_not_payable(partner: Partner) -> str:
    """The sentence that says why nothing may be paid out to the partner; empty when it may be. Ask under its lock."""
    if partner.is_house:
        return _("It is our own organisation.")
    if partner.status != Partner.Status.ACTIVE:
        status = {Partner.Status.SUSPENDED: _("It is suspended."), Partner.Status.INVITED: _("It has not joined yet.")}
        return status[Partner.Status(partner.status)]
    if kyc.derive(partner) != Partner.Verification.VERIFIED:
        return _("Its papers are not verified.")
    account = current(partner)
    if account is None:
        return _("It has no bank account.")
    if not kyc.good(cheques_of(account)).exists():
        return _("The cheque of its bank account is not verified.")
    return ""


def is_payable(partner: Partner) -> bool:
    """Whether money may be paid out to the partner now."""
    return not why_not_payable(partner)


def with_payable(partners: QuerySet[Partner]) -> QuerySet[Partner]:
    """The partners, each with `is_payable`: the same rule as `why_not_payable`, for lists."""
    good = {type: Exists(kyc.good(Document.objects.filter(partner=OuterRef("pk"), type=type))) for type in kyc.REQUIRED}
    newest = Document.objects.filter(partner=OuterRef("partner"), type=OuterRef("type"), pk__gt=OuterRef("pk"))
    rejected = Document.objects.filter(
        ~Exists(newest), partner=OuterRef("pk"), type__in=kyc.REQUIRED, status=Document.Status.REJECTED
    )
    current = BankAccount.objects.filter(partner=OuterRef("partner"), retired_at=None)
    set_before = current.filter(created_at__lte=OuterRef("created_at"))
    cheque = kyc.good(Document.objects.filter(partner=OuterRef("pk"), type=Document.Type.CHEQUE))
    proven = cheque.filter(Exists(set_before))
    rule = Q(is_house=False, status=Partner.Status.ACTIVE) & ~Q(Exists(rejected)) & Q(Exists(proven))
    for exists in good.values():
        rule &= Q(exists)
    return partners.annotate(is_payable=ExpressionWrapper(rule, output_field=BooleanField()))
