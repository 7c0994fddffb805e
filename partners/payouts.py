"""Paying partners: a batch is drawn up, a second person approves it, partners/sending.py carries it out.

Locks are taken in one order: the batch, the partners by key, their payouts. No money is in two batches, because all
who decide about a partner's money hold the lock of its row, and the database allows one open payout per partner.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, notify
from accounts.models import User
from eventify.lib.currencies import exact
from eventify.lib.desk.words import within
from eventify.lib.errors import Because, Conflict, Invalid
from eventify.lib.failpoints import failpoint
from eventify.lib.later import later
from partners import cover, ledger, members
from partners.models import Partner, Payout, PayoutBatch
from partners.models.ledger import Account, Kind
from partners.payout_providers import default_provider

KEY_MAX = 255  # characters of an idempotency key
PERMISSION = "manage_payouts"
Status = Payout.Status


class NothingToPay(Conflict):
    """None of the partners can be paid anything now (409); `details["left_out"]` says why, one by one."""

    code = "nothing_to_pay"


class KeyReused(Invalid):
    """The idempotency key was used for other partners before (422)."""

    code = "key_reused"


def visible_to(user: User) -> QuerySet[Payout]:
    """All payouts for those who hold view_financials everywhere, else those of partners on which they hold it."""
    return Payout.objects.filter(partner__in=members.partners_where(user, "view_financials"))


def batches_visible_to(user: User) -> QuerySet[PayoutBatch]:
    """All batches for staff who see or pay money; nobody else sees one, for it names other partners."""
    may_see = user.can("view_financials") or user.can(PERMISSION)
    return PayoutBatch.objects.all() if may_see else PayoutBatch.objects.none()


def approvers() -> QuerySet[User]:
    """The members of staff who could approve a batch now."""
    granted = Q(is_superuser=True) | Q(groups__permissions__codename=PERMISSION)
    granted |= Q(user_permissions__codename=PERMISSION)
    return User.objects.filter(granted, is_staff=True, is_active=True, banned_at=None).distinct()


def preview(partners: Iterable[Partner] | None = None) -> list[cover.Position]:
    """How each of these partners stands, with what could be paid out now and the sentence why; None: all with money."""
    return cover.positions(_chosen(partners))


@transaction.atomic
def create(*, partners: Iterable[Partner] | None = None, key: str = "", by: User) -> PayoutBatch:
    """Draw up a draft batch that pays each of these partners (None: all) what can be paid out.

    With a key a retry by the same person returns the same batch, a concurrent one too; other partners under the key:
    KeyReused. Conflict when the provider is not set up; NothingToPay. Locks the creator (with a key), the partners.
    """
    _check_key(key)
    chosen = None if partners is None else list(partners)
    fingerprint = _fingerprint(chosen)
    known = _known(key, by)
    if known:
        return _same(known, fingerprint)
    provider = default_provider()
    provider.check()
    positions = cover.positions(_locked(_chosen(chosen)))
    left_out = [_left_out(one) for one in positions if not one.amount]
    if len(left_out) == len(positions):
        raise NothingToPay(_why_nothing(left_out), left_out=left_out)
    batch = PayoutBatch(provider=provider.name, created_by=by, idempotency_key=key, fingerprint=fingerprint)
    batch.left_out = left_out
    _save(batch, [one for one in positions if one.amount])
    audit.record("CREATED_PAYOUTS", batch, by=by, before=None, after=facts(batch))
    _ask_approvers(batch)
    transaction.on_commit(lambda: failpoint("payout.after_creation_committed"))
    failpoint("payout.before_creation_committed")
    return batch


def _chosen(partners: Iterable[Partner] | None) -> Iterable[Partner]:
    return Partner.objects.filter(pk__in=cover.candidates()) if partners is None else partners


def _locked(partners: Iterable[Partner]) -> list[Partner]:
    keys = {partner.pk for partner in partners}
    return list(Partner.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk"))


def _known(key: str, by: User) -> PayoutBatch | None:
    """The batch that this person made under the key; the lock makes a concurrent retry wait for it."""
    if not key:
        return None
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    return PayoutBatch.objects.filter(created_by=by, idempotency_key=key).first()


def _same(known: PayoutBatch, fingerprint: str) -> PayoutBatch:
    if known.fingerprint != fingerprint:
        raise KeyReused.field("idempotency_key", _("This key was used for other payouts. Use a new one."))
    return known


def _check_key(key: str) -> None:
    if len(key) > KEY_MAX or not key.isprintable():
        sentence = _("Use at most %(most)s printable characters.") % {"most": KEY_MAX}
        raise Invalid.field("idempotency_key", sentence)


def _fingerprint(partners: list[Partner] | None) -> str:
    named = "all" if partners is None else sorted({str(partner.uid) for partner in partners})
    return hashlib.sha256(json.dumps(named).encode()).hexdigest()


def _left_out(position: cover.Position) -> dict:
    partner = position.partner
    return {
        "partner": str(partner.uid),
        "name": partner.name,
        "currency": position.currency,
        "sentence": position.sentence,
    }


def _why_nothing(left_out: list[dict]) -> str:
    if len(left_out) == 1:
        why = left_out[0]["sentence"]
        sentence = _("Nothing can be paid out to %(name)s. %(why)s") % {"name": left_out[0]["name"], "why": why}
        return Because(why.rule, sentence, **why.facts)
    return _("Nothing can be paid out to any partner now.")


def _save(batch: PayoutBatch, positions: list[cover.Position]) -> None:
    try:
        with transaction.atomic():
            batch.save()
            Payout.objects.bulk_create(_draft(batch, one) for one in positions)
    except IntegrityError as error:  # the locks keep this from happening; the database has the last word
        raise Conflict(_("Another batch pays one of these partners. Look at the preview again.")) from error


def _draft(batch: PayoutBatch, position: cover.Position) -> Payout:
    return Payout(
        batch=batch,
        partner=position.partner,
        bank_account=position.account,
        amount=position.amount,
        currency=position.currency,
        sentence=position.sentence,
    )


def _ask_approvers(batch: PayoutBatch) -> None:
    for person in approvers().exclude(pk=batch.created_by_id):
        with notify.in_language_of(person):
            title = _("Payouts wait for your approval: %(amounts)s") % {"amounts": amounts(batch)}
            why = _("%(person)s drew them up.") % {"person": batch.created_by}
            notify.notify(person, title[:200], why, url=reverse("desk-payout-batch", args=[batch.uid]))


@transaction.atomic
def approve(batch: PayoutBatch, *, by: User) -> PayoutBatch:
    """Let a draft batch be sent. Each payout leaves its partner's balance in the ledger now.

    A payout that is not covered any more, or whose partner may not be paid or has another bank account now, is
    discarded with its reason; no amount is ever changed. Locks the batch, the partners, the payouts. Conflict when it
    is no draft, or when its creator approves it although somebody else could.
    """
    batch = lock(batch)
    _check_draft(batch)
    _check_second_person(batch, by)
    before = facts(batch)
    good = _decide(_lock_payouts(batch))
    ledger.post_all([_posting(payout, by) for payout in good])
    batch.status = PayoutBatch.Status.APPROVED if good else PayoutBatch.Status.DISCARDED
    batch.approved_by, batch.approved_at = by, timezone.now()
    batch.finished_at = None if good else batch.approved_at
    batch.save(update_fields=["status", "approved_by", "approved_at", "finished_at", "updated_at"])
    audit.record("APPROVED_PAYOUTS", batch, by=by, before=before, after=facts(batch))
    transaction.on_commit(lambda: failpoint("payout.after_approval_committed"))
    later("partners.tasks.send_payouts")
    failpoint("payout.before_approval_committed")
    return batch


def lock(batch: PayoutBatch) -> PayoutBatch:
    """Lock the batch and read it afresh."""
    return PayoutBatch.objects.select_for_update(no_key=True).get(pk=batch.pk)


def _check_draft(batch: PayoutBatch) -> None:
    if batch.status != PayoutBatch.Status.DRAFT:
        sentence = _("These payouts are decided already: %(status)s.") % {"status": within(batch.status)}
        raise Conflict(Because("payouts_decided", sentence, status=str(batch.status)))


def needs_another(batch: PayoutBatch, by: User) -> bool:
    """Whether somebody else has to approve: this person drew it up, and others could approve it."""
    return batch.created_by_id == by.pk and approvers().exclude(pk=by.pk).exists()


def _check_second_person(batch: PayoutBatch, by: User) -> None:
    if needs_another(batch, by):
        sentence = _("You drew these payouts up, so somebody else has to approve them.")
        raise Conflict(Because("own_payouts", sentence))


def _lock_payouts(batch: PayoutBatch) -> list[Payout]:
    """The draft payouts of the locked batch, under the locks of their partners."""
    _locked(Partner.objects.filter(payouts__batch=batch))
    rows = batch.payouts.filter(status=Status.DRAFT).select_related("partner", "bank_account")
    return list(rows.select_for_update(no_key=True, of=("self",)).order_by("pk"))


def _decide(payouts: list[Payout]) -> list[Payout]:
    """Discard those that must not be paid any more; returns the others, approved."""
    positions = cover.positions({one.partner for one in payouts}, besides=[one.pk for one in payouts])
    stand = {(one.partner.pk, one.currency): one for one in positions}
    for payout in payouts:
        payout.reason = _why_not(payout, stand.get((payout.partner_id, payout.currency)))
        payout.status = Status.DISCARDED if payout.reason else Status.APPROVED
        payout.save(update_fields=["status", "reason", "updated_at"])
    return [one for one in payouts if one.status == Status.APPROVED]


def _why_not(payout: Payout, position: cover.Position | None) -> str:
    if position is None:
        return _("Nothing is owed to this partner.")
    if position.why_not_payable:
        return position.why_not_payable
    if position.account.pk != payout.bank_account_id:
        return _("The partner's bank account was changed after these payouts were drawn up.")
    if payout.amount > position.covered:
        left = exact(max(position.covered, Decimal(0)), payout.currency)
        return _("%(amount)s is not covered any more: %(left)s can be paid out now.") % {
            "amount": exact(payout.amount, payout.currency),
            "left": left,
        }
    return ""


def _posting(payout: Payout, by: User) -> ledger.Posting:
    """The money leaves the partner's balance."""
    lines = [
        ledger.Line(Account.PARTNER_PAYABLE, debit=payout.amount, partner=payout.partner),
        ledger.Line(Account.PAYOUTS_IN_TRANSIT, credit=payout.amount),
    ]
    return ledger.Posting(Kind.PAYOUT, f"payout:{payout.uid}", payout.currency, lines, by=by)


@transaction.atomic
def discard(batch: PayoutBatch, *, by: User) -> PayoutBatch:
    """Give a draft batch up: nobody is paid by it. Locks the batch and its payouts. Conflict when it is no draft."""
    batch = lock(batch)
    _check_draft(batch)
    before = facts(batch)
    for payout in _lock_payouts(batch):
        payout.status = Status.DISCARDED
        payout.save(update_fields=["status", "updated_at"])
    batch.status, batch.finished_at = PayoutBatch.Status.DISCARDED, timezone.now()
    batch.save(update_fields=["status", "finished_at", "updated_at"])
    audit.record("DISCARDED_PAYOUTS", batch, by=by, before=before, after=facts(batch))
    return batch


def facts(batch: PayoutBatch) -> dict:
    """What the batch pays to whom, as JSON data without anything that differs between a preview and the real thing."""
    payouts = batch.payouts.select_related("partner", "bank_account").order_by("partner__name", "partner", "currency")
    return {
        "status": str(batch.status),
        "totals": {currency: f"{amount:.2f}" for currency, amount in totals(batch).items()},
        "payouts": [_payout_facts(payout) for payout in payouts],
        "left_out": batch.left_out,
    }


def _payout_facts(payout: Payout) -> dict:
    return {
        "partner": str(payout.partner.uid),
        "name": payout.partner.name,
        "account": str(payout.bank_account.uid),
        "amount": f"{payout.amount:.2f}",
        "currency": payout.currency,
        "status": str(payout.status),
        "sentence": payout.sentence,
        "reason": payout.reason,
    }


def creation(partners: Iterable[Partner] | None, *, by: User, key: str = "") -> Callable[[], dict]:
    """`create` as a change for eventify.lib.preview."""
    chosen = None if partners is None else list(partners)
    return lambda: facts(create(partners=chosen, by=by, key=key))


def approval(batch: PayoutBatch, *, by: User) -> Callable[[], dict]:
    """`approve` as a change for eventify.lib.preview."""
    return lambda: facts(approve(batch, by=by))


def totals(batch: PayoutBatch) -> dict[str, Decimal]:
    """Currency -> what the batch pays, less what was discarded (all of it when the whole batch was).

    Uses the batch's prefetched payouts where there are such.
    """
    sums: dict[str, Decimal] = {}
    for payout in batch.payouts.all():
        if payout.status != Status.DISCARDED or batch.status == PayoutBatch.Status.DISCARDED:
            sums[payout.currency] = sums.get(payout.currency, Decimal(0)) + payout.amount
    return dict(sorted(sums.items()))


def amounts(batch: PayoutBatch) -> str:
    """The totals for people: `₹48,200.00`, with several currencies `₹48,200.00, €12.00`."""
    return ", ".join(exact(amount, currency) for currency, amount in totals(batch).items())
