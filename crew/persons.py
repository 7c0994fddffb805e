"""The people of an event: who they are there, as what, and whether they were approved.

Verbs lock the person's row; who is rejected, blacklisted or deleted loses the shifts that they have yet to work (then
the shifts are locked, too). Decisions tell the person; adding somebody tells nobody.
"""

import unicodedata
from collections.abc import Iterable

from django.db import transaction
from django.db.models import BooleanField, Case, Exists, OuterRef, Prefetch, Q, QuerySet, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from crew import assignments, editing, matches, phones, telling, writing
from crew.models import Assignment, Company, CrowdType, IdentityMatch, Person, PersonTag, UserTag
from eventify.lib.errors import Because, Conflict, Invalid
from events.models import Event

FIELDS = ("crowd_type", "name", "email", "phone", "company", "status", "notes", "is_blacklisted")
NOTES_MAX = 5000  # characters
REASON_MAX = 500
_JOINED = ("event__partner", "crowd_type", "company", "user")
S = Person.Status


# --- Questions ----------------------------------------------------------------------------------------


def listed(event: Event) -> QuerySet[Person]:
    """The event's people, with crowd type, company, account, `tags_here` and `waiting_match`. Three queries in all."""
    tags = UserTag.objects.filter(tag__partner=event.partner_id).select_related("tag")
    waiting = IdentityMatch.objects.filter(status=IdentityMatch.Status.PENDING).select_related("user")
    return (
        Person.objects.filter(event=event)
        .select_related("event", "crowd_type", "company", "user")
        .prefetch_related(
            Prefetch("user__crew_tags", tags.order_by("tag__sort_order", "tag__name", "pk"), to_attr="tags_listed"),
            Prefetch("identity_matches", waiting.order_by("-pk"), to_attr="matches_listed"),
        )
    )


def with_tags(persons: QuerySet[Person], tags: Iterable[PersonTag]) -> QuerySet[Person]:
    """Those of the persons whose account has all of these tags, whoever says so."""
    for tag in tags:
        persons = persons.filter(Exists(UserTag.objects.filter(user=OuterRef("user"), tag=tag)))
    return persons


def of_user(user: User, event: Event) -> Person | None:
    """The user's part in the event, its festival or a sub-event: an approved one first, then the event's own."""
    family = Q(event=event.pk) | Q(event__parent=event.pk)
    if event.parent_id:
        family |= Q(event=event.parent_id)
    return (
        Person.objects.filter(family, user=user)
        .select_related(*_JOINED)
        .order_by(_first(status=S.APPROVED, is_blacklisted=False), _first(event=event.pk), "pk")
        .first()
    )


def _first(**where):
    return Case(When(then=Value(False), **where), default=Value(True), output_field=BooleanField())


# --- To add and change --------------------------------------------------------------------------------


@transaction.atomic
def create(
    event: Event, *, by: User | None, crowd_type: CrowdType, name: str, email: str = "", phone: str = "",
    company: Company | None = None, status: str = S.PENDING, notes: str = "", is_blacklisted: bool = False,
) -> Person:  # fmt: skip
    """Add somebody to the event, with their status; an account with the address becomes an identity match.

    Invalid for impossible values, an address that somebody of the event has, or another organisation's crowd type or
    company.
    """
    person = Person(
        event=event, crowd_type=crowd_type, company=company, name=name, email=email or "", phone=phone or "",
        status=status, notes=notes or "", is_blacklisted=is_blacklisted,
    )  # fmt: skip
    check(person)
    add(person)
    matches.detect_for_person(person)
    audit.record("CREATED_PERSON", person, by=by, event=str(event.uid), status=str(person.status))
    return person


@transaction.atomic
def change(person: Person, *, by: User | None, **changes) -> Person:
    """Change some of FIELDS. Invalid as `create`, and for a blacklisted person who would be approved.

    Who may not work any more loses their shifts; who is approved or rejected is told; another address is matched.
    """
    return _change(lock(person), changes, "CHANGED_PERSON", by=by)


def add(person: Person) -> None:
    """Save a new person whose values were checked. Invalid (email, user) for one that the event has already."""
    writing.hold(person.event, person.crowd_type, person.company)
    writing.save(person, _once(), force_insert=True)


def lock(person: Person, *, is_going: bool = False) -> Person:
    """Lock the person and read them afresh, with all joined; Missing when they were deleted meanwhile."""
    return writing.fresh(person, *_JOINED, is_going=is_going)


def check(person: Person, was: dict | None = None) -> None:
    """Give the person's texts their final form; Invalid, field by field, for what cannot be. `was`: the values before.

    A crowd type that is no longer active may stay, but nobody becomes it.
    """
    was = was or {}
    writing.check_all(
        lambda: check_values(person),
        lambda: check_crowd_type(person.crowd_type, person.event, was.get("crowd_type")),
        lambda: _check_company(person),
        lambda: _check_status(person, was),
    )


def check_values(person: Person) -> None:
    """The part of `check` that looks at the person's own values alone."""
    writing.check_all(
        lambda: editing.check(person, notes=NOTES_MAX),
        lambda: _check_name(person),
        lambda: _settle_addresses(person),
    )


def _check_name(person: Person) -> None:
    if any(unicodedata.category(character) == "Cc" for character in person.name):
        raise Invalid.field("name", _("Write the name on one line."))


def _settle_addresses(person: Person) -> None:
    person.email = User.objects.normalize_email(person.email)
    person.phone = phones.clean(person.phone)


def check_crowd_type(kind: CrowdType, event: Event, before: CrowdType | None = None) -> None:
    """Invalid (crowd_type) unless it is one of the event's organisation, and in use or what it was before."""
    if kind.partner_id != event.partner_id:
        raise Invalid.field("crowd_type", _("Choose one of the organisation's crowd types."))
    if not kind.is_active and kind != before:
        raise Invalid.field("crowd_type", _("%(name)s is not in use any more.") % {"name": kind.name})


def _check_company(person: Person) -> None:
    if person.company and person.company.partner_id != person.event.partner_id:
        raise Invalid.field("company", _("Choose one of the organisation's companies."))


def _check_status(person: Person, was: dict) -> None:
    becomes_approved = person.status == S.APPROVED and was.get("status") != S.APPROVED
    if becomes_approved and person.is_blacklisted:
        raise Invalid.field("status", _why_not_approve(person))


def _once() -> writing.Refusals:
    return {
        "person_once_per_email": ("email", _("Somebody with this e-mail address is in this event already.")),
        "person_once_per_user": ("user", _("User already has a person record in this event.")),
    }


def _change(person: Person, changes: dict, action: str, *, by: User | None, reason: str = "") -> Person:
    """Give a locked person these values, with all that follows from it."""
    before = {name: getattr(person, name) for name in FIELDS}
    for name, value in changes.items():
        setattr(person, name, "" if value is None and name in ("email", "phone", "notes") else value)
    check(person, before)
    changed = [name for name in FIELDS if getattr(person, name) != before[name]]
    if not changed:
        return person
    writing.hold(*(getattr(person, name) for name in ("crowd_type", "company") if name in changed))
    writing.save(person, _once(), update_fields=[*changed, "updated_at"])
    audit.record(action, person, by=by, fields=sorted(changed), **_decision(person, before, reason))
    _follow(person, set(changed), by=by, reason=reason)
    return person


def _decision(person: Person, before: dict, reason: str) -> dict:
    """What the audit line says of the status and why it changed."""
    details = {"reason": reason} if reason else {}
    if person.status != before["status"]:
        details |= {"before": str(before["status"]), "after": str(person.status)}
    return details


def _follow(person: Person, changed: set[str], *, by: User | None, reason: str) -> None:
    if "email" in changed:
        matches.detect_for_person(person)
    if changed & {"status", "is_blacklisted"} and not person.may_work:
        is_rejected = "status" in changed and person.status == S.REJECTED  # one mail says it all
        assignments.cancel_all([person], by=by, is_told=not is_rejected)
    if "status" in changed:
        telling.person_decided(person, reason=reason)


# --- To decide ----------------------------------------------------------------------------------------


@transaction.atomic
def approve(person: Person, *, by: User | None) -> Person:
    """Let the person work at the event; they are told. Conflict for a blacklisted one. Approved already: no change."""
    person = lock(person)
    if sentence := _why_not_approve(person):
        raise Conflict(sentence)
    return _change(person, {"status": S.APPROVED}, "APPROVED_PERSON", by=by)


@transaction.atomic
def approve_all(
    persons: Iterable[Person], *, by: User | None
) -> tuple[list[Person], list[tuple[Person, str]]]:  # fmt: skip
    """Approve many: (those who are approved now, those who are not with a sentence why). Locks them by id."""
    asked, found = _lock_all(persons)
    sentences = {key: _why_not_approve(found.get(key)) for key in asked}
    approved = [found[key] for key in asked if not sentences[key]]
    _decide_each(approved, S.APPROVED, "APPROVED_PERSON", by=by)
    return approved, [(asked[key], sentence) for key, sentence in sentences.items() if sentence]


@transaction.atomic
def reject_all(
    persons: Iterable[Person], *, by: User | None, reason: str = ""
) -> tuple[list[Person], list[tuple[Person, str]]]:  # fmt: skip
    """Reject many, as `reject` does one: (those who are rejected now, those who are gone with a sentence).

    Locks the persons by id and then their shifts.
    """
    check_reason(reason)
    asked, found = _lock_all(persons)
    changed = _decide_each(found.values(), S.REJECTED, "REJECTED_PERSON", by=by, reason=reason)
    assignments.cancel_all(changed, by=by, is_told=False)  # one mail says it all
    return list(found.values()), [(asked[key], _no_such()) for key in asked if key not in found]


def _lock_all(persons: Iterable[Person]) -> tuple[dict[int, Person], dict[int, Person]]:
    """(the persons asked for, those of them that exist, locked), both by id."""
    asked = {person.pk: person for person in persons}
    rows = Person.objects.select_for_update(no_key=True, of=("self",)).select_related(*_JOINED)
    return asked, {person.pk: person for person in rows.filter(pk__in=asked).order_by("pk")}


def _decide_each(
    persons: Iterable[Person], status: str, action: str, *, by: User | None, reason: str = ""
) -> list[Person]:  # fmt: skip
    """Give locked persons this status; those who had another one, who are told."""
    changed = [person for person in persons if person.status != status]
    for person in changed:
        before, person.status = {"status": person.status}, status
        audit.record(action, person, by=by, fields=["status"], **_decision(person, before, reason))
    keys = [person.pk for person in changed]
    Person.objects.filter(pk__in=keys).update(status=status, updated_at=timezone.now())
    telling.persons_decided(changed, reason=reason)
    return changed


def _why_not_approve(person: Person | None) -> str:
    if person is None:
        return _no_such()
    if person.is_blacklisted:
        sentence = _("%(person)s is on the blacklist and cannot be approved.") % {"person": person.name}
        return Because("blacklisted", sentence)
    return ""


def _no_such() -> str:
    return _("There is no such person.")


@transaction.atomic
def reject(person: Person, *, by: User | None, reason: str = "") -> Person:
    """Turn the person down: they are told, with the reason, and lose the shifts that they have yet to work.

    Rejected already: no change. Locks the person and the shifts.
    """
    check_reason(reason)
    return _change(lock(person), {"status": S.REJECTED}, "REJECTED_PERSON", by=by, reason=reason)


@transaction.atomic
def blacklist(person: Person, *, by: User | None, is_on: bool = True, reason: str = "") -> Person:
    """Put the person on the blacklist, or take them off it. The reason goes into the notes; they are not told of it.

    Who is on it keeps their status, but loses their shifts, is never approved and never given one.
    """
    check_reason(reason)
    person = lock(person)
    action = "BLACKLISTED_PERSON" if is_on else "UNBLACKLISTED_PERSON"
    changes = {"is_blacklisted": is_on}
    if is_on and not person.is_blacklisted and reason:
        sentence = _("On the blacklist: %(reason)s") % {"reason": reason}
        changes["notes"] = f"{person.notes}\n{sentence}".strip()
    return _change(person, changes, action, by=by, reason=reason)


@transaction.atomic
def delete(person: Person, *, by: User | None) -> None:
    """Delete the person; the shifts that they have yet to work are cancelled, and they are told.

    Conflict for who has completed a shift. Locks the person and the shifts.
    """
    person = lock(person, is_going=True)
    if has_worked(person):
        sentence = _("%(person)s has worked at this event and stays in its records. Reject them instead.")
        raise Conflict(Because("has_worked", sentence % {"person": person.name}))
    assignments.cancel_all([person], by=by)
    audit.record("DELETED_PERSON", person, by=by, event=str(person.event.uid), name=person.name, email=person.email)
    person.delete()


def has_worked(person: Person) -> bool:
    """Whether they have completed a shift, or had one that is over and is about to be."""
    is_over = Q(status=Assignment.Status.APPROVED, shift__time_slot__ends_at__lte=timezone.now())
    done = Q(status=Assignment.Status.COMPLETED)
    return person.assignments.filter(done | is_over, shift__deleted_at=None).exists()


def check_reason(reason: str) -> None:
    """Invalid for one that is no text or too long."""
    if len(reason) > REASON_MAX:
        raise Invalid.field("reason", _("Use at most %(most)s characters.") % {"most": REASON_MAX})
    if "\x00" in reason or any("\ud800" <= character <= "\udfff" for character in reason):
        raise Invalid.field("reason", _("This is not a text."))
