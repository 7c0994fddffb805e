"""Telling the people of a partner: a message in the product and a mail to each."""

from django.urls import reverse

from accounts import mail, notify
from accounts.models import User
from partners.models import Member, Partner

ADMINISTRATORS = (Member.Role.ADMIN,)
WORKERS = tuple(role for role in Member.Role if role != Member.Role.VOLUNTEER)


def tell(partner: Partner, template: str, title: str, message: str = "", *, roles=ADMINISTRATORS, level="info", **more):
    """Put a message into the inbox of each member in these roles, and owe each a mail; returns how many mails.

    The mail is `templates/emails/<template>.txt`, told the partner's name, its slug and what is `more`. A partner
    without such members is told by a mail to its primary contact.
    """
    people = members_of(partner, roles)
    for person in people:
        notify.notify(person, title[:200], message, level=level, url=reverse("partner-home", args=[partner.slug]))
    addresses = [person.email for person in people] or _primary_address(partner)
    for address in addresses:
        mail.queue(template, address, partner=partner.name, slug=partner.slug, **more)
    return len(addresses)


def members_of(partner: Partner, roles) -> list[User]:
    """The members in these roles who can log in."""
    people = User.objects.filter(memberships__partner=partner, memberships__role__in=roles)
    return list(people.filter(is_active=True, banned_at=None).order_by("pk"))


def _primary_address(partner: Partner) -> list[str]:
    return list(partner.contacts.filter(is_primary=True).values_list("email", flat=True))
