"""People sign up for an event's crew themselves, and withdraw. It is their own act: their account is linked at once."""

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from crew import assignments, editing, matches, persons, plans, tags
from crew.models import Assignment, CrowdType, Person, PersonTag, UserTag
from eventify.lib.errors import Because, Conflict, Forbidden, Invalid
from events.models import Event

NOTE_MAX = 1000  # characters
S = Person.Status
_MAY_WITHDRAW = (S.INVITED, S.APPLIED, S.PENDING, S.APPROVED)
# In these nobody signs up for an event, whatever its festival does.
_STILL = (Event.State.DRAFT, Event.State.TEARDOWN, Event.State.CLOSED, Event.State.CANCELLED)
_HELD = (Assignment.Status.PENDING, Assignment.Status.APPROVED)


def is_open(event: Event) -> bool:
    """Whether people may sign up: the event, or its festival, has its registration open. One query for a sub-event."""
    registering = Event.State.REGISTRATION_OPEN
    if event.state in _STILL:
        return False
    return event.state == registering or bool(event.parent and event.parent.state == registering)


def sign_up(event: Event, *, user: User, phone: str = "", note: str = "", tags: Iterable[PersonTag] = ()) -> Person:
    """The user applies for the event's crew; who has a part in it already gets that one back, unchanged.

    Conflict when registration is not open, or planners know somebody with this address: that one waits as an identity
    match, and nobody is linked silently. Invalid for phone, note or tags.
    """
    person = _known(event, user)
    if person is None:
        _check_address(event, user)
        person = _apply(event, user, phone, note, list(tags))
    return person


def _known(event: Event, user: User) -> Person | None:
    return Person.objects.filter(event=event, user=user).select_related("event__partner", "crowd_type").first()


def _check_address(event: Event, user: User) -> None:
    """Not in one transaction with the refusal: the match has to stay."""
    unlinked = Person.objects.filter(event=event, user=None).select_related("event")
    twin = unlinked.filter(email__lower=user.email.lower()).first()
    if twin:
        matches.detect_for_person(twin)
        raise Conflict(_known_by_address(event))


def _known_by_address(event: Event) -> str:
    sentence = _("The organisers of %(event)s know you by your e-mail address. As soon as they confirm it, you are in.")
    return Because("known_by_address", sentence % {"event": event.name})


@transaction.atomic
def _apply(event: Event, user: User, phone: str, note: str, chosen: list[PersonTag]) -> Person:
    person = Person(
        event=event, crowd_type=_crowd_type(event), user=user, name=str(user)[:200], email=user.email,
        phone=phone or user.phone or "", status=S.APPLIED, notes=note,
    )  # fmt: skip
    _check(person, note)
    try:
        persons.add(person)
    except Invalid as refusal:  # the other half of a double click, or a planner, was faster
        return _faster(event, user, refusal)
    tags.add(user, event.partner, chosen, source=UserTag.Source.SELF, by=user)
    audit.record("SIGNED_UP_FOR_CREW", person, by=user, event=str(event.uid))
    return person


def _faster(event: Event, user: User, refusal: Invalid) -> Person:
    person = _known(event, user)
    if person is None and "email" in refusal.errors:
        raise Conflict(_known_by_address(event)) from None
    if person is None:
        raise refusal
    return person


def _crowd_type(event: Event) -> CrowdType:
    if not is_open(event):
        sentence = _("Registration for %(event)s is not open.") % {"event": event.name}
        raise Conflict(Because("registration_closed", sentence, state=str(event.state)))
    kind = plans.signup_type(event)
    if kind is None or not kind.is_active:
        sentence = _("Nobody can sign up for %(event)s now. Ask the organisers.") % {"event": event.name}
        raise Conflict(Because("no_signup_type", sentence))
    return kind


def _check(person: Person, note: str) -> None:
    """What a person may be, with the note under the name that it has here."""
    try:
        editing.check(person, notes=NOTE_MAX)
        persons.check(person)
    except Invalid as refusal:
        refusal.errors = {("note" if name == "notes" else name): said for name, said in refusal.errors.items()}
        raise


@transaction.atomic
def withdraw(person: Person, *, by: User | None) -> None:
    """The person takes no part any more: their shifts are cancelled, and they may sign up again later.

    Conflict where a shift cannot be cancelled by themself any more or was completed, and for who was rejected;
    Forbidden for others. Locks the person and the shifts.
    """
    if by is not None and by.pk != person.user_id:
        raise Forbidden
    person = persons.lock(person, is_going=True)
    if person.status not in _MAY_WITHDRAW or person.is_blacklisted:
        raise Conflict(Because("decided", _("The organisers decided about this already. Ask them.")))
    if persons.has_worked(person):
        sentence = _("You have worked at %(event)s and stay in its records.") % {"event": person.event.name}
        raise Conflict(Because("has_worked", sentence))
    held = person.assignments.filter(status__in=_HELD).select_related("shift", "person__event")
    for assignment in held.order_by("shift", "pk"):
        assignments.cancel(assignment, by=by)
    audit.record("WITHDREW_FROM_CREW", person, by=by, event=str(person.event.uid), name=person.name)
    person.delete()
