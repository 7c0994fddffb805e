"""Telling the people of a partner: a message in the product and a mail to each."""

from django.urls import reverse
from django.utils.functional import Promise

from accounts import mail, notify
from accounts.models import User
from partners.models import Member, Partner

ADMINISTRATORS = (Member.Role.ADMIN,)
WORKERS = tuple(role for role in Member.Role if role != Member.Role.VOLUNTEER)


def tell(partner: Partner, template: str, title: str, message: str = "", *, roles=ADMINISTRATORS, level="info", **more):
    """Put a message into the inbox of each member in these roles, and owe each a mail; returns how many mails.

    The mail is `templates/emails/<template>.txt`, told the partner's name, its slug and what is `more`. A partner
    without such members is told by a mail to its primary contact. What is lazy is said in the language of each.
    """
    people, path = members_of(partner, roles), reverse("partner-home", args=[partner.slug])
    for person in people:
        with notify.in_language_of(person):
            notify.notify(person, str(title)[:200], str(message), level=level, url=path)
            mail.queue(template, person.email, partner=partner.name, slug=partner.slug, **_said(more))
    addresses = [] if people else _primary_address(partner)
    for address in addresses:
        mail.queue(template, address, partner=partner.name, slug=partner.slug, **_said(more))
    return len(people) + len(addresses)


def _said(words: dict) -> dict:
    """The words with those that are lazy written out."""
    return {name: str(one) if isinstance(one, Promise) else one for name, one in words.items()}


def members_of(partner: Partner, roles) -> list[User]:
    """The members in these roles who can log in."""
    people = User.objects.filter(memberships__partner=partner, memberships__role__in=roles)
    return list(people.filter(is_active=True, banned_at=None).order_by("pk"))


def _primary_address(partner: Partner) -> list[str]:
    return list(partner.contacts.filter(is_primary=True).values_list("email", flat=True))
