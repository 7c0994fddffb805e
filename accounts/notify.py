"""Telling a user something inside the product."""

from accounts.models import Notification, User

TITLE_MAX = Notification._meta.get_field("title").max_length


def notify(recipient: User, title: str, message: str = "", *, kind="system", level="info", url="") -> Notification:
    """Put a message into the user's inbox; `url` is the path of this site that it is about. A long title is cut."""
    title = title if len(title) <= TITLE_MAX else f"{title[: TITLE_MAX - 1]}…"
    said = {"title": title, "message": message, "url": url}
    return Notification.objects.create(recipient=recipient, kind=kind, level=level, **said)
