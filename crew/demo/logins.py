"""The two of the crews whom one can log in as."""

from accounts.models import User
from bookings.demo import people
from partners import members
from partners.models import Member, Partner

COORDINATOR = ("crew", "Clara Fernandes")  # plans the crew
VOLUNTEER = ("volunteer", "Vikram de Vries")  # has shifts


def coordinator(partner: Partner, *, by: User) -> User:
    """crew@evient.com, crew coordinator of the partner; made when missing, with the administrator's password."""
    user = people.staff_login(*COORDINATOR)
    if not Member.objects.filter(user=user, partner=partner).exists():
        members.add(partner, user, Member.Role.CREW_COORDINATOR, by=by)
    return user


def volunteer() -> User:
    """volunteer@evient.com; made when missing, with the password of the made-up users."""
    return people.user_login(*VOLUNTEER)
