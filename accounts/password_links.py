"""A mailed link to choose a password: signed, good once and for settings.PASSWORD_RESET_TIMEOUT seconds."""

from uuid import UUID

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import transaction
from django.utils import timezone

from accounts import audit, signup
from accounts.links import LinkExpired
from accounts.models import User


class _Tokens(PasswordResetTokenGenerator):
    key_salt = "accounts.password_links"


_tokens = _Tokens()


def path_for(user: User) -> str:
    """The path of the page where the user chooses a password. It is void once they have one, or log in."""
    return f"/account/set-password/{user.uid}/{_tokens.make_token(user)}/"


def find(uid: UUID, token: str) -> User:
    """The user whose good link this is; LinkExpired otherwise."""
    user = User.objects.filter(uid=uid, is_active=True, banned_at=None, is_guest=False).first()
    if user is None or not _tokens.check_token(user, token):
        raise LinkExpired
    return user


@transaction.atomic
def use(uid: UUID, token: str, password: str) -> User:
    """Set the password: ends all sessions and confirms the address. LinkExpired, or Invalid for a weak password.

    Locks the user, so that a link is good once.
    """
    User.objects.select_for_update(no_key=True).filter(uid=uid).first()
    user = find(uid, token)
    signup.set_password(user, password)
    user.email_confirmed_at = timezone.now()
    user.save(update_fields=["email_confirmed_at", "updated_at"])
    audit.record("CHOSE_PASSWORD", user, by=user)
    return user
