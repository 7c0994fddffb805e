"""The team: staff, their roles, and what a role may do."""

import django_filters
from django.db.models import Count, Q
from django.utils.translation import gettext as _
from rest_framework import serializers

from accounts import roles
from accounts.models import AuditLog, Role, User
from accounts.permissions import IDS
from eventify.contracts.api_v1 import View, listing, ok
from eventify.contracts.command_center import shapes
from eventify.contracts.command_center.filters import Sort, Words
from eventify.contracts.fields import Body, Choice, Secret, Text, Uid, read
from eventify.contracts.finding import one
from eventify.contracts.lists import filtered
from eventify.contracts.needs import staff
from eventify.lib.errors import Invalid

PER_PAGE = 100  # roles of a page: there are few, and forms offer all of them


# --- Staff --------------------------------------------------------------------------------------------


class NewStaff(Body):
    """Somebody who joins the team. Without a password they get a mail to choose one."""

    email = Text(max_length=254)
    full_name = Text(max_length=200)
    role_id = Uid()
    password = Secret(required=False, allow_null=True)


class RoleChoice(Body):
    """The role to have from now on."""

    role_id = Uid()


class StaffFilters(django_filters.FilterSet):
    """The filters of the staff."""

    search = django_filters.CharFilter(method="search_for", max_length=200)
    status = Words((shapes.ACTIVE, shapes.INACTIVE), method="having")
    role_id = django_filters.UUIDFilter(field_name="groups__role__uid")
    sort = Sort(fields=["full_name", "email", "last_active_at", "created_at"])

    def search_for(self, users, name, value):
        return users.filter(Q(email__icontains=value) | Q(full_name__icontains=value))

    def having(self, users, name, value):
        active = Q(is_staff=True, is_active=True, banned_at=None)
        return users.filter(active if value == shapes.ACTIVE else ~active)


class Staff(View):
    """GET the team, newest first; POST makes an account for somebody who joins it."""

    needs = {"GET": staff("manage_staff"), "POST": staff("manage_staff", fresh=True)}

    def get(self, request):
        return listing(request, filtered(StaffFilters, request, team().order_by("-id")), shapes.staff)

    def post(self, request):
        asked = read(request, NewStaff)
        role = _chosen_role(asked.pop("role_id"))
        user = roles.create_staff(role=role, by=request.user, **{**asked, "password": asked.get("password") or ""})
        return ok(shapes.staff(team().get(pk=user.pk)), status=201)


class StaffMember(View):
    """DELETE: revoke somebody's access; their row stays."""

    needs = {"DELETE": staff("manage_staff", fresh=True)}

    def delete(self, request, id):
        user = one(team(), id)
        roles.revoke(user, by=request.user)
        return ok(shapes.staff(team().get(pk=user.pk)))


class StaffRole(View):
    """PATCH: give somebody a role; whoever has an account joins the team by it."""

    needs = {"PATCH": staff("manage_staff", fresh=True)}

    def patch(self, request, id):
        user = one(User.objects, id)
        roles.assign(user, _chosen_role(read(request, RoleChoice)["role_id"]), by=request.user)
        return ok(shapes.staff(team().get(pk=user.pk)))


def team():
    """The members of staff, and those whose access was revoked, with their roles."""
    former = AuditLog.objects.filter(action="REVOKED_STAFF").values("target_uid")
    return User.objects.filter(Q(is_staff=True) | Q(uid__in=former)).prefetch_related("groups__role")


def _chosen_role(uid) -> Role:
    role = Role.objects.filter(uid=uid).first()
    if role is None:
        raise Invalid.field("role_id", _("There is no such role."))
    return role


# --- Roles --------------------------------------------------------------------------------------------


class NewRole(Body):
    """A role starts without permissions."""

    name = Text(max_length=150)
    description = Text(max_length=500, required=False, allow_blank=True)


class PermissionSet(Body):
    """All that the role may do from now on."""

    permissions = serializers.ListField(child=Choice(IDS), allow_empty=True, max_length=len(IDS))


class Roles(View):
    """GET the roles, oldest first; POST makes one."""

    needs = {"GET": staff("manage_staff", "manage_roles"), "POST": staff("manage_roles", fresh=True)}

    def get(self, request):
        return listing(request, all_roles().order_by("id"), shapes.role, per_page=PER_PAGE)

    def post(self, request):
        role = roles.create(**{"description": "", **read(request, NewRole)}, by=request.user)
        return ok(shapes.role(all_roles().get(pk=role.pk)), status=201)


class RoleDetail(View):
    """DELETE a role that nobody has and that is no system role."""

    needs = {"DELETE": staff("manage_roles", fresh=True)}

    def delete(self, request, id):
        roles.delete(one(Role.objects, id), by=request.user)
        return ok()


class RolePermissions(View):
    """PUT: replace what a role may do; it counts from its holders' next request."""

    needs = {"PUT": staff("manage_roles", fresh=True)}

    def put(self, request, id):
        role = one(Role.objects, id)
        roles.set_permissions(role, read(request, PermissionSet)["permissions"], by=request.user)
        return ok(shapes.role(all_roles().get(pk=role.pk)))


class Permissions(View):
    """GET the catalogue, grouped."""

    needs = {"GET": staff("manage_staff", "manage_roles")}

    def get(self, request):
        return ok(shapes.permission_groups())


def all_roles():
    """The roles with their permissions and how many hold them."""
    return Role.objects.prefetch_related("permissions").annotate(users_count=Count("user"))
