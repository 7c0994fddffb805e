"""Posting to the ledger: every movement of money is one balanced transfer, posted once per key.

The database has the last word (partners/migrations/0003): it refuses a transfer that is not balanced when its
transaction commits, and any change or deletion afterwards.
"""

import hashlib
import json
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from partners.models import Entry, Partner, Transfer
from partners.models.ledger import Account, Kind


class Line(NamedTuple):
    """One side of a transfer, in the transfer's currency; exactly one of debit and credit is more than 0."""

    account: Account
    debit: Decimal = Decimal(0)
    credit: Decimal = Decimal(0)
    partner: Partner | None = None  # exactly for PARTNER_PAYABLE
    event_uid: UUID | None = None
    order_uid: UUID | None = None
    booking_uid: UUID | None = None


def post(
    kind: Kind, key: str, currency: str, lines: list[Line], *, by: User | None = None, note: str = ""
) -> Transfer | None:
    """Post one transfer inside the caller's transaction; None when the key has been posted before.

    Entries are written in the order of their partner, so that two transfers lock balances in one order.
    IntegrityError at commit when the lines do not add up to nothing.
    """
    transfer = Transfer(kind=kind, key=key, currency=currency, note=note[:200], by=by, created_at=timezone.now())
    ordered = sorted(lines, key=lambda line: line.partner.pk if line.partner else 0)
    transfer.seal = seal(transfer, ordered)
    posted = Transfer.objects.bulk_create([transfer], ignore_conflicts=True)
    transfer = Transfer.objects.filter(key=key, uid=posted[0].uid).first()
    if transfer is None:
        return None
    Entry.objects.bulk_create(
        Entry(transfer=transfer, created_at=transfer.created_at, **line._asdict()) for line in ordered
    )
    return transfer


def seal(transfer: Transfer, lines) -> str:
    """SHA-256 (hex) over everything that a transfer says; `lines` in any order, Lines or Entries."""
    sides = sorted(_spelled(line) for line in lines)
    head = [str(transfer.uid), transfer.key, transfer.kind, transfer.currency, transfer.note]
    whole = json.dumps([*head, transfer.by_id, transfer.created_at.timestamp(), sides])
    return hashlib.sha256(whole.encode()).hexdigest()


def _spelled(line) -> list[str]:
    partner = line.partner_id if isinstance(line, Entry) else line.partner and line.partner.pk
    uids = (line.event_uid, line.order_uid, line.booking_uid)
    amounts = (f"{line.debit:.2f}", f"{line.credit:.2f}")
    return [line.account, *amounts, str(partner or ""), *(str(uid or "") for uid in uids)]
