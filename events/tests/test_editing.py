"""Making, changing and deleting events."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.utils import timezone

from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog
from accounts.tests.racing import errors, good, race
from eventify.lib.errors import Conflict, Forbidden, Invalid, Missing
from events import editing
from events.factories import CategoryFactory, EventFactory
from events.models import Category, Event
from partners import members
from partners.factories import PartnerFactory
from partners.models import Member, Partner

pytestmark = pytest.mark.django_db(transaction=True)


def create(name: str = "Jazz Night", **fields) -> Event:
    return editing.create(Partner.objects.get(is_house=True), by=UserFactory(), name=name, **fields)


def test_a_new_event_is_a_draft_with_a_slug():
    event = create(content="<p onclick='x()'>Hi<script>alert(1)</script></p>")
    event.refresh_from_db()
    assert (event.state, event.slug, event.content) == ("draft", "jazz-night", "<p>Hi</p>")
    line = AuditLog.objects.get()
    assert (line.action, line.target_resource, line.details) == (
        "CREATED_EVENT",
        f"event_{event.pk}",
        {"name": "Jazz Night"},
    )


@pytest.mark.parametrize(("name", "slug"), [("音楽", "event"), ("--", "event"), ("x" * 300, "x" * 100)])
def test_every_name_gives_a_slug(name, slug):
    assert editing.free_slug(name) == slug


def test_words_of_the_contracts_are_no_slugs():
    assert editing.free_slug("Featured").startswith("featured-")


def test_the_same_name_at_once_gives_different_slugs():
    results = race(*[create] * 12)
    assert errors(results) == []
    assert len({event.slug for event in good(results)}) == 12


def test_the_same_new_slug_at_once_gives_different_slugs():
    changes = [partial(editing.change, EventFactory(), by=UserFactory(), slug="jazz") for _event in range(8)]
    assert errors(race(*changes)) == []
    assert Event.objects.filter(slug="jazz").count() == 1
    assert Event.objects.filter(slug__startswith="jazz-").count() == 7


def test_an_event_keeps_its_own_slug():
    event = EventFactory(slug="jazz")
    assert editing.change(event, by=UserFactory(), slug="jazz").slug == "jazz"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"starts_at": datetime(2026, 6, 2, tzinfo=UTC), "ends_at": datetime(2026, 6, 1, tzinfo=UTC)}, "end_time"),
    ],
)
def test_impossible_fields(fields, field):
    event = EventFactory()
    for attempt in (partial(create, **fields), partial(editing.change, event, by=UserFactory(), **fields)):
        with pytest.raises(Invalid) as refusal:
            attempt()
        assert set(refusal.value.errors) == {field}


def test_changes_at_once_do_not_undo_each_other():
    event, user = EventFactory(name="old", place="old"), UserFactory()
    good(race(*(partial(editing.change, event, by=user, **{field: "new"}) for field in ("name", "place", "district"))))
    event.refresh_from_db()
    assert (event.name, event.place, event.district) == ("new", "new", "new")


def test_deleting():
    event, user = EventFactory(), UserFactory()
    parent = EventFactory()
    EventFactory(parent=parent)
    with pytest.raises(Conflict):
        editing.delete(parent, by=user)
    results = race(*[partial(editing.delete, event, by=user)] * 6)
    assert len(errors(results, Missing)) == 5
    assert not Event.objects.filter(pk=event.pk).exists()
    assert AuditLog.objects.filter(action="DELETED_EVENT").count() == 1


@pytest.mark.parametrize("name", ["", "   "])
def test_no_category(name):
    assert editing.category_named(name) is None


def test_categories_are_found_in_any_case_and_made_once():
    rock = CategoryFactory(name="Rock & Roll", slug="rock-roll")
    assert editing.category_named(" rock & ROLL ") == rock
    made = good(race(*(partial(editing.category_named, name) for name in ("Jazz", "JAZZ", "jazz") * 4)))
    assert len({category.pk for category in made}) == 1
    assert Category.objects.count() == 2


def test_categories_of_other_names_are_other_categories():
    names = ["Rock & Roll", "Rock Roll", "音楽", "演劇"]
    assert [editing.category_named(name).name for name in names] == names
    assert [editing.category_named(name).name for name in names] == names


def test_whose_the_events_are():
    partner = PartnerFactory()
    manager, visitor = UserFactory(), UserFactory()
    members.add(partner, manager, Member.Role.EVENT_MANAGER, by=None)
    assert editing.partner_for(manager) == partner
    assert editing.partner_for(SuperAdminFactory()).is_house
    with pytest.raises(Forbidden):
        editing.partner_for(visitor)


def test_a_partner_does_not_end_a_booked_event_before_its_time():
    """Its buyers' money is kept until the event is over."""
    event, manager = EventFactory(capacity=5, booked_count=1), UserFactory()
    members.add(event.partner, manager, Member.Role.ADMIN, by=None)
    yesterday = timezone.now() - timedelta(days=1)
    past = {"starts_at": yesterday - timedelta(hours=2), "ends_at": yesterday}
    with pytest.raises(Invalid) as refusal:
        editing.change(event, by=manager, **past)
    assert refusal.value.errors == {"end_time": ["This event was booked, so only our staff can say that it is over."]}
    event.refresh_from_db()
    assert not event.is_over
    assert editing.change(event, by=SuperAdminFactory(), **past).is_over
    free = EventFactory(partner=event.partner)
    assert editing.change(free, by=manager, **past).is_over
