"""The partners: the list, and the profile with trust and money at a glance and documents beside decisions."""

from collections.abc import Iterator

import django_filters
from django.conf import settings
from django.db.models import Q
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import AuditLog, User
from eventify.lib import currencies
from eventify.lib.desk import nav, say, search
from eventify.lib.desk.columns import Column
from eventify.lib.desk.filters import Filters
from eventify.lib.desk.lists import EmptyState, ListPage
from eventify.lib.desk.pages import Action, Crumb, DetailPage, NotNow
from eventify.lib.phones import shown
from partners import bank, books, countries, documents, fees, inviting, members, onboarding, queries
from partners.models import Partner

LINES = 8  # of the audit log that a profile shows
EVENTS = 8

TRUST_WORDS = {
    Partner.Trust.NEW: gettext_lazy("New"),
    Partner.Trust.KNOWN: gettext_lazy("Known"),
    Partner.Trust.TRUSTED: gettext_lazy("Trusted"),
}
TYPE_WORDS = {
    Partner.Type.VENUE: gettext_lazy("Venue"),
    Partner.Type.PROMOTER: gettext_lazy("Promoter"),
    Partner.Type.SPONSOR: gettext_lazy("Sponsor"),
    Partner.Type.VENDOR: gettext_lazy("Vendor"),
}


class PartnerFilters(Filters):
    """By state, kind, verification and trust; searched by name and addresses."""

    search = ("name", "contact_email", "slug__istartswith")

    status = django_filters.ChoiceFilter(label=gettext_lazy("Status"), choices=Partner.Status.choices)
    verification = django_filters.ChoiceFilter(
        label=gettext_lazy("Verification"), field_name="verification_status", choices=Partner.Verification.choices
    )
    type = django_filters.ChoiceFilter(label=gettext_lazy("Kind"), choices=tuple(TYPE_WORDS.items()))
    trust = django_filters.ChoiceFilter(label=gettext_lazy("Trust"), choices=tuple(TRUST_WORDS.items()))


def address_of(partner: Partner) -> str:
    """The partner's profile."""
    return reverse("desk-partner", args=[partner.uid])


class Partners(ListPage):
    """`desk-partners`."""

    permission, scoped = "view_partners", True
    title = gettext_lazy("Partners")
    filters, search_hint = PartnerFilters, gettext_lazy("Name or e-mail")
    default_sort = "-created_at"
    invite = Action(gettext_lazy("Invite a partner"), reverse_lazy("desk-partner-invite"), "manage_partners")
    actions = (invite,)
    empty = EmptyState(
        gettext_lazy("No partners yet"), gettext_lazy("Invite the first one: it gets a mail with a link."), invite
    )
    base_columns = (
        Column("name", gettext_lazy("Name"), sort="name", link=address_of, below=lambda row: row.contact_email),
        Column("type", gettext_lazy("Kind"), value=lambda row: TYPE_WORDS[Partner.Type(row.type)], sort="type"),
        Column("status", gettext_lazy("Status"), kind="pill", sort="status"),
        Column("verification_status", gettext_lazy("Verification"), kind="pill", sort="verification_status"),
        Column("trust", gettext_lazy("Trust"), value=lambda row: TRUST_WORDS[Partner.Trust(row.trust)], sort="trust"),
    )
    joined = Column("joined_at", gettext_lazy("Joined"), kind="day", sort="joined_at")
    created = Column("created_at", gettext_lazy("Added"), kind="day", sort="created_at")

    def rows(self):
        return books.with_totals(queries.visible_to(self.request.user)).prefetch_related("balances")

    def get_columns(self):
        return (*self.base_columns, *self.money_columns(), self.joined, self.created)

    def money_columns(self) -> tuple[Column, ...]:
        """Revenue and balance, for who sees the money; a member sees that of partners on which they do."""
        user = self.request.user
        if user.can("view_financials"):
            return _money_columns(lambda partner: True)
        own = set(members.partners_where(user, "view_financials").values_list("pk", flat=True))
        return _money_columns(lambda partner: partner.pk in own) if own else ()


def _money_columns(is_shown) -> tuple[Column, ...]:
    """Amounts in the currency in which the partner has most, the others below; sorted by the platform's currency."""

    def column(key: str, label, name: str, kinds) -> Column:
        def amounts(row) -> list[tuple]:
            found = books.sums(row, kinds) if is_shown(row) else {}
            return [(amount, currency) for currency, amount in found.items() if amount]

        def first(row):
            nothing = (books.ZERO, settings.EVENTIFY_CURRENCY) if is_shown(row) else None
            return next(iter(amounts(row)), nothing)

        def others(row) -> str:
            return ", ".join(currencies.exact(*one) for one in amounts(row)[1:])

        return Column(key, label, kind="money", value=first, below=others, sort=name)

    return (
        column("revenue", gettext_lazy("Revenue"), "total_revenue", books.REVENUE),
        column("balance", gettext_lazy("Owed"), "open_balance", ()),
    )


class PartnerPage(DetailPage):
    """`desk-partner`: the profile."""

    permission, scoped, place = "view_partners", True, "desk-partners"
    template_name = "command_center/partners/partner.html"

    def visible(self):
        return queries.visible_to(self.request.user)

    def get_crumbs(self):
        return (Crumb(_("Partners"), reverse("desk-partners")),)

    def shown_actions(self) -> list[Action]:
        reports = nav.link("desk-partner-reports", self.object.uid)
        may = reports and self.may(("view_events", "view_financials"), self.object)
        return [*([Action(_("Reports"), reports, style="secondary")] if may else []), *self._acts()]

    def _acts(self) -> list[Action]:
        """What staff who manage all partners may do to this one; its members go to their own pages instead."""
        if self.object.members.filter(user=self.request.user).exists():
            url = reverse("partner-home", args=[self.object.slug])
            return [Action(_("Papers, bank account and people"), url, style="secondary")]
        if not self.may("manage_partners"):
            return []
        is_suspended = not self.object.may_trade
        actions = [
            Action(_("Terms"), reverse("desk-partner-terms", args=[self.object.uid]), style="secondary"),
            Action(_("Invoice details"), reverse("desk-partner-legal", args=[self.object.uid]), style="secondary"),
        ]
        if self.object.is_house:
            return [*actions, NotNow(_("Suspend"), "change_partner_status", self.object.uid)]
        if self.object.status != Partner.Status.ACTIVE:
            style = "primary" if is_suspended else "secondary"
            url = reverse("desk-partner-activate", args=[self.object.uid])
            actions.append(Action(_("Activate"), url, style=style))
        if not is_suspended:
            actions.append(
                Action(_("Suspend"), reverse("desk-partner-suspend", args=[self.object.uid]), style="danger")
            )
        return actions

    def get_context_data(self, **context) -> dict:
        partner = self.object
        account = bank.current(partner) if self.may("view_financials", partner) else None
        return super().get_context_data(
            title_pills=[partner.status, partner.verification_status],
            facts=self.facts(),
            metrics=self.metrics(),
            why_not_payable=bank.why_not_payable(partner),
            account=account,
            country=countries.name_of(account.country) if account else "",
            sees_money=self.may("view_financials", partner),
            papers=onboarding.papers_of(partner),
            documents=self.documents(),
            contacts=list(partner.contacts.all()),
            members=list(partner.members.select_related("user").order_by("pk")),
            waiting=inviting.open_invitations(partner),
            events=self.events(),
            lines=self.lines(),
            history_url=f"{nav.link('desk-audit')}?target={partner.uid}",
            may_manage=self.may("manage_partners"),
            statement_url=nav.link("desk-statement", partner.uid),
            **context,
        )

    def facts(self) -> list[tuple]:
        partner = self.object
        return [
            (_("Kind"), TYPE_WORDS[Partner.Type(partner.type)]),
            (_("Joined"), say.day(partner.joined_at) if partner.joined_at else None),
            (_("E-mail"), partner.contact_email or None),
            (_("Phone"), shown(partner.phone) or None),
            (_("Website"), partner.website or None),
            (_("Registered name"), partner.legal_name or None),
            (_("Postal address"), ", ".join(partner.address.splitlines()) or None),
            (_("Tax number"), partner.tax_number or None),
            (_("Trust"), TRUST_WORDS[Partner.Trust(partner.trust)]),
            (_("Fee"), _("%(percent)s %%") % {"percent": fees.percent_of(partner)}),
        ]

    def metrics(self) -> list[dict]:
        """The money, for who may see it: revenue and what is owed, in each currency."""
        if not self.may("view_financials", self.object):
            return []
        url = nav.link("desk-statement", self.object.uid)
        return [
            {"label": _("Revenue"), "value": _amounts(books.revenue(self.object)), "url": url},
            {"label": _("Owed to the partner"), "value": _amounts(books.open_balance(self.object)), "url": url},
        ]

    def documents(self) -> list[dict]:
        """Each document with the page on which it is decided, for who may open it."""
        rows = self.object.documents.select_related("reviewed_by", "uploaded_by")[:30]
        user = self.request.user
        may_open = user.can("review_kyc") or user.can("manage_partners", on=self.object)
        page = "desk-document" if user.can("review_kyc") else "desk-document-file"
        return [{"row": row, "url": reverse(page, args=[row.uid]) if may_open else ""} for row in rows]

    def events(self) -> list[dict]:
        if not self.may("view_events", self.object):
            return []
        rows = self.object.events.order_by("-starts_at", "-pk")[:EVENTS]
        return [{"row": row, "url": nav.link("desk-event", row.uid)} for row in rows]

    def lines(self) -> list[AuditLog]:
        if not self.may("view_audit"):
            return []
        return list(AuditLog.objects.filter(target_uid=self.object.uid).select_related("actor")[:LINES])


def _amounts(amounts: dict) -> str:
    shown = amounts or {settings.EVENTIFY_CURRENCY: 0}
    return ", ".join(currencies.exact(amount, currency) for currency, amount in shown.items())


def visible_documents(user: User):
    """The documents whose files the person may open, with their partner."""
    return documents.visible_to(user).select_related("partner")


@search.register("partners", gettext_lazy("Partners"), "view_partners", scoped=True)
def find_partners(user: User, text: str) -> Iterator[search.Hit]:
    """Partners by name or address, and by the name or address of a contact."""
    wanted = Q(name__icontains=text) | Q(contact_email__icontains=text)
    wanted |= Q(contacts__name__icontains=text) | Q(contacts__email__icontains=text)
    for found in queries.visible_to(user).filter(wanted).distinct().order_by("name"):
        yield search.Hit(found.name, str(TYPE_WORDS[Partner.Type(found.type)]), address_of(found))
