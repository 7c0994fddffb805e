"""Closing an account, opening it again, and who may touch whose."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit, bans, sessions
from accounts.models import Role, User
from accounts.permissions import SUPER_ADMIN
from eventify.lib.errors import Because, Conflict, Forbidden, Invalid

REASON_MAX = 500  # characters


def check_may_change(user: User, by: User) -> None:
    """Forbidden when a Super Admin's account is changed by somebody who is none: it would make them one."""
    if user.is_superuser and not by.is_superuser:
        raise Forbidden(_("Only a Super Admin may change the account of a Super Admin."))


def set_open(user: User, is_open: bool, *, by: User) -> None:
    """Close the account (its sessions end at once), or open it again, which also lifts a ban."""
    if is_open == (user.is_active and not user.is_banned):
        return
    if not is_open:
        close(user, by=by)
        return
    if user.is_erased:
        raise Conflict(_("This person was erased. There is nobody who could come in again."))
    if user.is_banned:
        bans.unban(user, by=by)
    _set_active(user, True)
    audit.record("OPENED_ACCOUNT", user, by=by)


@transaction.atomic
def close(user: User, *, by: User) -> None:
    """Close the account and end its sessions; its rows stay. Conflict for the own account.

    Locks the Super Admin role, so that two Super Admins cannot close each other at once.
    """
    if user.pk == by.pk:
        raise Conflict(_("You cannot close your own account."))
    if user.is_staff and not by.can("manage_staff"):
        raise Forbidden(_("You may not close the account of a member of staff."))
    Role.objects.select_for_update().get(name=SUPER_ADMIN)
    if not User.objects.filter(pk=by.pk, is_active=True, banned_at=None).exists():
        raise Forbidden
    _set_active(user, False)
    sessions.end_all(user)
    audit.record("CLOSED_ACCOUNT", user, by=by)


def _set_active(user: User, is_active: bool) -> None:
    user.is_active = is_active
    user.save(update_fields=["is_active", "updated_at"])


@transaction.atomic
def end_sessions(user: User, *, reason: str, by: User) -> int:
    """Log somebody else out everywhere: every session and app token ends; audited. They may log in again.

    Returns how many ended. Invalid without a reason; Conflict for the own account; Forbidden for staff when one may not
    manage staff, and for a Super Admin when one is none.
    """
    reason = reason.strip()
    if not 0 < len(reason) <= REASON_MAX:
        raise Invalid.field("reason", _("Say why, in at most %(most)s characters.") % {"most": REASON_MAX})
    check_may_change(user, by)
    if user.pk == by.pk:
        raise Conflict(Because("own_account", _("End your own log-ins under your account's security.")))
    if user.is_staff and not by.can("manage_staff"):
        raise Forbidden(_("You may not log out a member of staff."))
    ended = user.sessions.filter(ended_at=None).count() + user.device_tokens.count()
    sessions.end_all(user)
    audit.record("ENDED_SESSIONS", user, by=by, reason=reason, sessions=ended)
    return ended
