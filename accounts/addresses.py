"""Confirming that an e-mail address is its owner's: a mailed link, good for three days and for that address alone."""

from datetime import timedelta
from uuid import UUID

from django.core import signing
from django.db import transaction
from django.utils import timezone

from accounts import audit, letters, mail
from accounts.links import LinkExpired
from accounts.models import User

GOOD_FOR = timedelta(days=3)
_SALT = "accounts.addresses"


def ask(user: User) -> None:
    """Owe the user the mail with the link. The link itself is made when the mail is sent, and stored nowhere."""
    mail.queue("confirm_address", user.email, name=user.first_name, user=str(user.uid))


@letters.enriches("confirm_address")
def _link(context: dict) -> letters.Extras:
    return letters.Extras(context={"path": path_for(UUID(context["user"]), context["to"])})


def path_for(uid: UUID, email: str) -> str:
    """The path of the page where the owner of the account confirms this address."""
    return f"/account/confirm-address/{_signer(email).sign(uid.hex)}/"


def find(token: str) -> User:
    """The user whose good link this is; LinkExpired when it is none, too old, or the address has changed since."""
    uid = token.partition(":")[0]
    user = User.objects.filter(uid=uid, is_active=True).first() if _is_hex(uid) else None
    if user is None:
        raise LinkExpired
    try:
        _signer(user.email).unsign(token, max_age=GOOD_FOR)
    except signing.BadSignature:
        raise LinkExpired from None
    return user


@transaction.atomic
def confirm(token: str) -> User:
    """The address is the user's. A second time changes nothing. LinkExpired as `find`. Locks the user."""
    User.objects.select_for_update(no_key=True).filter(pk=find(token).pk).first()
    user = find(token)  # afresh, under the lock
    if user.email_confirmed_at is None:
        user.email_confirmed_at = timezone.now()
        user.save(update_fields=["email_confirmed_at", "updated_at"])
        audit.record("CONFIRMED_ADDRESS", user, by=user)
    return user


def _signer(email: str) -> signing.TimestampSigner:
    return signing.TimestampSigner(salt=f"{_SALT}:{email.lower()}")


def _is_hex(text: str) -> bool:
    return len(text) == 32 and text.isascii() and text.isalnum() and set(text) <= set("0123456789abcdef")
