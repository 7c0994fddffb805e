"""The rich world: partners, staff, festivals and sales of three months, for every part of the product."""

from datetime import timedelta

from django.utils import timezone

from accounts.models import Notification, User
from accounts.notify import notify
from bookings.demo import people, trade, world
from bookings.demo.building import build
from bookings.demo.coming import COMING
from bookings.demo.past import PAST
from bookings.demo.sales import Progress, Show
from partners import members
from partners.models import Member, Partner

EVENTS = (*PAST, *COMING)
_SEED = 42


def make(admin: User, progress: Progress) -> list[Show]:
    """Make what is missing; returns the new events."""
    staff = people.staff(admin)
    partners = {entry.slug: organisation(entry) for entry in world.PARTNERS}
    _employ(people.promoter(), partners["monsoon-live"], by=admin)
    trade.equip(partners, staff, by=admin)
    trade.date_back(partners)
    buyers = [people.buyer(), *people.buyers(world.BUYERS, world.LOCALES, _SEED)]
    shows = build(EVENTS, partners, buyers, by=admin, gate=staff["gate"], progress=progress, seed=_SEED)
    if shows:
        trade.pay(partners, staff, by=admin)
        _tell(admin, staff, shows)
    return shows


def organisation(entry: world.Organisation) -> Partner:
    """The made-up partner; made when missing."""
    joined_at = timezone.now() - timedelta(days=entry.joined) if entry.joined else None
    partner, created = Partner.objects.get_or_create(
        slug=entry.slug,
        defaults={
            "name": entry.name,
            "type": entry.type,
            "status": entry.status,
            "contact_email": entry.email,
            "phone": entry.phone,
            "website": entry.website,
            "legal_name": entry.legal_name,
            "address": entry.address,
            "tax_number": entry.tax_number,
            "joined_at": joined_at,
        },
    )
    if created and joined_at:
        Partner.objects.filter(pk=partner.pk).update(created_at=joined_at - timedelta(days=3))
    return partner


def _employ(user: User, partner: Partner, *, by: User) -> None:
    if not Member.objects.filter(user=user, partner=partner).exists():
        members.add(partner, user, Member.Role.ADMIN, by=by)


def _tell(admin: User, staff: dict[str, User], shows: list[Show]) -> None:
    """Fill some inboxes; the older half has been read."""
    told = [
        notify(admin, "Fly-by-Night Shows is suspended", "Its documents were rejected twice.", level="critical"),
        notify(admin, "Sông Hồng Concerts waits for its review", "Three documents were handed in."),
        notify(staff["moderator"], "Three documents to review", "Sông Hồng Concerts, since two days."),
        notify(staff["finance"], "A cancelled event was refunded", "Beach Cricket Cup: every ticket.", level="success"),
        notify(staff["gate"], "You are on the door today", "Open Source Days, Kaveri Convention Hall."),
        notify(
            staff["support"], "Many questions about one event", "Beach Cricket Cup was cancelled.", level="critical"
        ),
    ]
    for show in shows:
        for order, _moment in show.sold[-2:]:
            title, where = "Your tickets are in your wallet", f"{show.event.name}, {show.event.where}"
            told.append(notify(order.user, title, where, kind="order", level="success", url="/wallet/"))
    now = timezone.now()
    for age, notification in enumerate(reversed(told)):
        notification.created_at = now - timedelta(hours=7 * age + 1)
        notification.is_read = age > len(told) // 2
    Notification.objects.bulk_update(told, ["created_at", "is_read"])
