"""Making one event of a plan: categories, pictures, ticket types, seats, dates and state."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.core.files.base import ContentFile
from django.utils import timezone

from accounts.models import User
from bookings import hall_text, halls, ticket_types
from bookings.demo import pictures, world
from bookings.demo.plans import Kind, Plan
from bookings.models import TicketType
from events import editing, states
from events.models import Banner, Category, Event, EventImage
from partners.models import Partner

# What is past must be sold before it is past: until then it stands this much later in the calendar.
AHEAD = timedelta(days=365)
_GOOD_TO_KNOW = {
    "music": ("Doors open an hour before the first song.", "Earplugs are free at the bar."),
    "tech": ("Lunch and coffee are included.", "Talks are recorded; sprints are not."),
    "sports": ("Numbers are handed out from one hour before the start.", "There is water every five kilometres."),
    "art": ("Photographs are welcome, without flash.", "The works are made for dusk: come late."),
    "food": ("Every kitchen has something without meat.", "Bring your own bowl and save a deposit."),
    "festival": ("A wristband lets you out and in again.", "Children under eight come free."),
    "talks": ("The talks are in English.", "There is time for questions after each."),
    "theatre": ("Latecomers wait for the first break.", "The house is open to wheelchairs."),
}


def category(slug: str) -> Category:
    """The category with its drawn icon, made when missing."""
    name = world.CATEGORIES[slug]
    found = editing.category_named(name)
    if not found.icon:
        found.icon.save(f"{slug}.png", ContentFile(pictures.icon(slug)))
    return found


def event(plan: Plan, partner: Partner, *, by: User) -> Event:
    """The event, published (a draft stays one) with its ticket types and pictures, `AHEAD` when it is past."""
    made = editing.create(partner, by=by, **_fields(plan))
    for position, kind in enumerate(plan.kinds):
        ticket_types.create(made, by=by, position=position, **_type_fields(kind))
    if plan.seating == "explicit":
        halls.save(made, hall_text.read(plan.hall), by=by)
        rows = zip(plan.kinds, made.ticket_types.order_by("position"), strict=True)
        ticket_types.set_areas(made, [(row, kind.area) for kind, row in rows if kind.area], by=by)
    _draw(made, plan)
    return made if plan.state == "draft" else states.advance(made, Event.State.PUBLISHED, by=by)


def _fields(plan: Plan) -> dict:
    starts_at, ends_at = moments(plan)
    ahead = AHEAD if plan.day <= 0 else timedelta(0)
    copied = ("slug", "name", "title", "is_hot", "kind", "seating")
    return {
        **{name: getattr(plan, name) for name in copied},
        **world.CITIES[plan.city]._asdict(),
        "parent": Event.objects.get(slug=plan.parent) if plan.parent else None,
        "sub_event_label": plan.label,
        "category": category(plan.category),
        "description": plan.about,
        "content": _content(plan),
        "important_information": plan.info,
        "venue_name": plan.venue,
        "starts_at": starts_at + ahead,
        "ends_at": ends_at + ahead,
    }


def moments(plan: Plan) -> tuple[datetime, datetime]:
    """When the plan's event starts and ends."""
    zone = ZoneInfo(world.CITIES[plan.city].timezone)
    day = timezone.now().astimezone(zone).date() + timedelta(days=plan.day)
    starts_at = _on(day, plan.start, zone)
    return starts_at, starts_at + timedelta(hours=plan.hours)


def _on(day: date, clock: str, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), zone)


def _content(plan: Plan) -> str:
    points = "".join(f"<li>{point}</li>" for point in (*_GOOD_TO_KNOW[plan.category], plan.info) if point)
    return f"<p>{plan.about}</p><h2>Good to know</h2><ul>{points}</ul>"


def _type_fields(kind: Kind) -> dict:
    copied = ("name", "price", "description", "original_price", "status", "max_per_order")
    return {**{name: getattr(kind, name) for name in copied}, "quantity_total": kind.total}


def _draw(made: Event, plan: Plan) -> None:
    for number in range(plan.pictures):
        main, thumb = pictures.poster(plan.name, plan.category, number)
        image = EventImage.objects.create(
            event=made,
            image=ContentFile(main, name=f"{plan.slug}-{number + 1}.jpg"),
            thumbnail=ContentFile(thumb, name=f"{plan.slug}-{number + 1}-small.jpg"),
            is_primary=number == 0,
            position=number,
        )
        if plan.is_hot and number == 0:
            title = plan.title or plan.name
            Banner.objects.create(
                title=title, event=made, image_url=image.image.url, link_url=f"/e/{plan.slug}/", priority=100 - plan.day
            )


def put_in_its_place(made: Event, plan: Plan, *, by: User) -> Event:
    """After the sale: the real dates, the sale windows, and the state that the plan wants."""
    if plan.day <= 0:
        starts_at, ends_at = moments(plan)
        made = editing.change(made, by=by, starts_at=starts_at, ends_at=ends_at)
    for kind, row in zip(plan.kinds, made.ticket_types.order_by("position"), strict=True):
        if kind.sale:
            ticket_types.change(row, by=by, **_window(plan, kind))
    return states.advance(made, plan.state, by=by, reason=plan.reason)


def _window(plan: Plan, kind: Kind) -> dict:
    starts_at, _ends_at = moments(plan)
    first, last = (starts_at + timedelta(days=day) for day in kind.sale)
    return {"sales_start_at": first, "sales_end_at": last}


def on_sale(plan: Plan, rows: list[TicketType], moment: datetime) -> list[TicketType]:
    """The types (rows in the plan's order) that could be bought at that moment of the past, with stock left."""
    open_rows = []
    for kind, row in zip(plan.kinds, rows, strict=True):
        window = _window(plan, kind) if kind.sale else None
        in_time = window is None or window["sales_start_at"] <= moment < window["sales_end_at"]
        if in_time and kind.status == "active" and row.quantity_sold < kind.total:
            open_rows.append(row)
    return open_rows
