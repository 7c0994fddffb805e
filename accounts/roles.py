"""Staff roles: who has which, and keeping at least one Super Admin."""

from django.contrib.auth.models import Permission
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Role, User
from accounts.permissions import DEFAULT_ROLES, LABEL, SUPER_ADMIN
from eventify.lib.errors import Conflict, Forbidden


def ensure_defaults() -> None:
    """Make the default roles that do not exist yet; a role that staff have edited stays as it is."""
    missing = DEFAULT_ROLES.keys() - set(Role.objects.values_list("name", flat=True))
    for name in sorted(missing):
        description, permissions, is_system = DEFAULT_ROLES[name]
        role = Role.objects.create(name=name, description=description, is_system=is_system)
        role.permissions.set(Permission.objects.filter(content_type__app_label=LABEL, codename__in=permissions))


@transaction.atomic
def assign(user: User, role: Role | None, *, by: User | None) -> User:
    """Give the user exactly this staff role (None takes staff access away). It counts from the next request.

    Locks the Super Admin role, then the user. Conflict when somebody demotes themselves or the last Super Admin;
    Forbidden when somebody who is no Super Admin makes one.
    """
    super_admin = Role.objects.select_for_update().get(name=SUPER_ADMIN)
    if role and role.pk == super_admin.pk and by and not by.is_superuser:
        raise Forbidden(_("Only a Super Admin may make a Super Admin."))
    user.refresh_from_db(from_queryset=User.objects.select_for_update(no_key=True))
    if user.is_superuser and (role is None or role.pk != super_admin.pk):
        _check_demotion(user, by)
    user.groups.set([role] if role else [])
    user.is_staff = role is not None
    user.is_superuser = role is not None and role.pk == super_admin.pk
    user.save(update_fields=["is_staff", "is_superuser", "updated_at"])
    audit.record("ASSIGNED_ROLE", user, by=by, role=role.name if role else None)
    return user


def _check_demotion(user: User, by: User | None) -> None:
    if by and by.pk == user.pk:
        raise Conflict(_("You cannot take your own Super Admin role away. Ask another Super Admin."))
    others = User.objects.filter(is_superuser=True, is_active=True, banned_at=None).exclude(pk=user.pk)
    if not others.exists():
        raise Conflict(_("This is the last Super Admin. Make another one first."))
