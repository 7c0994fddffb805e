"""What people of the crew are told, by mail and in the product."""

from django.utils.translation import gettext as _

from accounts import mail
from accounts.models import Notification
from crew.models import Assignment, Person, Shift


def tell(person: Person, template: str, title: str, message: str = "", url: str = "/crew/", **context) -> None:
    """Owe the person the mail `crew_<template>`, and put it into the inbox of their account when they have one."""
    if address := person.email or (person.user.email if person.user else ""):
        mail.queue(f"crew_{template}", address, name=person.name, event=person.event.name, url=url, **context)
    if person.user_id:
        Notification.objects.create(recipient_id=person.user_id, title=title[:200], message=message, url=url)


def spoken(shift: Shift) -> str:
    """Section, slot and local time of a shift as people say them: "Main bar, Evening, Fri 12 Jun, 18:00 to 22:00"."""
    slot = shift.time_slot
    words = {
        "section": shift.section.name,
        "slot": slot.name,
        "day": f"{slot.date:%a} {slot.date.day} {slot.date:%b}",
        "start": f"{slot.start_time:%H:%M}",
        "end": f"{slot.end_time:%H:%M}",
    }
    return _("%(section)s, %(slot)s, %(day)s, %(start)s to %(end)s") % words


def person_decided(person: Person) -> None:
    """They were approved or rejected for the event."""


def assignment_changed(assignment: Assignment) -> None:
    """They got a shift, or their claim was approved or rejected, or their shift was cancelled by somebody else."""


def shift_changed(shift: Shift) -> None:
    """A shift that people have begins or ends at another time, or elsewhere."""
