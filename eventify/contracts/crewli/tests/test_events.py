"""Events of an organisation: the list, festivals and sub-events, local days, and who may see which."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.factories import UserFactory
from accounts.models import AuditLog
from crew.factories import PersonFactory
from crew.models import CrewPlan
from eventify.contracts.crewli.tests.conftest import (
    client_of,
    data_of,
    errors_of,
    list_of,
    member,
    refusal_of,
    ulid,
    with_role,
)  # fmt: skip
from eventify.lib.wire import moment
from events.factories import EventFactory
from events.models import Event
from partners.factories import PartnerFactory

START = datetime(2030, 7, 1, 10, tzinfo=UTC)


@pytest.fixture
def events(path):
    return f"{path}/events"


@pytest.fixture
def festival(org):
    """A festival in Amsterdam with two days; the second was planned first."""
    times = {"starts_at": START, "ends_at": START + timedelta(days=2), "timezone": "Europe/Amsterdam"}
    made = EventFactory(partner=org, kind="festival", name="Fest", slug="fest", **times)
    for number in (2, 1):
        starts_at = START + timedelta(days=number - 1)
        label = {"sub_event_label": f"Day {number}", "name": f"Day {number}", "slug": f"day-{number}"}
        EventFactory(partner=org, parent=made, starts_at=starts_at, **label)
    return made


def shown(event: Event, **changed) -> dict:
    event.refresh_from_db()
    return {
        "id": ulid(event),
        "organisation_id": ulid(event.partner),
        "parent_event_id": event.parent and ulid(event.parent),
        "name": event.name,
        "slug": event.slug,
        "event_type": event.kind,
        "sub_event_label": event.sub_event_label or None,
        "status": "published",
        "allowed_transitions": ["registration_open", "buildup", "showday", "draft", "cancelled"],
        "start_date": f"{event.starts_at:%F}",
        "end_date": f"{event.ends_at:%F}",
        "timezone": event.timezone,
        "created_at": moment(event.created_at),
        **changed,
    }


def detail(event: Event, children=(), parent=None, **changed) -> dict:
    shown_children = [shown(child) for child in children]
    return {**shown(event), "children": shown_children, "parent": parent, "minimum_rest_minutes": 0, **changed}


# --- Lists --------------------------------------------------------------------------------------------


def test_the_list_has_no_sub_events_and_the_latest_first(as_manager, org, events, festival, event):
    undated = EventFactory(partner=org, state="draft", starts_at=None, ends_at=None)
    EventFactory(partner=PartnerFactory())
    draft = {"start_date": None, "end_date": None, "status": "draft", "allowed_transitions": ["published", "cancelled"]}
    expected = [shown(festival), shown(event)]
    answer = as_manager.get(events)
    assert list_of(answer) == [*expected, {**shown_undated(undated), **draft}]
    assert answer.json()["meta"] == {"current_page": 1, "per_page": 25, "total": 3, "last_page": 1}


def shown_undated(event: Event) -> dict:
    event.starts_at = event.ends_at = START
    keep = {name: getattr(event, name) for name in ("starts_at", "ends_at")}
    Event.objects.filter(pk=event.pk).update(**keep)
    found = shown(event)
    Event.objects.filter(pk=event.pk).update(starts_at=None, ends_at=None)
    return found


def test_sub_events_nested_in_the_order_of_the_programme(as_manager, events, festival, event):
    second, first = festival.children.order_by("id")
    nested = {**shown(festival), "children": [shown(first), shown(second)]}
    for word in ("true", "1"):
        found = list_of(as_manager.get(f"{events}?include_children={word}"))
        assert found == [nested, {**shown(event), "children": []}]
    for word in ("false", "0", ""):
        assert list_of(as_manager.get(f"{events}?include_children={word}")) == [shown(festival), shown(event)]


def test_filters(as_manager, org, events, festival, event):
    series = EventFactory(
        partner=org, kind="series", name="Spring nights", state="draft", starts_at=START, ends_at=START
    )
    for query, found in (
        ("type=festival", [festival]),
        ("type=series", [series]),
        ("type=event", [event]),
        ("type=event&status=draft", []),
        ("status=draft", [series]),
        ("status=published&search=FE", [festival]),
        ("search=spring", [series, event]),
        ("search=day", []),
        ("type=&status=&nonsense=1", [series, festival, event]),
        ("type=event&per_page=1&page=2", []),
    ):
        rows = list_of(as_manager.get(f"{events}?{query}"))
        assert [row["id"] for row in rows] == [ulid(one) for one in found], query
    bad = errors_of(as_manager.get(f"{events}?type=Festival&status=open&include_children=yes"))
    assert set(bad) == {"type", "status", "include_children"}
    assert set(errors_of(as_manager.get(f"{events}?page=0&per_page=101"))) == {"page", "per_page"}


def test_children(as_manager, org, events, festival, event):
    second, first = festival.children.order_by("id")
    assert list_of(as_manager.get(f"{events}/{ulid(festival)}/children")) == [shown(first), shown(second)]
    assert list_of(as_manager.get(f"{events}/{ulid(event)}/children")) == []


# --- One ----------------------------------------------------------------------------------------------


def test_the_detail_with_children_and_parent(as_manager, events, festival, event):
    second, first = festival.children.order_by("id")
    CrewPlan.objects.create(event=festival, minimum_rest_minutes=480)
    found = data_of(as_manager.get(f"{events}/{ulid(festival)}"))
    assert found == detail(festival, [first, second], minimum_rest_minutes=480)
    found = data_of(as_manager.get(f"{events}/{ulid(first)}"))
    assert found == detail(first, parent=shown(festival), minimum_rest_minutes=480)
    assert data_of(as_manager.get(f"{events}/{event.uid}")) == detail(event)


def test_days_are_those_of_the_events_own_time_zone(as_manager, org, events):
    late = datetime(2030, 7, 1, 23, tzinfo=UTC)
    event = EventFactory(partner=org, starts_at=late, ends_at=late, timezone="Asia/Tokyo")
    found = data_of(as_manager.get(f"{events}/{ulid(event)}"))
    assert (found["start_date"], found["end_date"]) == ("2030-07-02", "2030-07-02")


# --- Making and changing ------------------------------------------------------------------------------

NEW = {
    "name": "Summer Fest",
    "event_type": "festival",
    "start_date": "2030-07-01",
    "end_date": "2030-07-03",
    "timezone": "Europe/Amsterdam",
}


def test_a_new_event_is_a_draft_of_whole_days(as_manager, manager, org, events):
    made = data_of(as_manager.post(events, NEW), 201)
    row = Event.objects.get()
    assert made == {
        "id": ulid(row),
        "organisation_id": ulid(org),
        "parent_event_id": None,
        "name": "Summer Fest",
        "slug": "summer-fest",
        "event_type": "festival",
        "sub_event_label": None,
        "status": "draft",
        "allowed_transitions": ["published", "cancelled"],
        "start_date": "2030-07-01",
        "end_date": "2030-07-03",
        "timezone": "Europe/Amsterdam",
        "created_at": moment(row.created_at),
        "children": [],
        "parent": None,
        "minimum_rest_minutes": 0,
    }
    assert (row.starts_at, row.ends_at) == (
        datetime(2030, 6, 30, 22, tzinfo=UTC),
        datetime(2030, 7, 3, 21, 59, 59, tzinfo=UTC),
    )
    assert (row.currency, row.partner) == ("INR", org)
    assert AuditLog.objects.get(action="CREATED_EVENT").actor == manager


def test_a_sub_event_is_in_its_festivals_time_zone(as_manager, events, festival):
    body = {"name": "Night", "parent_event_id": ulid(festival).lower(), "sub_event_label": "Night 1"}
    made = data_of(as_manager.post(events, {**body, "start_date": "2030-07-02", "end_date": "2030-07-02"}), 201)
    assert (made["timezone"], made["parent_event_id"]) == ("Europe/Amsterdam", ulid(festival))
    assert (made["sub_event_label"], made["parent"]) == ("Night 1", shown(festival))
    assert made["id"] in [child["id"] for child in list_of(as_manager.get(f"{events}/{ulid(festival)}/children"))]


def test_only_a_name_is_needed(as_manager, events):
    made = data_of(as_manager.post(events, {"name": "Later"}), 201)
    assert (made["start_date"], made["end_date"], made["event_type"], made["timezone"]) == (None, None, "event", "UTC")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"name": 5}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"event_type": "party"}, "event_type"),
        ({"start_date": "2030-07-04"}, "end_date"),
        ({"start_date": "01-07-2030"}, "start_date"),
        ({"start_date": "2030-02-30"}, "start_date"),
        ({"start_date": "2030-07-01T10:00:00Z"}, "start_date"),
        ({"end_date": "9999-12-31"}, "end_date"),
        ({"end_date": 20300703}, "end_date"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": None}, "timezone"),
        ({"sub_event_label": "x" * 101}, "sub_event_label"),
        ({"parent_event_id": "x"}, "parent_event_id"),
        ({"parent_event_id": "01M7Y2MYMMFZ0R6NVG1R25C34W"}, "parent_event_id"),
        ({"minimum_rest_minutes": -1}, "minimum_rest_minutes"),
        ({"minimum_rest_minutes": "480"}, "minimum_rest_minutes"),
        ({"minimum_rest_minutes": 2881}, "minimum_rest_minutes"),
        ({"organisation_id": "01M7Y2MYMMFZ0R6NVG1R25C34W"}, "organisation_id"),
        ({"status": "published"}, "status"),
        ({"status": None}, "status"),
        ({"state": "published"}, "state"),
        ({"partner": 1}, "partner"),
    ],
)
def test_fields_that_cannot_be(as_manager, events, festival, change, field):
    before = list(Event.objects.order_by("id").values())
    assert list(errors_of(as_manager.post(events, {**NEW, **change}))) == [field]
    assert list(errors_of(as_manager.put(f"{events}/{ulid(festival)}", {**NEW, **change}))) == [field]
    assert list(Event.objects.order_by("id").values()) == before


def test_the_status_is_not_written_here(as_manager, events, event):
    sentence = "The status changes by itself: send it to the event's transition address."
    assert errors_of(as_manager.put(f"{events}/{ulid(event)}", {"status": "published"})) == {"status": [sentence]}


def test_parents_that_cannot_be(as_manager, org, events, festival, event):
    day = festival.children.first()
    foreign = EventFactory(partner=PartnerFactory(), kind="festival")
    for parent in (event, day, foreign):
        body = {**NEW, "parent_event_id": ulid(parent)}
        assert list(errors_of(as_manager.post(events, body))) == ["parent_event_id"]
    for parent in (festival, EventFactory(partner=org, kind="series")):
        body = {"parent_event_id": ulid(parent)}
        assert list(errors_of(as_manager.put(f"{events}/{ulid(festival)}", body))) == ["parent_event_id"]
    assert list(errors_of(as_manager.put(f"{events}/{ulid(festival)}", {"event_type": "event"}))) == ["event_type"]
    freed = data_of(as_manager.put(f"{events}/{ulid(day)}", {"parent_event_id": None}))
    assert (freed["parent_event_id"], freed["parent"]) == (None, None)


def test_changing_some_fields(as_manager, manager, events, event):
    address = f"{events}/{ulid(event)}"
    before = (event.starts_at, event.ends_at)
    found = data_of(as_manager.put(address, {"name": "Autumn Fair", "sub_event_label": "A", "slug": "autumn"}))
    assert found == detail(event, name="Autumn Fair", sub_event_label="A", slug="autumn")
    event.refresh_from_db()
    assert (event.starts_at, event.ends_at) == before
    line = AuditLog.objects.get(action="CHANGED_EVENT")
    assert (line.actor, line.details) == (manager, {"fields": ["name", "slug", "sub_event_label"]})
    assert data_of(as_manager.put(address, {"sub_event_label": None}))["sub_event_label"] is None
    assert data_of(as_manager.put(address, {})) == detail(event)


def test_what_was_read_goes_back_without_its_status(as_manager, events, festival):
    address = f"{events}/{ulid(festival)}"
    found = data_of(as_manager.get(address))
    sent = {name: value for name, value in found.items() if name != "status"}
    times = Event.objects.values_list("starts_at", "ends_at").get(pk=festival.pk)
    assert data_of(as_manager.put(address, sent)) == found
    assert Event.objects.values_list("starts_at", "ends_at").get(pk=festival.pk) == times
    assert not CrewPlan.objects.exists()


def test_another_day_keeps_the_clock_and_so_does_another_time_zone(as_manager, events, festival):
    address = f"{events}/{ulid(festival)}"  # from 12:00 on 1 July to 12:00 on 3 July
    found = data_of(as_manager.put(address, {"start_date": "2030-12-24", "end_date": "2030-12-25"}))
    assert (found["start_date"], found["end_date"]) == ("2030-12-24", "2030-12-25")
    festival.refresh_from_db()
    assert (festival.starts_at, festival.ends_at) == (
        datetime(2030, 12, 24, 11, tzinfo=UTC),
        datetime(2030, 12, 25, 11, tzinfo=UTC),
    )
    found = data_of(as_manager.put(address, {"timezone": "Asia/Tokyo"}))
    assert (found["start_date"], found["end_date"]) == ("2030-12-24", "2030-12-25")
    festival.refresh_from_db()
    assert festival.starts_at == datetime(2030, 12, 24, 3, tzinfo=UTC)


def test_how_long_people_rest(as_manager, manager, events, festival):
    address, first = f"{events}/{ulid(festival)}", festival.children.first()
    assert data_of(as_manager.put(address, {"minimum_rest_minutes": 480}))["minimum_rest_minutes"] == 480
    assert CrewPlan.objects.get().event == festival
    assert data_of(as_manager.get(f"{events}/{ulid(first)}"))["minimum_rest_minutes"] == 480
    found = data_of(as_manager.put(f"{events}/{ulid(first)}", {"minimum_rest_minutes": 0}))
    assert found["minimum_rest_minutes"] == 0
    assert data_of(as_manager.get(address))["minimum_rest_minutes"] == 480
    assert AuditLog.objects.filter(action="CHANGED_CREW_PLAN", actor=manager).count() == 2


def test_all_or_nothing(as_manager, events, event):
    """The name would be fine, the parent is not."""
    body = {"name": "Other", "parent_event_id": ulid(event), "minimum_rest_minutes": 60}
    errors_of(as_manager.put(f"{events}/{ulid(event)}", body))
    event.refresh_from_db()
    assert event.name == "Spring Fair" and not CrewPlan.objects.exists()


def test_a_published_event_keeps_its_dates(as_manager, events, event):
    found = errors_of(as_manager.put(f"{events}/{ulid(event)}", {"start_date": None, "end_date": None}))
    assert found == {"start_date": ["A published event needs a start and an end."]}


# --- Who sees which -----------------------------------------------------------------------------------


def test_volunteers_see_what_they_have_a_part_in(org, events, festival, event):
    vera = UserFactory()
    second, first = festival.children.order_by("id")
    PersonFactory(event=first, user=vera)
    draft = EventFactory(partner=org, state="draft", parent=None)
    PersonFactory(event=draft, user=vera)
    client = client_of(vera)
    assert list_of(client.get(f"{events}?include_children=1")) == [{**shown(festival), "children": [shown(first)]}]
    assert list_of(client.get(f"{events}/{ulid(festival)}/children")) == [shown(first)]
    assert data_of(client.get(f"{events}/{ulid(first)}")) == detail(first, parent=shown(festival))
    for hidden in (second, event, draft):
        refusal_of(client.get(f"{events}/{ulid(hidden)}"), 404, "not_found")
    refusal_of(client.put(f"{events}/{ulid(first)}", {"name": 1}), 403, "forbidden")
    refusal_of(client.post(f"{events}/{ulid(first)}/transition", {"status": 1}), 403, "forbidden")
    refusal_of(client.post(events, {"name": 1}), 403, "forbidden")


def test_a_sub_event_does_not_show_a_festival_that_is_a_draft(org, events, festival):
    vera, first = UserFactory(), festival.children.last()
    PersonFactory(event=first, user=vera)
    Event.objects.filter(pk=festival.pk).update(state="draft")
    found = data_of(client_of(vera).get(f"{events}/{ulid(first)}"))
    assert found["parent"] is None and found["parent_event_id"] == ulid(festival)


@pytest.mark.parametrize(
    ("role", "status"),
    [("org_admin", 200), ("event_manager", 200), ("crew_coordinator", 403), ("org_member", 403), ("volunteer", 404)],
)
def test_which_members_change_events(org, events, event, role, status):
    client = client_of(member(org, role))
    assert client.put(f"{events}/{ulid(event)}", {}).status_code == status
    assert client.post(events, {}).status_code == (422 if status == 200 else 403)


def test_staff_with_the_role(org, events, event, as_admin):
    assert data_of(as_admin.put(f"{events}/{ulid(event)}", {"name": "By staff"}))["name"] == "By staff"
    assert data_of(client_of(with_role("Content Moderator")).put(f"{events}/{ulid(event)}", {}))["name"] == "By staff"
    for role in ("Support", "Finance", "Gate"):
        client = client_of(with_role(role))
        assert data_of(client.get(f"{events}/{ulid(event)}"))["name"] == "By staff"
        refusal_of(client.put(f"{events}/{ulid(event)}", {}), 403, "forbidden")


def test_an_event_of_another_organisation_is_not_in_this_one(as_admin, events):
    other = EventFactory(partner=PartnerFactory())
    for method, end in (("get", ""), ("put", ""), ("post", "/transition"), ("get", "/children")):
        refusal_of(getattr(as_admin, method)(f"{events}/{ulid(other)}{end}"), 404, "not_found")
