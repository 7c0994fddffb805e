"""What people of the crew are told, by mail and in the product.

Whoever did it themselves is not told of it, except that a claim is confirmed. However many people one change touches,
the rows are written in two statements, and nobody gets two mails for it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import prefetch_related_objects
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import mail
from accounts.models import Notification, OutgoingMail
from accounts.notify import in_language_of
from crew.models import Assignment, Person, Shift, Swap
from eventify.lib.dates import date_format
from events.templatetags.say import zone_at

Level = Notification.Level
PORTAL = "/crew/"
_TITLE = 200  # characters
_HELD = (Assignment.Status.PENDING, Assignment.Status.APPROVED)
_OF_ASSIGNMENT = ("person__event", "person__user", "shift__section", "shift__time_slot__event")
# status of a person -> template, title, level
_DECISIONS = {
    Person.Status.APPROVED: ("approved", gettext_lazy("You are part of the crew of %(event)s"), Level.SUCCESS),
    Person.Status.REJECTED: ("rejected", gettext_lazy("Not this time: the crew of %(event)s"), Level.INFO),
}
# what happened to an assignment -> title, level; the template has the same name
_ASSIGNMENTS = {
    "assigned": (gettext_lazy("You have a shift at %(event)s"), Level.SUCCESS),
    "confirmed": (gettext_lazy("Your shift is confirmed"), Level.SUCCESS),
    "claim_approved": (gettext_lazy("Your shift is approved"), Level.SUCCESS),
    "claim_rejected": (gettext_lazy("You do not get this shift"), Level.INFO),
    "cancelled": (gettext_lazy("Your shift is cancelled"), Level.CRITICAL),
}
# what happened to an offer -> title, level; the template has the same name
_SWAPS = {
    "swap_offered": (gettext_lazy("%(who)s offers you a shift"), Level.INFO),
    "swap_waiting": (gettext_lazy("%(who)s would take your shift"), Level.INFO),
    "swap_done": (gettext_lazy("%(who)s has taken your shift"), Level.SUCCESS),
    "swap_declined": (gettext_lazy("%(who)s does not take your shift"), Level.INFO),
    "swap_refused": (gettext_lazy("The organiser did not approve the swap"), Level.INFO),
    "swap_withdrawn": (gettext_lazy("%(who)s keeps their shift"), Level.INFO),
    "confirmed": _ASSIGNMENTS["confirmed"],
    "claim_approved": _ASSIGNMENTS["claim_approved"],
}


@dataclass
class News:
    """What one person is told: the mail `crew_<template>` with this context, and a line in their inbox."""

    person: Person
    template: str
    title: str
    message: str = ""
    url: str = PORTAL
    level: str = Level.INFO
    context: dict = field(default_factory=dict)

    def mail(self) -> OutgoingMail | None:
        """The mail that is owed; None when the person has no address."""
        address = self.person.email or (self.person.user.email if self.person.user else "")
        if not address:
            return None
        common = {"name": self.person.name, "event": self.person.event.name, "url": self.url}
        said = {"context": common | self.context, "language": self.person.user.language if self.person.user else ""}
        return OutgoingMail(template=f"crew_{self.template}", to=address, **said)

    def notification(self) -> Notification | None:
        """The line in the inbox of their account; None when they have no account."""
        if self.person.user_id is None:
            return None
        said = {"title": self.title[:_TITLE], "message": self.message, "url": self.url, "level": self.level}
        return Notification(recipient_id=self.person.user_id, **said)


def tell(person: Person, template: str, title: str, message: str = "", url: str = PORTAL, **context) -> None:
    """Owe the person the mail `crew_<template>`, and put it into the inbox of their account when they have one."""
    tell_all([News(person, template, title, message, url, context=context)])


def tell_all(news: Iterable[News]) -> None:
    """Tell many people, in as many queries as one."""
    news = list(news)
    prefetch_related_objects([one.person for one in news], "event", "user")
    mail.queue_all([letter for one in news if (letter := one.mail())])
    Notification.objects.bulk_create([line for one in news if (line := one.notification())])


def spoken(shift: Shift) -> str:
    """Section, slot and local time of a shift as people say them: "Main bar, Evening, Fri 12 Jun, 18:00 to 22:00"."""
    return _spoken(_when_and_where(shift))


def written(shift: Shift) -> str:
    """As spoken, with the zone of its time: what is read far away needs it."""
    return _written(noted(shift))


def noted(shift: Shift) -> dict:
    """What `written` says now, to be said later, when the shift is changed, to each in their language."""
    slot = shift.time_slot
    return {**_when_and_where(shift), "zone": zone_at(slot.event, slot.starts_at)}


def _when_and_where(shift: Shift) -> dict:
    slot = shift.time_slot
    times = {"start": f"{slot.start_time:%H:%M}", "end": f"{slot.end_time:%H:%M}"}
    return {"section": shift.section.name, "slot": slot.name, "date": slot.date, **times}


def _spoken(facts: dict) -> str:
    words = {**facts, "day": date_format(facts["date"], "D j M")}
    return _("%(section)s, %(slot)s, %(day)s, %(start)s to %(end)s") % words


def _written(facts: dict) -> str:
    return _("%(shift)s (%(zone)s)") % {"shift": _spoken(facts), "zone": facts["zone"]}


def person_decided(person: Person, *, reason: str = "") -> None:
    """They were approved or rejected for the event."""
    persons_decided([person], reason=reason)


def persons_decided(persons: Iterable[Person], *, reason: str = "") -> None:
    """Many were approved or rejected: each is told once, in as many queries as one. Other statuses tell nothing."""
    persons = list(persons)
    prefetch_related_objects(persons, "event", "user")
    tell_all(_decision(person, reason) for person in persons if person.status in _DECISIONS)


def _decision(person: Person, reason: str) -> News:
    template, title, level = _DECISIONS[Person.Status(person.status)]
    is_approved = person.status == Person.Status.APPROVED
    url = reverse("crew-event", args=[person.event.slug]) if is_approved else PORTAL
    with in_language_of(person.user):
        return News(person, template, title % {"event": person.event.name}, reason, url, level, {"reason": reason})


def assignment_changed(assignment: Assignment) -> None:
    """They got a shift, or their claim was approved or rejected, or their shift was cancelled by somebody else."""
    assignments_changed([assignment])


def assignments_changed(assignments: Iterable[Assignment]) -> None:
    """The same of many at once; who is in several gets one mail for each shift."""
    assignments = list(assignments)
    prefetch_related_objects(assignments, *_OF_ASSIGNMENT)
    tell_all(_news_of(one, what) for one in assignments if (what := _happened(one)))


def _happened(one: Assignment) -> str:
    """What happened, as a key of _ASSIGNMENTS; empty when there is nothing to tell: their own act, or a swap's."""
    status, is_claim = one.status, one.origin == Assignment.Origin.CLAIMED
    own = one.person.user_id
    if status == Assignment.Status.CANCELLED:
        by_others = one.cancellation_source not in (Assignment.CancelledBy.PERSON, Assignment.CancelledBy.SWAP)
        return "cancelled" if by_others and (own is None or one.cancelled_by_id != own) else ""
    if status == Assignment.Status.REJECTED:
        return "claim_rejected"
    if status != Assignment.Status.APPROVED or one.origin == Assignment.Origin.SWAPPED:
        return ""
    if is_claim:
        return "confirmed" if one.decided_by_id in (None, own) else "claim_approved"
    return "assigned" if own is None or one.assigned_by_id != own else ""


def _news_of(one: Assignment, what: str) -> News:
    title, level = _ASSIGNMENTS[what]
    url = reverse("crew-shift", args=[one.shift.uid]) if one.is_alive else PORTAL
    with in_language_of(one.person.user):
        context, title = {"shift": written(one.shift), "reason": one.reason}, title % {"event": one.person.event.name}
        return News(one.person, what, title, spoken(one.shift), url, level, context)


def shift_changed(shift: Shift, *, was: dict) -> None:
    """A shift that people have begins or ends at another time, or elsewhere; `was` is what was `noted` of it before."""
    shifts_changed({shift: was})


def shifts_changed(shifts: dict[Shift, dict]) -> None:
    """Several shifts changed at once (their time slot moved); each maps to what was `noted` of it before.

    Everybody who holds some of them or waits for them is told in one mail. Shifts that are over tell nobody.
    """
    mine: dict[int, list[Assignment]] = {}
    for one in _holders(shifts):
        mine.setdefault(one.person_id, []).append(one)
    was = {shift.pk: before for shift, before in shifts.items()}
    tell_all(_change(held, was) for held in mine.values())


def _holders(shifts: Iterable[Shift]):
    rows = Assignment.objects.filter(shift__in=list(shifts), status__in=_HELD, shift__deleted_at=None)
    ahead = rows.filter(shift__time_slot__ends_at__gt=timezone.now())
    related = ahead.select_related(*_OF_ASSIGNMENT, "shift__location")
    return related.order_by("shift__time_slot__starts_at", "pk")


def _change(held: list[Assignment], was: dict[int, dict]) -> News:
    person = held[0].person
    url = reverse("crew-shift", args=[held[0].shift.uid]) if len(held) == 1 else reverse("crew-roster")
    with in_language_of(person.user):
        changes = [_before_and_now(one.shift, was[one.shift_id]) for one in held]
        message = "\n".join(spoken(one.shift) for one in held)
        title = _("Your shift at %(event)s has changed") % {"event": person.event.name}
    return News(person, "changed", title, message, url, Level.CRITICAL, {"changes": changes})


def _before_and_now(shift: Shift, was: dict) -> dict[str, str]:
    return {"was": _written(was), "now": written(shift), "where": _where(shift)}


def _where(shift: Shift) -> str:
    return shift.location.name if shift.location else ""


def swap_changed(swap: Swap, what: str, person: Person, *, who: str = "", reason: str = "") -> None:
    """Something happened (a key of _SWAPS) to an offer that the person has a part in; `who` did it.

    The swap has its assignments, with their shifts, as they are now.
    """
    title, level = _SWAPS[what]
    shift, back = swap.offered.shift, swap.in_return.shift if swap.in_return else None
    url = reverse("crew-shift", args=[shift.uid]) if what in _ASSIGNMENTS else reverse("crew-swap", args=[swap.uid])
    words = {"who": who, "event": person.event.name}
    with in_language_of(person.user):
        context = {"who": who, "reason": reason, "note": swap.note, "shift": written(shift)}
        context["back"] = written(back) if back else ""
        news = News(person, what, title % words, spoken(shift), url, level, context)
    tell_all([news])
