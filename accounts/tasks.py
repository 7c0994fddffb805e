"""Celery's way in: three lines each, safe to run twice."""

from celery import shared_task

from accounts import lockout, mail, sessions


@shared_task
def send_pending_mail() -> int:
    return mail.send_pending()


@shared_task
def forget_expired_tokens() -> int:
    return sessions.forget_expired_device_tokens() + sessions.forget_old_sessions() + lockout.forget_old()
