"""The second step of a log-in: codes of an authenticator app (TOTP) and recovery codes, each good once."""

import base64
import hmac
import re
import secrets
from hashlib import sha256

from django.conf import settings
from django.db import transaction
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken

from accounts import audit
from accounts.models import User

RECOVERY_CODES = 10
CODE_MAX = 32  # characters that people may type, blanks and hyphens included
_NAME = "recovery codes"
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look alike
_LENGTH = 10  # letters: 49 random bits
_TOTP = re.compile(r"[0-9]{6}")


def is_on(user: User) -> bool:
    """Whether the user has set two-factor up. One query."""
    return user.totpdevice_set.filter(confirmed=True).exists()


@transaction.atomic
def use(user: User, code: str) -> bool:
    """Whether the code is good now; it is used up by this. Locks the device, so that no code is accepted twice.

    The caller counts the attempt (accounts/lockout.py).
    """
    bare = _bare(code)
    if _TOTP.fullmatch(bare):
        device = user.totpdevice_set.select_for_update().filter(confirmed=True).first()
        return device is not None and device.verify_token(bare)
    device = user.staticdevice_set.select_for_update().filter(confirmed=True).first()
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    if device is None or not any(device.verify_token(_hash(user, bare, key)) for key in keys):
        return False
    audit.record("USED_RECOVERY_CODE", user, by=user, left=device.token_set.count())
    return True


def fits_device(device, code: str) -> bool:
    """Whether the code is one of this authenticator app, which the caller has locked; it is used up by this."""
    bare = _bare(code)
    return _TOTP.fullmatch(bare) is not None and device.verify_token(bare)


def make_recovery_codes(user: User) -> list[str]:
    """Ten new recovery codes for people to keep; the old ones are void. Only hashes stay here."""
    user.staticdevice_set.all().delete()
    device = StaticDevice.objects.create(user=user, name=_NAME)
    codes = ["".join(secrets.choice(_LETTERS) for _letter in range(_LENGTH)) for _code in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(
        StaticToken(device=device, token=_hash(user, code, settings.SECRET_KEY)) for code in codes
    )
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def recovery_codes_left(user: User) -> int:
    """How many recovery codes were not used yet."""
    return StaticToken.objects.filter(device__user=user).count()


def _bare(code) -> str:
    if not isinstance(code, str) or len(code) > CODE_MAX:
        return ""
    return "".join(code.split()).replace("-", "").lower()


def _hash(user: User, code: str, key: str) -> str:
    """What is kept of a recovery code: 96 bits of a keyed hash, in the 16 characters that django-otp's field has."""
    words = f"recovery code {user.pk} {code}".encode("utf-8", "surrogatepass")
    return base64.urlsafe_b64encode(hmac.new(key.encode(), words, sha256).digest()[:12]).decode()
