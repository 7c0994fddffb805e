"""Why not? What staff can ask about people and roles, and everybody about their own two-factor."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from accounts import bans, closing, roles, two_factor
from accounts.explaining import FIXES, Action, Fix, Input, found, need, one_of
from accounts.models import Role, User
from eventify.lib.errors import Forbidden, Invalid, Missing

BAN, STAFF, ROLES, RESET = "ban_users", "manage_staff", "manage_roles", "reset_2fa"
_FIXES = {
    **FIXES,
    "own_account": Fix(gettext_lazy("Ask somebody else who may do this.")),
    "role_held": Fix(
        gettext_lazy("Give those who have it another role."), lambda row: f"/command-center/roles/{row.uid}/"
    ),
}


def _person(asker: User | None, text: str) -> User:
    """A person whom the asker's pages show: anybody to who may see, ban or reset them, staff to who manages staff."""
    if asker is None:
        raise Missing
    if any(asker.can(one) for one in ("view_users", BAN, RESET)):
        return found(User.objects.all(), text)
    return found(User.objects.filter(is_staff=True) if asker.can(STAFF) else User.objects.none(), text)


def _ban(user: User, *, by: User) -> None:
    need(by, BAN)
    bans.ban(user, reason="-", by=by)


def _unban(user: User, *, by: User) -> None:
    need(by, BAN)
    bans.unban(user, by=by)


def _log_out(user: User, *, by: User) -> None:
    need(by, BAN)
    closing.end_sessions(user, reason="-", by=by)


def _reset_two_factor(user: User, *, by: User) -> None:
    need(by, RESET)
    two_factor.reset(user, reason="-", by=by)


def _invite_again(user: User, *, by: User) -> None:
    need(by, STAFF)
    if not user.is_staff:
        raise Missing
    roles.invite(user, by=by)


def _take_access(user: User, *, by: User) -> None:
    need(by, STAFF)
    roles.revoke(user, by=by)


def _role(asker: User | None, text: str) -> Role:
    return found(Role.objects.all() if asker and (asker.can(STAFF) or asker.can(ROLES)) else Role.objects.none(), text)


def _change_role(
    role: Role, *, by: User, permissions: tuple[str, ...] | None = None, two_factor: bool | None = None
) -> None:
    """Exactly these permissions, or whether it demands two-factor; with neither, its description."""
    need(by, ROLES)
    if two_factor is not None:
        roles.demand_two_factor(role, two_factor, by=by)
    elif permissions is not None:
        roles.choose_permissions(role, list(permissions), by=by)
    else:
        roles.change(role, description="" if role.description else "-", by=by)


def _delete_role(role: Role, *, by: User) -> None:
    need(by, ROLES)
    roles.delete(role, by=by)


def _give_role(user: User, *, by: User, role: Role | None = None) -> None:
    need(by, STAFF)
    if role is None:
        raise Invalid.field("role", _("Say which role."))
    roles.assign(user, role, by=by)


def _named(text: str) -> Role:
    """The role of this uid; ValueError for none."""
    try:
        return found(Role.objects.all(), text)
    except Missing:
        raise ValueError(text) from None


def _oneself(asker: User | None, text: str) -> User:
    return found(User.objects.filter(pk=asker.pk) if asker else User.objects.none(), text)


_TWO_FACTOR = {
    "begin": lambda user, by: two_factor.begin(user),
    "off": two_factor.disable,
    "codes": two_factor.new_recovery_codes,
}


def _change_two_factor(user: User, *, by: User, act: str = "begin") -> None:
    if user.pk != by.pk:  # staff who ask for somebody else
        raise Forbidden
    _TWO_FACTOR[act](user, by=by)


def _names(text: str) -> tuple[str, ...]:
    """The ids with commas between them; a comma alone is none."""
    return tuple(one for one in text.split(",") if one)


def _yes(text: str) -> bool:
    """Whether it says yes; ValueError for neither yes nor no."""
    return ("no", "yes").index(text) == 1


_USER = gettext_noop("the uid of a user")
ACTIONS = (
    Action("ban_user", gettext_lazy("Ban somebody"), _USER, _person, _ban, fixes=_FIXES),
    Action("unban_user", gettext_lazy("Let somebody in again"), _USER, _person, _unban, fixes=_FIXES),
    Action("give_role", gettext_lazy("Give somebody a role"), _USER, _person, _give_role,
           (Input("role", _named, "the uid of a role"),), fresh=True,
           fixes=_FIXES),
    Action("take_access", gettext_lazy("Take somebody's access away"), _USER, _person, _take_access, fresh=True,
           fixes=_FIXES),
    Action("change_two_factor", gettext_lazy("Change one's own two-factor"), _USER, _oneself, _change_two_factor,
           (Input("act", one_of(*_TWO_FACTOR), "begin (default), off or codes"),), fresh=True, fixes=_FIXES),
    Action("log_out_user", gettext_lazy("Log somebody out everywhere"), _USER, _person, _log_out, fixes=_FIXES),
    Action("reset_two_factor", gettext_lazy("Reset somebody's two-factor"), _USER, _person, _reset_two_factor,
           fresh=True, fixes=_FIXES),
    Action("invite_staff_again", gettext_lazy("Invite a member of staff again"), _USER, _person, _invite_again,
           fresh=True, fixes=_FIXES),
    Action("change_role", gettext_lazy("Change a role"), gettext_noop("the uid of a role"), _role, _change_role,
           (Input("permissions", _names, "ids with commas between them: all that it holds then", 2000),
            Input("two_factor", _yes, "yes or no: whether it demands two-factor")), fresh=True, fixes=_FIXES),
    Action("delete_role", gettext_lazy("Delete a role"), gettext_noop("the uid of a role"), _role, _delete_role,
           fresh=True, fixes=_FIXES),
)  # fmt: skip
