"""Why not? What can be asked about a person's data: erasing them, and a copy of it."""

from django.utils.translation import gettext_lazy, gettext_noop

from accounts.explaining import Action, Fix, found, need
from accounts.models import User
from analytics import explaining
from eventify.lib.errors import Missing
from partners.explaining import FIXES
from privacy import copies, erasing


def _person(asker: User | None, text: str) -> User:
    """The asker, or anybody who is not erased for staff who answer what people ask about their data."""
    if asker is None:
        raise Missing
    rows = User.objects.filter(erased_at=None)
    return found(rows if asker.can(copies.PERMISSION) else rows.filter(pk=asker.pk), text)


def _erase(user: User, *, by: User) -> None:
    if user.pk != by.pk:
        need(by, copies.PERMISSION)
    erasing.erase(user, by=by, reason="-")


def _copy(user: User, *, by: User) -> None:
    if user.pk != by.pk:
        need(by, copies.PERMISSION)
    copies.request(user, by=by, reason="-")


_OPEN = Fix(gettext_lazy("End what is still open first; then it can be done."))
_FIXES = {**FIXES, "erasure_in_the_way": _OPEN}
_USER = gettext_noop("the uid of a user")
ACTIONS = (
    Action("erase_person", gettext_lazy("Erase somebody's account"), _USER, _person, _erase, fresh=True, fixes=_FIXES),
    Action("copy_data", gettext_lazy("Get a copy of somebody's data"), _USER, _person, _copy, fresh=True, fixes=FIXES),
)
explaining.add(*ACTIONS)
