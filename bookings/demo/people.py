"""Made-up people: buyers, and the staff and promoter with well-known logins."""

import random
import unicodedata
from collections.abc import Iterator

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.utils.text import slugify
from faker import Faker

from accounts import roles
from accounts.models import Role, User
from accounts.permissions import SUPER_ADMIN
from bookings.demo import world
from eventify.lib.errors import Conflict

_ABROAD = {"en_IN": "+9198450", "nl_NL": "+316120", "vi_VN": "+849040"}  # the start of a mobile number


def administrator() -> User:
    """The Super Admin of the made-up worlds; made when missing, otherwise left as is (its password too).

    Conflict when the address belongs to somebody who is no Super Admin: they do not become one by a seeding.
    """
    user = User.objects.filter(email__iexact=world.ADMIN_EMAIL).first()
    if user is None:
        user = _login("admin", "Administrator", settings.EVENTIFY_ADMIN_PASSWORD)
        return roles.assign(user, Role.objects.get(name=SUPER_ADMIN), by=None)
    if not user.is_superuser:
        raise Conflict(f"{world.ADMIN_EMAIL} exists and is no Super Admin. Give it that role, then run seed again.")
    return user


def staff(by: User) -> dict[str, User]:
    """The demo's staff, by username; the missing ones are made."""
    return {name: _member_of_staff(name, full_name, role, by) for name, full_name, role in world.STAFF}


def _member_of_staff(name: str, full_name: str, role: str, by: User) -> User:
    user = _known(name)
    if user is None:
        user = _login(name, full_name, settings.EVENTIFY_ADMIN_PASSWORD)
        roles.assign(user, Role.objects.get(name=role), by=by)
    return user


def promoter() -> User:
    """The demo's partner member; made when missing."""
    return staff_login(*world.PROMOTER)


def buyer() -> User:
    """The demo's buyer with the address that is easy to remember; made when missing."""
    return user_login(*world.BUYER)


def staff_login(name: str, full_name: str) -> User:
    """Who logs in as <name>@evient.com with the administrator's password; made when missing."""
    return _known(name) or _login(name, full_name, settings.EVENTIFY_ADMIN_PASSWORD)


def user_login(name: str, full_name: str) -> User:
    """Who logs in as <name>@evient.com with the password of the made-up users; made when missing."""
    return _known(name) or _login(name, full_name, None if settings.PRODUCTION else world.USER_PASSWORD)


def _known(name: str) -> User | None:
    return User.objects.filter(email__lower=f"{name}@evient.com").first()


def _login(name: str, full_name: str, password: str | None) -> User:
    username = name if not User.objects.filter(username__lower=name).exists() else f"{name}@evient.com"
    return User.objects.create_user(f"{name}@evient.com", password, username=username, full_name=full_name)


def buyers(how_many: int, locales: tuple[str, ...], seed: int) -> list[User]:
    """The same made-up people every time; the missing ones are made."""
    wanted = list(_made_up(how_many, locales, seed))
    known = {user.email: user for user in User.objects.filter(email__in=[user.email for user in wanted])}
    missing = [user for user in wanted if user.email not in known]
    # One hash for all: hashing is slow on purpose. In production nobody knows a password that the source tells.
    password = make_password(None if settings.PRODUCTION else world.USER_PASSWORD) if missing else ""
    taken = set(User.objects.filter(phone__in=[user.phone for user in missing]).values_list("phone", flat=True))
    for user in missing:
        user.password = password
        user.phone = None if user.phone in taken else user.phone
    User.objects.bulk_create(missing)
    return [known.get(user.email, user) for user in wanted]


def _made_up(how_many: int, locales: tuple[str, ...], seed: int) -> Iterator[User]:
    fakers = {locale: Faker(locale) for locale in locales}
    for faker in fakers.values():
        faker.seed_instance(seed)
    chance = random.Random(seed)
    cities = list(world.CITIES.values())
    for number in range(how_many):
        locale = locales[number % len(locales)]
        name = _name(fakers[locale], locale, chance)
        stem = f"{slugify(latin(name)).replace('-', '.')}.{seed % 100}{number:02}"
        yield _person(name, stem, f"{_ABROAD[locale]}{seed % 10}{number:04}", chance.choice(cities))


def _name(faker: Faker, locale: str, chance: random.Random) -> str:
    # Faker knows Vietnamese family names, but calls everybody John or Jane.
    first = chance.choice(world.VIETNAMESE_NAMES.split()) if locale == "vi_VN" else faker.first_name()
    return f"{first} {faker.last_name()}"


def _person(name: str, stem: str, phone: str, city: world.City) -> User:
    return User(
        email=f"{stem}@example.com",
        username=stem,
        full_name=name,
        phone=phone,
        pincode=city.pincode,
        district=city.district,
        state=city.state_name,
        country=city.country,
        place=city.place,
        latitude=city.latitude,
        longitude=city.longitude,
    )


def latin(text: str) -> str:
    """The text in plain letters."""
    bare = unicodedata.normalize("NFKD", text.replace("đ", "d").replace("Đ", "D"))
    return bare.encode("ascii", "ignore").decode()
