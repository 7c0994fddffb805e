"""The events in the command center: the list, one event on one page, and what is done to it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog
from accounts.tests.coming_in import log_in
from bookings import checkin, tasks
from bookings.models import MassRefund, Refund
from bookings.tests.desk import DESK, HOSTILE, confirm, member, queries_of, said, shown, staff
from bookings.tests.scenes import buy, pay, people, scene, settled, text, wait
from events.factories import CategoryFactory, EventFactory
from events.models import Event
from partners.factories import PartnerFactory
from partners.models import Member

pytestmark = pytest.mark.django_db
LIST = f"{DESK}/events/"


@pytest.fixture
def admin(client):
    return log_in(client, SuperAdminFactory()) and SuperAdminFactory()


@pytest.fixture
def full():
    """Four places: two sold (one is inside), one held, and somebody waits for two."""
    event, ticket_type = scene(capacity=3, price=100, partner=PartnerFactory(name="Monsoon"), name="Jazz Night")
    paid = pay(buy(UserFactory(full_name="Asha Rao"), ticket_type, qty=2))
    held = buy(UserFactory(full_name="Binh Pham"), ticket_type)
    wait(event, UserFactory(full_name="Chloe Vos"), 2)
    checkin.admit(paid.tickets.first().ticket_code, by=None, gate="North")
    event.refresh_from_db()
    return event, paid, held


def page_of(event: Event, act: str = "") -> str:
    return f"{LIST}{event.uid}/{act and act + '/'}"


def test_the_list_shows_sales_and_is_narrowed(client, admin, full):
    event, _paid, _held = full
    category = CategoryFactory()
    over = EventFactory(name="Old", starts_at=timezone.now() - timedelta(days=9), category=category)
    draft = EventFactory(name="Draft", state="draft", place="Pune")
    page = client.get(LIST)
    assert shown(page) == [draft, event, over]
    for words in ("Jazz Night", "Monsoon", "Published", "Draft"):
        assert words in text(page)
    for query, rows in (
        ({"q": "monsoon"}, [event]),
        ({"q": "pune"}, [draft]),
        ({"state": ["draft"]}, [draft]),
        ({"time": "past"}, [over]),
        ({"time": "upcoming", "sort": "name"}, [draft, event]),
        ({"category": category.pk}, [over]),
        ({"first_day": event.starts_on.isoformat()}, [draft, event]),
        ({"last_day": over.starts_on.isoformat()}, [over]),
        ({"sort": "-booked_count", "time": "upcoming"}, [event, draft]),
    ):
        assert shown(client.get(LIST, query)) == rows, query


def test_the_list_downloads(client, admin, full):
    answer = client.get(LIST, {"format": "csv"})
    body = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert body.splitlines()[0].startswith("Event,Partner,State,Starts,Booked,Places,Waiting")
    assert "Jazz Night,Monsoon,Published" in body


def test_a_list_asks_as_often_for_3_rows_as_for_1(client, admin):
    scene(partner=PartnerFactory())
    few = queries_of(client, LIST)
    for _again in range(2):
        scene(partner=PartnerFactory())
    assert queries_of(client, LIST) == few


def test_one_event_on_one_page(client, admin, full):
    event, _paid, _held = full
    page = client.get(page_of(event))
    metrics = {metric["label"]: (metric["value"], metric["change"]) for metric in page.context["metrics"]}
    assert metrics == {
        "Sold": ("2", "of 3 places"),
        "Held": ("1", "not paid yet"),
        "Waiting": ("2", "places on the waitlist"),
        "Inside": ("1", "of 2 tickets"),
        "Revenue": ("₹200.00", "₹10.00 of it are fees"),
    }
    shown_text = text(page)
    for words in ("Asha Rao", "Binh Pham", "Chloe Vos", "North", "General admission", "Cancel the event", "Monsoon"):
        assert words in shown_text
    assert [one["shown"] for one in page.context["types"]] == ["sold_out"]


def test_an_empty_event_says_so(client, admin):
    page = text(client.get(page_of(EventFactory(state="draft", starts_at=None, ends_at=None))))
    for words in ("No ticket types yet", "Nobody has ordered yet", "Nobody waits", "Nobody has been let in yet"):
        assert words in page


def test_the_page_of_one_asks_as_often_for_many(client, admin):
    event, ticket_type = scene(capacity=100, price=10, partner=PartnerFactory())

    def sell():
        order = pay(buy(people(1)[0], ticket_type, qty=2))
        checkin.admit(order.tickets.first().ticket_code, by=None)
        buy(people(1)[0], ticket_type)

    sell()
    client.get(page_of(event))
    few = queries_of(client, page_of(event))
    for _again in range(3):
        sell()
    assert queries_of(client, page_of(event)) == few


FIGURES = ["Headcount", "Sales pace", "Reports"]
EDITS = ["Edit", "Pictures", "Promo codes", "Hall", "Waiting room", "Change the capacity", "Cancel the event"]


@pytest.mark.parametrize(
    ("role", "status", "buttons"),
    [
        ("Finance", 200, [*FIGURES, "Refund everybody"]),
        (
            "Content Moderator",
            200,
            ["Headcount", "Reports", *EDITS],
        ),
        ("Support", 200, ["Headcount", "Reports"]),
        ("Gate", 200, ["Door", "Headcount", "Reports"]),
    ],
)
def test_what_each_role_may_do(client, full, role, status, buttons):
    event, _paid, _held = full
    staff(client, role)
    page = client.get(page_of(event))
    assert (page.status_code, [one.label for one in page.context["actions"]]) == (status, buttons)
    labels = [metric["label"] for metric in page.context["metrics"]]
    assert ("Revenue" in labels) is (role == "Finance")
    allowed = {
        "cancel": role == "Content Moderator",
        "capacity": role == "Content Moderator",
        "refund": role == "Finance",
    }
    for act, may in allowed.items():
        assert client.get(page_of(event, act)).status_code == (200 if may else 403), act
        assert client.post(page_of(event, act), {}).status_code in ((400, 409, 422) if may else (403,)), act
    for act in ("open", "withdraw"):
        assert client.post(page_of(event, act)).status_code == (302 if allowed["cancel"] else 403)


def test_a_partner_sees_only_its_own(client, full):
    event, _paid, _held = full
    other = EventFactory(partner=PartnerFactory())
    member(client, event.partner, Member.Role.EVENT_MANAGER)
    assert shown(client.get(LIST)) == [event]
    page = client.get(page_of(event))
    assert [one.label for one in page.context["actions"]] == ["Door", *FIGURES, *EDITS]
    assert "Revenue" not in [metric["label"] for metric in page.context["metrics"]]
    for act in ("", "cancel", "capacity", "open", "withdraw"):
        answer = client.post(page_of(other, act)) if act else client.get(page_of(other))
        assert answer.status_code == 404, act
    assert client.get(page_of(event, "refund")).status_code == 403
    member(client, event.partner, Member.Role.VOLUNTEER)
    assert (client.get(LIST).status_code, client.get(page_of(event)).status_code) == (403, 403)


def test_a_stranger_is_sent_to_log_in(client, full):
    for act in ("", "cancel", "refund", "capacity"):
        answer = client.get(page_of(full[0], act))
        assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/login/")


def test_cancelling_needs_a_proof_of_identity(client, full):
    log_in(client, SuperAdminFactory(), fresh=False)
    for act in ("cancel", "refund"):
        answer = client.get(page_of(full[0], act))
        assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/account/confirm/")


def test_cancelling_shows_what_happens_and_does_it(client, admin, full):
    event, paid, held = full
    page = text(client.get(page_of(event, "cancel")))
    for words in ("Cancel and refund ₹200.00", "ends for everybody", "₹10.00", "1 ticket was used at the door"):
        assert words in page
    assert client.post(page_of(event, "cancel"), {"reason": ""}).status_code == 400
    answer = confirm(client, page_of(event, "cancel"), reason="Storm")
    assert (answer.status_code, answer["Location"]) == (302, page_of(event))
    assert said(answer) == ["Jazz Night is cancelled. The mails and the money are on their way."]
    event.refresh_from_db()
    assert (event.state, event.cancelled_reason) == ("cancelled", "Storm")
    assert "3 people are still to be told and refunded" in text(client.get(page_of(event)))
    assert tasks.refund_cancelled_events() == 3
    assert (settled(paid)[0], settled(held)[0]) == ("refunded", "cancelled")
    assert "still to be told" not in text(client.get(page_of(event)))
    again = client.get(page_of(event, "cancel"))
    assert "An event cannot go from cancelled to cancelled." in text(again)


def test_what_moved_since_the_preview_is_shown_again(client, admin, full):
    event, paid, _held = full
    digest = client.get(page_of(event, "cancel")).context["digest"]
    pay(buy(people(1)[0], scene(price=5, partner=event.partner)[1]))  # another event: nothing of this one has moved
    Event.objects.filter(pk=event.pk).update(waitlisted_count=event.waitlisted_count)
    paid.bookings.update(unit_price=90)
    answer = client.post(page_of(event, "cancel"), {"digest": digest, "reason": "Storm"})
    assert answer.status_code == 409
    assert "Something has changed since you looked." in text(answer)
    assert "Cancel and refund ₹180.00" in text(answer)
    assert "Storm" in text(answer)
    event.refresh_from_db()
    assert event.state == "published"


def test_refunding_everybody(client, admin, full):
    event, _paid, held = full
    page = text(client.get(page_of(event, "refund")))
    assert "End the orders that are not paid" in page  # the two that are paid were let in together
    answer = confirm(client, page_of(event, "refund"), reason="Postponed")
    assert answer.status_code == 302
    assert MassRefund.objects.get().reason == "Postponed"
    assert "Booking is withdrawn" in text(client.get(page_of(event)))
    assert tasks.refund_cancelled_events() == 1
    assert (settled(held)[0], Refund.objects.count()) == ("cancelled", 0)
    assert "on its way back already" not in text(client.get(page_of(event, "refund")))
    assert "Nobody has paid for this event" in text(client.get(page_of(event, "refund")))


def test_the_capacity_is_previewed_and_set(client, admin, full):
    event, _paid, _held = full
    page = client.get(page_of(event, "capacity"), {"places": "6"})
    assert "Set the capacity to 6" in text(page)
    assert client.post(page_of(event, "capacity"), {"places": "6", "digest": "x"}).status_code == 409
    answer = client.post(page_of(event, "capacity"), {"places": "6", "digest": page.context["digest"]})
    assert said(answer) == ["The capacity is 6 now."]
    event.refresh_from_db()
    assert (event.capacity, event.waitlisted_count) == (6, 0)
    assert "places are booked already" in text(client.get(page_of(event, "capacity"), {"places": "1"}))
    line = AuditLog.objects.get(action="CHANGED_CAPACITY")
    assert (line.details["before"], line.details["after"]) == (3, 6)


@pytest.mark.parametrize("value", [*HOSTILE, "", "1.5", "99999999999999999999"])
def test_odd_values_are_answered(client, admin, full, value):
    event, _paid, _held = full
    assert client.get(page_of(event, "capacity"), {"places": value}).status_code == 200
    assert client.post(page_of(event, "capacity"), {"places": value, "digest": value}).status_code in (400, 409)
    assert client.post(page_of(event, "cancel"), {"reason": value, "digest": value}).status_code in (400, 409)
    for name in ("q", "state", "time", "category", "first_day", "last_day", "sort", "page"):
        assert client.get(LIST, {name: value}).status_code == 200, name


def test_booking_is_withdrawn_and_opened(client, admin, full):
    event, _paid, _held = full
    answer = client.post(page_of(event, "withdraw"))
    assert (answer.status_code, answer["Location"]) == (302, page_of(event))
    event.refresh_from_db()
    assert not event.is_bookable
    client.post(page_of(event, "open"))
    event.refresh_from_db()
    assert event.is_bookable
    assert client.get(page_of(event, "open")).status_code == 405


def test_the_search_finds_events_that_one_may_see(client, full):
    event, _paid, _held = full
    EventFactory(name="Jazz of others", partner=PartnerFactory())
    member(client, event.partner, Member.Role.MEMBER)
    page = text(client.get(f"{DESK}/search/", {"q": "jazz"}))
    assert "Jazz Night" in page
    assert "Jazz of others" not in page
