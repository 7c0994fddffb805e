"""How the events of the made-up worlds are written down."""

from typing import NamedTuple


class Kind(NamedTuple):
    """A ticket type. `sale` is (first, last day) of its window, counted from the event's day; None: always."""

    name: str
    price: int
    total: int
    description: str = ""
    original_price: int | None = None
    status: str = "active"
    sale: tuple[int, int] | None = None
    max_per_order: int | None = None
    area: str = ""  # of the hall


class Plan(NamedTuple):
    """An event, `day` days from today. `sell` tickets are sold by now; of 100 of them `share_in` are used."""

    slug: str
    name: str
    title: str
    category: str
    partner: str
    city: str
    venue: str
    day: int
    start: str  # local time
    hours: float
    about: str
    kinds: tuple[Kind, ...]
    sell: int = 0
    share_in: int = 0
    state: str = "published"
    is_hot: bool = False
    kind: str = "event"
    parent: str = ""
    label: str = ""
    seating: str = "none"
    hall: str = ""  # the rows of an explicit seat map, as people write them (bookings/hall_text.py)
    info: str = ""
    reason: str = ""  # of a cancellation
    waiting: tuple[int, ...] = ()  # parties on the waitlist, by size
    gives_up: int = 0  # buyers who cancel, so that the first who wait get an offer
    pictures: int = 1


def priced(price: int, total: int, vip: int = 0) -> tuple[Kind, ...]:
    """General admission, an early bird that is over, and VIP when there are such."""
    early = Kind(
        "Early bird",
        price * 7 // 10,
        total // 5,
        "For those who decide early.",
        price,
        sale=(-90, -25),
        max_per_order=4,
    )
    general = Kind("General admission", price, total - total // 5)
    best = Kind("VIP", price * 3, vip, "Front area, a drink, and a separate entrance.", max_per_order=6)
    return (early, general, best) if vip else (early, general)


FREE = (Kind("Free entry", 0, 150, "Please come only if you have a ticket.", max_per_order=4),)
