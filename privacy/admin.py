"""Copies of people's data, for engineers to look at; what is in them is not shown."""

from django.contrib import admin

from accounts.admin import ViewOnly
from privacy.models import Copy


@admin.register(Copy)
class CopyAdmin(ViewOnly):
    """Who asked for whose data, and when it was made and fetched."""

    list_display = ("user", "requested_by", "sent_to", "created_at", "made_at", "downloaded_at", "size", "attempts")
    list_select_related = ("user", "requested_by")
    search_fields = ("user__email", "sent_to")
    exclude = ("file",)
