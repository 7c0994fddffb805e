"""The raw view of people for engineers, and the bases of every admin page."""

from types import ModuleType

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from guardian.models import GroupObjectPermission, UserObjectPermission
from unfold import forms as unfold
from unfold.admin import ModelAdmin

from accounts import roles, sessions
from accounts.models import (
    AuditLog,
    DeviceToken,
    LoginLock,
    Notification,
    OutgoingMail,
    Role,
    SavedFilter,
    Session,
    User,
)
from accounts.permissions import IDS, LABEL
from accounts.phones import to_e164
from eventify.lib.errors import DomainError, Invalid

admin.site.index_title = _("Raw view")


class BaseAdmin(ModelAdmin):
    """An admin page whose saving and deleting may be refused by a verb: the sentence is shown, nothing changes."""

    list_per_page = 50
    show_full_result_count = False
    list_fullwidth = True

    def changeform_view(self, request, *args, **kwargs):
        return self._or_refusal(request, super().changeform_view, *args, **kwargs)

    def delete_view(self, request, *args, **kwargs):
        return self._or_refusal(request, super().delete_view, *args, **kwargs)

    def changelist_view(self, request, *args, **kwargs):
        return self._or_refusal(request, super().changelist_view, *args, **kwargs)

    def _or_refusal(self, request, view, *args, **kwargs):
        try:
            return view(request, *args, **kwargs)
        except DomainError as refusal:
            messages.error(request, str(refusal.message))
            return redirect(request.get_full_path())


class ThroughVerbs(BaseAdmin):
    """An admin page that saves and deletes through a module's create(owner, ...), change and delete, all or nothing."""

    verbs: ModuleType
    owner: str  # the field that `create` takes first

    def save_model(self, request, obj, form, change):
        if change:
            changes = {name: form.cleaned_data[name] for name in form.changed_data}
            saved = self.verbs.change(obj, by=request.user, **changes)
        else:
            fields = dict(form.cleaned_data)
            saved = self.verbs.create(fields.pop(self.owner), by=request.user, **fields)
        obj.__dict__.update(saved.__dict__)

    def delete_model(self, request, obj):
        self.verbs.delete(obj, by=request.user)

    @transaction.atomic
    def delete_queryset(self, request, queryset):
        for row in queryset:
            self.verbs.delete(row, by=request.user)


class ViewOnly(BaseAdmin):
    """An admin page of rows that only verbs write."""

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class NewUserForm(unfold.UserCreationForm):
    """Who it is and a password."""

    class Meta:
        model = User
        fields = ("email", "username", "full_name")


class UserForm(unfold.UserChangeForm):
    """The account's own fields, and the staff role, which counts from the next request."""

    role = unfold.forms.ModelChoiceField(
        Role.objects.order_by("name"),
        required=False,
        label=_("Staff role"),
        help_text=_("None: not a member of staff."),
        widget=unfold.UnfoldAdminSelectWidget,
    )

    class Meta:
        model = User
        fields = "__all__"

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["role"].initial = self.instance.role

    def clean_phone(self):
        """The number in E.164."""
        phone = self.cleaned_data["phone"]
        try:
            return to_e164(phone) if phone else None
        except Invalid as refusal:
            raise unfold.forms.ValidationError(str(refusal.message)) from None


class PasswordForm(unfold.AdminPasswordChangeForm):
    """A new password, which ends every session and token of the user."""

    def save(self, commit=True):
        user = super().save(commit)
        sessions.end_all(user)
        return user


@admin.register(User)
class UserAdmin(DjangoUserAdmin, BaseAdmin):
    """People. Bans, two-factor and the closing of accounts have verbs of their own."""

    form, add_form, change_password_form = UserForm, NewUserForm, PasswordForm
    list_display = ("email", "full_name", "username", "phone", "is_staff", "is_active", "banned_at", "created_at")
    list_filter = ("is_staff", "is_active", ("banned_at", admin.EmptyFieldListFilter))
    search_fields = ("email", "full_name", "username", "phone")
    ordering = ("-id",)
    date_hierarchy = "created_at"
    filter_horizontal = ()
    readonly_fields = (
        "uid",
        "is_staff",
        "is_superuser",
        "banned_at",
        "ban_reason",
        "total_spent",
        "last_login",
        "last_active_at",
        "email_confirmed_at",
        "created_at",
        "updated_at",
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("email", "username", "full_name", "password1", "password2")}),
    )
    fieldsets = (
        (None, {"fields": ("uid", "email", "username", "password", "full_name", "phone", "avatar_url")}),
        (_("Access"), {"fields": ("role", "is_active", "is_staff", "is_superuser", "banned_at", "ban_reason")}),
        (_("Place"), {"fields": ("place", "district", "state", "country", "pincode", "latitude", "longitude")}),
        (_("Figures"), {"fields": ("total_spent", "last_login", "last_active_at", "email_confirmed_at")}),
        (_("Row"), {"fields": ("created_at", "updated_at")}),
    )

    def get_readonly_fields(self, request, obj=None):
        # Closing the account of a Super Admin, perhaps the last one or oneself, is not done here.
        fields = super().get_readonly_fields(request, obj)
        return (*fields, "is_active") if obj and obj.is_superuser else fields

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if change and "role" in form.changed_data:
            changed = roles.assign(obj, form.cleaned_data["role"], by=request.user)
            obj.is_staff, obj.is_superuser = changed.is_staff, changed.is_superuser


admin.site.unregister(Group)  # a role is a group with a description
admin.site.unregister([TOTPDevice, StaticDevice])  # secrets are nobody's business, and a reset is a verb


@admin.register(Role)
class RoleAdmin(BaseAdmin):
    """What members of staff may do. A system role is as it is; the others change through the verbs."""

    list_display = ("name", "description", "is_system", "requires_two_factor")
    list_filter = ("is_system",)
    search_fields = ("name", "description")
    ordering = ("name",)
    readonly_fields = ("uid", "is_system")
    filter_horizontal = ("permissions",)

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        if db_field.name == "permissions":
            ours = Permission.objects.filter(content_type__app_label=LABEL, codename__in=IDS)
            kwargs["queryset"] = ours.select_related("content_type")
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def has_change_permission(self, request, obj=None):
        return not (obj and obj.is_system) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        return not (obj and obj.is_system) and super().has_delete_permission(request, obj)

    def get_readonly_fields(self, request, obj=None):
        return (*super().get_readonly_fields(request, obj), *(("name",) if obj else ()))

    def save_model(self, request, obj, form, change):
        given = form.cleaned_data
        if not change:
            obj.__dict__.update(roles.create(given["name"], given["description"], by=request.user).__dict__)
        wanted = {"description": given["description"], "requires_two_factor": given["requires_two_factor"]}
        roles.change(Role(pk=obj.pk), **wanted, by=request.user)

    def save_related(self, request, form, formsets, change):
        ids = [permission.codename for permission in form.cleaned_data["permissions"]]
        roles.set_permissions(Role(pk=form.instance.pk), ids, by=request.user)

    def delete_model(self, request, obj):
        roles.delete(obj, by=request.user)

    @transaction.atomic
    def delete_queryset(self, request, queryset):
        for role in queryset.filter(is_system=False):
            roles.delete(role, by=request.user)


@admin.register(Session)
class SessionAdmin(ViewOnly):
    """Log-ins with a bearer token."""

    list_display = ("uid", "user", "created_at", "ended_at")
    list_filter = (("ended_at", admin.EmptyFieldListFilter),)
    list_select_related = ("user",)
    search_fields = ("user__email", "user__username")
    date_hierarchy = "created_at"
    ordering = ("-id",)
    exclude = ("refresh_jti",)


@admin.register(DeviceToken)
class DeviceTokenAdmin(ViewOnly):
    """Devices that are logged in through contract 003. The hash is nobody's business."""

    list_display = ("id", "user", "created_at", "last_used_at")
    list_select_related = ("user",)
    search_fields = ("user__email", "user__username")
    date_hierarchy = "last_used_at"
    ordering = ("-id",)
    exclude = ("key_hash",)


@admin.register(LoginLock)
class LoginLockAdmin(ViewOnly):
    """Failed log-ins that are being counted."""

    list_display = ("id", "failures", "window_ends_at", "locked_until")
    ordering = ("-id",)
    search_fields = ("=key_hash",)
    exclude = ("key_hash",)


@admin.register(SavedFilter)
class SavedFilterAdmin(ViewOnly):
    """Lists that people want to find again."""

    list_display = ("name", "user", "page")
    list_select_related = ("user",)
    search_fields = ("user__email", "name")


@admin.register(AuditLog)
class AuditLogAdmin(ViewOnly):
    """Who did what to what."""

    list_display = ("created_at", "actor", "action", "target_resource")
    list_filter = ("action",)
    list_select_related = ("actor",)
    search_fields = ("action", "target_resource", "actor__email")
    date_hierarchy = "created_at"


@admin.register(Notification)
class NotificationAdmin(BaseAdmin):
    """Messages to users inside the product."""

    list_display = ("title", "recipient", "kind", "level", "is_read", "created_at")
    list_filter = ("kind", "level", "is_read")
    list_select_related = ("recipient",)
    search_fields = ("title", "recipient__email")
    autocomplete_fields = ("recipient",)
    readonly_fields = ("uid", "created_at", "updated_at")
    date_hierarchy = "created_at"


@admin.register(OutgoingMail)
class OutgoingMailAdmin(ViewOnly):
    """Mail that is owed or was sent."""

    list_display = ("created_at", "to", "template", "sent_at", "attempts", "next_attempt_at")
    list_filter = ("template", ("sent_at", admin.EmptyFieldListFilter))
    search_fields = ("to", "template")
    date_hierarchy = "created_at"
    ordering = ("-id",)


@admin.register(UserObjectPermission, GroupObjectPermission)
class ObjectPermissionAdmin(ViewOnly):
    """Permissions on one partner; the verbs of partners/members.py write them."""

    list_display = ("id", "permission", "object_pk")
    list_select_related = ("permission__content_type",)
    search_fields = ("permission__codename", "=object_pk")
    ordering = ("-id",)
