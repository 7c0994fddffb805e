"""Staff roles: what each may do, who has which, and keeping at least one Super Admin.

Nobody hands out what they do not hold themselves, neither through a role's permissions nor by giving somebody a role;
only Super Admins hold everything. All of it counts from the next request.
"""

from typing import NamedTuple

from django.contrib.auth.models import Permission
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import audit, mail, password_links, sessions, signup
from accounts.backends import is_text
from accounts.models import Role, User
from accounts.permissions import DEFAULT_ROLES, IDS, LABEL, NAMES, SUPER_ADMIN
from eventify.lib.errors import Because, Conflict, Forbidden, Invalid

NAME_MAX = 150  # characters
DESCRIPTION_MAX = 500


def ensure_defaults() -> None:
    """Make the default roles that do not exist yet; a role that staff have edited stays as it is."""
    missing = DEFAULT_ROLES.keys() - set(Role.objects.values_list("name", flat=True))
    for name in sorted(missing):
        description, permissions, is_system = DEFAULT_ROLES[name]
        role = Role.objects.create(name=name, description=description, is_system=is_system)
        role.permissions.set(_rows(permissions))


# --- What a role may do ---------------------------------------------------------------------------------


def permissions_of(role: Role) -> list[str]:
    """The ids of the role's permissions, in the order of the catalogue."""
    held = {permission.codename for permission in role.permissions.all()}
    return [permission for permission in IDS if permission in held]


@transaction.atomic
def create(name: str, description: str = "", *, by: User | None) -> Role:
    """A role without permissions. Invalid for a bad name or description, Conflict for a name that exists."""
    name = _clean("name", name, NAME_MAX, needed=True)
    description = _clean("description", description, DESCRIPTION_MAX)
    try:
        with transaction.atomic():
            if Role.objects.filter(name__iexact=name).exists():
                raise IntegrityError
            role = Role.objects.create(name=name, description=description)
    except IntegrityError:
        sentence = _("There is a role of this name already. Choose another name.")
        raise Conflict(Because("name_taken", sentence)) from None
    audit.record("CREATED_ROLE", role, by=by, after={"name": name, "description": description})
    return role


@transaction.atomic
def change(role: Role, *, by: User | None, description: str | None = None, requires_two_factor: bool | None = None):
    """Change the role's description, or whether it demands two-factor; returns the role. Locks it.

    Conflict for the Super Admin role's description; whether that role demands two-factor only a Super Admin decides.
    """
    role = lock(role)
    if role.name == SUPER_ADMIN and description is not None and description != role.description:
        raise _immutable()
    if role.name == SUPER_ADMIN and by and not by.is_superuser:
        raise Forbidden(_("Only a Super Admin may change this role."))
    wanted = {"requires_two_factor": requires_two_factor}
    if description is not None:
        wanted["description"] = _clean("description", description, DESCRIPTION_MAX)
    changes = {name: value for name, value in wanted.items() if value is not None and value != getattr(role, name)}
    before = {name: getattr(role, name) for name in changes}
    for name, value in changes.items():
        setattr(role, name, value)
    if changes:
        role.save(update_fields=list(changes))
        audit.record("CHANGED_ROLE", role, by=by, before=before, after=changes)
    return role


@transaction.atomic
def set_permissions(role: Role, ids: list[str], *, by: User | None) -> Role:
    """Give the role exactly these permissions; returns it. Locks it.

    Conflict for the Super Admin role, Invalid for an unknown id, Forbidden to add what `by` does not hold.
    """
    role = lock(role)
    if role.name == SUPER_ADMIN:
        raise _immutable()
    unknown = [one for one in ids if one not in IDS]
    if unknown:
        sentence = _("There is no permission %(id)s.") % {"id": ascii(unknown[0])[:60]}
        raise Invalid.field("permissions", sentence)
    before, after = permissions_of(role), [one for one in IDS if one in set(ids)]
    _check_held(by, set(after) - set(before))
    if before == after:
        return role
    role.permissions.set(_rows(after))
    audit.record(
        "CHANGED_ROLE", role, by=by, before={"permissions": before}, after={"permissions": after},
        gained=[one for one in after if one not in before], lost=[one for one in before if one not in after],
        people=role.user_set.count(),
    )  # fmt: skip
    return Role.objects.get(pk=role.pk)


class Changed(NamedTuple):
    """What a role held, or demanded, before and after."""

    before: object
    after: object


@transaction.atomic
def choose_permissions(role: Role, ids: list[str], *, by: User) -> Changed:
    """`set_permissions` for somebody who ticked them: Conflict also when nothing would change."""
    before = permissions_of(lock(role))
    after = permissions_of(set_permissions(role, ids, by=by))
    if before == after:
        raise Conflict(Because("no_change", _("Nothing would change. Tick or untick a permission first.")))
    return Changed(before, after)


@transaction.atomic
def demand_two_factor(role: Role, is_demanded: bool, *, by: User) -> Changed:
    """Demand two-factor of who has the role, or no longer: `change`, and Conflict when it is so already."""
    before = lock(role).requires_two_factor
    after = change(role, requires_two_factor=is_demanded, by=by).requires_two_factor
    if before == after:
        raise Conflict(Because("no_change", _("It is so already. Nothing would change.")))
    return Changed(before, after)


@transaction.atomic
def delete(role: Role, *, by: User | None) -> None:
    """Delete the role. Conflict for a system role and for one that somebody has. Locks it."""
    role = lock(role)
    if role.is_system:
        raise Conflict(Because("system_role", _("This role is part of the system and cannot be deleted.")))
    if role.user_set.exists():
        raise Conflict(Because("role_held", _("Somebody has this role. Give them another one first.")))
    before = {"name": role.name, "permissions": permissions_of(role)}
    audit.record("DELETED_ROLE", role, by=by, before=before)
    role.delete()


def lock(role: Role) -> Role:
    """The role as it is now, locked. Conflict when somebody has deleted it."""
    found = Role.objects.select_for_update().filter(pk=role.pk).first()
    if found is None:
        raise Conflict(_("This role was deleted. Choose another one."))
    return found


def _immutable() -> Conflict:
    return Conflict(Because("super_admin", _("The Super Admin role may do everything and stays as it is.")))


def may_hand_out(by: User, role: Role) -> bool:
    """Whether `by` holds all that the role gives."""
    return by.is_superuser or (role.name != SUPER_ADMIN and all(by.can(one) for one in permissions_of(role)))


def _check_held(by: User | None, ids: set[str]) -> None:
    if by is None or by.is_superuser:
        return
    for one in IDS:
        if one in ids and not by.can(one):
            sentence = _("You cannot hand out “%(permission)s”, which you do not hold yourself.")
            raise Forbidden(sentence % {"permission": _(NAMES[one])})


def _rows(ids):
    return Permission.objects.filter(content_type__app_label=LABEL, codename__in=ids)


def _clean(field: str, text: str, most: int, *, needed: bool = False) -> str:
    text = text.strip() if is_text(text) else None
    if text is None or len(text) > most or (needed and not text):
        raise Invalid.field(field, _("Use between 1 and %(most)s characters.") % {"most": most})
    return text


# --- Who has which --------------------------------------------------------------------------------------


@transaction.atomic
def create_staff(email: str, full_name: str, role: Role, password: str = "", *, by: User) -> User:
    """A new member of staff in this role; without a password they are mailed a link to choose one.

    Raises what `signup.register` and `assign` raise; Taken for an address that has an account: give that one the role.
    """
    user = signup.register(email=email, password=password or sessions.unguessable(), full_name=full_name)
    assign(user, role, by=by)
    if not password:
        user.set_unusable_password()
        user.save(update_fields=["password", "updated_at"])
        invite(user, by=by)
    return user


def invite(user: User, *, by: User) -> None:
    """Mail a link to choose a password: once for a new member of staff, again when the first one was lost.

    Conflict for somebody who has a password already.
    """
    user = User.objects.get(pk=user.pk)
    if user.has_usable_password():
        raise Conflict(Because("has_password", _("This person has a password already.")))
    link = password_links.path_for(user)
    inviter = by.full_name or by.email
    mail.queue("staff_invited", user.email, name=user.first_name, inviter=inviter, path=link, role=str(user.role))


@transaction.atomic
def assign(user: User, role: Role | None, *, by: User | None) -> User:
    """Give the user exactly this staff role (None takes staff access away). It counts from the next request.

    Locks the Super Admin role, the new role, then the user. Conflict when somebody changes their own role or demotes
    the last Super Admin; Forbidden when somebody hands out what they do not hold, or changes a Super Admin and is none.
    """
    super_admin = Role.objects.select_for_update().get(name=SUPER_ADMIN)
    role = role and lock(role)
    user.refresh_from_db(from_queryset=User.objects.select_for_update(no_key=True))
    before = user.role
    if user.is_superuser and (role is None or role.pk != super_admin.pk):
        _check_demotion(user, by)
    _check_may_assign(user, before, role, by)
    user.groups.set([role] if role else [])
    user.is_staff = role is not None
    user.is_superuser = role is not None and role.pk == super_admin.pk
    user.save(update_fields=["is_staff", "is_superuser", "updated_at"])
    user.__dict__.pop("lacks_two_factor", None)
    audit.record("ASSIGNED_ROLE", user, by=by, before={"role": _name(before)}, after={"role": _name(role)})
    return user


@transaction.atomic
def revoke(user: User, *, by: User) -> User:
    """Take staff access away and end every session; the account stays, as anybody's. Locks and raises as `assign`.

    Conflict for somebody who is no member of staff.
    """
    user = User.objects.get(pk=user.pk)
    if user.pk == by.pk:
        raise Conflict(Because("own_account", _("You cannot take your own access away. Ask somebody else.")))
    if not user.is_staff:
        raise Conflict(_("This person is no member of staff."))
    assign(user, None, by=by)
    sessions.end_all(user)
    audit.record("REVOKED_STAFF", user, by=by)
    return user


def _name(role: Role | None) -> str | None:
    return role.name if role else None


def _check_demotion(user: User, by: User | None) -> None:
    if by and by.pk == user.pk:
        raise Conflict(_("You cannot take your own Super Admin role away. Ask another Super Admin."))
    others = User.objects.filter(is_superuser=True, is_active=True, banned_at=None).exclude(pk=user.pk)
    if not others.exists():
        raise Conflict(Because("last_super_admin", _("This is the last Super Admin. Make another one first.")))


def _check_may_assign(user: User, before: Role | None, role: Role | None, by: User | None) -> None:
    if by is None or by.is_superuser:
        return
    if user.is_superuser:
        raise Forbidden(_("Only a Super Admin may change the account of a Super Admin."))
    if role and role.name == SUPER_ADMIN:
        raise Forbidden(_("Only a Super Admin may make a Super Admin."))
    if user.pk == by.pk and role != before:
        raise Conflict(Because("own_account", _("You cannot change your own role. Ask somebody else.")))
    if role:
        _check_held(by, set(permissions_of(role)) - set(permissions_of(before) if before == role else ()))
