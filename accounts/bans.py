"""Keeping a person out, and letting them in again."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, sessions
from accounts.models import User
from eventify.lib.errors import Because, Conflict, Forbidden


@transaction.atomic
def ban(user: User, *, reason: str, by: User) -> User:
    """Ban the user and end all their sessions at once. Locks the user.

    Conflict for oneself or a Super Admin, Forbidden for staff when one may not manage staff.
    """
    user.refresh_from_db(from_queryset=User.objects.select_for_update(no_key=True))
    if user.pk == by.pk or user.is_superuser:
        rule = "own_account" if user.pk == by.pk else "super_admin"
        raise Conflict(Because(rule, _("You cannot ban yourself or a Super Admin.")))
    if user.is_staff and not by.can("manage_staff"):
        raise Forbidden(Because("staff", _("You may not ban a member of staff.")))
    user.banned_at, user.ban_reason = timezone.now(), reason
    user.save(update_fields=["banned_at", "ban_reason", "updated_at"])
    sessions.end_all(user)
    audit.record("BANNED_USER", user, by=by, reason=reason)
    return user


@transaction.atomic
def unban(user: User, *, by: User) -> User:
    """Let a banned user in again. Conflict for who was erased."""
    if user.is_erased:
        raise Conflict(_("This person was erased. There is nobody who could come in again."))
    user.banned_at, user.ban_reason = None, ""
    user.save(update_fields=["banned_at", "ban_reason", "updated_at"])
    audit.record("UNBANNED_USER", user, by=by)
    return user
