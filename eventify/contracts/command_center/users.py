"""The users of the shop: finding them, keeping them out, and helping those who lost their second factor."""

import django_filters
from django.db.models import Q, QuerySet
from rest_framework.response import Response

from accounts import bans, two_factor
from accounts.models import User
from bookings import spent
from eventify.contracts.api_v1 import View, listing, ok
from eventify.contracts.command_center import shapes
from eventify.contracts.command_center.filters import Since, Sort, Until, Words
from eventify.contracts.fields import Body, Text, read
from eventify.contracts.finding import one
from eventify.contracts.lists import filtered
from eventify.contracts.needs import staff


class Reason(Body):
    """Why; the audit log keeps it."""

    reason = Text(max_length=500)


class UserFilters(django_filters.FilterSet):
    """The filters of the users."""

    search = django_filters.CharFilter(method="search_for", max_length=200)
    status = Words((shapes.ACTIVE, shapes.BANNED), method="having")
    date_from = Since(field_name="created_at")
    date_to = Until(field_name="created_at")
    sort = Sort(fields=["created_at", "total_spent", "full_name", "email", "last_active_at"])

    def search_for(self, users, name, value):
        return users.filter(
            Q(email__icontains=value) | Q(full_name__icontains=value) | Q(phone__startswith=value.replace(" ", ""))
        )

    def having(self, users, name, value):
        return users.filter(banned_at__isnull=value == shapes.ACTIVE)


def _users() -> QuerySet[User]:
    return spent.with_currencies(User.objects.all())


def _shown(user: User) -> Response:
    return ok(shapes.end_user(_users().get(pk=user.pk)))


class Users(View):
    """GET the users that are not staff, newest first."""

    needs = {"GET": staff("view_users")}

    def get(self, request):
        users = _users().filter(is_staff=False, is_guest=False).order_by("-id")
        return listing(request, filtered(UserFilters, request, users), shapes.end_user)


class Ban(View):
    """POST: keep somebody out. It ends every token of theirs at once."""

    needs = {"POST": staff("ban_users")}

    def post(self, request, id):
        user = one(User.objects, id)
        bans.ban(user, reason=read(request, Reason)["reason"], by=request.user)
        return _shown(user)


class Unban(View):
    """POST: let somebody in again."""

    needs = {"POST": staff("ban_users")}

    def post(self, request, id):
        self.expect_nothing()
        return _shown(bans.unban(one(User.objects, id), by=request.user))


class ResetTwoFactor(View):
    """POST: take the second factor away from somebody who lost it; they are told by mail."""

    needs = {"POST": staff("reset_2fa", fresh=True)}

    def post(self, request, id):
        user = one(User.objects, id)
        two_factor.reset(user, reason=read(request, Reason)["reason"], by=request.user)
        return _shown(user)
