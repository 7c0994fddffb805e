"""Two-factor: setting it up, turning it off, resetting it. The codes themselves are in accounts/codes.py."""

import base64
from datetime import datetime
from typing import NamedTuple
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import audit, closing, letters, mail, sessions
from accounts.codes import fits_device, is_on, make_recovery_codes
from accounts.models import Session, User
from accounts.notify import in_language_of, notify
from eventify.lib.dates import full_moment
from eventify.lib.errors import Because, Conflict, Forbidden, Invalid

ISSUER = "Eventify"
REASON_MAX = 500  # characters
_DEVICE = "authenticator"


class TwoFactorRequired(Forbidden):
    """The staff role demands two-factor and the person has not set it up: no staff permission counts (403)."""

    code = "two_factor_required"
    kind = "sign-in"
    message = gettext_lazy("Your role demands two-factor. Set it up under /account/security/, then try again.")


class Setup(NamedTuple):
    """What an authenticator app must be told: as a link (also for the QR code), and as letters to type."""

    url: str
    secret: str

    @property
    def groups(self) -> list[str]:
        """The secret in groups of four, as people type it."""
        return [self.secret[start : start + 4] for start in range(0, len(self.secret), 4)]


def check_set_up(user: User) -> None:
    """TwoFactorRequired when the user's staff role demands two-factor and they have not set it up."""
    if user.lacks_two_factor:
        raise TwoFactorRequired


# --- Setting up -----------------------------------------------------------------------------------------


@transaction.atomic
def begin(user: User) -> Setup:
    """Start setting up, with a new secret; nothing counts before `confirm`. Conflict when it is on. Locks the user."""
    _lock(user)
    if is_on(user):
        raise Conflict(_("Two-factor is on already. Turn it off before you set it up anew."))
    user.totpdevice_set.all().delete()
    return _setup(user, TOTPDevice.objects.create(user=user, name=_DEVICE, confirmed=False))


def pending(user: User) -> Setup | None:
    """The set-up that has begun and is not confirmed yet, or None."""
    device = user.totpdevice_set.filter(confirmed=False).first()
    return device and _setup(user, device)


def _setup(user: User, device: TOTPDevice) -> Setup:
    secret = base64.b32encode(device.bin_key).decode()
    values = {"secret": secret, "issuer": ISSUER, "algorithm": "SHA1", "digits": device.digits, "period": device.step}
    return Setup(f"otpauth://totp/{quote(f'{ISSUER}:{user.email}')}?{urlencode(values)}", secret)


@transaction.atomic
def confirm(user: User, code: str, *, keep: Session | None = None) -> list[str]:
    """Turn two-factor on with the app's first code; returns the recovery codes, which are never shown again.

    Ends every session and device token but `keep`. Conflict when nothing was begun or it is on; Invalid for a wrong
    code. Locks the user, then the device. A wrong code here opens nothing, so it is not counted.
    """
    _lock(user)
    device = user.totpdevice_set.select_for_update().first()
    if device is None or device.confirmed:
        raise Conflict(_("There is no set-up to confirm. Begin it again."))
    if not fits_device(device, code):
        raise Invalid.field("code", _("This code is not right. Enter the six digits that the app shows now."))
    device.confirmed = True
    device.save(update_fields=["confirmed"])
    codes = make_recovery_codes(user)
    _changed(user, "ENABLED_2FA", "two_factor_on", gettext_lazy("Two-factor is on now"), by=user, keep=keep)
    return codes


@transaction.atomic
def new_recovery_codes(user: User, *, by: User) -> list[str]:
    """Ten new recovery codes; the old ones are void. Conflict when two-factor is off. Locks the user."""
    _lock(user)
    if not is_on(user):
        raise Conflict(_("Two-factor is off. Set it up first."))
    codes = make_recovery_codes(user)
    audit.record("NEW_RECOVERY_CODES", user, by=by)
    return codes


# --- Turning it off -------------------------------------------------------------------------------------


@transaction.atomic
def disable(user: User, *, by: User, keep: Session | None = None) -> None:
    """Turn one's own two-factor off, and end every other session. Conflict when it is off. Locks the user."""
    if user.pk != by.pk:
        raise Forbidden(_("Only the person turns two-factor off; staff may reset it, with a reason."))
    _remove(user)
    _changed(user, "DISABLED_2FA", "two_factor_off", gettext_lazy("Two-factor is off now"), by=by, keep=keep)


@transaction.atomic
def reset(user: User, *, reason: str, by: User) -> None:
    """Take two-factor away from somebody who lost it: mailed to them, audited, and their sessions end. Locks the user.

    Invalid without a reason; Forbidden when a Super Admin's is reset by somebody who is none; Conflict for the own
    account and when it is off.
    """
    reason = reason.strip()
    if not 0 < len(reason) <= REASON_MAX:
        raise Invalid.field("reason", _("Say why, in at most %(most)s characters.") % {"most": REASON_MAX})
    closing.check_may_change(user, by)
    if user.pk == by.pk:
        raise Conflict(Because("own_account", _("Turn your own two-factor off under your account's security.")))
    _remove(user)
    title = gettext_lazy("Your two-factor was reset")
    _changed(user, "RESET_2FA", "two_factor_reset", title, by=by, details={"reason": reason})


def _remove(user: User) -> None:
    _lock(user)
    if not is_on(user):
        raise Conflict(_("Two-factor is off already."))
    user.totpdevice_set.all().delete()
    user.staticdevice_set.all().delete()


def _changed(user, action, template, title, *, by: User, keep: Session | None = None, details: dict | None = None):
    """What follows every change: other sessions end, the owner is told, the audit log knows."""
    user.__dict__.pop("lacks_two_factor", None)
    sessions.end_all(user, keep=keep)
    mail.queue(template, user.email, name=user.first_name, changed_at=timezone.now().isoformat())
    with in_language_of(user):
        notify(user, str(title), _("If this was not you, change your password and tell us."), level="critical")
    audit.record(action, user, by=by, **(details or {}))


@letters.enriches("two_factor_on", "two_factor_off", "two_factor_reset")
def _when(context: dict) -> letters.Extras:
    """`at`, when it was changed, as the mail's language says it. Mails that were owed before have it said already."""
    if "changed_at" not in context:
        return letters.Extras()
    changed_at = datetime.fromisoformat(context["changed_at"])
    return letters.Extras(context={"at": full_moment(changed_at.astimezone(ZoneInfo(settings.EVENTIFY_TIME_ZONE)))})


def _lock(user: User) -> None:
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
