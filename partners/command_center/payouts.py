"""Payouts: the batches, and all payouts one by one. What is done with a batch is in payout_acts.py."""

import django_filters
from django.db.models import Count, QuerySet
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import AuditLog
from eventify.lib.desk import nav, say
from eventify.lib.desk.columns import Column
from eventify.lib.desk.filters import DayFilter, Filters
from eventify.lib.desk.lists import EmptyState, ListPage
from eventify.lib.desk.pages import Action, Crumb, DetailPage
from partners import bank, payouts
from partners.command_center.ledger import statement_link, words_of
from partners.models import Payout, PayoutBatch
from partners.payout_providers import MANUAL

SEES = ("view_financials", payouts.PERMISSION)  # either opens what staff see of batches
HISTORY = 20  # lines of the audit log on a batch's page
PROVIDERS = {"sandbox": gettext_lazy("Sandbox bank (no real money)"), "bank_file": gettext_lazy("Bank file")}
Status = PayoutBatch.Status
# how many of the four steps are done
DONE = {Status.DRAFT: 1, Status.APPROVED: 2, Status.SENDING: 2, Status.PAID: 4, Status.FAILED: 3}


class PayoutFilters(Filters):
    """By state, and by days in the staff's zone."""

    status = django_filters.ChoiceFilter(label=gettext_lazy("State"), choices=words_of(Payout.Status))
    date_from = DayFilter(label=gettext_lazy("From"), method="since")
    date_to = DayFilter(label=gettext_lazy("Until"), method="until")

    def since(self, rows: QuerySet, _name: str, first) -> QuerySet:
        return rows.filter(created_at__gte=say.day_starts_at(first))

    def until(self, rows: QuerySet, _name: str, last) -> QuerySet:
        return rows.filter(created_at__lt=say.day_ends_at(last))


class BatchFilters(PayoutFilters):
    """A batch is also found by a partner that it pays, and by who made it."""

    search = ("payouts__partner__name", "created_by__full_name", "created_by__email")

    def search_words(self, rows: QuerySet, name: str, words: str) -> QuerySet:
        return super().search_words(rows, name, words).distinct()


class OwnPayoutFilters(PayoutFilters):
    search = ("partner__name", "provider_reference__istartswith")


NEW = Action(gettext_lazy("New payouts"), reverse_lazy("desk-payout-new"), payouts.PERMISSION)
ALL = Action(gettext_lazy("All payouts"), reverse_lazy("desk-payout-list"), "view_financials", "secondary")


class Batches(ListPage):
    """`desk-payouts`: what was decided together. A partner's people are led to their own payouts."""

    permission, scoped = SEES, True
    title = gettext_lazy("Payouts")
    filters = BatchFilters
    search_hint = gettext_lazy("Partner, or who made it")
    default_sort = "-created_at"
    actions = (ALL, NEW)
    empty = EmptyState(
        gettext_lazy("Nobody was paid yet"),
        gettext_lazy("See what each partner can be paid now, and draw up the first payouts."),
        NEW,
    )
    columns = (
        Column(
            "created_at",
            gettext_lazy("Made"),
            kind="moment",
            sort="created_at",
            link=lambda batch: reverse("desk-payout-batch", args=[batch.uid]),
        ),
        Column("status", gettext_lazy("State"), kind="pill", sort="status"),
        Column("amount", gettext_lazy("Amount"), value=payouts.amounts),
        Column("number", gettext_lazy("Partners"), kind="number", sort="number"),
        Column("created_by", gettext_lazy("Made by")),
        Column("approved_by", gettext_lazy("Approved by")),
        Column("finished_at", gettext_lazy("Finished"), kind="moment", sort="finished_at"),
    )

    def get(self, request, *args, **kwargs):
        return super().get(request, *args, **kwargs) if self.may(SEES) else redirect("desk-payout-list")

    def rows(self):
        batches = payouts.batches_visible_to(self.request.user).select_related("created_by", "approved_by")
        return batches.prefetch_related("payouts").annotate(number=Count("payouts__partner", distinct=True))


class Payouts(ListPage):
    """`desk-payout-list`: payouts one by one; a partner's people see their partner's."""

    permission, scoped, place = "view_financials", True, "desk-payouts"
    title = gettext_lazy("All payouts")
    filters = OwnPayoutFilters
    search_hint = gettext_lazy("Partner")
    default_sort = "-created_at"
    empty = EmptyState(
        gettext_lazy("No payouts yet"),
        gettext_lazy("What was sold is paid out when it is settled and not needed as cover for refunds."),
    )
    columns = (
        Column("created_at", gettext_lazy("Made"), kind="moment", sort="created_at"),
        Column("partner", gettext_lazy("Partner"), link=statement_link),
        Column("amount", gettext_lazy("Amount"), kind="money", sort="amount"),
        Column("status", gettext_lazy("State"), kind="pill", sort="status"),
        Column("bank_account", gettext_lazy("Account"), value=lambda payout: bank.masked(payout.bank_account)),
        Column("paid_at", gettext_lazy("Paid"), kind="moment", sort="paid_at"),
        Column("why", gettext_lazy("How it came about"), value=lambda payout: payout.reason or payout.sentence),
    )

    def rows(self):
        return payouts.visible_to(self.request.user).select_related("partner", "bank_account")

    def get_crumbs(self):
        return (Crumb(_("Payouts"), reverse("desk-payouts")),) if self.may(SEES) else ()


class BatchBase:
    """What every page about one batch shares."""

    permission = SEES
    place = "desk-payouts"

    def visible(self):
        return payouts.batches_visible_to(self.request.user).select_related("created_by", "approved_by")

    def get_crumbs(self):
        return (Crumb(_("Payouts"), reverse("desk-payouts")),)

    def batch_url(self) -> str:
        return reverse("desk-payout-batch", args=[self.object.uid])


class BatchPage(BatchBase, DetailPage):
    """`desk-payout-batch`: the steps, each payout, and what can be done now."""

    template_name = "command_center/partners/payout_batch.html"

    def get_title(self):
        return _("Payouts of %(amounts)s") % {"amounts": payouts.amounts(self.object)}

    def get_context_data(self, **context):
        return super().get_context_data(title_pills=[self.object.status], **self.parts(), **context)

    def parts(self) -> dict:
        """What the live part shows too."""
        batch = self.object
        rows = list(batch.payouts.select_related("partner", "bank_account").order_by("partner__name", "pk"))
        for payout in rows:
            payout.account = bank.masked(payout.bank_account)
            payout.partner_url = nav.link("desk-partner", payout.partner.uid)
            payout.can_be_refused = self.is_at_bank and payout.status == Payout.Status.SENDING
        lines = AuditLog.objects.filter(target_uid__in=[batch.uid, *(one.uid for one in rows)])
        return {
            "payouts": rows,
            "steps": steps(batch),
            "is_moving": self.is_moving,
            "failed": [one for one in rows if one.status == Payout.Status.FAILED],
            "acts": self.acts(rows),
            "waits_for_another": self.waits_for_another,
            "is_at_bank": self.is_at_bank and any(one.can_be_refused for one in rows),
            "lines": lines.select_related("actor").order_by("-id")[:HISTORY],
            "facts": self.facts(),
        }

    @property
    def is_moving(self) -> bool:
        """Whether the worker goes on with it by itself."""
        return self.object.status in (Status.APPROVED, Status.SENDING) and not self.is_at_bank

    @property
    def is_at_bank(self) -> bool:
        return self.object.provider in MANUAL and self.object.status == Status.SENDING

    @property
    def waits_for_another(self) -> bool:
        return self.object.status == Status.DRAFT and payouts.needs_another(self.object, self.request.user)

    def acts(self, rows: list[Payout]) -> list[Action]:
        """The buttons: each says what it does and with how much."""
        if self.object.status != Status.DRAFT or not self.may(payouts.PERMISSION):
            return []
        where = {name: reverse(f"desk-payout-{name}", args=[self.object.uid]) for name in ("approve", "discard")}
        discard = Action(_("Discard"), where["discard"], style="secondary")
        if self.waits_for_another:
            return [discard]
        return [Action(approve_label(len(rows), payouts.amounts(self.object)), where["approve"]), discard]

    def facts(self) -> list[tuple]:
        batch = self.object
        facts = [
            (_("Made"), say.moment(batch.created_at)),
            (_("Made by"), batch.created_by),
            (_("Sent through"), PROVIDERS[batch.provider]),
        ]
        if batch.approved_at:
            facts += [(_("Approved"), say.moment(batch.approved_at)), (_("Approved by"), batch.approved_by)]
        return facts + ([(_("Finished"), say.moment(batch.finished_at))] if batch.finished_at else [])


class BatchLive(BatchPage):
    """`desk-payout-live`: the part of the page that changes while payouts are sent, for htmx."""

    template_name = "command_center/partners/payout_live.html"

    def get(self, request, *args, **kwargs):
        response = super().get(request, *args, **kwargs)
        if not self.is_moving:  # the whole page says so: its head, its facts, its history
            response["HX-Refresh"] = "true"
        return response


def approve_label(number: int, amounts: str) -> str:
    """`Approve 3 payouts, ₹48,200.00`."""
    label = ngettext("Approve %(number)d payout, %(amounts)s", "Approve %(number)d payouts, %(amounts)s", number)
    return label % {"number": number, "amounts": amounts}


def steps(batch: PayoutBatch) -> list[dict]:
    """Drawn up, approved, sent, paid: which is done, which is current, where it failed."""
    if batch.status == Status.DISCARDED:
        return [
            {"label": _("Drawn up"), "state": "done", "note": ""},
            {"label": _("Discarded"), "state": "failed", "note": _("Nobody is paid by it.")},
        ]
    labels = [_("Drawn up"), _("Approval"), _("Sending"), _("Paid")]
    done = DONE[Status(batch.status)]
    states = ["done"] * done + ["current"] + ["waiting"] * 3
    if batch.status == Status.FAILED:
        states[3], labels[3] = "failed", _("Not all paid")
    return [{"label": label, "state": state, "note": ""} for label, state in zip(labels, states, strict=False)]
