"""The small world of contract 001, section 4: an administrator, 10 users, 5 events (2 past), 20 tickets."""

from accounts.models import User
from bookings.demo import people
from bookings.demo.building import build
from bookings.demo.plans import Kind, Plan
from bookings.demo.sales import Progress, Show
from partners.models import Partner

USERS = 10
_SEED = 41
_GENERAL = Kind("GA", 500, 80, "General admission.")
_VIP = Kind("VIP", 1500, 20, "Front rows and a drink.", 1800)
EVENTS = (
    Plan("acoustic-evening", "Acoustic Evening", "", "music", "house", "bengaluru", "Indiranagar Social", -30, "19:00",
         3, "Three songwriters, three guitars, no amplifier.", (_GENERAL, _VIP), sell=5, share_in=80),
    Plan("street-food-saturday", "Street Food Saturday", "", "food", "house", "mumbai", "Carter Road Amphitheatre", -12,
         "12:00", 9, "A long lunch from twenty carts.", (Kind("Free entry", 0, 100),), sell=4, share_in=75),
    Plan("web-builders-day", "Web Builders' Day", "", "tech", "house", "bengaluru", "International Centre", 10,
         "09:30", 8, "A day of short talks by people who build the web.", (_GENERAL, _VIP), sell=4, is_hot=True),
    Plan("city-cup-final", "City Cup Final", "", "sports", "house", "kochi", "Jawaharlal Nehru Stadium", 25, "18:30",
         2.5, "The last match of the season, under floodlights.", (_GENERAL, _VIP), sell=4, is_hot=True),
    Plan("open-studio", "Open Studio", "", "art", "house", "delhi", "Khoj Studios", 60, "11:00", 7,
         "Painters and printmakers open their doors.", (Kind("Free entry", 0, 60),), sell=3),
)  # fmt: skip


def make(admin: User, progress: Progress) -> tuple[list[User], list[Show]]:
    """Make what is missing; returns (the ten users, the new events)."""
    users = people.buyers(USERS, ("en_IN",), _SEED)
    partners = {"house": Partner.objects.get(is_house=True)}
    return users, build(EVENTS, partners, users, by=admin, gate=admin, progress=progress, seed=_SEED)
