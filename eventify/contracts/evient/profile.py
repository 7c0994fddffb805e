"""The own profile, wallet and inbox."""

import django_filters
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import sessions, signup
from accounts.models import Notification
from bookings.models import Ticket
from eventify.contracts.evient import rows, shapes
from eventify.contracts.evient.auth import count
from eventify.contracts.evient.conventions import LIMIT_MOST, View, listing, ok
from eventify.contracts.fields import Body, Link, Secret, Text, read
from eventify.contracts.lists import FlagFilter, filtered
from eventify.contracts.needs import SIGNED_IN
from eventify.lib.errors import Invalid

READ_ONLY = frozenset({"id", "email", "role", "is_active", "created_at", "updated_at", "user"})


class ProfileChange(Body):
    """Both passwords or neither; what cannot be changed here may come along and is ignored."""

    ignored = READ_ONLY
    full_name = Text(max_length=200, required=False, allow_blank=True)
    avatar_url = Link()
    old_password = Secret(required=False)
    new_password = Secret(required=False)

    def validate(self, attrs):
        for name, other in (("old_password", "new_password"), ("new_password", "old_password")):
            if name in attrs and other not in attrs:
                raise Invalid.field(other, _("Send the old and the new password together."))
        return attrs


class Profile(View):
    """GET the own profile; PUT some of its fields, or a new password."""

    needs = {"GET": SIGNED_IN, "PUT": SIGNED_IN}

    def get(self, request):
        return ok(shapes.person(request.user))

    def put(self, request):
        asked = read(request, ProfileChange)
        if "old_password" in asked:
            count(request, "login")  # a stolen token must not try passwords
        old, new = asked.pop("old_password", None), asked.pop("new_password", None)
        with transaction.atomic():
            if new:
                _change_password(request.user, old, new)
            if asked:
                signup.change_profile(request.user, **{name: value or "" for name, value in asked.items()})
        fresh = {"token": sessions.start(request.user)[1]} if new else {}
        return ok(shapes.person(request.user, **fresh), _("Your profile is saved."))


def _change_password(user, old: str, new: str) -> None:
    try:
        signup.change_password(user, old=old, new=new)
    except Invalid as refusal:
        # The rules speak of "password"; this contract calls it new_password.
        errors = {"new_password" if name == "password" else name: said for name, said in refusal.errors.items()}
        raise Invalid(refusal.message, errors=errors) from None


class TicketFilters(django_filters.FilterSet):
    """The filters of the wallet."""

    status = django_filters.ChoiceFilter(choices=Ticket.Status.choices)


class Wallet(View):
    """GET the own tickets with their events, newest first; `status` narrows."""

    needs = {"GET": SIGNED_IN}

    def get(self, request):
        mine = rows.tickets(request.user.tickets.order_by("-id"))
        return listing(request, filtered(TicketFilters, request, mine), shapes.wallet_ticket, limit=LIMIT_MOST)


class NotificationFilters(django_filters.FilterSet):
    """The filters of the inbox."""

    is_read = FlagFilter()
    type = django_filters.ChoiceFilter(field_name="kind", choices=Notification.Kind.choices)


class Notifications(View):
    """GET the own inbox, newest first."""

    needs = {"GET": SIGNED_IN}

    def get(self, request):
        return listing(request, filtered(NotificationFilters, request, _inbox(request.user)), shapes.notification)


class NotificationRead(View):
    """POST: this message is read."""

    needs = {"POST": SIGNED_IN}

    def post(self, request, id):
        self.expect_nothing()
        found = rows.one(_inbox(request.user), id)
        found.is_read = True
        found.save(update_fields=["is_read", "updated_at"])
        return ok(shapes.notification(found))


class NotificationsRead(View):
    """POST: every message is read."""

    needs = {"POST": SIGNED_IN}

    def post(self, request):
        self.expect_nothing()
        changed = _inbox(request.user).filter(is_read=False).update(is_read=True)
        return ok({"read": changed})


def _inbox(user):
    return user.notifications.select_related("recipient").order_by("-id")
