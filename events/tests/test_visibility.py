"""Who sees which events, and may do what with them."""

import pytest

from accounts import roles
from accounts.factories import UserFactory
from accounts.models import Role, User
from accounts.permissions import IDS
from events import queries
from events.factories import EventFactory
from partners import members
from partners.factories import PartnerFactory
from partners.members import GRANTS
from partners.models import Member

pytestmark = pytest.mark.django_db


def fresh(user: User) -> User:
    """The user as the next request reads it."""
    return User.objects.get(pk=user.pk)


@pytest.mark.parametrize("role", Member.Role)
def test_an_event_is_its_partners(role):
    home, user = PartnerFactory(), UserFactory()
    members.add(home, user, role, by=None)
    own, foreign = EventFactory(partner=home), EventFactory(partner=PartnerFactory())
    user = fresh(user)
    assert {permission for permission in IDS if user.can(permission, on=own)} == set(GRANTS[role])
    assert not any(user.can(permission, on=foreign) for permission in IDS)


def test_drafts_are_seen_by_their_own_people_and_by_staff():
    home, abroad = PartnerFactory(), PartnerFactory()
    user, staff = UserFactory(), UserFactory()
    members.add(home, user, Member.Role.MEMBER, by=None)
    roles.assign(staff, Role.objects.get(name="Support"), by=None)
    own, foreign, public = (
        EventFactory(partner=home, state="draft"),
        EventFactory(partner=abroad, state="draft"),
        EventFactory(partner=abroad),
    )
    assert set(queries.visible_to(fresh(user))) == {own, public}
    assert set(queries.visible_to(fresh(staff))) == {own, foreign, public}
    assert set(queries.visible_to(UserFactory())) == set(queries.visible_to(None)) == {public}
