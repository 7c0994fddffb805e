"""The audit log, and the own notifications."""

import django_filters

from accounts import inbox
from accounts.models import AuditLog, Notification
from eventify.contracts.api_v1 import View, listing, ok
from eventify.contracts.command_center import shapes
from eventify.contracts.command_center.filters import Since, Until, Words
from eventify.contracts.fields import uid_of
from eventify.contracts.lists import FlagFilter, filtered
from eventify.contracts.needs import SIGNED_IN, staff
from eventify.lib.errors import Missing


class NotificationFilters(django_filters.FilterSet):
    """The filters of the inbox."""

    type = Words([level.capitalize() for level in Notification.Level.values], str.lower, field_name="level")
    is_read = FlagFilter()


class Notifications(View):
    """GET the own inbox, newest first."""

    needs = {"GET": SIGNED_IN}

    def get(self, request):
        mine = request.user.notifications.select_related("recipient").order_by("-id")
        return listing(request, filtered(NotificationFilters, request, mine), shapes.notification)


class NotificationRead(View):
    """POST: this message is read."""

    needs = {"POST": SIGNED_IN}

    def post(self, request, id):
        self.expect_nothing()
        uid = uid_of(id)
        if uid is None:
            raise Missing
        return ok(shapes.notification(inbox.mark_read(request.user, uid)))


class NotificationsRead(View):
    """POST: every message is read."""

    needs = {"POST": SIGNED_IN}

    def post(self, request):
        self.expect_nothing()
        return ok({"read": inbox.mark_all_read(request.user)})


class AuditFilters(django_filters.FilterSet):
    """The filters of the audit log; `target` is the id of the thing acted on."""

    actor = django_filters.UUIDFilter(field_name="actor__uid")
    action = django_filters.CharFilter()
    target = django_filters.UUIDFilter(field_name="target_uid")
    date_from = Since(field_name="created_at")
    date_to = Until(field_name="created_at")


class AuditLogs(View):
    """GET who did what, newest first."""

    needs = {"GET": staff("view_audit")}

    def get(self, request):
        return listing(request, filtered(AuditFilters, request, lines()), shapes.audit_line)


def lines():
    """The audit log with its actors, newest first."""
    return AuditLog.objects.select_related("actor").order_by("-id")
