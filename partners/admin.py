"""The raw view of partners for engineers."""

from django.contrib import admin

from accounts.admin import BaseAdmin, ViewOnly
from partners import members
from partners.models import (
    Balance,
    BankAccount,
    Contact,
    Document,
    Entry,
    Invitation,
    Member,
    Partner,
    Payout,
    PayoutBatch,
    SandboxTransfer,
    Transfer,
)


@admin.register(Partner)
class PartnerAdmin(BaseAdmin):
    """Organisations that we trade with."""

    list_display = ("name", "type", "status", "verification_status", "contact_email", "is_house", "joined_at")
    list_filter = ("type", "status", "verification_status")
    search_fields = ("name", "legal_name", "slug", "contact_email")
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = (
        "uid",
        "is_house",
        "status",
        "status_reason",
        "verification_status",
        "fee_percent",
        "trust",
        "created_at",
        "updated_at",
    )
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


@admin.register(Contact)
class ContactAdmin(ViewOnly):
    """Whom to call at a partner."""

    list_display = ("name", "partner", "email", "phone", "is_primary")
    list_select_related = ("partner",)
    search_fields = ("name", "email", "partner__name")
    ordering = ("-id",)


@admin.register(Invitation)
class InvitationAdmin(ViewOnly):
    """Who was asked to join a partner. The link itself is kept nowhere."""

    list_display = ("email", "partner", "role", "created_at", "expires_at", "accepted_at", "revoked_at")
    list_filter = ("role", ("accepted_at", admin.EmptyFieldListFilter))
    list_select_related = ("partner",)
    search_fields = ("email", "partner__name")
    ordering = ("-id",)
    exclude = ("token_hash",)


@admin.register(Document)
class DocumentAdmin(ViewOnly):
    """Papers of partners. The files are seen through the command center, where each view is audited."""

    list_display = ("partner", "type", "status", "content_type", "size", "created_at", "expires_on")
    list_filter = ("type", "status")
    list_select_related = ("partner",)
    search_fields = ("partner__name", "name")
    ordering = ("-id",)
    exclude = ("file",)


@admin.register(BankAccount)
class BankAccountAdmin(ViewOnly):
    """Where partners want their money."""

    list_display = ("partner", "holder", "country", "created_at", "retired_at")
    list_select_related = ("partner",)
    search_fields = ("partner__name", "holder")
    ordering = ("-id",)


@admin.register(Transfer)
class TransferAdmin(ViewOnly):
    """Movements of money. Nothing here is ever changed."""

    list_display = ("created_at", "kind", "key", "currency", "by")
    list_filter = ("kind", "currency")
    list_select_related = ("by",)
    search_fields = ("key",)
    date_hierarchy = "created_at"


@admin.register(Entry)
class EntryAdmin(ViewOnly):
    """The debits and credits of the transfers."""

    list_display = ("created_at", "account", "partner", "debit", "credit", "transfer")
    list_filter = ("account",)
    list_select_related = ("partner", "transfer")
    search_fields = ("transfer__key", "partner__name")
    date_hierarchy = "created_at"


@admin.register(Balance)
class BalanceAdmin(ViewOnly):
    """What the entries add up to, kept by the database."""

    list_display = ("partner", "kind", "currency", "amount", "entries")
    list_filter = ("kind", "currency")
    list_select_related = ("partner",)
    search_fields = ("partner__name",)
    ordering = ("-id",)


@admin.register(PayoutBatch)
class PayoutBatchAdmin(ViewOnly):
    """Payouts that are decided together."""

    list_display = ("created_at", "status", "provider", "created_by", "approved_by", "finished_at")
    list_filter = ("status", "provider")
    list_select_related = ("created_by", "approved_by")
    search_fields = ("created_by__email",)


@admin.register(Payout)
class PayoutAdmin(ViewOnly):
    """Money for one partner."""

    list_display = ("partner", "amount", "currency", "status", "batch", "sent_at", "paid_at")
    list_filter = ("status", "currency")
    list_select_related = ("partner", "batch")
    search_fields = ("partner__name", "provider_reference")


@admin.register(SandboxTransfer)
class SandboxTransferAdmin(ViewOnly):
    """The sandbox bank's own books."""

    list_display = ("reference", "amount", "currency", "status", "created_at")
    list_filter = ("status",)
    search_fields = ("reference",)
    ordering = ("-id",)
