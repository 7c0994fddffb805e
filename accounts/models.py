"""Who: users, roles, sessions, device tokens, the audit trail, notifications, saved filters and outgoing mail."""

from django.contrib.auth import get_backends
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, Group, PermissionsMixin
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, When
from django.db.models.functions import Lower, Upper
from django.utils.functional import cached_property
from django_otp.plugins.otp_totp.models import TOTPDevice
from guardian.models import UserObjectPermission

from accounts.permissions import LABEL, SUPER_ADMIN
from eventify.lib.ids import new_uid
from eventify.lib.models import Entity
from eventify.lib.prepared import Param, Prepared

# `email__lower="a@b.c"` uses the index of the unique constraint, which `email__iexact` (UPPER) cannot.
models.CharField.register_lookup(Lower)


class UserManager(BaseUserManager):
    """Makes the rows; the rules of signing up are in accounts/signup.py."""

    def create_user(self, email, password=None, **fields):
        fields.setdefault("username", email)
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email, password=None, **fields):
        """A Super Admin, as `manage.py createsuperuser` makes the first one."""
        user = self.create_user(email, password, is_staff=True, is_superuser=True, **fields)
        user.groups.add(*Role.objects.filter(name=SUPER_ADMIN))
        return user

    def get_by_natural_key(self, email):
        return self.get(email__lower=email.lower())


class User(AbstractBaseUser, PermissionsMixin, Entity):
    """A person with an account: buyer, volunteer, partner member or staff; one account for all five contracts."""

    email = models.EmailField(max_length=254)
    username = models.CharField(max_length=150)
    phone = models.CharField(max_length=16, null=True, blank=True, unique=True, help_text="E.164")  # noqa: DJ001
    full_name = models.CharField(max_length=200, blank=True)
    avatar_url = models.CharField(max_length=500, blank=True)
    pincode = models.CharField(max_length=12, blank=True)
    district = models.CharField(max_length=100, blank=True)
    state = models.CharField(max_length=100, blank=True)
    country = models.CharField(max_length=100, blank=True)
    place = models.CharField(max_length=100, blank=True)
    latitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    is_active = models.BooleanField(default=True, help_text="Off: the account (or staff access) is closed.")
    language = models.CharField(max_length=8, blank=True, help_text="That mails are written in, such as nl.")
    is_guest = models.BooleanField(default=False, help_text="Bought without an account; nobody can log in as it.")
    is_staff = models.BooleanField(default=False, help_text="May see the command center and /django-admin/.")
    banned_at = models.DateTimeField(null=True, blank=True)
    ban_reason = models.TextField(blank=True)
    email_confirmed_at = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField(
        null=True, blank=True, help_text="When all that said who this was went (privacy/erasing.py)."
    )
    last_active_at = models.DateTimeField(null=True, blank=True)
    total_spent = models.DecimalField(max_digits=14, decimal_places=2, default=0, help_text="Paid less refunded.")

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []

    objects = UserManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique"),
            models.UniqueConstraint(Lower("username"), name="user_username_unique"),
        ]
        indexes = [
            models.Index(fields=["-created_at"], name="user_newest"),
            models.Index(fields=["is_staff"], name="user_staff", condition=Q(is_staff=True)),
            models.Index(fields=["created_at"], name="user_guests", condition=Q(is_guest=True)),
            models.Index(fields=["-id"], name="user_banned", condition=Q(banned_at__isnull=False)),
            models.Index(fields=["-id"], name="user_inactive", condition=Q(is_active=False)),
            GinIndex(OpClass(Upper("email"), name="gin_trgm_ops"), name="user_email_search"),
            GinIndex(OpClass(Upper("full_name"), name="gin_trgm_ops"), name="user_name_search"),
        ]

    def __str__(self):
        return self.full_name or self.email

    @property
    def first_name(self) -> str:
        return self.full_name.partition(" ")[0]

    @property
    def last_name(self) -> str:
        return self.full_name.partition(" ")[2]

    @property
    def is_banned(self) -> bool:
        return self.banned_at is not None

    @property
    def is_erased(self) -> bool:
        return self.erased_at is not None

    @property
    def role(self):
        """The staff role, or None. Staff have exactly one."""
        return next((group.role for group in self.groups.all() if hasattr(group, "role")), None)

    @cached_property
    def lacks_two_factor(self) -> bool:
        """Whether a staff role demands two-factor of them and they have not set it up. One query for staff.

        The session of a token brings it along (accounts/sessions.py).
        """
        return bool(self.is_staff and _lacking(pk=self.pk))

    @property
    def is_super_admin(self) -> bool:
        """Whether they may do everything now."""
        return self.is_superuser and self.is_active and not self.is_banned and not self.lacks_two_factor

    def has_perm(self, perm, obj=None) -> bool:
        """Also a Super Admin holds nothing while two-factor is lacking."""
        return not (self.is_superuser and self.lacks_two_factor) and super().has_perm(perm, obj)

    def has_module_perms(self, app_label) -> bool:
        return not (self.is_superuser and self.lacks_two_factor) and super().has_module_perms(app_label)

    def can(self, permission: str, on=None) -> bool:
        """Whether the user holds `permission` (an id of the catalogue) everywhere, or on the partner of `on`."""
        return self.has_perm(f"{LABEL}.{permission}", on)

    def can_anywhere(self, permission: str) -> bool:
        """Whether the user holds `permission` everywhere, on at least one partner, or by what a backend knows."""
        if self.can(permission):
            return True
        if not self.is_active or self.is_banned:
            return False
        return any(
            backend.holds_somewhere(self, permission)
            for backend in get_backends()
            if hasattr(backend, "holds_somewhere")
        )

    def can_for_a_partner(self, permission: str) -> bool:
        """Whether the user holds `permission` everywhere or on at least one partner; a shift is not asked."""
        return self.can(permission) or (self.is_active and not self.is_banned and permission in self.held_somewhere)

    @cached_property
    def held_somewhere(self) -> set[str]:
        """What the user holds on at least one partner, read once as Django reads global permissions. One query."""
        return {permission for (permission,) in _held_somewhere(user=self.pk)}


_held_somewhere = Prepared(
    lambda: UserObjectPermission.objects.filter(user=Param("user")).values_list("permission__codename")
)


class Role(Group):
    """What a member of staff may do: an auth group with a description. A system role cannot be deleted."""

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    description = models.TextField(blank=True)
    is_system = models.BooleanField(default=False)
    requires_two_factor = models.BooleanField(
        default=False, help_text="Its holders may do nothing as staff before they have set two-factor up."
    )


def lacking_two_factor(user: str = "") -> Case:
    """`User.lacks_two_factor` as an expression, for a query whose rows lead to the user by this path (`user__`)."""
    demanding = Role.objects.filter(requires_two_factor=True)
    is_held = Exists(demanding.filter(user=OuterRef(f"{user}pk")))
    is_theirs = Q(Exists(demanding.filter(name=SUPER_ADMIN)), **{f"{user}is_superuser": True}) | Q(is_held)
    is_set_up = Exists(TOTPDevice.objects.filter(user=OuterRef(f"{user}pk"), confirmed=True))
    return Case(When(is_theirs & ~is_set_up, **{f"{user}is_staff": True}, then=True), default=False)


_lacking = Prepared(lambda: User.objects.filter(lacking_two_factor(), pk=Param("pk")).values_list("pk"))


class Session(models.Model):
    """One log-in with a bearer token. Ending it ends every token that carries its uid, at once."""

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    refresh_jti = models.CharField(max_length=64, blank=True, help_text="The one refresh token that is good now.")
    refreshed_at = models.DateTimeField(null=True, blank=True, help_text="When the refresh token was last exchanged.")
    confirmed_at = models.DateTimeField(null=True, blank=True, help_text="Step-up: when the person last proved itself.")
    address = models.CharField(max_length=45, blank=True, help_text="Where the log-in came from.")
    user_agent = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["user"], name="session_live", condition=Q(ended_at=None)),
            models.Index(fields=["ended_at"], name="session_ended", condition=Q(ended_at__isnull=False)),
        ]

    def __str__(self):
        return f"{self.user_id} since {self.created_at:%F %T}"


class DeviceToken(models.Model):
    """A token of contract 003, one per device, kept only as a SHA-256 hash; expires 180 days after its last use."""

    key_hash = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="device_tokens")
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["last_used_at"], name="device_token_oldest")]

    def __str__(self):
        return f"{self.user_id}, last used {self.last_used_at:%F}"


class LoginLock(models.Model):
    """Failed log-ins with one name, or with one name from one address, in a window of time.

    Kept in PostgreSQL, so that parallel attempts and a lost Redis cannot pass. The key is a hash: what people type
    as a name may be a password.
    """

    key_hash = models.CharField(max_length=64, unique=True)
    failures = models.PositiveIntegerField(default=0)
    window_ends_at = models.DateTimeField()
    locked_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["window_ends_at"], name="login_lock_oldest")]

    def __str__(self):
        return f"{self.failures} until {self.window_ends_at:%F %T}"


class AuditLog(models.Model):
    """Who did what to what: one line per privileged change.

    The database refuses to change or delete a line, and chains each to the one before it when it is committed
    (`sequence`, `previous_hash`, `hash`: a trigger, see the migration); `manage.py audit_verify` proves the chain.
    """

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    actor = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="audit_lines")
    action = models.CharField(max_length=64, help_text="For example APPROVED_KYC.")
    target_resource = models.CharField(max_length=100, help_text="For example partner_123.")
    target_uid = models.UUIDField(null=True, help_text="The uid of the row acted on.")
    target_label = models.CharField(max_length=200, blank=True, help_text="What people called it at that moment.")
    details = models.JSONField(default=dict, help_text="What changed; `before` and `after` where there are such.")
    created_at = models.DateTimeField(auto_now_add=True)
    sequence = models.BigIntegerField(null=True, editable=False, help_text="Its place in the chain, without gaps.")
    previous_hash = models.CharField(max_length=64, blank=True, editable=False)
    hash = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["action", "-id"], name="audit_action"),
            models.Index(fields=["target_resource", "-id"], name="audit_target"),
            models.Index(fields=["actor", "-id"], name="audit_actor"),
            models.Index(fields=["target_uid", "-id"], name="audit_target_uid"),
            models.Index(fields=["created_at"], name="audit_moment"),
        ]
        constraints = [models.UniqueConstraint(fields=["sequence"], name="audit_sequence_once")]

    def __str__(self):
        return f"{self.action} {self.target_resource}"


class Notification(Entity):
    """A message to one user inside the product."""

    class Level(models.TextChoices):
        CRITICAL = "critical"
        INFO = "info"
        SUCCESS = "success"

    class Kind(models.TextChoices):
        SYSTEM = "system"
        ORDER = "order"
        PROMOTION = "promotion"

    recipient = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notifications")
    level = models.CharField(max_length=8, choices=Level, default=Level.INFO, help_text="The type in 000.")
    kind = models.CharField(max_length=9, choices=Kind, default=Kind.SYSTEM, help_text="The type in 001.")
    title = models.CharField(max_length=200)
    message = models.TextField(blank=True)
    url = models.CharField(max_length=300, blank=True, help_text="A path of this site that it is about.")
    is_read = models.BooleanField(default=False)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["recipient", "is_read", "-id"], name="notification_inbox"),
            models.Index(fields=["created_at"], name="notification_oldest"),
        ]

    def __str__(self):
        return self.title


class SavedFilter(models.Model):
    """A filtered and sorted list that a person wants to find again."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_filters")
    page = models.CharField(max_length=60, help_text="The url name of the list, such as desk-partners.")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000, help_text="The query string, without the question mark.")

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["user", "page", "name"], name="saved_filter_once")]

    def __str__(self):
        return self.name


class OutgoingMail(models.Model):
    """A mail that is owed: written with the change that causes it, rendered and sent by a task, found by a sweep."""

    to = models.EmailField()
    template = models.CharField(max_length=64, help_text="templates/emails/<template>.txt: the subject, then the text.")
    context = models.JSONField(default=dict)
    language = models.CharField(max_length=8, blank=True, help_text="That was spoken when it was queued.")
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(auto_now_add=True)
    last_error = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["next_attempt_at"], name="mail_due", condition=Q(sent_at=None)),
            models.Index(fields=["sent_at"], name="mail_sent", condition=Q(sent_at__isnull=False)),
        ]

    def __str__(self):
        return f"{self.template} to {self.to}"
