"""The people of the big made-up festival: in bulk, the same every time."""

import random
from collections.abc import Iterable, Iterator

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.utils import timezone
from django.utils.text import slugify
from faker import Faker

from accounts.models import User
from bookings.demo import world
from bookings.demo.people import latin
from crew.demo import terrain
from crew.models import (
    Company,
    CrowdList,
    CrowdListEntry,
    CrowdType,
    IdentityMatch,
    Person,
    PersonTag,
    SystemType,
    UserTag,
)
from events.models import Event
from partners.models import Partner

BATCH = 1000
S = Person.Status
_STATES = ((S.APPROVED, 84), (S.APPLIED, 6), (S.PENDING, 5), (S.INVITED, 2), (S.REJECTED, 2), (S.NO_SHOW, 1))
_LOCALES = ("nl_NL", "nl_NL", "en_IN", "nl_NL", "vi_VN", "en_IN")
_HAS_ACCOUNT, _WAITS = 7, 5  # every so manieth person has an account; of those every so manieth is not yet linked
_BY_COMPANY = {
    SystemType.SUPPLIER: Company.Type.SUPPLIER,
    SystemType.PARTNER: Company.Type.PARTNER,
    SystemType.ARTIST: Company.Type.AGENCY,
}
_NOTES = (
    "Asked for no night shifts.",
    "Vegetarian; allergic to nuts.",
    "Was team lead here last year.",
    "Comes with a friend, wants the same shifts.",
    "Uses a wheelchair: paved paths only.",
)


def crowd_types(partner: Partner) -> dict[str, CrowdType]:
    """By name."""
    rows = [
        CrowdType(partner=partner, name=name, system_type=type, color=color, claims_need_approval=is_asked)
        for name, type, color, is_asked, _share in terrain.CROWD_TYPES
    ]
    rows.append(CrowdType(partner=partner, name="Day labour (until last year)", system_type="CREW", is_active=False))
    return {row.name: row for row in CrowdType.objects.bulk_create(rows)}


def companies(partner: Partner) -> list[Company]:
    """The businesses that people come with."""
    rows = [
        Company(
            partner=partner,
            name=name,
            type=type,
            contact_name=contact,
            contact_email=f"{slugify(contact).replace('-', '.')}@{slugify(name)}.example",
            contact_phone=f"+31235550{200 + number}",
        )
        for number, (name, type, contact) in enumerate(terrain.COMPANIES)
    ]
    return Company.objects.bulk_create(rows)


def tags(partner: Partner) -> list[PersonTag]:
    """What people can or are."""
    rows = [
        PersonTag(partner=partner, name=name, category=category, color=color, sort_order=number)
        for number, (name, category, color) in enumerate(terrain.TAGS)
    ]
    return PersonTag.objects.bulk_create(rows)


def persons(
    festival: Event, days: list[Event], types: dict[str, CrowdType], firms: list[Company], numbers: Iterable[int]
) -> list[Person]:
    """One for each number, not saved. Artists come for one of the days, everybody else for the festival."""
    chance = random.Random(51)
    names, kinds = _names(chance), list(types.values())[: len(terrain.CROWD_TYPES)]
    shares = [share for *_about, share in terrain.CROWD_TYPES]
    made = []
    for number in numbers:
        kind, name = chance.choices(kinds, shares)[0], next(names)
        event = chance.choice(days) if kind.system_type == SystemType.ARTIST else festival
        made.append(_person(event, kind, firms, name, number, chance))
    return made


def _names(chance: random.Random) -> Iterator[str]:
    """Names as they are on a Dutch festival with friends from afar."""
    fakers = {locale: Faker(locale) for locale in _LOCALES}
    for faker in fakers.values():
        faker.seed_instance(51)
    while True:
        locale = chance.choice(_LOCALES)
        # Faker knows Vietnamese family names, but calls everybody John or Jane.
        is_vietnamese = locale == "vi_VN"
        first = chance.choice(world.VIETNAMESE_NAMES.split()) if is_vietnamese else fakers[locale].first_name()
        yield f"{first} {fakers[locale].last_name()}"


def _person(event: Event, kind: CrowdType, firms: list[Company], name: str, number: int, chance) -> Person:
    wanted = _BY_COMPANY.get(kind.system_type)
    of_kind = [firm for firm in firms if firm.type == wanted]
    states, weights = zip(*_STATES, strict=True)
    status = chance.choices(states, weights)[0]
    is_blacklisted = chance.random() < 0.005
    return Person(
        event=event,
        crowd_type=kind,
        company=chance.choice(of_kind) if of_kind else None,
        name=name,
        email=f"{slugify(latin(name)).replace('-', '.')}.{number:04}@example.com",
        phone=f"+3168{number:07}" if chance.random() < 0.8 else "",
        status=S.REJECTED if is_blacklisted else status,
        is_blacklisted=is_blacklisted,
        notes=chance.choice(_NOTES) if chance.random() < 0.06 else "",
    )


def link(people: list[Person], partner: Partner, kinds: list[PersonTag], *, by: User) -> None:
    """Give every `_HAS_ACCOUNT`th saved person an account. Most are linked; the others wait as identity matches."""
    chance = random.Random(52)
    chosen = people[::_HAS_ACCOUNT]
    users = _accounts(chosen)
    linked, waiting = [], []
    for number, person in enumerate(chosen):
        if number % _WAITS == _WAITS - 1:
            waiting.append(IdentityMatch(partner=partner, person=person, user=users[person.email]))
        else:
            person.user = users[person.email]
            linked.append(person)
    Person.objects.bulk_update(linked, ["user"], batch_size=BATCH)
    IdentityMatch.objects.bulk_create(waiting, batch_size=BATCH)
    UserTag.objects.bulk_create(_user_tags(linked, kinds, chance, by), batch_size=BATCH)


def _accounts(people: list[Person]) -> dict[str, User]:
    """By address; those that are there from an earlier world stay."""
    known = {user.email: user for user in User.objects.filter(email__in=[person.email for person in people])}
    password = make_password(None if settings.PRODUCTION else world.USER_PASSWORD)  # once: hashing is slow on purpose
    missing = [
        User(
            email=one.email,
            username=one.email.partition("@")[0],
            full_name=one.name,
            password=password,
            email_confirmed_at=timezone.now() if number % 3 else None,
        )
        for number, one in enumerate(people)
        if one.email not in known
    ]
    return known | {user.email: user for user in User.objects.bulk_create(missing, batch_size=BATCH)}


def _user_tags(people: list[Person], kinds: list[PersonTag], chance: random.Random, by: User) -> Iterator[UserTag]:
    for person in people:
        for tag in chance.sample(kinds, min(len(kinds), chance.choice((0, 1, 1, 2, 3)))):
            source = chance.choice(UserTag.Source.values)
            is_own = source == UserTag.Source.SELF
            yield UserTag(
                user=person.user,
                tag=tag,
                source=source,
                proficiency=chance.choice(("", *UserTag.Proficiency.values)),
                assigned_by=person.user if is_own else by,
            )


def lists(festival: Event, days: list[Event], types: dict[str, CrowdType], people: list[Person], *, by: User) -> None:
    """The crowd lists; the fuller half of those with a limit is full. A list's people are of its event and type."""
    firms = {firm.name: firm for firm in Company.objects.filter(partner=festival.partner_id)}
    entries = []
    for number, (name, kind, most, approves, firm, day) in enumerate(terrain.LISTS):
        row = CrowdList.objects.create(
            event=festival if day < 0 else days[day],
            crowd_type=types[kind],
            name=name,
            type=CrowdList.Type.EXTERNAL if firm else CrowdList.Type.INTERNAL,
            recipient_company=firms.get(firm),
            auto_approve=approves,
            max_persons=most,
        )
        entries += _entries(row, people, number, by)
    CrowdListEntry.objects.bulk_create(entries, batch_size=BATCH)


def _entries(row: CrowdList, people: list[Person], number: int, by: User) -> list[CrowdListEntry]:
    own = (row.event_id, row.event.parent_id)
    fitting = [one for one in people if one.crowd_type_id == row.crowd_type_id and one.event_id in own]
    if row.auto_approve:  # whoever came onto it while pending was approved
        fitting = [one for one in fitting if one.status != Person.Status.PENDING]
    fitting = fitting[number:] or fitting
    room = row.max_persons or len(fitting)
    return [
        CrowdListEntry(crowd_list=row, person=one, added_by=by)
        for one in fitting[: room if number % 2 else room * 2 // 3]
    ]
