"""What the ledger says: revenue and balances of partners, statements from the total down to the booking, totals.

Sums come from Balance (a trigger keeps it, `manage.py ledger_check` proves it); lines come from the entries.
Amounts are credits less debits: what is above 0 is the partner's.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import DecimalField, F, Min, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from accounts.models import User
from eventify.lib.errors import Invalid
from partners import members
from partners.models import Balance, Entry, Partner
from partners.models.ledger import MONEY, Account, Kind

ZERO = Decimal(0)
REVENUE = (Kind.SALE, Kind.REFUND)
FEES = (Kind.FEE, Kind.FEE_RETURN)
PAID_OUT = (Kind.PAYOUT, Kind.PAYOUT_RETURNED)
_AMOUNT = Sum(F("credit") - F("debit"))


def revenue(partner: Partner) -> dict[str, Decimal]:
    """What was sold for the partner less what went back, by currency; the platform's fee is not taken off."""
    return _by_currency(partner.balances.filter(kind__in=REVENUE))


def open_balance(partner: Partner) -> dict[str, Decimal]:
    """What is owed to the partner (below 0: by it), by currency."""
    return _by_currency(partner.balances.all())


def _by_currency(balances) -> dict[str, Decimal]:
    return dict(balances.values_list("currency").annotate(total=Sum("amount")).order_by("currency"))


def sums(partner: Partner, kinds: Iterable[str] = ()) -> dict[str, Decimal]:
    """As `revenue` (with REVENUE) or `open_balance`, from prefetched balances: currency -> amount, largest first."""
    found: dict[str, Decimal] = {}
    for balance in partner.balances.all():
        if not kinds or balance.kind in kinds:
            found[balance.currency] = found.get(balance.currency, ZERO) + balance.amount
    return dict(sorted(found.items(), key=lambda item: -abs(item[1])))


def with_totals(partners: QuerySet[Partner], currency: str = "") -> QuerySet[Partner]:
    """The partners with `total_revenue` and `open_balance` in this currency (the platform's), in the same query."""
    currency = currency or settings.EVENTIFY_CURRENCY
    balances = Balance.objects.filter(partner=OuterRef("pk"), currency=currency).order_by().values("partner")
    return partners.annotate(
        total_revenue=_sum(balances.filter(kind__in=REVENUE)),
        open_balance=_sum(balances),
    )


def _sum(balances):
    total = Subquery(balances.annotate(total=Sum("amount")).values("total"))
    return Coalesce(total, Value(ZERO), output_field=DecimalField(**MONEY))


def entries_visible_to(user: User) -> QuerySet[Entry]:
    """The entries that somebody may see: all with `view_financials`, else those of the partners it is held on."""
    if user.can("view_financials"):
        return Entry.objects.all()
    return Entry.objects.filter(partner__in=members.partners_where(user, "view_financials"))


class Totals(NamedTuple):
    """The platform's figures in one currency."""

    sold: Decimal = ZERO
    given_back: Decimal = ZERO
    fees: Decimal = ZERO  # what the platform has earned
    paid_out: Decimal = ZERO
    open_balance: Decimal = ZERO  # owed to partners

    @property
    def revenue(self) -> Decimal:
        return self.sold - self.given_back


def totals() -> dict[str, Totals]:
    """The platform's figures by currency, from the balances: one small query."""
    rows = Balance.objects.values_list("currency", "kind").annotate(total=Sum("amount")).order_by("currency")
    found: dict[str, dict[str, Decimal]] = {}
    for currency, kind, total in rows:
        found.setdefault(currency, {})[kind] = total
    return {currency: _totals(of) for currency, of in found.items()}


def _totals(of: dict[str, Decimal]) -> Totals:
    return Totals(
        sold=of.get(Kind.SALE, ZERO),
        given_back=-of.get(Kind.REFUND, ZERO),
        fees=-sum((of.get(kind, ZERO) for kind in FEES), ZERO),
        paid_out=-sum((of.get(kind, ZERO) for kind in PAID_OUT), ZERO),
        open_balance=sum(of.values(), ZERO),
    )


def accounts() -> dict[str, dict[str, Decimal]]:
    """The trial balance: currency -> account -> debits less credits. Reads every entry; adds up to 0."""
    rows = Entry.objects.values_list("transfer__currency", "account").annotate(total=-_AMOUNT).order_by()
    found: dict[str, dict[str, Decimal]] = {}
    for currency, account, total in rows:
        found.setdefault(currency, dict.fromkeys(Account.values, ZERO))[account] = total
    return dict(sorted(found.items()))


@dataclass
class Part:
    """A part of a statement: an event, an order or a booking; what is of none of them has no uid (payouts)."""

    uid: UUID | None
    name: str = ""
    moment: datetime | None = None  # of its first line
    amounts: dict[str, Decimal] = field(default_factory=dict)  # kind -> credits less debits
    parts: list["Part"] = field(default_factory=list)

    @property
    def total(self) -> Decimal:
        return sum(self.amounts.values(), ZERO)

    def add(self, kind: str, amount: Decimal, moment: datetime) -> None:
        """Count one line in."""
        self.amounts[kind] = self.amounts.get(kind, ZERO) + amount
        self.moment = min(filter(None, (self.moment, moment)))


@dataclass
class Statement:
    """The account of one partner in one currency, over whole days of EVENTIFY_TIME_ZONE."""

    partner: Partner
    currency: str
    first_day: date
    last_day: date
    opening: Decimal
    whole: Part  # its parts are the events, theirs the orders, theirs the bookings, as deep as was asked

    @property
    def closing(self) -> Decimal:
        return self.opening + self.whole.total

    @property
    def events(self) -> list[Part]:
        return self.whole.parts


LEVELS = ("event_uid", "order_uid", "booking_uid")


def statement(
    partner: Partner,
    currency: str,
    first_day: date,
    last_day: date,
    *,
    depth: int = len(LEVELS),
    event: UUID | None = None,
    order: UUID | None = None,
) -> Statement:
    """Opening balance, what moved, closing balance; Invalid when the last day is before the first.

    `depth` 1 tells the events, 2 their orders too, 3 the bookings of those. `event` and `order` narrow what moved
    (for drilling down; the opening balance is the whole account's). Three queries.
    """
    if last_day < first_day:
        raise Invalid.field("last_day", _("The last day is before the first."))
    own = partner.entries.filter(transfer__currency=currency)
    narrow = {name: uid for name, uid in (("event_uid", event), ("order_uid", order)) if uid}
    moved = own.filter(created_at__gte=_midnight(first_day), created_at__lt=_midnight(last_day, 1), **narrow)
    opening = own.filter(created_at__lt=_midnight(first_day)).aggregate(total=_AMOUNT)["total"] or ZERO
    whole = _tree(_grouped(moved, LEVELS[:depth]))
    names = dict(partner.events.filter(uid__in=[one.uid for one in whole.parts]).values_list("uid", "name"))
    for one in whole.parts:
        one.name = names.get(one.uid, "")
    return Statement(partner, currency, first_day, last_day, opening, whole)


def _midnight(day: date, days_later: int = 0) -> datetime:
    """The start of the day; the first or the last moment there is, where the calendar ends."""
    zone = ZoneInfo(settings.EVENTIFY_TIME_ZONE)
    try:
        return datetime.combine(day + timedelta(days=days_later), time.min, tzinfo=zone)
    except OverflowError:
        return datetime.combine(day, time.max, tzinfo=zone)


def _grouped(entries, levels: Iterable[str]) -> Iterator[tuple]:
    """(uids of the levels, kind, amount, first moment), oldest first."""
    grouped = entries.order_by().values(*levels, "transfer__kind")
    rows = grouped.annotate(amount=_AMOUNT, moment=Min("created_at")).order_by("moment", *levels)
    for row in rows.values_list(*levels, "transfer__kind", "amount", "moment").iterator():
        yield row[:-3], *row[-3:]


def _tree(rows: Iterable[tuple]) -> Part:
    whole = Part(None)
    known: dict[tuple, Part] = {(): whole}
    for uids, kind, amount, moment in rows:
        whole.add(kind, amount, moment)
        for level in range(1, len(uids) + 1):
            path = uids[:level]
            if path not in known:
                known[path] = Part(path[-1])
                known[path[:-1]].parts.append(known[path])
            known[path].add(kind, amount, moment)
    return whole
