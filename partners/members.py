"""Who works for a partner, and what that lets them do with what is the partner's."""

from django.contrib.auth.models import Permission
from django.db import transaction
from django.db.models import BigIntegerField, CharField, Exists, OuterRef, Q
from django.db.models.functions import Cast
from django.utils.translation import gettext as _
from guardian.models import GroupObjectPermission, UserObjectPermission
from guardian.shortcuts import assign_perm

from accounts import audit
from accounts.models import User
from accounts.permissions import LABEL
from eventify.lib.errors import Because, Conflict
from eventify.lib.personal import refusing_the_erased
from eventify.lib.prepared import Param
from partners.locking import lock_one
from partners.models import Member, Partner

_OWN_EVENTS = ("view_events", "manage_events", "check_in", "view_analytics")
# role of a member -> permissions on the partner
GRANTS = {
    Member.Role.ADMIN: (
        "view_partners",
        "manage_partners",
        *_OWN_EVENTS,
        "view_financials",
        "refund_orders",
        "manage_crew",
        "manage_integrations",
    ),
    Member.Role.MEMBER: ("view_partners", "view_events"),
    Member.Role.EVENT_MANAGER: ("view_partners", *_OWN_EVENTS, "manage_crew"),
    Member.Role.CREW_COORDINATOR: ("view_partners", "view_events", "manage_crew"),
    Member.Role.VOLUNTEER: (),
}


@refusing_the_erased()
@transaction.atomic
def add(partner: Partner, user: User, role: str, *, by: User | None) -> Member:
    """Make the user a member in this role (or change the role); the permissions count from the next request.

    Locks the partner. Conflict when its last administrator would become something else.
    """
    lock_one(partner)
    if role != Member.Role.ADMIN:
        _check_administrator_stays(partner, without=user)
    member, _created = Member.objects.update_or_create(partner=partner, user=user, defaults={"role": role})
    _grant(member)
    audit.record("ADDED_MEMBER", partner, by=by, user=str(user.uid), role=role)
    return member


def remove_other(member: Member, *, by: User) -> None:
    """As `remove`, for who looks after the organisation's people; Conflict for themself."""
    if member.user_id == by.pk:
        raise Conflict(Because("oneself", _("You cannot remove yourself. Ask another administrator.")))
    remove(member, by=by)


@transaction.atomic
def remove(member: Member, *, by: User | None) -> None:
    """Take the membership and its permissions away. Conflict for the last administrator. Locks the partner."""
    lock_one(member.partner)
    _check_administrator_stays(member.partner, without=member.user)
    _revoke(member)
    audit.record("REMOVED_MEMBER", member.partner, by=by, user=str(member.user.uid))
    member.delete()


def _check_administrator_stays(partner: Partner, *, without: User) -> None:
    administrators = list(partner.members.filter(role=Member.Role.ADMIN).values_list("user", flat=True)[:2])
    if administrators == [without.pk]:
        sentence = _("This is the last administrator. Make somebody else one first.")
        raise Conflict(Because("last_administrator", sentence))


def grant_missing() -> None:
    """Give members what their roles were given since they joined. Runs after each `migrate`; safe to run again."""
    for permission in Permission.objects.filter(
        content_type__app_label=LABEL, codename__in=set().union(*GRANTS.values())
    ):
        roles = [role for role, granted in GRANTS.items() if permission.codename in granted]
        has = UserObjectPermission.objects.filter(
            permission=permission, user=OuterRef("user"), object_pk=Cast(OuterRef("partner"), CharField())
        )
        lacking = Member.objects.filter(~Exists(has), role__in=roles)
        UserObjectPermission.objects.bulk_create(
            [
                UserObjectPermission(
                    permission=permission,
                    user_id=user,
                    object_pk=str(partner),
                    content_type_id=permission.content_type_id,
                )
                for user, partner in lacking.values_list("user", "partner")
            ],
            ignore_conflicts=True,
        )


def _grant(member: Member) -> None:
    _revoke(member)
    for permission in GRANTS[Member.Role(member.role)]:
        assign_perm(permission, member.user, member.partner)


def _revoke(member: Member) -> None:
    UserObjectPermission.objects.filter(
        user=member.user, object_pk=str(member.partner_id), content_type__app_label=LABEL
    ).delete()


def partners_where(user: User, permission: str):
    """The partners on which the user holds `permission`: all of them when it is held globally."""
    if user.can(permission):
        return Partner.objects.all()
    return Partner.objects.filter(granted(user.pk, permission))


def granted(user: int | Param, *permissions: str, partner: str = "pk") -> Q:
    """Whether a row's partner (`partner` is the way to it) is one on which the user was given one of the permissions,
    as guardian keeps them. Nobody's role is asked, not even a Super Admin's, whose two-factor may be lacking.
    """
    kind = {"content_type__app_label": LABEL, "content_type__model": Partner._meta.model_name}
    wanted, key = {**kind, "permission__codename__in": permissions}, Cast("object_pk", BigIntegerField())
    own = UserObjectPermission.objects.filter(user=user, **wanted).values(partner_pk=key)
    by_group = GroupObjectPermission.objects.filter(group__user=user, **wanted).values(partner_pk=key)
    return Q(**{f"{partner}__in": own}) | Q(**{f"{partner}__in": by_group})


def home_of(user: User, permission: str) -> Partner | None:
    """The partner that what the user makes belongs to: the house for staff, else the first they may act for."""
    if user.can(permission):
        return Partner.objects.get(is_house=True)
    return partners_where(user, permission).order_by("pk").first()
