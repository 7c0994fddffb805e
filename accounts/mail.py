"""Mail that is never lost: a row first, sent by a task, found again by a sweep.

An attempt is counted before it is made, so that whatever stops it (an error that nobody thought of, a worker that is
killed) is an attempt as well: it is not repeated for ever, and no other mail waits for it.
"""

import logging
import smtplib
import time
from contextlib import ExitStack
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.utils import timezone
from django.utils.translation import get_language

from accounts import letters
from accounts.models import OutgoingMail
from eventify.lib import ratelimit
from eventify.lib.later import later, nudge
from eventify.lib.prepared import Param, Prepared

logger = logging.getLogger(__name__)
MOST_ATTEMPTS = 12
INTERRUPTED = "The attempt was interrupted; the worker's log may say why."
_BATCH = 100
_LONGEST = 15.0  # seconds that one task sends, however slow the mail server is: others wait for its process
# Mails that thousands get at once, with papers that cost time to make: they are paced, so that a sale stays quick.
TO_MANY = ("tickets", "event_cancelled", "event_refunded")
_TASK = "accounts.tasks.send_pending_mail"
# The server, the network, an address that no server takes, a template with a mistake.
_FAILURES = (smtplib.SMTPException, OSError, ValueError, TemplateDoesNotExist, TemplateSyntaxError)


def queue(template: str, to: str, **context) -> OutgoingMail:
    """Owe a mail: `templates/emails/<template>.txt` with this JSON context, sent after the commit.

    It is written in the language of whom it is to; where that is not known, in the one that is spoken now.
    """
    mail = owed(template, to, **context)
    mail.save(force_insert=True)
    return mail


def owed(template: str, to: str, **context) -> OutgoingMail:
    """The row of `queue`, not saved yet: the caller writes it in this transaction, together with other rows."""
    nudge(_TASK)
    return OutgoingMail(template=template, to=to, context=context, language=get_language() or "")


def queue_all(mails: list[OutgoingMail]) -> None:
    """Owe these mails, rows that are not saved yet, in one statement."""
    for mail in mails:
        mail.language = mail.language or get_language() or ""
    OutgoingMail.objects.bulk_create(mails)
    if mails:
        nudge(_TASK)


def due() -> QuerySet[OutgoingMail]:
    """What should have gone out by now and is not given up."""
    return OutgoingMail.objects.filter(sent_at=None, next_attempt_at__lte=timezone.now(), attempts__lt=MOST_ATTEMPTS)


def send_pending() -> int:
    """Send what is due, each in its own short transactions; returns how many went out.

    What somebody waits for goes before TO_MANY. All are tried, also when one raises what is not expected; the error
    comes out at the end. When more is due than one batch, than can be sent in _LONGEST, or than may leave in this
    second, a task goes on.
    """
    in_order = due().order_by("next_attempt_at").values_list("pk", flat=True)
    keys = list(in_order.exclude(template__in=TO_MANY)[:_BATCH])
    keys += _paced(list(in_order.filter(template__in=TO_MANY)[: _BATCH - len(keys)]))
    sent: list[int] = []
    until = time.monotonic() + _LONGEST
    with ExitStack() as batch:  # it runs what it was given, the last first, whatever one of them raises
        batch.callback(_go_on, len(keys) == _BATCH, until)
        for key in reversed(keys):
            batch.callback(_send_one, key, sent, until)
    return len(sent)


def _go_on(there_is_more: bool, until: float) -> None:
    if there_is_more or time.monotonic() >= until:
        later(_TASK)


def _paced(keys: list[int]) -> list[int]:
    """Those of these that may leave in this second; for the others a task comes back in the next."""
    allowed = settings.EVENTIFY_MAILS_PER_SECOND
    if not (keys and allowed):
        return keys
    leaving = keys[:allowed] if ratelimit.count("mails", 1) == 1 else []
    if len(leaving) < len(keys):
        nudge(_TASK)
    return leaving


_unsent = Q(pk=Param("pk"), sent_at=None)
_lock_due = Prepared(
    lambda: OutgoingMail.objects.select_for_update(skip_locked=True).filter(
        _unsent, next_attempt_at__lte=Param("now"), attempts__lt=MOST_ATTEMPTS
    )
)
_lock_unsent = Prepared(lambda: OutgoingMail.objects.select_for_update().filter(_unsent))


def _send_one(key: int, sent: list[int], until: float) -> None:
    if time.monotonic() < until and _claim(key) and _send(key):
        sent.append(key)


@transaction.atomic
def _claim(key: int) -> bool:
    """Count an attempt to send a mail that is due, before it is made; the next one is due after a longer pause."""
    now = timezone.now()
    mail = _lock_due.first(pk=key, now=now)
    if mail is None:
        return False
    mail.next_attempt_at = now + timedelta(seconds=30 * 2**mail.attempts)
    mail.attempts, mail.last_error = mail.attempts + 1, INTERRUPTED
    mail.save(update_fields=["attempts", "next_attempt_at", "last_error"])
    return True


@transaction.atomic
def _send(key: int) -> bool:
    # Locked while it is sent: an attempt that takes longer than its pause is not joined by the next one. Whoever found
    # it claimed holds its row for a moment as well, so here the lock is waited for.
    mail = _lock_unsent.first(pk=key)
    if mail is None:
        return False
    try:
        letters.compose(mail).send()
    except _FAILURES as error:
        logger.warning("mail %s not sent: %s", mail.pk, error)
        mail.last_error = str(error)[:500]
    else:
        mail.sent_at, mail.last_error = timezone.now(), ""
    mail.save(update_fields=["sent_at", "last_error"])
    return mail.sent_at is not None
