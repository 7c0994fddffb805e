"""How we stand with a partner: active or suspended, its fee, how far it is trusted.

Suspended: nothing of it is published, sold, promoted from the waitlist or paid out. The door stays open: sold tickets
scan. An order that was held before may still be paid until its hold ends, for the buyer was promised the place, and
the money stays with us. What is late by then goes back to the buyer.
"""

from collections.abc import Callable
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, notify
from accounts.models import User
from eventify.lib.errors import Because, Conflict, Forbidden, Invalid
from partners import locking, telling
from partners.models import Partner, Payout
from partners.signals import consequences, standing_changed

REASON_MAX = 2000  # characters
OPEN_PAYOUTS = (Payout.Status.DRAFT, Payout.Status.APPROVED, Payout.Status.SENDING)
_ACTIONS = {Partner.Status.SUSPENDED: "SUSPENDED_PARTNER", Partner.Status.ACTIVE: "ACTIVATED_PARTNER"}
_MAILS = {Partner.Status.SUSPENDED: "partner_suspended", Partner.Status.ACTIVE: "partner_activated"}


def set_status(partner: Partner, status: str, *, reason: str = "", by: User | None) -> Partner:
    """Suspend a partner, or let it trade again. It counts from the next request.

    Locks the partner; its members are told. Invalid (status, reason: required to suspend); Conflict for the house, and
    for one that has the status already; Forbidden for its own members.
    """
    with transaction.atomic():
        _change(partner, status, reason, by)
    partner.refresh_from_db()
    return partner


def change_of_status(partner: Partner, status: str, *, reason: str = "", by: User | None) -> Callable[[], dict]:
    """The same as a change for eventify.lib.preview: its facts say what stops, or goes on, and who is told.

    The new reason is not among them: it is typed while the preview is read.
    """
    return lambda: _change(partner, status, reason, by)


def _change(partner: Partner, status: str, reason: str, by: User | None) -> dict:
    partner, reason = locking.lock_one(partner), reason.strip()
    _check_outsider(partner, by)
    _check(partner, status, reason)
    before = {"status": partner.status, "reason": partner.status_reason}
    partner.status = status
    partner.status_reason = reason if status == Partner.Status.SUSPENDED else ""
    partner.joined_at = partner.joined_at or (timezone.now() if status == Partner.Status.ACTIVE else None)
    partner.save(update_fields=["status", "status_reason", "joined_at", "updated_at"])
    facts = {"partner": str(partner.uid), "before": before, "after": {"status": status}, **figures(partner)}
    facts["mails"] = _tell(partner, reason)
    audit.record(_ACTIONS[partner.status], partner, by=by, **{**facts, "after": {"status": status, "reason": reason}})
    transaction.on_commit(lambda: standing_changed.send(Partner, partner=partner), robust=True)
    return facts


def _check_outsider(partner: Partner, by: User | None) -> None:
    if by is not None and partner.members.filter(user=by).exists():
        sentence = _("You work for this partner. Somebody else must decide about it.")
        raise Forbidden(Because("own_partner", sentence))


def _check(partner: Partner, status: str, reason: str) -> None:
    if status not in _ACTIONS:
        raise Invalid.field("status", _("Choose Active or Suspended."))
    if len(reason) > REASON_MAX or "\x00" in reason:
        raise Invalid.field("reason", _("Use at most %(most)s characters.") % {"most": REASON_MAX})
    if partner.is_house:
        raise Conflict(Because("house", _("This is our own organisation. It cannot be suspended.")))
    if partner.status == status:
        sentences = {
            Partner.Status.SUSPENDED: _("%(partner)s is suspended already."),
            Partner.Status.ACTIVE: _("%(partner)s is active already."),
        }
        raise Conflict(Because("same_status", sentences[Partner.Status(status)] % {"partner": partner.name}))
    if status == Partner.Status.SUSPENDED and not reason:
        raise Invalid.field("reason", _("Say why. The partner will read it."))


def figures(partner: Partner) -> dict:
    """What a suspension stops, or an activation lets go on: events on sale, holds, people who wait, open payouts."""
    answers = consequences.send(Partner, partner=partner)
    gathered = {name: value for _receiver, answer in answers for name, value in answer.items()}
    return {**gathered, "open_payouts": partner.payouts.filter(status__in=OPEN_PAYOUTS).count()}


def _tell(partner: Partner, reason: str) -> int:
    titles = {
        Partner.Status.SUSPENDED: gettext_lazy("%(partner)s is suspended"),
        Partner.Status.ACTIVE: gettext_lazy("%(partner)s is active again"),
    }
    status = Partner.Status(partner.status)
    title = notify.filled(titles[status], {"partner": partner.name})
    level = "critical" if status == Partner.Status.SUSPENDED else "success"
    return telling.tell(partner, _MAILS[status], title, reason, roles=telling.WORKERS, level=level, reason=reason)


@transaction.atomic
def set_terms(partner: Partner, *, by: User | None, **terms) -> Partner:
    """Set `fee_percent` (0 to 100; None: the platform's usual one) and `trust`. Locks the partner.

    Invalid (the fields); Conflict for a fee of the house; Forbidden for the partner's own members. The fee counts for
    sales that are paid from now on.
    """
    partner = locking.lock_one(partner)
    _check_outsider(partner, by)
    checks = {"fee_percent": _clean_fee, "trust": _clean_trust}
    good = {name: checks[name](value) for name, value in terms.items()}
    before = {name: _said(getattr(partner, name)) for name in good}
    after = {name: _said(value) for name, value in good.items()}
    if partner.is_house and good.get("fee_percent"):
        raise Conflict(_("Our own organisation pays no fee."))
    if before != after:
        for name, value in good.items():
            setattr(partner, name, value)
        partner.save(update_fields=[*good, "updated_at"])
        audit.record("CHANGED_TERMS", partner, by=by, before=before, after=after)
    return partner


def _clean_fee(value: Decimal | None) -> Decimal | None:
    if value is None:
        return None
    if not (value.is_finite() and 0 <= value <= 100 and value == round(value, 2)):
        raise Invalid.field("fee_percent", _("Use a percentage from 0 to 100, with at most two decimals."))
    return round(value, 2)


def _clean_trust(value: str) -> str:
    if value not in Partner.Trust.values:
        raise Invalid.field("trust", _("Choose one of %(all)s.") % {"all": ", ".join(Partner.Trust.values)})
    return value


def _said(value) -> str | None:
    return None if value is None else str(value)
