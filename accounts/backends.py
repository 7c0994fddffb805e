"""Who may come in, and who may do what to which object."""

import contextlib

from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet
from guardian.models import GroupObjectPermission, UserObjectPermission

from accounts.phones import to_e164
from eventify.lib.errors import Invalid
from eventify.lib.prepared import Param, Prepared


def _of_user_and_groups(direct: QuerySet, by_group: QuerySet, *columns: str) -> QuerySet:
    return direct.order_by().values_list(*columns).union(by_group.order_by().values_list(*columns))


# (app, permission) of what a user holds everywhere.
_held = Prepared(
    lambda: _of_user_and_groups(
        Permission.objects.filter(user=Param("user")),
        Permission.objects.filter(group__user=Param("user")),
        "content_type__app_label",
        "codename",
    )
)
_ON = {
    "permission__codename": Param("permission"),
    "content_type__app_label": Param("app"),
    "content_type__model": Param("model"),
    "object_pk": Param("object"),
}
# A row when the user holds this permission on this object, as guardian keeps them.
_held_on = Prepared(
    lambda: _of_user_and_groups(
        UserObjectPermission.objects.filter(user=Param("user"), **_ON),
        GroupObjectPermission.objects.filter(group__user=Param("user"), **_ON),
        "permission__codename",
    )
)


class EventifyBackend(ModelBackend):
    """Log-in by e-mail, username or phone; a permission held globally also counts when an object is asked about.

    An object says whose it is by `permission_scope`: the partner that it belongs to.
    """

    def authenticate(self, request, username=None, password=None, email=None, **kwargs):
        identifier = username or email
        if not is_text(identifier) or not is_text(password):
            return None
        users = find_users(identifier)
        if not users:
            get_user_model()().set_password(password)  # the same time for known and unknown accounts
        fitting = (user for user in users if user.check_password(password) and self.user_can_authenticate(user))
        return next(fitting, None)

    def user_can_authenticate(self, user):
        return user.is_active and user.banned_at is None

    def get_all_permissions(self, user_obj, obj=None):
        """What is held globally: nothing while a staff role waits for its holder's two-factor."""
        if getattr(user_obj, "lacks_two_factor", False):
            return set()
        is_plain = obj is None and user_obj.is_active and not user_obj.is_superuser
        if is_plain and not hasattr(user_obj, "_perm_cache"):  # where Django keeps them, which asks twice for them
            user_obj._perm_cache = {f"{app}.{permission}" for app, permission in _held(user=user_obj.pk)}
        return super().get_all_permissions(user_obj, obj)

    def has_perm(self, user_obj, perm, obj=None):
        if not self.user_can_authenticate(user_obj):
            return False
        if super().has_perm(user_obj, perm):
            return True
        scope = getattr(obj, "permission_scope", None)
        if scope is None or user_obj.is_superuser:  # guardian would say yes to a Super Admin whatever is lacking
            return False
        about = scope._meta.concrete_model._meta
        asked = {"app": about.app_label, "model": about.model_name, "object": str(scope.pk)}
        return bool(_held_on(user=user_obj.pk, permission=perm.rpartition(".")[2], **asked))

    def holds_somewhere(self, user, permission: str) -> bool:
        """Whether the user holds `permission` on at least one partner."""
        return permission in user.held_somewhere


def is_text(value) -> bool:
    """Whether PostgreSQL and the password hashers can take it."""
    if not isinstance(value, str) or "\x00" in value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return True


def find_users(identifier: str) -> list:
    """The users with this e-mail address, username or phone number; the address first.

    They may be several, for the address or number of one may be the username of another; the password tells.
    """
    query = Q(email__lower=identifier.lower()) | Q(username__lower=identifier.lower())
    with contextlib.suppress(Invalid):
        query |= Q(phone=to_e164(identifier))
    found = get_user_model().objects.filter(query).order_by("pk")[:3]
    return sorted(found, key=lambda user: user.email.lower() != identifier.lower())
