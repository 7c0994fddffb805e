"""Integrations for engineers to look at; only verbs change them, and secrets are not shown."""

from django.contrib import admin

from accounts.admin import ViewOnly
from integrations.models import ApiKey, Attempt, Delivery, Endpoint, Fact, Listener


@admin.register(Listener)
class ListenerAdmin(ViewOnly):
    """Whose facts are recorded."""

    list_display = ("partner", "is_on", "since", "last_position")
    list_select_related = ("partner",)


@admin.register(Fact)
class FactAdmin(ViewOnly):
    """What happened."""

    list_display = ("uid", "partner", "kind", "occurred_at", "position")
    list_select_related = ("partner",)
    list_filter = ("kind",)
    search_fields = ("uid__startswith",)
    ordering = ("-id",)


@admin.register(Endpoint)
class EndpointAdmin(ViewOnly):
    """Where it is sent."""

    list_display = ("url", "partner", "state", "failures", "failing_since", "retry_at")
    list_select_related = ("partner",)
    list_filter = ("state",)
    search_fields = ("url", "partner__name")
    exclude = ("secret", "old_secret")


@admin.register(Delivery)
class DeliveryAdmin(ViewOnly):
    """What an endpoint is owed, or has got."""

    list_display = ("uid", "endpoint", "kind", "status", "attempts_made", "next_attempt_at", "delivered_at")
    list_select_related = ("endpoint",)
    list_filter = ("status", "kind")
    search_fields = ("uid__startswith",)
    ordering = ("-id",)


@admin.register(Attempt)
class AttemptAdmin(ViewOnly):
    """What became of each sending."""

    list_display = ("delivery", "started_at", "status", "milliseconds", "error")
    list_select_related = ("delivery",)
    ordering = ("-id",)


@admin.register(ApiKey)
class ApiKeyAdmin(ViewOnly):
    """Keys of organisations; what is kept of each is a hash."""

    list_display = ("name", "prefix", "partner", "scopes", "created_at", "last_used_at", "expires_at", "revoked_at")
    list_select_related = ("partner",)
    search_fields = ("name", "prefix", "partner__name")
    exclude = ("key_hash",)
