"""Becoming a user, and changing who one is."""

import re
import secrets

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts import addresses, mail, sessions
from accounts.models import User
from accounts.phones import to_e164
from accounts.signals import address_given
from eventify.lib.errors import Conflict, Invalid

_USERNAME = re.compile(r"[\w.+-]{1,150}")
EMAIL_MAX = 254  # characters
PASSWORD_MAX = 256  # characters; hashing time grows with the length
_PROFILE = ("full_name", "avatar_url", "pincode", "district", "state", "country", "place", "language")


class Taken(Conflict):
    """Another account has this e-mail address, username or phone number. `errors` names the fields."""

    code = "taken"

    def __init__(self, errors: dict):
        super().__init__(next(iter(errors.values()))[0])
        self.errors = errors


@transaction.atomic
def register(
    *, email: str, password: str, full_name="", phone="", username="", by_themself=False, **profile
) -> User:  # fmt: skip
    """Make an account. Raises Invalid (a value is not acceptable) or Taken (another account has it).

    Who makes it `by_themself` is asked to confirm the address; an invitation's link does that by itself.
    """
    email = clean_email(email)
    phone = to_e164(phone) if phone else None
    check_password_rules(password, User(email=email, full_name=full_name))
    check_free(email=email, phone=phone, username=username and clean_username(username))
    user = User(email=email, phone=phone, full_name=full_name, **{"language": get_language() or "", **profile})
    user.set_password(password)
    _save_new(user, username)
    address_given.send(User, user=user)
    if by_themself:
        addresses.ask(user)
    return user


def clean_email(email: str) -> str:
    """The address, checked and with a lower-case domain; Invalid when it is none."""
    if len(email) > EMAIL_MAX:
        raise Invalid.field("email", _("Use at most %(most)s characters.") % {"most": EMAIL_MAX})
    try:
        validate_email(email)
        email.encode()  # not with half of a surrogate pair
    except ValidationError as error:
        raise Invalid(_("Enter a valid email address."), errors={"email": error.messages}) from None
    except UnicodeEncodeError:
        raise Invalid.field("email", _("Enter a valid email address.")) from None
    return User.objects.normalize_email(email)


def clean_username(username: str) -> str:
    """The username, checked: letters, digits and . + - _ (never an @, which marks an e-mail address)."""
    if not _USERNAME.fullmatch(username):
        raise Invalid.field("username", _("Use letters, digits and . + - _ only, at most 150."))
    return username


def check_password_rules(password: str, user: User) -> None:
    """Invalid when the password breaks the rules in force (settings; the demo has none but a length)."""
    if not password or len(password) > PASSWORD_MAX:
        raise Invalid.field("password", _("Use between 1 and %(most)s characters.") % {"most": PASSWORD_MAX})
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(error.messages[0], errors={"password": error.messages}) from None


def check_free(*, email=None, phone=None, username=None, but: User | None = None) -> None:
    """Taken when another account than `but` has one of these; one query for all three."""
    wanted = {
        "email": (email and email.lower(), "email__lower"),
        "phone_number": (phone, "phone"),
        "username": (username and username.lower(), "username__lower"),
    }
    others = User.objects.exclude(pk=but.pk) if but else User.objects.all()
    sentences = {
        "email": _("Email is already registered."),
        "phone_number": _("Phone number is already registered."),
        "username": _("Username is already taken."),
    }
    errors = {
        field: [sentences[field]]
        for field, (value, lookup) in wanted.items()
        if value and others.filter(**{lookup: value}).exists()
    }
    if errors:
        raise Taken(errors)


def _save_new(user: User, username: str) -> User:
    for attempt in range(10):
        user.username = username or free_username(user.email, crowd=attempt)
        try:
            with transaction.atomic():
                user.save()
            return user
        except IntegrityError:  # somebody took it between the check and now: name it, or choose another username
            check_free(email=user.email, phone=user.phone, username=username)
    raise Conflict(_("Please try again."))


def free_username(email: str, crowd: int = 0) -> str:
    """The local part of the address, numbered when somebody has it already (contract 003).

    In a `crowd` (how often others were faster) the number starts anywhere, so that not all want the same one.
    """
    stem = re.sub(r"[^\w.+-]", "", email.partition("@")[0])[:140] or "user"
    pattern = rf"^{re.escape(stem)}[0-9]*$"
    taken = {name.lower() for name in User.objects.filter(username__iregex=pattern).values_list("username", flat=True)}
    if stem.lower() not in taken:
        return stem
    number = 2 + secrets.randbelow(10**crowd)
    while f"{stem}{number}".lower() in taken:
        number += 1
    return f"{stem}{number}"


def note_language(user: User) -> None:
    """Remember the language that is spoken now as the user's, unless they have one; of a guest always the last one."""
    language = get_language() or ""
    if language and language != user.language and (user.is_guest or not user.language):
        user.language = language
        user.save(update_fields=["language", "updated_at"])


def change_profile(user: User, **changes) -> User:
    """Change the descriptive fields of the own profile."""
    for name, value in changes.items():
        if name not in _PROFILE:
            raise TypeError(f"{name} is not a profile field")
        setattr(user, name, value)
    user.save(update_fields=[*changes, "updated_at"])
    return user


def change_email(user: User, email: str) -> None:
    """Give the user another address, not confirmed yet; both addresses get a mail. Invalid, or Taken."""
    email, before = clean_email(email), user.email
    if email == before:
        return
    check_free(email=email, but=user)
    user.email, user.email_confirmed_at = email, None
    try:
        with transaction.atomic():
            user.save(update_fields=["email", "email_confirmed_at", "updated_at"])
            address_given.send(User, user=user)
            addresses.ask(user)
            mail.queue("address_changed", before, name=user.first_name)
    except IntegrityError:  # somebody took it between the check and now
        raise Taken({"email": [_("Email is already registered.")]}) from None


def change_phone(user: User, phone: str) -> None:
    """Give the user another phone number, or none. Invalid, or Taken when somebody has it."""
    phone = to_e164(phone) if phone else None
    if phone == user.phone:
        return
    check_free(phone=phone, but=user)
    user.phone = phone
    try:
        with transaction.atomic():
            user.save(update_fields=["phone", "updated_at"])
    except IntegrityError:  # somebody took it between the check and now
        raise Taken({"phone_number": [_("Phone number is already registered.")]}) from None


def change_password(user: User, *, old: str, new: str) -> None:
    """Change the own password and end every session and token. Invalid when `old` is wrong or `new` is too weak."""
    if not user.check_password(old):
        raise Invalid.field("old_password", _("The old password is not correct."))
    set_password(user, new)


@transaction.atomic
def set_password(user: User, new: str) -> None:
    """Give the user this password and end every session and token."""
    check_password_rules(new, user)
    user.set_password(new)
    user.save(update_fields=["password", "updated_at"])
    sessions.end_all(user)
