"""What staff do to an account: close it, open it again, give it another address or another role."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import audit, bans, roles, sessions, signup
from accounts.models import Role, User
from accounts.permissions import SUPER_ADMIN
from eventify.lib.errors import Conflict, Forbidden


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


def set_role(user: User, word: str, *, by: User) -> None:
    """Make the user a Super Admin ("admin") or take the staff role away ("user"); staff of any role are "admin".

    Forbidden unless a Super Admin makes or unmakes one.
    """
    if word == ("admin" if user.is_staff else "user"):
        return
    if word == "admin" and not by.is_superuser:
        raise Forbidden(_("Only a Super Admin may make somebody an admin."))
    roles.assign(user, Role.objects.get(name=SUPER_ADMIN) if word == "admin" else None, by=by)


def set_email(user: User, email: str) -> None:
    """Give the user another address. Invalid, or Taken when somebody has it."""
    email = signup.clean_email(email)
    if email == user.email:
        return
    signup.check_free(email=email, but=user)
    user.email, user.email_confirmed_at = email, None
    try:
        with transaction.atomic():
            user.save(update_fields=["email", "email_confirmed_at", "updated_at"])
    except IntegrityError:  # somebody took it between the check and now
        raise signup.Taken({"email": [_("Email is already registered.")]}) from None
