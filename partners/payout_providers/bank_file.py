"""Payouts as a file that a person hands to the bank (ISO 20022 pain.001), and then says what the bank did.

The file names every payout by its own reference, so a bank that gets it twice sees that it has had it.
"""

import re
from collections.abc import Iterable
from decimal import Decimal
from itertools import groupby
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from eventify.lib import currencies
from eventify.lib.errors import Conflict
from eventify.lib.when_needed import WhenNeeded
from partners.models import BankAccount, Payout, PayoutBatch
from partners.payout_providers.base import ACCEPTED, Report

ET, validation = WhenNeeded("xml.etree.ElementTree"), WhenNeeded("sepaxml.validation")
SCHEMA = "pain.001.001.09"
NAME_MAX = 70  # characters that banks take of a name
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")
_IFSC = re.compile(r"[A-Z]{4}0[A-Z0-9]{6}")


class BankFileProvider:
    """See partners.payout_providers.base.Provider: what was sent is in the file, only a person knows more."""

    name = "bank_file"
    is_manual = True

    def check(self):
        if not settings.EVENTIFY_BANK_ACCOUNT:
            raise Conflict(_("Set EVENTIFY_BANK_ACCOUNT to the account that payouts are paid from, then try again."))

    def send(self, payout):
        return Report(ACCEPTED)

    def ask(self, payout):
        return Report(ACCEPTED)


def write(batch: PayoutBatch, payouts: Iterable[Payout]) -> bytes:
    """The batch as XML, validated against its schema; the same bytes whenever it is asked for.

    `payouts` come with their bank accounts. Conflict when a value of them cannot stand in such a file.
    """
    ordered = sorted(payouts, key=lambda one: (one.currency, one.pk))
    document = ET.Element("Document", xmlns=f"urn:iso:std:iso:20022:tech:xsd:{SCHEMA}")
    root = ET.SubElement(document, "CstmrCdtTrfInitn")
    _header(root, batch, ordered)
    for currency, group in groupby(ordered, key=lambda one: one.currency):
        _block(root, batch, currency, list(group))
    whole = ET.tostring(document, encoding="UTF-8", xml_declaration=True)
    try:
        validation.try_valid_xml(whole, SCHEMA)
    except validation.ValidationError as error:
        raise Conflict(_("The bank file would not be valid: %(why)s") % {"why": _first_line(error)}) from error
    return whole


def _first_line(error: Exception) -> str:
    return str(getattr(error.__cause__, "reason", None) or error).splitlines()[0]


def _header(root: "ET.Element", batch: PayoutBatch, payouts: list[Payout]) -> None:
    header = ET.SubElement(root, "GrpHdr")
    _put(header, "MsgId", batch.uid.hex)
    _put(header, "CreDtTm", batch.approved_at.replace(microsecond=0).isoformat())
    _totals(header, payouts)
    _put(header, "InitgPty/Nm", _text(settings.EVENTIFY_BANK_HOLDER))


def _totals(parent: "ET.Element", payouts: list[Payout]) -> None:
    _put(parent, "NbOfTxs", str(len(payouts)))
    sums = sum((one.amount for one in payouts), Decimal(0))
    _put(parent, "CtrlSum", _written(sums, max((currencies.places(one.currency) for one in payouts), default=2)))


def _written(amount: Decimal, places: int) -> str:
    """The amount with so many places, and with two where it has a part that these would hide."""
    return f"{amount:.{places}f}" if round(amount, places) == amount else f"{amount:.2f}"


def _block(root: "ET.Element", batch: PayoutBatch, currency: str, payouts: list[Payout]) -> None:
    """All payouts of one currency, paid from our account."""
    block = ET.SubElement(root, "PmtInf")
    _put(block, "PmtInfId", f"{batch.uid.hex}{currency}")
    _put(block, "PmtMtd", "TRF")
    _put(block, "BtchBookg", "false")
    _totals(block, payouts)
    day = batch.approved_at.astimezone(ZoneInfo(settings.EVENTIFY_TIME_ZONE)).date()
    _put(block, "ReqdExctnDt/Dt", day.isoformat())
    _put(block, "Dbtr/Nm", _text(settings.EVENTIFY_BANK_HOLDER))
    _account(ET.SubElement(block, "DbtrAcct"), settings.EVENTIFY_BANK_ACCOUNT)
    _bank(ET.SubElement(block, "DbtrAgt"), settings.EVENTIFY_BANK_ROUTING)
    for payout in payouts:
        _payment(block, payout)


def _payment(block: "ET.Element", payout: Payout) -> None:
    to: BankAccount = payout.bank_account
    payment = ET.SubElement(block, "CdtTrfTxInf")
    _put(payment, "PmtId/EndToEndId", payout.uid.hex)
    amount = _written(payout.amount, currencies.places(payout.currency))
    _put(payment, "Amt/InstdAmt", amount, Ccy=payout.currency)
    if to.routing_code.strip():
        _bank(ET.SubElement(payment, "CdtrAgt"), to.routing_code)
    creditor = _put(payment, "Cdtr/Nm", _text(to.holder))
    _put(creditor, "PstlAdr/Ctry", to.country)
    _account(ET.SubElement(payment, "CdtrAcct"), to.number)
    _put(payment, "RmtInf/Ustrd", f"Eventify payout {payout.uid.hex}")


def _account(parent: "ET.Element", number: str) -> None:
    plain = "".join(number.split()).upper()
    is_iban = _IBAN.fullmatch(plain) is not None and _remainder(plain) == 1
    _put(parent, "Id/IBAN" if is_iban else "Id/Othr/Id", plain)


def _remainder(iban: str) -> int:
    return int("".join(str(int(letter, 36)) for letter in iban[4:] + iban[:4])) % 97


def _bank(parent: "ET.Element", routing_code: str) -> None:
    """The bank by its BIC, by its IFSC, or by whatever else its country uses."""
    code = "".join(routing_code.split()).upper()
    if not code:
        _put(parent, "FinInstnId/Othr/Id", "NOTPROVIDED")
    elif _BIC.fullmatch(code):
        _put(parent, "FinInstnId/BICFI", code)
    else:
        member = ET.SubElement(ET.SubElement(parent, "FinInstnId"), "ClrSysMmbId")
        if _IFSC.fullmatch(code):
            _put(member, "ClrSysId/Cd", "INFSC")
        _put(member, "MmbId", code)


def _put(parent: "ET.Element", path: str, text: str, **attributes: str) -> "ET.Element":
    """Add the elements of the path and the text in the last; returns the one that holds the last."""
    *outer, last = path.split("/")
    for tag in outer:
        parent = ET.SubElement(parent, tag)
    ET.SubElement(parent, last, attributes).text = text
    return parent


def _text(name: str) -> str:
    """A name as XML can hold it and banks read it: no control characters, no more than they print."""
    printable = "".join(letter if letter.isprintable() else " " for letter in name)
    return " ".join(printable.split())[:NAME_MAX].strip() or "-"
