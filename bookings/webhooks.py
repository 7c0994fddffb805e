"""What payment providers tell us: stored as it came, then believed when it is signed, then applied, once.

A message that fails keeps its error and is applied again by the sweep, or by staff. Unsigned ones are kept too, so that
a wrong secret loses nothing, but only the newest few, and not for long: whoever sends junk cannot fill the disk.
"""

import logging
from datetime import datetime, timedelta

from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from bookings import payments, refunds
from bookings.models import WebhookDelivery
from bookings.providers import provider
from bookings.providers.base import BadSignature, RefundReport, Report
from eventify.lib.errors import DomainError, Forbidden, Invalid
from eventify.lib.failpoints import failpoint
from eventify.lib.ids import new_uid

logger = logging.getLogger(__name__)
BODY_MAX = 128 * 1024  # bytes of one message
SIGNATURE_MAX = 2000  # characters
UNSIGNED = "unsigned:"  # the id of a message whose own is not believed yet begins like this
UNSIGNED_KEPT = 200  # the newest, of each provider
UNSIGNED_FOR = timedelta(days=7)
KEPT_FOR = timedelta(days=180)
AGAIN_FOR = timedelta(days=3)  # how long the sweep goes on with one that fails
AGAIN_AFTER = timedelta(minutes=1)  # a message younger than this may be at work
AT_ONCE = 200
PERMISSION = "refund_orders"  # to see what came, and to process it again
TROUBLED_AFTER = 3  # attempts, or
TROUBLED_AGE = timedelta(minutes=10)
TROUBLED_FOR = timedelta(days=14)  # that one that cannot be processed is talked about


def receive(provider_name: str, body: bytes, headers) -> WebhookDelivery:
    """Take a provider's message: store, verify, apply. Repeated ones change nothing.

    Raises Invalid for one that is too large, BadSignature, and what `payments.apply` raises; the row keeps the error.
    Nothing is stored of one that is too large, or whose signature is. UnknownProvider when there is none of this name.
    """
    header = provider(provider_name).signature_header
    signature = headers.get(header, "")
    if len(body) > BODY_MAX:
        raise Invalid(_("The message is too large."))
    if len(signature) > SIGNATURE_MAX:
        raise BadSignature(_("The signature is missing, wrong or too old."))
    delivery = WebhookDelivery.objects.create(
        provider=provider_name,
        delivery_id=f"{UNSIGNED}{new_uid()}",
        body={},
        raw_body=body,
        headers={header: signature.replace("\x00", "")},
    )
    failpoint("webhooks.after_store")
    return process(delivery)


def process(delivery: WebhookDelivery) -> WebhookDelivery:
    """Judge and apply a stored message; one that was applied before is left as it is. Raises as `receive`."""
    try:
        return _judge(delivery)
    except (DomainError, DatabaseError) as error:
        _note_error(delivery, error)
        raise


def try_again(delivery: WebhookDelivery, *, by: User) -> None:
    """`replay` without a line of its own in any log: for who only wants to know whether it is possible."""
    _check_may(by)
    _judge(delivery)


def _judge(delivery: WebhookDelivery) -> WebhookDelivery:
    report = _verified(delivery)
    delivery = _identify(delivery, report)
    failpoint("webhooks.after_verify")
    if delivery.processed_at is None:
        _apply(delivery, report)
    return delivery


def _check_may(by: User) -> None:
    if not by.can(PERMISSION):
        raise Forbidden


def _verified(delivery: WebhookDelivery) -> Report | RefundReport:
    return provider(delivery.provider).read_webhook(bytes(delivery.raw_body), delivery.headers, delivery.received_at)


def _identify(delivery: WebhookDelivery, report: Report | RefundReport) -> WebhookDelivery:
    """Give a signed message the provider's id for it; a repeated one is the row that exists already."""
    mine = WebhookDelivery.objects.filter(provider=delivery.provider)
    read = {name: _plain(value) for name, value in report._asdict().items()}
    try:
        with transaction.atomic():
            mine.filter(pk=delivery.pk).update(delivery_id=report.delivery, body=read)
    except IntegrityError:
        mine.filter(pk=delivery.pk).delete()
    return mine.get(delivery_id=report.delivery)


def _plain(value):
    """A fact of a report as JSON has it."""
    if isinstance(value, datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, int) else str(value)


def _apply(delivery: WebhookDelivery, report: Report | RefundReport) -> None:
    if isinstance(report, RefundReport):
        refunds.heard(report)
    elif report.payment:
        payments.apply(report)
    failpoint("webhooks.after_apply")
    delivery.processed_at, delivery.error = timezone.now(), ""
    delivery.attempts += 1
    delivery.save(update_fields=["processed_at", "error", "attempts"])


def _note_error(delivery: WebhookDelivery, error: Exception) -> None:
    sentence = str(getattr(error, "message", "") or type(error).__name__)[:300]
    delivery.attempts, delivery.error = delivery.attempts + 1, sentence
    WebhookDelivery.objects.filter(pk=delivery.pk).update(attempts=delivery.attempts, error=sentence)
    logger.warning("webhook %s: %s", delivery, sentence)
    if isinstance(error, BadSignature):
        _forget_unsigned(delivery.provider)


def _forget_unsigned(provider_name: str) -> None:
    """Keep only the newest messages that nobody signed."""
    junk = WebhookDelivery.objects.filter(provider=provider_name, processed_at=None, delivery_id__startswith=UNSIGNED)
    oldest = junk.order_by("-pk").values_list("pk", flat=True)[UNSIGNED_KEPT - 1 : UNSIGNED_KEPT].first()
    if oldest:
        junk.filter(pk__lt=oldest).delete()


def replay(delivery: WebhookDelivery, *, by: User) -> WebhookDelivery:
    """Judge and apply a message again, by staff. Forbidden without refund_orders; raises as `receive`."""
    _check_may(by)
    audit.record("REPLAYED_WEBHOOK", delivery, by=by, provider=delivery.provider, delivery=delivery.delivery_id)
    return process(delivery)


def sweep() -> int:
    """Apply what was stored and not applied (we were killed, or it failed), and forget what is old; how many worked."""
    now = timezone.now()
    failed = WebhookDelivery.objects.filter(processed_at=None, received_at__lte=now - AGAIN_AFTER)
    due = failed.filter(received_at__gte=now - AGAIN_FOR).exclude(delivery_id__startswith=UNSIGNED, attempts__gt=0)
    worked = sum(_try(delivery) for delivery in due.order_by("attempts", "pk")[:AT_ONCE])
    failed.filter(delivery_id__startswith=UNSIGNED, received_at__lt=now - UNSIGNED_FOR).delete()
    WebhookDelivery.objects.filter(received_at__lt=now - KEPT_FOR).delete()
    return worked


def failing() -> Q:
    """Which messages could not be processed, though they were tried often or are here for long. Not unsigned ones."""
    now = timezone.now()
    late = Q(attempts__gte=TROUBLED_AFTER) | Q(received_at__lt=now - TROUBLED_AGE)
    signed = ~Q(delivery_id__startswith=UNSIGNED) | Q(attempts=0)  # not looked at yet: it has no other id
    return late & signed & Q(processed_at=None, received_at__gte=now - TROUBLED_FOR)


def in_trouble() -> tuple[int, int]:
    """How many messages are failing, and how many of the last day nobody signed. One query."""
    today = Q(received_at__gte=timezone.now() - timedelta(days=1))
    unsigned = today & Q(delivery_id__startswith=UNSIGNED, attempts__gt=0)
    rows = WebhookDelivery.objects.filter(processed_at=None)
    found = rows.aggregate(failing=Count("pk", filter=failing()), unsigned=Count("pk", filter=unsigned))
    return found["failing"], found["unsigned"]


def _try(delivery: WebhookDelivery) -> bool:
    try:
        process(delivery)
    except (DomainError, DatabaseError):
        return False  # the row says why
    return True
