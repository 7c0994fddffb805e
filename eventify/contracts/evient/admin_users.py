"""The administration's users. They are never deleted: their orders stay; the account is closed."""

import django_filters
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from rest_framework import serializers

from accounts import audit, closing, roles, signup, step_up
from accounts.models import Role, User
from accounts.permissions import SUPER_ADMIN
from eventify.contracts.evient import rows, shapes
from eventify.contracts.evient.conventions import View, listing, ok
from eventify.contracts.fields import Body, Choice, Link, Secret, Text, read
from eventify.contracts.lists import filtered
from eventify.contracts.needs import staff
from eventify.lib.errors import Forbidden

ROLES = ("user", "admin")
_SENSITIVE = {"email", "password"}  # whoever sets these can become that person; roles see to themselves
_OPENING = {"is_active"}  # what a holder of ban_users alone may write


class UserChange(Body):
    """The fields of an account that staff may write."""

    ignored = frozenset({"id", "created_at", "updated_at", "user"})
    email = Text(max_length=254, required=False)
    password = Secret(required=False)
    full_name = Text(max_length=200, required=False, allow_blank=True)
    avatar_url = Link()
    role = Choice(ROLES, required=False)
    is_active = serializers.BooleanField(required=False)


class NewUser(UserChange):
    """An account needs an address and a password."""

    email = Text(max_length=254)
    password = Secret()


class UserFilters(django_filters.FilterSet):
    """The filters of the administration's users."""

    search = django_filters.CharFilter(method="search_for")
    role = django_filters.ChoiceFilter(choices=[(word, word) for word in ROLES], method="in_role")
    status = django_filters.ChoiceFilter(
        choices=[(word, word) for word in ("active", "inactive", "banned")], method="having"
    )

    def search_for(self, users, name, value):
        return users.filter(Q(email__icontains=value) | Q(full_name__icontains=value))

    def in_role(self, users, name, value):
        return users.filter(is_staff=value == "admin")

    def having(self, users, name, value):
        questions = {
            "active": Q(is_active=True, banned_at=None),
            "inactive": Q(is_active=False),
            "banned": Q(banned_at__isnull=False),
        }
        return users.filter(questions[value])


class Users(View):
    """GET all users, newest first; POST makes one."""

    needs = {"GET": staff("view_users"), "POST": staff("manage_staff")}

    def get(self, request):
        users = User.objects.filter(is_guest=False).order_by("-id")
        return listing(request, filtered(UserFilters, request, users), shapes.user)

    @transaction.atomic
    def post(self, request):
        asked = read(request, NewUser)
        role, is_active = asked.pop("role", "user"), asked.pop("is_active", True)
        user = signup.register(**{name: value or "" for name, value in asked.items()})
        audit.record("CREATED_USER", user, by=request.user)
        _set_role(user, role, request)
        closing.set_open(user, is_active, by=request.user)
        return ok(shapes.person(user), _("The user is created."), status=201)


class UserDetail(View):
    """GET, PUT (some fields) or DELETE (close) one user."""

    needs = {"GET": staff("view_users"), "PUT": staff("manage_staff", "ban_users"), "DELETE": staff("manage_staff")}

    def get(self, request, id):
        return ok(shapes.person(rows.one(User.objects, id)))

    @transaction.atomic
    def put(self, request, id):
        user = rows.one(User.objects, id)
        _check_fields(request)
        closing.check_may_change(user, request.user)
        asked = read(request, UserChange, partial=True)
        if asked.keys() & _SENSITIVE:
            step_up.check(request)
        _change(user, asked, request)
        return ok(shapes.person(user), _("The user is saved."))

    def delete(self, request, id):
        user = rows.one(User.objects, id)
        closing.check_may_change(user, request.user)
        closing.set_open(user, False, by=request.user)
        return ok(shapes.person(user), _("The account is closed."))


def _set_role(user: User, word: str, request) -> None:
    """Make the user a Super Admin ("admin") or take the staff role away ("user"); staff of any role are "admin"."""
    if word != ("admin" if user.is_staff else "user"):
        step_up.check(request)
        roles.assign(user, Role.objects.get(name=SUPER_ADMIN) if word == "admin" else None, by=request.user)


def _check_fields(request) -> None:
    """Forbidden when somebody who may only open and close accounts writes more than that."""
    written = set(request.data) - UserChange.ignored if isinstance(request.data, dict) else set()
    if written - _OPENING and not request.user.can("manage_staff"):
        raise Forbidden(_("You may only change is_active."))


def _change(user: User, asked: dict, request) -> None:
    """Apply what is asked, each through its own verb, in the caller's transaction."""
    names = sorted(asked)
    if "email" in asked:
        signup.change_email(user, asked.pop("email"))
    if "role" in asked:
        _set_role(user, asked.pop("role"), request)
    if "password" in asked:
        signup.set_password(user, asked.pop("password"))
    if "is_active" in asked:
        closing.set_open(user, asked.pop("is_active"), by=request.user)
    if asked:
        signup.change_profile(user, **{name: value or "" for name, value in asked.items()})
    audit.record("CHANGED_USER", user, by=request.user, fields=names)
