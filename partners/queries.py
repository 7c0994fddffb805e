"""Which partners somebody may see."""

from django.db.models import QuerySet

from accounts.models import User
from partners import members
from partners.models import Partner


def visible_to(user: User) -> QuerySet[Partner]:
    """All partners for those who hold view_partners everywhere, else those on which they hold it."""
    return members.partners_where(user, "view_partners")


def of_member(user: User) -> QuerySet[Partner]:
    """The partners that the person works for and sees, whatever they may do as staff."""
    return visible_to(user).filter(members__user=user).order_by("name", "pk")
