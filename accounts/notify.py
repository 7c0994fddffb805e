"""Telling a user something inside the product."""

from accounts.models import Notification, User

TITLE_MAX = Notification._meta.get_field("title").max_length


def notify(recipient: User, title: str, message: str = "", *, kind="system", level="info", url="") -> Notification:
    """Put a message into the user's inbox; `url` is the path of this site that it is about. A long title is cut."""
    told = owed(recipient, title, message, kind=kind, level=level, url=url)
    told.save(force_insert=True)
    return told


def owed(recipient: User, title: str, message: str = "", *, kind="system", level="info", url="") -> Notification:
    """The row of `notify`, not saved yet: the caller writes it together with other rows."""
    title = title if len(title) <= TITLE_MAX else f"{title[: TITLE_MAX - 1]}…"
    said = {"title": title, "message": message, "url": url}
    return Notification(recipient=recipient, kind=kind, level=level, **said)
