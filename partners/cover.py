"""What can be paid out to a partner now, and why.

Settled is what we owe the partner less the orders that were paid in the last EVENTIFY_SETTLEMENT_DAYS days. Of it we
keep, as refund cover, what buyers would get back if the partner's future events were cancelled (sales less refunds,
net of the fees that we would return), by the partner's trust level. What was sold for an event that is cancelled
already is kept whole until it is refunded. Money that is not settled yet is its own cover.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_UP, Decimal

from django.conf import settings
from django.db.models import Case, Exists, F, OuterRef, Q, Sum, TextField, UUIDField, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from eventify.lib.currencies import exact, payable, rounded
from eventify.lib.errors import Because
from partners import bank
from partners.models import Balance, BankAccount, Entry, Partner, Payout
from partners.models.ledger import Account, Kind
from partners.standing import OPEN_PAYOUTS

# trust level -> percent of what future events have sold that stays here
KEPT = {Partner.Trust.NEW: 100, Partner.Trust.KNOWN: 50, Partner.Trust.TRUSTED: 0}


@dataclass(frozen=True)
class Position:
    """How one partner stands in one currency. `amount` is what can be paid out; it is 0 when there is a `reason`."""

    partner: Partner
    currency: str
    owed: Decimal = Decimal(0)  # the balance: credits less debits of PARTNER_PAYABLE
    fresh: Decimal = Decimal(0)  # of it, not settled yet
    cover: Decimal = Decimal(0)  # of what is settled, kept for future events
    events: int = 0  # future events with settled sales
    refunds: Decimal = Decimal(0)  # of what is settled, kept for cancelled events
    cancelled: int = 0  # cancelled events with sales that are not refunded
    account: BankAccount | None = None
    is_payable: bool = True  # partners/bank.py: active, its papers good, its bank account proven
    open_payout: Payout | None = None

    @property
    def settled(self) -> Decimal:
        return self.owed - self.fresh

    @property
    def covered(self) -> Decimal:
        """What is left when everything that has to stay is taken off, as far as it can be paid; may be less than 0."""
        return payable(self.settled - self.cover - self.refunds, self.currency)

    @property
    def amount(self) -> Decimal:
        return Decimal(0) if self.reason else self.covered

    @property
    def reason(self) -> str:
        """Why nothing is paid, as a sentence; empty when something is."""
        return self.why_not_payable or self._why_under_way() or self._why_nothing_left()

    @property
    def why_not_payable(self) -> str:
        """Why this partner is paid nothing, whatever it has sold; empty when it may be paid."""
        if self.partner.is_house:
            return Because("own_house", _("This is the platform's own organisation, which is never paid out."))
        if not self.partner.may_trade:
            return Because("partner_suspended", _("The partner is suspended, so nothing is paid out."))
        if self.partner.status == Partner.Status.INVITED:
            return Because("partner_invited", _("The partner has not joined yet, so nothing is paid out."))
        if self.partner.verification_status != Partner.Verification.VERIFIED:
            sentence = _("The partner's documents are not verified, so nothing is paid out. Review them first.")
            return Because("partner_not_verified", sentence)
        if self.account is None:
            return Because("no_bank_account", _("There is no bank account to pay to. Ask the partner to enter one."))
        if not self.is_payable:
            sentence = _("Its bank account is not proven by a verified cheque, or its papers have run out.")
            return Because("account_not_proven", sentence)
        return ""

    @property
    def sentence(self) -> str:
        """How the amount came about, or why there is none."""
        return self.reason or _("%(clauses)s, so %(amount)s can be paid out.") % {
            "clauses": self._clauses(),
            "amount": self._money(self.covered),
        }

    def _why_under_way(self) -> str:
        if self.open_payout is None:
            return ""
        amount = exact(self.open_payout.amount, self.open_payout.currency)
        sentence = _("A payout of %(amount)s is under way; the next one can be made when it is done.")
        return Because("payout_under_way", sentence % {"amount": amount}, under_way=str(self.open_payout.amount))

    def _why_nothing_left(self) -> str:
        if self.owed <= 0:
            return self._why_nothing_owed()
        if self.covered <= 0:
            sentence = _("%(clauses)s, so nothing can be paid out.") % {"clauses": self._clauses()}
            return Because("kept_as_cover", sentence, owed=str(self.owed), covered=str(self.covered))
        if self.covered < settings.EVENTIFY_PAYOUT_MINIMUM:
            sentence = _("%(clauses)s: what is left, %(amount)s, is less than the minimum of %(minimum)s.") % {
                "clauses": self._clauses(),
                "amount": self._money(self.covered),
                "minimum": self._money(settings.EVENTIFY_PAYOUT_MINIMUM),
            }
            least = str(settings.EVENTIFY_PAYOUT_MINIMUM)
            return Because("payout_minimum", sentence, limit=least, covered=str(self.covered))
        return ""

    def _why_nothing_owed(self) -> str:
        if self.owed < 0:
            sentence = _("The partner owes us %(amount)s, which is set off against its next sales.")
            return Because("partner_owes", sentence % {"amount": self._money(-self.owed)}, owed=str(self.owed))
        return Because("nothing_owed", _("Nothing is owed to this partner."))

    def _clauses(self) -> str:
        clauses = [_("%(amount)s settled") % {"amount": self._money(self.settled)}]
        if self.fresh:
            clauses.append(_("%(amount)s not settled yet") % {"amount": self._money(self.fresh)})
        if self.events:
            clauses.append(self._cover_clause())
        if self.cancelled:
            clauses.append(self._refunds_clause())
        return ", ".join(clauses)

    def _cover_clause(self) -> str:
        clause = ngettext(
            "%(amount)s kept as cover for %(events)d future event (%(percent)d %%)",
            "%(amount)s kept as cover for %(events)d future events (%(percent)d %%)",
            self.events,
        )
        percent = KEPT[Partner.Trust(self.partner.trust)]
        return clause % {"amount": self._money(self.cover), "events": self.events, "percent": percent}

    def _refunds_clause(self) -> str:
        clause = ngettext(
            "%(amount)s kept for the refunds of %(events)d cancelled event",
            "%(amount)s kept for the refunds of %(events)d cancelled events",
            self.cancelled,
        )
        return clause % {"amount": self._money(self.refunds), "events": self.cancelled}

    def _money(self, amount: Decimal) -> str:
        return exact(amount, self.currency)


def candidates() -> list[int]:
    """The keys of the partners that we owe something, or that owe us: whom a batch for everybody looks at."""
    sums = Balance.objects.filter(partner__is_house=False).values("partner", "currency").annotate(owed=Sum("amount"))
    return sorted({row["partner"] for row in sums.exclude(owed=0)})


def positions(partners: Iterable[Partner], *, besides: Iterable[int] = ()) -> list[Position]:
    """How these partners stand, by name, one for each currency. Open payouts with the keys `besides` do not count.

    All figures are of one moment: one statement reads them. Four queries, however many partners.
    """
    wanted = {partner.pk: partner for partner in partners}
    figures = _figures(wanted)
    accounts = {one.partner_id: one for one in BankAccount.objects.filter(partner__in=wanted, retired_at=None)}
    sound = bank.with_payable(Partner.objects.filter(pk__in=wanted)).filter(is_payable=True)
    payable = set(sound.values_list("pk", flat=True))
    under_way = Payout.objects.filter(partner__in=wanted, status__in=OPEN_PAYOUTS).exclude(pk__in=list(besides))
    payouts = {(one.partner_id, one.currency): one for one in under_way}
    found = [
        Position(
            wanted[key],
            currency,
            account=accounts.get(key),
            is_payable=key in payable,
            open_payout=payouts.get((key, currency)),
            **sums,
        )
        for (key, currency), sums in figures.items()
    ]
    return sorted(found, key=lambda one: (one.partner.name.casefold(), one.partner.pk, one.currency))


def _figures(wanted: dict[int, Partner]) -> dict[tuple[int, str], dict]:
    """(partner, currency) -> the figures of a Position; every partner is in it at least once."""
    figures = defaultdict(lambda: dict.fromkeys(("owed", "fresh", "cover", "refunds"), Decimal(0)))
    for partner, currency, part, _thing, amount in _rows(list(wanted)):
        own = figures[partner, currency]
        if part in ("cover", "refunds"):
            counter = "events" if part == "cover" else "cancelled"
            own[counter] = own.get(counter, 0) + (amount > 0)
        own[part] += amount if part == "owed" else max(amount, Decimal(0))
    for (partner, currency), own in figures.items():
        share = Decimal(KEPT[Partner.Trust(wanted[partner].trust)]) / 100
        own["cover"] = rounded(own["cover"] * share, currency, ROUND_UP)
    for partner in wanted.keys() - {partner for partner, _currency in figures}:
        figures[partner, settings.EVENTIFY_CURRENCY]  # noqa: B018 (makes the row)
    return figures


def _rows(keys: list[int]):
    """(partner, currency, part, order or event, amount): balances, fresh orders, future and cancelled events.

    One UNION, because two statements could read two moments, and a refund between them would be counted half.
    """
    columns = ("partner_id", "in_currency", "part", "thing", "amount_of")
    owed = Balance.objects.filter(partner__in=keys).annotate(
        in_currency=F("currency"),
        part=Value("owed", TextField()),
        thing=Value(None, UUIDField()),
        amount_of=F("amount"),
    )
    fresh = _payable(keys).filter(_is_fresh()).annotate(part=Value("fresh", TextField()), thing=F("order_uid"))
    sold = _of_open_events(keys).filter(~_is_fresh()).annotate(thing=F("event_uid"))
    rows = [_summed(entries).values_list(*columns) for entries in (fresh, sold)]
    return owed.values_list(*columns).union(*rows, all=True)


def _payable(keys: list[int]):
    return Entry.objects.filter(account=Account.PARTNER_PAYABLE, partner__in=keys).order_by()


def _is_fresh() -> Exists:
    """Whether the entry's order was paid in the last days: with it go its fee and what was refunded of it."""
    since = timezone.now() - timedelta(days=settings.EVENTIFY_SETTLEMENT_DAYS)
    sales = Entry.objects.filter(created_at__gt=since, transfer__kind=Kind.SALE, account=Account.PARTNER_PAYABLE)
    return Exists(sales.filter(partner=OuterRef("partner"), order_uid=OuterRef("order_uid")))


def _of_open_events(keys: list[int]):
    """Entries about an event of the partner that has not ended, or that is cancelled."""
    is_open = Q(partner__events__ends_at=None) | Q(partner__events__ends_at__gt=timezone.now())
    is_cancelled = Q(partner__events__state="cancelled")
    part = Case(When(is_cancelled, then=Value("refunds")), default=Value("cover"), output_field=TextField())
    own = _payable(keys).filter(is_open | is_cancelled, partner__events__uid=F("event_uid"))
    return own.annotate(part=part)


def _summed(entries):
    grouped = entries.annotate(in_currency=F("transfer__currency")).values("partner_id", "in_currency", "part", "thing")
    return grouped.annotate(amount_of=Sum(F("credit") - F("debit")))
