"""Telling a user something inside the product."""

from accounts.models import Notification, User


def notify(recipient: User, title: str, message: str = "", *, kind="system", level="info") -> Notification:
    """Put a message into the user's inbox."""
    return Notification.objects.create(recipient=recipient, title=title, message=message, kind=kind, level=level)
