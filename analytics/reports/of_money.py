"""Reports about money: the books, and what was paid out."""

from collections.abc import Iterable

from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.reports.columns import MOMENT, MONEY, UID, WORD, Column
from events.models import Event
from partners.models import Entry, Partner, Payout

LEDGER = (
    Column("created_at", gettext_lazy("When"), MOMENT, share=5),
    Column("transfer__kind", gettext_lazy("Kind"), WORD),
    Column("account", gettext_lazy("Account"), WORD, share=5),
    Column("partner__name", gettext_lazy("Partner"), share=5),
    Column("event_name", gettext_lazy("Event"), share=5),
    Column("order_uid", gettext_lazy("Order"), UID),
    Column("booking_uid", gettext_lazy("Booking"), UID, share=0),
    Column("debit", gettext_lazy("Debit"), MONEY),
    Column("credit", gettext_lazy("Credit"), MONEY),
    Column("transfer__currency", gettext_lazy("Currency"), share=2),
    Column("transfer__key", gettext_lazy("Transfer"), share=0),
)
PAYOUTS = (
    Column("created_at", gettext_lazy("When"), MOMENT, share=5),
    Column("partner__name", gettext_lazy("Partner"), share=6),
    Column("amount", gettext_lazy("Amount"), MONEY),
    Column("currency", gettext_lazy("Currency"), share=2),
    Column("status", gettext_lazy("State"), WORD, share=3),
    Column("bank_account__holder", gettext_lazy("Account holder"), share=6),
    Column("sent_at", gettext_lazy("Sent"), MOMENT, share=0),
    Column("paid_at", gettext_lazy("Paid"), MOMENT, share=5),
    Column("uid", gettext_lazy("Reference"), UID),
    Column("sentence", gettext_lazy("How it came about"), share=0),
    Column("reason", gettext_lazy("Why it failed"), share=6),
)


# --- The ledger ---------------------------------------------------------------------------------------


def ledger(partner: Partner | None, event: Event | None) -> QuerySet[Entry]:
    """The entries as they were posted. Of an event or a partner only what is the partner's; of all, every side."""
    name = Event.objects.filter(uid=OuterRef("event_uid")).values("name")[:1]
    rows = Entry.objects.annotate(event_name=Subquery(name)).order_by("pk")
    if event is not None:
        return rows.filter(event_uid=event.uid, partner=event.partner_id)
    return rows if partner is None else rows.filter(partner=partner)


def ledger_totals(rows: QuerySet[Entry]) -> list[tuple]:
    """By currency: debits, credits, and what is left of them (what is owed to the partner, of its whole account)."""
    sums = rows.order_by().values_list("transfer__currency").annotate(Sum("debit"), Sum("credit"))
    totals = []
    for currency, debit, credit in sums.order_by("transfer__currency"):
        totals += [(_("Debit"), debit, currency), (_("Credit"), credit, currency)]
        totals.append((_("Balance"), credit - debit, currency))
    return totals


# --- Payouts ------------------------------------------------------------------------------------------


def payouts(partner: Partner | None, event: Event | None) -> QuerySet[Payout]:
    """The payouts; of which events they are paid for is in the ledger."""
    rows = Payout.objects.order_by("pk")
    return rows if partner is None else rows.filter(partner=partner)


def payouts_totals(rows: QuerySet[Payout]) -> list[tuple]:
    """By currency: what has arrived, and what is on its way."""
    status, moving = Payout.Status, (Payout.Status.APPROVED, Payout.Status.SENDING)
    sums = rows.order_by().values_list("currency").annotate(
        paid=Sum("amount", filter=Q(status=status.PAID), default=0),
        under_way=Sum("amount", filter=Q(status__in=moving), default=0),
    )  # fmt: skip
    found: Iterable[tuple] = sums.order_by("currency")
    return [
        line
        for currency, paid, under_way in found
        for line in ((_("Paid"), paid, currency), (_("Under way"), under_way, currency))
    ]
