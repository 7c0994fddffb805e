"""Carrying approved payouts out, so that each is paid once whatever is killed and whatever the provider answers.

That a payout is being sent is committed before the provider hears of it. From then on only the provider knows, so a
payout in SENDING is resolved by asking, under its own reference, for ever the same. Unknown there: it never arrived,
and is sent again under that reference. Unreachable: nothing is known, it is asked later.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, notify
from accounts.models import User
from eventify.lib.currencies import exact
from eventify.lib.errors import Because, Conflict, Invalid
from eventify.lib.failpoints import failpoint
from partners import bank, cover, ledger, locking, payouts, telling
from partners.models import Payout, PayoutBatch
from partners.models.ledger import Account, Kind
from partners.payout_providers import MANUAL, bank_file, provider
from partners.payout_providers.base import FAILED, PAID, UNKNOWN, Report, Unreachable

logger = logging.getLogger(__name__)
AT_ONCE = 500  # payouts in one sweep
REASON_MAX = 500  # characters
Status = Payout.Status
_UNFINISHED = (Status.APPROVED, Status.SENDING)


def send_due() -> int:
    """Send what is approved, and ask about what was sent; returns how many were settled. Safe to run twice at once.

    The pause between two questions about a payout grows with the time since it was sent.
    """
    now = timezone.now()
    is_due = Q(asked_at=None) | Q(asked_at__lte=now - (now - F("sent_at")) / 4)
    waiting = Q(status=Status.SENDING) & is_due & ~Q(batch__provider__in=MANUAL)
    due = Payout.objects.filter(Q(status=Status.APPROVED) | waiting).order_by(F("asked_at").asc(nulls_first=True), "pk")
    return sum(_advance(key) for key in list(due.values_list("pk", flat=True)[:AT_ONCE]))


def _advance(key: int) -> bool:
    with _alone(key) as is_alone:
        if not is_alone:
            return False
        payout = Payout.objects.select_related("batch", "partner", "bank_account").get(pk=key)
        try:
            report = _hear(payout)
        except Unreachable as error:
            logger.warning("payout %s: %s", payout.uid, error)
            Payout.objects.filter(pk=key).update(asked_at=timezone.now())
            return False
        return report is not None and resolve(payout, report)


def _hear(payout: Payout) -> Report | None:
    """What the provider says of the payout, which is handed over first where it does not have it yet."""
    if payout.status == Status.APPROVED:
        return _hand_over(payout) if _claim(payout) else None
    if payout.status != Status.SENDING:  # settled since the sweep looked
        return None
    failpoint("payout.before_asking")
    report = provider(payout.batch.provider).ask(payout)
    failpoint("payout.after_asking")
    return _hand_over(payout) if report.status == UNKNOWN else report


def _claim(payout: Payout) -> bool:
    """Commit that the payout is being sent. False when it is not to be: then its money is back in the balance."""
    failpoint("payout.before_claiming")
    with transaction.atomic(durable=True):
        batch = payouts.lock(payout.batch)
        locking.lock_one(payout.partner)
        fresh = _locked(payout)
        if fresh.status != Status.APPROVED:
            return False
        if batch.status == PayoutBatch.Status.APPROVED:
            PayoutBatch.objects.filter(pk=batch.pk).update(status=PayoutBatch.Status.SENDING, updated_at=timezone.now())
        refused = _why_not_any_more(fresh)
        if refused:
            _settle(fresh, batch, Report(FAILED, reason=refused), by=None)
            return False
        Payout.objects.filter(pk=payout.pk).update(
            status=Status.SENDING, sent_at=timezone.now(), updated_at=timezone.now()
        )
        failpoint("payout.before_sending_committed")
    failpoint("payout.after_sending_committed")
    return True


def _locked(payout: Payout) -> Payout:
    rows = Payout.objects.select_for_update(no_key=True, of=("self",)).select_related("partner", "bank_account")
    return rows.get(pk=payout.pk)


def _why_not_any_more(payout: Payout) -> str:
    """What has happened since the approval that keeps the payout from leaving, as a sentence; empty when nothing."""
    position = cover.positions([payout.partner], besides=[payout.pk])[0]
    if position.why_not_payable:
        return position.why_not_payable
    if position.account.pk != payout.bank_account_id:
        return _("The bank account was changed before the payout left.")
    return ""


def _hand_over(payout: Payout) -> Report:
    failpoint("payout.before_provider")
    report = provider(payout.batch.provider).send(payout)
    failpoint("payout.after_provider")
    return report


def resolve(payout: Payout, report: Report, *, by: User | None = None) -> bool:
    """Make what the provider (or a person, for a bank file) says true, once; True when that settles the payout.

    Locks the batch, then the payout. The first final answer stands.
    """
    with transaction.atomic():
        batch = payouts.lock(payout.batch)
        payout = _locked(payout)
        if payout.status != Status.SENDING:
            return False
        payout.asked_at = timezone.now()
        payout.provider_reference = report.reference[:100] or payout.provider_reference
        payout.save(update_fields=["asked_at", "provider_reference", "updated_at"])
        is_final = report.status in (PAID, FAILED)
        if is_final:
            _settle(payout, batch, report, by=by)
        failpoint("payout.before_result_committed")
    failpoint("payout.after_result_committed")
    return is_final


def _settle(payout: Payout, batch: PayoutBatch, report: Report, *, by: User | None) -> None:
    """Under the locks: post where the money went, tell the partner, let the batch follow."""
    before = payout.status
    is_paid = report.status == PAID
    payout.status = Status.PAID if is_paid else Status.FAILED
    payout.paid_at = timezone.now() if is_paid else None
    payout.reason = "" if is_paid else report.reason[:REASON_MAX] or _("The bank did not say why.")
    payout.save(update_fields=["status", "paid_at", "reason", "updated_at"])
    _post(payout, is_paid, by)
    action = "PAID_PAYOUT" if is_paid else "FAILED_PAYOUT"
    after = {"status": str(payout.status), "reason": payout.reason}
    audit.record(action, payout, by=by, before={"status": str(before)}, after=after)
    _tell_partner(payout, is_paid)
    _follow(batch)


def _post(payout: Payout, is_paid: bool, by: User | None) -> None:
    away = ledger.Line(Account.PAYOUTS_IN_TRANSIT, debit=payout.amount)
    if is_paid:
        lines = [away, ledger.Line(Account.CASH, credit=payout.amount)]
        ledger.post(Kind.PAYOUT_PAID, f"payout_paid:{payout.uid}", payout.currency, lines, by=by)
    else:
        lines = [away, ledger.Line(Account.PARTNER_PAYABLE, credit=payout.amount, partner=payout.partner)]
        ledger.post(Kind.PAYOUT_RETURNED, f"payout_returned:{payout.uid}", payout.currency, lines, by=by)


def _tell_partner(payout: Payout, is_paid: bool) -> None:
    amount = lazy(exact, str)(payout.amount, payout.currency)
    if is_paid:
        title, template, level = gettext_lazy("%(amount)s is on its way to your bank account"), "payout_paid", "success"
    else:
        title, template, level = gettext_lazy("A payout of %(amount)s did not go through"), "payout_failed", "critical"
    more = {"amount": amount, "account": bank.masked(payout.bank_account), "reason": payout.reason}
    told = notify.filled(title, {"amount": amount})
    telling.tell(payout.partner, template, told, payout.reason, level=level, **more)


def _follow(batch: PayoutBatch) -> None:
    """The batch is over when all its payouts are."""
    statuses = set(batch.payouts.exclude(status=Status.DISCARDED).values_list("status", flat=True))
    if statuses & set(_UNFINISHED):
        return
    has_failed = Status.FAILED in statuses
    batch.status = PayoutBatch.Status.FAILED if has_failed else PayoutBatch.Status.PAID
    batch.finished_at = timezone.now()
    batch.save(update_fields=["status", "finished_at", "updated_at"])
    failed, done = gettext_lazy("Some payouts failed: %(amounts)s"), gettext_lazy("The payouts are done: %(amounts)s")
    path = reverse("desk-payout-batch", args=[batch.uid])
    for person in {batch.created_by, batch.approved_by} - {None}:
        with notify.in_language_of(person):
            title = str(failed if has_failed else done) % {"amounts": payouts.amounts(batch)}
            notify.notify(person, title[:200], level="critical" if has_failed else "success", url=path)


@contextmanager
def _alone(key: int) -> Iterator[bool]:
    """Whether no other process deals with this payout now.

    The lock is a transaction's on a connection of its own: it ends with the process, and behind a pooler as well, where
    a session is nobody's.
    """
    own = connection.copy()
    try:
        own.set_autocommit(False)
        with own.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"payout {key}"])
            yield cursor.fetchone()[0]
    finally:
        own.close()


def bank_file_of(batch: PayoutBatch, *, by: User) -> bytes:
    """The file to hand to the bank, the same each time. Conflict before all is sent and after anything is settled.

    A bank that gets it twice knows it by the same message and payment references.
    """
    with transaction.atomic():
        batch = payouts.lock(batch)
        rows = list(batch.payouts.exclude(status=Status.DISCARDED).select_related("bank_account").order_by("pk"))
        _check_file(batch, rows)
        sent = [one for one in rows if one.status == Status.SENDING]
        whole = bank_file.write(batch, sent)
        audit.record("DOWNLOADED_BANK_FILE", batch, by=by, payouts=len(sent), amounts=payouts.amounts(batch))
    return whole


def _check_file(batch: PayoutBatch, rows: list[Payout]) -> None:
    if batch.provider not in MANUAL:
        raise Conflict(Because("not_by_bank_file", _("These payouts are not sent through a bank file.")))
    if batch.status == PayoutBatch.Status.DRAFT:
        raise Conflict(Because("not_approved_yet", _("Approve these payouts first.")))
    if any(one.status == Status.APPROVED for one in rows):
        raise Conflict(_("The file is being prepared. Try again in a few seconds."))
    if any(one.status == Status.PAID or (one.status == Status.FAILED and one.sent_at) for one in rows) or not rows:
        raise Conflict(_("The bank has answered already, so this file must not be handed over again."))
    if not any(one.status == Status.SENDING for one in rows):
        raise Conflict(_("There is nothing to pay in these payouts any more."))


def report_outcome(payout: Payout, *, is_paid: bool, reason: str = "", by: User) -> Payout:
    """Say what the bank did with a payout of a bank file. Invalid without a reason when it refused; Conflict when the
    payout is not at a bank, or a machine reports it.
    """
    reason = reason.strip()
    if len(reason) > REASON_MAX or "\x00" in reason:
        raise Invalid.field("reason", _("Use at most %(most)s characters.") % {"most": REASON_MAX})
    if not is_paid and not reason:
        raise Invalid.field("reason", _("Say why the bank refused it. The partner will read it."))
    if payout.batch.provider not in MANUAL:
        raise Conflict(_("The provider itself reports what became of this payout."))
    if not resolve(payout, Report(PAID if is_paid else FAILED, reason=reason), by=by):
        raise Conflict(Because("nothing_at_bank", _("This payout is not at the bank, or it is settled already.")))
    payout.refresh_from_db()
    return payout


@transaction.atomic
def report_executed(batch: PayoutBatch, *, by: User) -> int:
    """Say that the bank has executed all of the batch that is still at the bank; returns how many."""
    waiting = payouts.lock(batch).payouts.filter(status=Status.SENDING).select_related("batch").order_by("pk")
    settled = [report_outcome(payout, is_paid=True, by=by) for payout in waiting]
    if not settled:
        raise Conflict(Because("nothing_at_bank", _("Nothing of these payouts is at the bank.")))
    return len(settled)
