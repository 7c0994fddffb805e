"""What accounts know about people: who they are, how they come in, what they were told and what they did."""

import secrets

from django.contrib.sessions.models import Session as BrowserSession
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.mail import MOST_ATTEMPTS
from accounts.models import Notification, OutgoingMail, Session
from eventify.lib.personal import DELETED, Data, Kind, NoData, Who

PSEUDONYM = "erased.invalid"  # nobody's, for ever (RFC 2606)
_PROVEN = _(
    "The audit log is a chain: without this line nothing after it could be proved. It says who did what, and why."
)


def _pseudonym(who: Who) -> str:
    return f"erased-{who.uid.hex}"


def _about(who: Who) -> Q:
    return Q(target_uid=who.uid)


def _about_the_account(who: Who) -> Q:
    """Mails that name the account, also those to an address that it has not confirmed."""
    return Q(context__user=str(who.uid))


def _in_raw_admin(who: Who) -> Q:
    return Q(content_type__app_label="accounts", content_type__model="user", object_id=str(who.key))


_LINE = ("created_at", "action", "target_resource", "target_label", "details")
_PLACE = ("place", "pincode", "district", "state", "country", "latitude", "longitude")

DECLARED = (
    Data(
        "accounts.User",
        "account",
        ("uid", "created_at", "email", "email_confirmed_at", "username", "phone", "full_name", "avatar_url", *_PLACE,
         "language", "is_active", "is_guest", "is_staff", "banned_at", "ban_reason", "last_active_at", "total_spent"),
        user=("pk",),
        erased={
            "email": lambda who: f"{_pseudonym(who)}@{PSEUDONYM}",
            "username": _pseudonym,
            "password": lambda _who: f"!{secrets.token_urlsafe(30)}",  # begins as Django marks one that nothing fits
            **dict.fromkeys(("full_name", "avatar_url", *_PLACE, "language", "ban_reason"), ""),
            **dict.fromkeys(("phone", "latitude", "longitude", "email_confirmed_at", "last_active_at"), None),
            "is_active": False,
            "is_staff": False,
            "is_superuser": False,
            "erased_at": lambda _who: timezone.now(),
        },
        silent=("erased_at",),
        why=_("Orders, payments and the audit log point at the row; it says nobody's name any more."),
    ),
    Data("accounts.User_groups", "roles", ("group__name",), user=("user",), erased=DELETED),
    Data("accounts.User_user_permissions", "permissions", ("permission__name",), user=("user",), erased=DELETED),
    Data(
        "guardian.UserObjectPermission", "permissions-on-organisations", ("permission__name", "object_pk"),
        user=("user",), erased=DELETED,
    ),
    Data(
        "accounts.Session", "log-ins", ("uid", "created_at", "refreshed_at", "ended_at", "address", "user_agent"),
        user=("user",), erased=DELETED,
    ),
    Data("accounts.DeviceToken", "app-tokens", ("created_at", "last_used_at"), user=("user",), erased=DELETED),
    Data("otp_totp.TOTPDevice", "two-factor", ("name", "confirmed"), user=("user",), erased=DELETED),
    Data("otp_static.StaticDevice", "recovery-codes", ("name", "confirmed"), user=("user",), erased=DELETED),
    Data(
        "accounts.AuditLog", "audit-by-me", _LINE, user=("actor",), why=_PROVEN,
    ),
    Data("accounts.AuditLog", "audit-about-me", _LINE, also=_about, why=_PROVEN),
    Data(
        "accounts.Notification", "notifications", ("created_at", "kind", "title", "message", "url", "is_read"),
        user=("recipient",), erased=DELETED,
    ),
    Data("accounts.SavedFilter", "saved-filters", ("page", "name", "query"), user=("user",), erased=DELETED),
    Data(
        "accounts.OutgoingMail", "mails", ("created_at", "sent_at", "to", "template", "context", "language"),
        address=("to",), also=_about_the_account, erased=DELETED,
    ),
    Data(
        "admin.LogEntry", "raw-admin-by-me", ("action_time", "object_repr", "change_message"), user=("user",),
        why=_("What engineers changed by hand, under the pseudonym."),
    ),
    Data(
        "admin.LogEntry", "raw-admin-about-me", ("action_time", "change_message"), also=_in_raw_admin,
        erased={"object_repr": "-"},
        why=_("What engineers changed by hand; it says which columns, not what they said."),
    ),
)  # fmt: skip
NOTHING = (
    NoData("accounts.Role", "What a role may do."),
    NoData("accounts.LoginLock", "Its keys are hashes, and it is gone when its window is over."),
    NoData("otp_static.StaticToken", "Goes with its device; a code is a secret that no copy says."),
    NoData("sessions.Session", "Names a log-in, which says whose it is; gone soon after it has expired."),
    NoData("auth.Group", "What a role may do."),
    NoData("auth.Group_permissions", "What a role may do."),
    NoData("auth.Permission", "What can be permitted."),
    NoData("guardian.GroupObjectPermission", "What a role may do."),
    NoData("contenttypes.ContentType", "The names of tables."),
)
KINDS = (
    Kind(
        "browser_sessions", "browser sessions that have expired",
        lambda before: BrowserSession.objects.filter(expire_date__lt=before), by="expire_date",
    ),
    Kind(
        "mails", "mails that were sent", lambda before: OutgoingMail.objects.filter(sent_at__lt=before), by="sent_at",
    ),
    Kind(
        "mails", "mails that were given up",
        lambda before: OutgoingMail.objects.filter(
            sent_at=None, attempts__gte=MOST_ATTEMPTS, next_attempt_at__lt=before
        ),
        by="next_attempt_at",
    ),
    Kind(
        "notifications", "notifications", lambda before: Notification.objects.filter(created_at__lt=before),
        by="created_at",
    ),
    Kind(
        "sessions", "log-ins that have ended", lambda before: Session.objects.filter(ended_at__lt=before),
        by="ended_at",
    ),
)  # fmt: skip
