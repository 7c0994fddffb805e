"""The raw view of partners for engineers."""

from django.contrib import admin

from accounts.admin import BaseAdmin
from partners import members
from partners.models import Member, Partner


@admin.register(Partner)
class PartnerAdmin(BaseAdmin):
    """Organisations that we trade with."""

    list_display = ("name", "type", "status", "verification_status", "contact_email", "is_house", "joined_at")
    list_filter = ("type", "status", "verification_status")
    search_fields = ("name", "slug", "contact_email")
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = ("uid", "is_house", "verification_status", "created_at", "updated_at")
    date_hierarchy = "created_at"
    ordering = ("-id",)

    def has_delete_permission(self, request, obj=None):
        return not (obj and obj.is_house) and super().has_delete_permission(request, obj)

    def delete_queryset(self, request, queryset):
        super().delete_queryset(request, queryset.filter(is_house=False))


@admin.register(Member)
class MemberAdmin(BaseAdmin):
    """Who works for which partner; the role brings the permissions."""

    list_display = ("user", "partner", "role", "created_at")
    list_filter = ("role",)
    list_select_related = ("user", "partner")
    search_fields = ("user__email", "user__full_name", "partner__name")
    autocomplete_fields = ("user", "partner")
    readonly_fields = ("uid", "created_at", "updated_at")
    ordering = ("-id",)

    def get_readonly_fields(self, request, obj=None):
        # A membership is of one person at one partner; only its role changes.
        return (*self.readonly_fields, "user", "partner") if obj else self.readonly_fields

    def save_model(self, request, obj, form, change):
        member = members.add(obj.partner, obj.user, obj.role, by=request.user)
        obj.pk, obj._state.adding = member.pk, False

    def delete_model(self, request, obj):
        members.remove(obj, by=request.user)

    def delete_queryset(self, request, queryset):
        for member in queryset.select_related("user", "partner"):
            members.remove(member, by=request.user)
