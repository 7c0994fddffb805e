"""Mail that is never lost: a row first, sent by a task, found again by a sweep."""

import logging
import smtplib
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.utils import timezone

from accounts import letters
from accounts.models import OutgoingMail
from eventify.lib.later import later, nudge

logger = logging.getLogger(__name__)
MOST_ATTEMPTS = 12
_BATCH = 100
_TASK = "accounts.tasks.send_pending_mail"
# The server, the network, an address that no server takes, a template with a mistake.
_FAILURES = (smtplib.SMTPException, OSError, ValueError, TemplateDoesNotExist, TemplateSyntaxError)


def queue(template: str, to: str, **context) -> OutgoingMail:
    """Owe a mail: `templates/emails/<template>.txt` with this JSON context, sent after the commit."""
    mail = OutgoingMail.objects.create(template=template, to=to, context=context)
    nudge(_TASK)
    return mail


def queue_all(mails: list[OutgoingMail]) -> None:
    """Owe these mails, rows that are not saved yet, in one statement."""
    OutgoingMail.objects.bulk_create(mails)
    if mails:
        nudge(_TASK)


def send_pending() -> int:
    """Send what is due, each in its own short transaction; returns how many went out.

    When more is due than one batch, a task goes on.
    """
    due = OutgoingMail.objects.filter(sent_at=None, next_attempt_at__lte=timezone.now(), attempts__lt=MOST_ATTEMPTS)
    keys = list(due.order_by("next_attempt_at").values_list("pk", flat=True)[:_BATCH])
    sent = sum(_send_one(key) for key in keys)
    if len(keys) == _BATCH:
        later(_TASK)
    return sent


@transaction.atomic
def _send_one(key: int) -> bool:
    # Locked while it is sent, so that the message and the sweep together send it once.
    unsent = OutgoingMail.objects.select_for_update(skip_locked=True).filter(pk=key, sent_at=None)
    mail = unsent.first()
    if mail is None:
        return False
    try:
        letters.compose(mail).send()
    except _FAILURES as error:  # one mail that cannot be sent must not hold up the others
        return _try_later(mail, error)
    mail.sent_at = timezone.now()
    mail.save(update_fields=["sent_at"])
    return True


def _try_later(mail: OutgoingMail, error: Exception) -> bool:
    logger.warning("mail %s not sent: %s", mail.pk, error)
    wait = timedelta(seconds=30 * 2**mail.attempts)
    OutgoingMail.objects.filter(pk=mail.pk).update(
        attempts=F("attempts") + 1, next_attempt_at=timezone.now() + wait, last_error=str(error)[:500]
    )
    return False
