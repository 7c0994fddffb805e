"""Posting to the ledger: every movement of money is one balanced transfer, posted once per key.

The database has the last word (partners/migrations/0003 and 0004): it refuses a transfer that is not balanced when
its transaction commits, seals it then, keeps the balances, and refuses any change or deletion afterwards.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
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


class Posting(NamedTuple):
    """One transfer that is to be posted; its lines add up to nothing."""

    kind: Kind
    key: str
    currency: str
    lines: Sequence[Line]
    note: str = ""
    by: User | None = None
    at: datetime | None = None  # when the money moved; now


def post(
    kind: Kind, key: str, currency: str, lines: Sequence[Line], *, by: User | None = None, note: str = ""
) -> Transfer | None:
    """Post one transfer inside the caller's transaction; None when the key has been posted before.

    IntegrityError at commit when the lines do not add up to nothing.
    """
    return next(iter(post_all([Posting(kind, key, currency, lines, note, by)])), None)


@transaction.atomic(savepoint=False)
def post_all(postings: Sequence[Posting]) -> list[Transfer]:
    """Post these transfers inside the caller's transaction with three statements; returns those that are new.

    Locks the balances that they move, in the order of partner and kind, so that two callers never wait for each other.
    """
    asked = {posting.key: (posting, _transfer(posting)) for posting in postings}
    if not asked:
        return []
    Transfer.objects.bulk_create([transfer for _posting, transfer in asked.values()], ignore_conflicts=True)
    ours = [transfer.uid for _posting, transfer in asked.values()]
    posted = list(Transfer.objects.filter(uid__in=ours).order_by("pk"))  # a key that was posted has another uid
    sides = [(transfer, line) for transfer in posted for line in asked[transfer.key][0].lines]
    sides.sort(key=lambda side: (side[1].partner.pk if side[1].partner else 0, side[0].kind))
    Entry.objects.bulk_create(
        Entry(transfer=transfer, created_at=transfer.created_at, **line._asdict()) for transfer, line in sides
    )
    return posted


def _transfer(posting: Posting) -> Transfer:
    return Transfer(
        kind=posting.kind,
        key=posting.key,
        currency=posting.currency,
        note=posting.note[:200],
        by=posting.by,
        created_at=posting.at or timezone.now(),
    )
