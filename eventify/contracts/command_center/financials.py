"""Money: what the ledger says, and paying partners."""

import django_filters
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, Count, F, OuterRef, Prefetch, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Cast, Coalesce, JSONObject
from django.utils.translation import gettext as _
from rest_framework import serializers

from accounts.models import User
from eventify.contracts.api_v1 import View, listing, ok
from eventify.contracts.command_center import shapes
from eventify.contracts.command_center.filters import Since, Sort, Until, Words
from eventify.contracts.fields import Body, Uid, read
from eventify.contracts.finding import one
from eventify.contracts.lists import filtered
from eventify.contracts.needs import organiser, staff
from eventify.lib.errors import Invalid
from partners import books, payouts
from partners.models import Partner, Payout, PayoutBatch
from partners.models.ledger import Account, Kind

PARTNERS_MOST = 1000  # named in one request
KEY_HEADER = "Idempotency-Key"
_UNDECIDED = (PayoutBatch.Status.DRAFT, PayoutBatch.Status.DISCARDED)


# --- The ledger ---------------------------------------------------------------------------------------


class EntryFilters(django_filters.FilterSet):
    """The filters of the ledger."""

    partner = django_filters.UUIDFilter(field_name="partner__uid")
    account = Words(Account.values)
    kind = Words(Kind.values, field_name="transfer__kind")
    event = django_filters.UUIDFilter(field_name="event_uid")
    order = django_filters.UUIDFilter(field_name="order_uid")
    transfer = django_filters.UUIDFilter(field_name="transfer__uid")
    currency = django_filters.CharFilter(field_name="transfer__currency", max_length=3)
    date_from = Since(field_name="created_at")
    date_to = Until(field_name="created_at")
    sort = Sort(fields=["created_at", "debit", "credit"])


class Entries(View):
    """GET the entries that the caller may see, newest first."""

    needs = {"GET": organiser("view_financials")}

    def get(self, request):
        seen = books.entries_visible_to(request.user).select_related("transfer", "partner").order_by("-id")
        return listing(request, filtered(EntryFilters, request, seen), shapes.entry)


# --- Payouts ------------------------------------------------------------------------------------------


class NewPayouts(Body):
    """Who is paid; everybody who can be when nobody is named."""

    partner_ids = serializers.ListField(
        child=Uid(), required=False, allow_null=True, allow_empty=False, max_length=PARTNERS_MOST
    )


class BatchFilters(django_filters.FilterSet):
    """The filters of the batches."""

    status = Words([word.capitalize() for word in PayoutBatch.Status.values], str.lower)
    partner = django_filters.UUIDFilter(method="of_partner")
    date_from = Since(field_name="created_at")
    date_to = Until(field_name="created_at")

    def of_partner(self, batches, name, value):
        seen = payouts.visible_to(self.request.user).filter(partner__uid=value)
        return batches.filter(pk__in=seen.values("batch"))


class Payouts(View):
    """GET the batches that the caller may see, newest first; POST draws one up, which waits for an approval."""

    needs = {"GET": organiser("view_financials"), "POST": staff("manage_payouts", fresh=True)}

    def get(self, request):
        is_staff = request.user.can("view_financials")
        seen = with_totals(batches_of(request.user), payouts.visible_to(request.user)).order_by("-id")
        return listing(request, filtered(BatchFilters, request, seen), lambda row: shapes.batch(row, is_staff))

    def post(self, request):
        asked = read(request, NewPayouts)
        chosen = _partners(asked.get("partner_ids"))
        try:
            batch = payouts.create(partners=chosen, key=_key(request), by=request.user)
        except payouts.NothingToPay as refusal:
            refusal.details["left_out"] = [shapes.left_out(one) for one in refusal.details["left_out"]]
            raise
        return ok(_detail(batch, Payout.objects.all(), is_staff=True), status=202)


class PayoutDetail(View):
    """GET one batch with its payouts."""

    needs = {"GET": organiser("view_financials")}

    def get(self, request, id):
        batch = one(batches_of(request.user), id)
        return ok(_detail(batch, payouts.visible_to(request.user), request.user.can("view_financials")))


class PayoutApproval(View):
    """POST: let a batch be sent."""

    needs = {"POST": staff("manage_payouts", fresh=True)}

    def post(self, request, id):
        self.expect_nothing()
        batch = payouts.approve(one(PayoutBatch.objects, id), by=request.user)
        return ok(_detail(batch, Payout.objects.all(), is_staff=True))


class PayoutDiscard(View):
    """POST: give a draft up."""

    needs = {"POST": staff("manage_payouts", fresh=True)}

    def post(self, request, id):
        self.expect_nothing()
        batch = payouts.discard(one(PayoutBatch.objects, id), by=request.user)
        return ok(_detail(batch, Payout.objects.all(), is_staff=True))


def batches_of(user: User) -> QuerySet[PayoutBatch]:
    """The batches that somebody may see: members of a partner those that pay it, once they are approved."""
    if user.can("view_financials"):
        return PayoutBatch.objects.all()
    own = payouts.visible_to(user).exclude(status__in=_UNDECIDED)
    return PayoutBatch.objects.filter(pk__in=own.values("batch"))


def with_totals(batches: QuerySet[PayoutBatch], seen: QuerySet[Payout]) -> QuerySet[PayoutBatch]:
    """The batches with `payouts_count` and `totals` of the payouts that are seen, in the same query.

    What was discarded does not count, unless the whole batch was.
    """
    of_batch = seen.filter(batch=OuterRef("pk")).order_by()
    counting = of_batch.filter(~Q(status=Payout.Status.DISCARDED) | Q(batch__status=PayoutBatch.Status.DISCARDED))
    sums = counting.values("currency").annotate(amount=Sum("amount")).order_by("currency")
    spelled = JSONObject(amount=Cast(F("amount"), CharField()), currency=F("currency"))
    return batches.select_related("created_by", "approved_by").annotate(
        payouts_count=_count(counting), totals=ArraySubquery(sums.values(total=spelled))
    )


def _count(rows: QuerySet[Payout]):
    return Coalesce(Subquery(rows.values("batch").annotate(n=Count("pk")).values("n")), 0)


def _detail(batch: PayoutBatch, seen: QuerySet[Payout], is_staff: bool) -> dict:
    own = seen.select_related("partner").order_by("id")
    rows = with_totals(PayoutBatch.objects.filter(pk=batch.pk), seen).prefetch_related(
        Prefetch("payouts", own, to_attr="seen")
    )
    return shapes.batch_detail(rows.get(), is_staff)


def _partners(uids: list | None) -> list[Partner] | None:
    if uids is None:
        return None
    found = list(Partner.objects.filter(uid__in=uids))
    missing = sorted({str(uid) for uid in uids} - {str(one.uid) for one in found})
    if missing:
        raise Invalid.field("partner_ids", _("There is no partner %(id)s.") % {"id": missing[0]})
    return found


def _key(request) -> str:
    """The Idempotency-Key, "" when none is sent. One without readable characters must not pass for none."""
    key = request.headers.get(KEY_HEADER)
    if key is not None and not (key.strip() and key.isascii() and key.isprintable()):
        raise Invalid.field(KEY_HEADER, _("Use visible ASCII characters, or leave the header out."))
    return (key or "").strip()
