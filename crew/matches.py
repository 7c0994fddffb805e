"""Identity matches: guesses that a person of an event and an account are the same human.

A guess is made when a person is added or gets another address, and when an account is made or gets one. Nothing is
linked before somebody of the organisation confirms it. Where a person and an account with one address come at the
same moment, both hold the lock of that address while they look for each other, and after they are written: whoever is
second sees the first.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from crew import writing
from crew.models import IdentityMatch, Person
from eventify.lib.errors import Because, Conflict, DomainError, Invalid, Missing
from eventify.lib.personal import refusing_the_erased
from partners.models import Partner

MOST = 100  # matches that are confirmed at once
_EVERY_ADDRESS = "crew: the addresses of persons and accounts"
_JOINED = ("person__event__partner", "person__crowd_type", "person__company", "user", "partner")
S = IdentityMatch.Status


def pending(partner: Partner) -> QuerySet[IdentityMatch]:
    """Those of the organisation that wait, the newest first, with all that is said of them joined."""
    return IdentityMatch.objects.filter(partner=partner, status=S.PENDING).select_related(*_JOINED).order_by("-pk")


# --- Guesses ------------------------------------------------------------------------------------------


@transaction.atomic
def detect_for_person(person: Person) -> IdentityMatch | None:
    """Guess who the person is, now that they are saved with this address: the match that waits, if any.

    One that was dismissed stays so; one that waits for an account with another address goes. Locks the address.
    """
    mine = IdentityMatch.objects.filter(person=person)
    mine.filter(status=S.PENDING).exclude(user__email__lower=person.email.lower()).delete()
    if person.user_id or not person.email:
        return None
    lock_address(person.email)
    user = _accounts([person.email]).first()
    if user is None:
        return None
    about = {"partner_id": person.event.partner_id, "person": person}
    match, _is_new = mine.get_or_create(user=user, defaults=about)
    return match if match.status == S.PENDING else None


@transaction.atomic
def detect_for_persons(persons: Iterable[Person]) -> int:
    """`detect_for_person` for new persons of one event, in three queries whatever their number; how many wait.

    Locks all addresses: call it last, for nobody else gets an account or adds a person until the commit.
    """
    by_address = {person.email.lower(): person for person in persons if person.email and not person.user_id}
    lock_every_address()
    found = [
        IdentityMatch(partner_id=person.event.partner_id, person=person, user=user)
        for user in _accounts(by_address)
        for person in (by_address[user.email.lower()],)
    ]
    IdentityMatch.objects.bulk_create(found, ignore_conflicts=True)
    return len(found)


@transaction.atomic
def detect_for_user(user: User) -> None:
    """Guess which persons, of all organisations, the account is, now that it is saved with this address.

    As `detect_for_person`. Locks the address; the persons cannot be deleted until the commit.
    """
    lock_address(user.email)
    address = user.email.lower()
    IdentityMatch.objects.filter(user=user, status=S.PENDING).exclude(person__email__lower=address).delete()
    keys = list(Person.objects.filter(email__lower=address, user=None).values_list("pk", flat=True))
    if not keys:
        return
    persons = Person.objects.filter(pk__in=writing.held(Person, keys), user=None).select_related("event")
    found = [IdentityMatch(partner_id=person.event.partner_id, person=person, user=user) for person in persons]
    IdentityMatch.objects.bulk_create(found, ignore_conflicts=True)


def _accounts(addresses: Iterable[str]) -> QuerySet[User]:
    """The open accounts with these addresses; their case does not matter."""
    return User.objects.filter(email__lower__in=[address.lower() for address in addresses], is_active=True)


def lock_address(address: str) -> None:
    """Hold the address until the transaction ends; write the person or account with it first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0))", [_EVERY_ADDRESS])
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", [address.lower()])


def lock_every_address() -> None:
    """Hold all addresses until the transaction ends. PostgreSQL has no room for thousands of single locks."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [_EVERY_ADDRESS])


# --- Decisions ----------------------------------------------------------------------------------------


@refusing_the_erased()
@transaction.atomic
def confirm(match: IdentityMatch, *, by: User | None) -> IdentityMatch:
    """They are the same human: the person gets the account; other guesses about the person end. Locks the person.

    Conflict when the match was decided already, the person has an account, or the account a person in this event.
    """
    person, match = _lock(match)
    if person.user_id:
        sentence = _("%(person)s is linked to an account already.") % {"person": person.name}
        raise Conflict(Because("has_account", sentence))
    _link(person, match.user)
    person.identity_matches.filter(status=S.PENDING).exclude(pk=match.pk).update(
        status=S.DISMISSED, decided_by=by, decided_at=timezone.now(), updated_at=timezone.now()
    )
    return _decide(match, S.CONFIRMED, "CONFIRMED_IDENTITY_MATCH", by=by)


@transaction.atomic
def dismiss(match: IdentityMatch, *, by: User | None) -> IdentityMatch:
    """They are not: the person stays unlinked, and this guess is not made again. Locks the person.

    Conflict when the match was decided already.
    """
    _person, match = _lock(match)
    return _decide(match, S.DISMISSED, "DISMISSED_IDENTITY_MATCH", by=by)


@transaction.atomic
def bulk_confirm(partner: Partner, uids: Iterable[UUID], *, by: User | None) -> tuple[int, list[dict]]:
    """Confirm up to 100 matches of the organisation: (how many, what refused the others).

    A refusal is {"match_id": uid, "error": sentence} and stops none of the others. Invalid for too many. Locks the
    persons by id first.
    """
    uids = list(dict.fromkeys(uids))
    if len(uids) > MOST:
        raise Invalid.field("uids", _("Confirm at most %(most)s matches at once.") % {"most": MOST})
    found = {match.uid: match for match in IdentityMatch.objects.filter(partner=partner, uid__in=uids)}
    persons = Person.objects.select_for_update(no_key=True).order_by("pk")
    list(persons.filter(pk__in=[match.person_id for match in found.values()]).values_list("pk"))
    errors = [{"match_id": uid, "error": sentence} for uid in uids if (sentence := _confirmed(found.get(uid), by=by))]
    return len(uids) - len(errors), errors


def _confirmed(match: IdentityMatch | None, *, by: User | None) -> str:
    """Confirm one of many; why not, if not."""
    if match is None:
        return _("There is no such match.")
    try:
        confirm(match, by=by)
    except DomainError as refusal:
        return str(refusal.message)
    return ""


def _lock(match: IdentityMatch) -> tuple[Person, IdentityMatch]:
    """The person, locked, and the match as it is now; Conflict unless it waits."""
    persons = Person.objects.select_for_update(no_key=True, of=("self",)).select_related("event__partner")
    person = persons.filter(pk=match.person_id).first()
    matches = IdentityMatch.objects.select_for_update(no_key=True, of=("self",)).select_related("user", "partner")
    match = matches.filter(pk=match.pk).first()
    if person is None or match is None:
        raise Missing(_("There is no such match."))
    if match.status != S.PENDING:
        raise Conflict(Because("decided", _("Somebody decided this already.")))
    match.person = person
    return person, match


def _link(person: Person, user: User) -> None:
    twice = _("User already has a person record in this event.")
    if Person.objects.filter(event=person.event_id, user=user).exists():
        raise Conflict(twice)
    person.user = user
    try:
        writing.save(person, {"person_once_per_user": ("user", twice)}, update_fields=["user", "updated_at"])
    except Invalid:  # somebody linked another person between the look and now
        raise Conflict(twice) from None


def _decide(match: IdentityMatch, status: str, action: str, *, by: User | None) -> IdentityMatch:
    match.status, match.decided_by, match.decided_at = status, by, timezone.now()
    match.save(update_fields=["status", "decided_by", "decided_at", "updated_at"])
    audit.record(action, match.person, by=by, match=str(match.uid), user=str(match.user.uid))
    return match
