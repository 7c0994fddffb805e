"""Reading what one was told."""

from uuid import UUID

from accounts.models import Notification, User
from eventify.lib.errors import Missing


def mark_read(user: User, uid: UUID) -> Notification:
    """Mark one of the user's own notifications as read; Missing when they have none of this uid."""
    notification = user.notifications.filter(uid=uid).first()
    if notification is None:
        raise Missing
    if not notification.is_read:
        notification.is_read = True
        notification.save(update_fields=["is_read", "updated_at"])
    return notification


def mark_all_read(user: User) -> int:
    """Mark all of the user's notifications as read; returns how many were not."""
    return user.notifications.filter(is_read=False).update(is_read=True)
