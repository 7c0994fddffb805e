"""Documents that run out: the partner is reminded before, and is not verified any more after."""

from datetime import date, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy

from accounts import audit, notify
from eventify.lib.dates import date_format
from partners import kyc, locking, telling
from partners.models import Document, Partner

DAYS_BEFORE = (30, 7, 1)  # on which the partner is reminded
AT_ONCE = 500


def watch() -> int:
    """Remind of what runs out and take the verification where something has; returns how many mails. Run it often."""
    return remind() + take_back()


def remind() -> int:
    """Owe a mail for each document that has come to the next of its reminders. One that was missed is not repeated."""
    newer = kyc.good(Document.objects.filter(partner=OuterRef("partner"), type=OuterRef("type"), pk__gt=OuterRef("pk")))
    soon = kyc.good(Document.objects.filter(expires_on__lte=kyc.today() + timedelta(days=max(DAYS_BEFORE))))
    found = soon.filter(~Exists(newer)).order_by("expires_on", "pk").values_list("pk", flat=True)
    return sum(_remind(key) for key in list(found[:AT_ONCE]))


@transaction.atomic
def _remind(key: int) -> int:
    # Locked while it is decided, so that two workers remind once.
    rows = Document.objects.select_for_update(skip_locked=True, no_key=True, of=("self",)).select_related("partner")
    document = rows.filter(pk=key, status=Document.Status.VERIFIED).exclude(expires_on=None).first()
    if document is None or not is_due(document.expires_on, _day(document.reminded_at)):
        return 0
    Document.objects.filter(pk=key).update(reminded_at=timezone.now())
    words = {"type": kyc.spoken(document.type), "day": lazy(date_format, str)(document.expires_on, "j F Y")}
    title = notify.filled(gettext_lazy("%(type)s expires on %(day)s"), words)
    return telling.tell(document.partner, "document_expires", title, **words)


def is_due(expires_on: date, reminded_on: date | None) -> bool:
    """Whether one of the days before has come since the last reminder."""
    come = [day for days in DAYS_BEFORE if (day := expires_on - timedelta(days=days)) <= kyc.today()]
    return bool(come) and (reminded_on is None or reminded_on < max(come))


def _day(moment) -> date | None:
    return moment and kyc.day_of(moment)


def take_back() -> int:
    """Make partners Pending of whom a required document has expired; returns how many mails are owed."""
    verified = Partner.objects.filter(verification_status=Partner.Verification.VERIFIED, is_house=False)
    of_type = kyc.good(Document.objects.filter(partner=OuterRef("partner"), type=OuterRef("type")))
    over = Document.objects.filter(status=Document.Status.VERIFIED, expires_on__lt=kyc.today(), type__in=kyc.REQUIRED)
    over = over.filter(~Exists(of_type), partner__in=verified)
    keys = over.order_by("partner").distinct().values_list("partner", flat=True)
    return sum(_take_back(key) for key in list(keys[:AT_ONCE]))


@transaction.atomic
def _take_back(key: int) -> int:
    partner = locking.lock_one(Partner(pk=key))
    before = partner.verification_status
    if not kyc.settle(partner):
        return 0
    after = {"verification_status": partner.verification_status}
    types = kyc.missing(partner)
    audit.record("EXPIRED_KYC", partner, by=None, types=types, before={"verification_status": before}, after=after)
    named = lazy(lambda: ", ".join(kyc.name_of(type) for type in types), str)()
    title = notify.filled(gettext_lazy("Expired: %(types)s"), {"types": named})
    return telling.tell(partner, "document_expired", title, level="critical", types=named)
