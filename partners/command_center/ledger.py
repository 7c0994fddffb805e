"""The ledger: every entry, narrowed and downloaded; and one transfer with all its sides."""

import uuid
from dataclasses import dataclass

import django_filters
from django.db.models import OuterRef, QuerySet, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from eventify.lib.currencies import exact
from eventify.lib.desk import nav, say
from eventify.lib.desk.columns import Column
from eventify.lib.desk.filters import SEARCH_MAX, DayFilter, Filters
from eventify.lib.desk.lists import EmptyState, ListPage
from eventify.lib.desk.pages import Crumb, DetailPage
from eventify.lib.desk.words import word
from partners import books
from partners.models import Entry, Partner, Transfer
from partners.models.ledger import Account, Kind


def words_of(choices) -> list[tuple[str, object]]:
    """The choices of a filter in the words that the pills say."""
    return [(value, word(value).label) for value in choices.values]


def as_uuid(text: str) -> uuid.UUID | None:
    """The UUID that the text spells, or None."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def events_of_partners() -> QuerySet:
    """The events, which stand above partners, through the relation that leads back from them."""
    return Partner._meta.get_field("events").related_model.objects.all()


class LedgerFilters(Filters):
    """By partner and event (name or id), order (id), account, kind, and days in the staff's zone."""

    partner = django_filters.CharFilter(
        label=gettext_lazy("Partner (name or id)"), method="by_partner", max_length=SEARCH_MAX
    )
    account = django_filters.ChoiceFilter(label=gettext_lazy("Account"), choices=words_of(Account))
    kind = django_filters.ChoiceFilter(label=gettext_lazy("Kind"), field_name="transfer__kind", choices=words_of(Kind))
    event = django_filters.CharFilter(
        label=gettext_lazy("Event (name or id)"), method="by_event", max_length=SEARCH_MAX
    )
    order = django_filters.UUIDFilter(label=gettext_lazy("Order (id)"), field_name="order_uid")
    date_from = DayFilter(label=gettext_lazy("From"), method="since")
    date_to = DayFilter(label=gettext_lazy("Until"), method="until")

    def by_partner(self, entries: QuerySet, _name: str, words: str) -> QuerySet:
        uid = as_uuid(words)
        return entries.filter(partner__uid=uid) if uid else entries.filter(partner__name__icontains=words)

    def by_event(self, entries: QuerySet, _name: str, words: str) -> QuerySet:
        uid = as_uuid(words)
        named = events_of_partners().filter(name__icontains=words).values("uid")
        return entries.filter(event_uid=uid) if uid else entries.filter(event_uid__in=named)

    def since(self, entries: QuerySet, _name: str, first) -> QuerySet:
        return entries.filter(created_at__gte=say.day_starts_at(first))

    def until(self, entries: QuerySet, _name: str, last) -> QuerySet:
        return entries.filter(created_at__lt=say.day_ends_at(last))


def statement_link(entry) -> str:
    """The statement of the partner of an entry or a payout."""
    return reverse("desk-statement", args=[entry.partner.uid]) if entry.partner else ""


def order_link(entry: Entry) -> str:
    return nav.link("desk-order", entry.order_uid) if entry.order_uid else ""


def event_link(entry: Entry) -> str:
    return nav.link("desk-event", entry.event_uid) if entry.event_uid else ""


def _side(name: str):
    """The amount on one side as money; None on the other."""

    def value(entry: Entry):
        amount = getattr(entry, name)
        return (amount, entry.transfer.currency) if amount else None

    return value


@dataclass(frozen=True)
class Code(Column):
    """A long id: the page shows enough of it to tell it from its neighbours, a download has all of it."""

    def _shown(self, row):
        value = str(self.raw(row) or "")
        return say.text(value[-12:])


class Ledger(ListPage):
    """`desk-ledger`: staff see every entry, a partner's people those of their partner."""

    permission, scoped = "view_financials", True
    title = gettext_lazy("Ledger")
    filters = LedgerFilters
    default_sort = "-created_at"
    intro_template = "command_center/partners/ledger_totals.html"
    empty = EmptyState(
        gettext_lazy("No money has moved yet"),
        gettext_lazy("Each paid order, fee, refund and payout leaves its entries here, and nobody can change them."),
    )
    columns = (
        Column("created_at", gettext_lazy("When"), kind="moment", sort="created_at"),
        Column("transfer.kind", gettext_lazy("Kind"), kind="pill", sort="transfer__kind"),
        Column("account", gettext_lazy("Account"), value=lambda entry: word(entry.account).label, sort="account"),
        Column("partner", gettext_lazy("Partner"), value=lambda entry: entry.partner, link=statement_link),
        Column("event_name", gettext_lazy("Event"), link=event_link),
        Code("order_uid", gettext_lazy("Order"), link=order_link),
        Column("debit", gettext_lazy("Debit"), kind="money", value=_side("debit"), sort="debit"),
        Column("credit", gettext_lazy("Credit"), kind="money", value=_side("credit"), sort="credit"),
        Code(
            "transfer.key",
            gettext_lazy("Transfer"),
            link=lambda entry: reverse("desk-transfer", args=[entry.transfer.uid]),
        ),
    )

    def rows(self):
        name = events_of_partners().filter(uid=OuterRef("event_uid")).values("name")[:1]
        entries = books.entries_visible_to(self.request.user)
        return entries.select_related("transfer", "partner").annotate(event_name=Subquery(name))

    def get_columns(self):
        """A partner's people see one side only, so the transfer with all its sides is the staff's."""
        return self.columns if self.is_staff else self.columns[:-1]

    @property
    def is_staff(self) -> bool:
        return self.request.user.can("view_financials")

    def get_context_data(self, **context):
        totals = books.totals() if self.is_staff else {}
        return super().get_context_data(totals=[_totals_metrics(*pair) for pair in totals.items()], **context)


def _totals_metrics(currency: str, totals: books.Totals) -> dict:
    figures = (
        (_("Sold, less refunds"), totals.revenue),
        (_("Our fees"), totals.fees),
        (_("Paid out"), totals.paid_out),
        (_("Owed to partners"), totals.open_balance),
    )
    return {
        "currency": currency,
        "metrics": [{"label": label, "value": exact(amount, currency)} for label, amount in figures],
    }


class TransferPage(DetailPage):
    """`desk-transfer`: one movement of money with all its sides."""

    permission = "view_financials"
    place = "desk-ledger"
    template_name = "command_center/partners/transfer.html"

    def visible(self):
        return Transfer.objects.select_related("by")

    def get_title(self):
        return word(self.object.kind).label

    def get_crumbs(self):
        return (Crumb(_("Ledger"), reverse("desk-ledger")),)

    def get_context_data(self, **context):
        transfer = self.object
        facts = [
            (_("Posted"), say.exact(transfer.created_at)),
            (_("Key"), transfer.key),
            (_("By"), transfer.by or _("The system")),
            (_("Currency"), transfer.currency),
            (_("Note"), transfer.note or None),
            (_("Seal"), transfer.seal),
        ]
        name = events_of_partners().filter(uid=OuterRef("event_uid")).values("name")[:1]
        entries = transfer.entries.select_related("partner").annotate(event_name=Subquery(name)).order_by("pk")
        for entry in entries:
            entry.order_link, entry.event_link = order_link(entry), event_link(entry)
        amount = sum(entry.debit for entry in entries)
        return super().get_context_data(facts=facts, entries=entries, amount=amount, **context)
