"""Telling a user something inside the product."""

from accounts.models import Notification, User


def notify(recipient: User, title: str, message: str = "", *, kind="system", level="info", url="") -> Notification:
    """Put a message into the user's inbox; `url` is the path of this site that it is about."""
    said = {"title": title, "message": message, "url": url}
    return Notification.objects.create(recipient=recipient, kind=kind, level=level, **said)
