"""From plans to a world with a past."""

import random
from collections.abc import Iterable

from accounts.models import User
from bookings import refunds
from bookings.demo import making, sales
from bookings.demo.plans import Plan
from bookings.demo.sales import Progress, Show
from events.models import Event
from partners.models import Partner


def build(
    plans: Iterable[Plan],
    partners: dict[str, Partner],
    buyers: list[User],
    *,
    by: User,
    gate: User,
    progress: Progress,
    seed: int,
) -> list[Show]:
    """Make the events that do not exist yet, with their sales and admissions; returns what was made."""
    known = set(Event.objects.filter(slug__in=[plan.slug for plan in plans]).values_list("slug", flat=True))
    missing = [plan for plan in plans if plan.slug not in known]
    chance = random.Random(seed)
    shows = [
        Show(plan, making.event(plan, partners[plan.partner], by=by)) for plan in progress(missing, "Announcing events")
    ]
    if shows:
        _live(shows, buyers, by, gate, progress, chance)
    return shows


def _live(shows: list[Show], buyers: list[User], by: User, gate: User, progress: Progress, chance) -> None:
    """Let the made events live through their past."""
    announced = [show for show in shows if show.plan.state != Event.State.DRAFT]
    sales.sell(announced, buyers, progress, chance)
    for show in announced:
        sales.queue_up(show, buyers, chance)
        if show.plan.state == Event.State.CANCELLED:
            sales.refund_all(show, by=by)
        show.event = making.put_in_its_place(show.event, show.plan, by=by)
    for show in progress(announced, "Opening the doors"):
        sales.let_in(show, by=gate, chance=chance)
    refunds.send()
    sales.date_events_and_people_back(shows, buyers, chance)
