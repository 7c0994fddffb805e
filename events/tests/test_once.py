"""A form that is sent twice makes one event, also when both arrive at once."""

import pytest

from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog
from accounts.tests.racing import errors, good, race
from eventify.lib.errors import Forbidden
from eventify.lib.ids import new_uid
from events import editing
from events.models import Event
from partners.factories import PartnerFactory


@pytest.mark.django_db(transaction=True)
def test_the_same_form_twice_at_once_makes_one_event():
    partner, by, uid = PartnerFactory(), SuperAdminFactory(), new_uid()
    results = good(race(*[lambda: editing.create_once(uid, partner, by=by, name="Rain")] * 4))
    assert {event.pk for event, _is_new in results} == {Event.objects.get().pk}
    assert sorted(is_new for _event, is_new in results) == [False, False, False, True]
    assert AuditLog.objects.filter(action="CREATED_EVENT").count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_guard_the_second_fails():
    """The control: `create` alone leaves the others with an error of the database."""
    partner, by, uid = PartnerFactory(), SuperAdminFactory(), new_uid()
    results = race(*[lambda: editing.create(partner, by=by, uid=uid, name="Rain")] * 4)
    assert (len(errors(results)), Event.objects.count()) == (3, 1)


@pytest.mark.django_db
def test_the_uid_of_anothers_event_gives_nothing_away():
    event, _is_new = editing.create_once(new_uid(), PartnerFactory(), by=SuperAdminFactory(), name="Rain")
    with pytest.raises(Forbidden):
        editing.create_once(event.uid, PartnerFactory(), by=UserFactory(), name="Mine")
    assert Event.objects.count() == 1
