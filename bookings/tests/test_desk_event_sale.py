"""What an event sells, its pictures, and how it is published, in the command center."""

import io
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from accounts.models import AuditLog
from bookings import hall_text, halls, readiness
from bookings.command_center import event_states
from bookings.factories import TicketTypeFactory
from bookings.models import TicketType
from bookings.tests.desk import DESK, HOSTILE, member, queries_of, said
from bookings.tests.scenes import buy, people, scene, text
from events import states
from events.factories import EventFactory, EventImageFactory
from events.models import Event
from partners.factories import PartnerFactory
from partners.models import Member, Partner

pytestmark = pytest.mark.django_db
M = Member.Role
ZONE = "Asia/Kolkata"


@pytest.fixture
def partner():
    return PartnerFactory(name="Monsoon", verification_status=Partner.Verification.VERIFIED)


@pytest.fixture
def manager(client, partner):
    return member(client, partner, M.EVENT_MANAGER)


@pytest.fixture
def draft(partner):
    """A draft with its dates, whose capacity follows its types."""
    return EventFactory(
        partner=partner, state="draft", capacity=0, is_capacity_fixed=False, timezone=ZONE, name="Rain Songs"
    )


def page_of(event: Event, act: str = "") -> str:
    return f"{DESK}/events/{event.uid}/{act and act + '/'}"


def type_of(kind: TicketType, act: str = "") -> str:
    return f"{DESK}/ticket-types/{kind.uid}/{act and act + '/'}"


def errors_of(answer) -> dict:
    return {name: list(said) for name, said in answer.context["form"].errors.items()}


# --- Ticket types ---------------------------------------------------------------------------------------


def test_two_ticket_types_are_added(client, manager, draft):
    url = page_of(draft, "ticket-types/new")
    regular = {
        "name": "Regular",
        "price": "500",
        "quantity_total": "100",
        "status": "active",
        "sales_start_at": "2027-01-01T10:00",
        "sales_end_at": "2027-06-12T18:00",
        "min_per_order": "2",
        "max_per_order": "6",
        "max_per_person": "8",
        "tax_rate": "18",
        "original_price": "600",
        "description": "With a drink.",
    }
    once = client.get(url).context["once"]
    answers = [client.post(url, {**regular, "once": once}) for _twice in range(2)]
    assert [one["Location"] for one in answers] == [page_of(draft)] * 2
    assert said(answers[0]) == ["Regular is added."]
    made = TicketType.objects.get()
    assert (made.price, made.quantity_total, made.tax_rate) == (Decimal(500), 100, Decimal(18))
    assert made.sales_start_at == datetime(2027, 1, 1, 4, 30, tzinfo=UTC)  # 10:00 in India
    limits = (made.min_per_order, made.max_per_order, made.max_per_person)
    assert (limits, made.original_price) == ((2, 6, 8), Decimal(600))
    draft.refresh_from_db()
    assert draft.capacity == 100
    form = client.get(url).context["form"]
    assert form["tax_rate"].value() == Decimal(18)  # of the type before
    assert (
        client.post(url, {"name": "Balcony", "price": "0", "quantity_total": "20", "status": "hidden"}).status_code
        == 302
    )
    assert list(draft.ticket_types.values_list("name", "status", "tax_rate")) == [
        ("Regular", "active", Decimal(18)),
        ("Balcony", "hidden", Decimal(0)),
    ]
    draft.refresh_from_db()
    assert draft.capacity == 120
    assert AuditLog.objects.filter(action="CREATED_TICKET_TYPE", actor=manager).count() == 2


def test_what_is_wrong_with_a_type_stands_at_its_field(client, manager, draft):
    url = page_of(draft, "ticket-types/new")
    wrong = {
        "name": "",
        "price": "-1",
        "quantity_total": "1000001",
        "status": "free",
        "sales_start_at": "soon",
        "sales_end_at": "9999-12-31T23:59",
        "min_per_order": "21",
        "max_per_order": "0",
        "max_per_person": "9" * 12,
        "tax_rate": "101",
        "original_price": "1000001",
        "description": "Kept.",
    }
    answer = client.post(url, wrong)
    assert (answer.status_code, set(errors_of(answer))) == (400, set(wrong) - {"description"})
    assert "Kept." in text(answer)
    window = {"sales_start_at": "2027-01-02T10:00", "sales_end_at": "2027-01-01T10:00"}
    answer = client.post(url, {"name": "X", "price": "1", "status": "active", **window})
    assert (answer.status_code, errors_of(answer)) == (422, {"sales_end_at": ["The sale ends before it starts."]})
    assert TicketType.objects.count() == 0


def test_a_type_is_changed_but_not_over_what_another_saved(client, partner, manager):
    event, kind = scene(partner=partner, capacity=10, price=100, quantity_total=5)
    buy(people(1)[0], kind, qty=3)
    page = client.get(type_of(kind))
    values = {"name": "Regular", "price": "120", "quantity_total": "5", "status": "active"}
    few = client.post(type_of(kind), {**values, "quantity_total": "2"})
    assert (few.status_code, "3 are sold already" in text(few)) == (409, True)
    assert said(client.post(type_of(kind), values)) == ["Regular is saved."]
    late = client.post(type_of(kind), {**values, "name": "Mine", "seen": page.context["seen"]})
    assert (late.status_code, 'value="Mine"' in text(late)) == (409, True)
    kind.refresh_from_db()
    assert (kind.name, kind.price, kind.quantity_sold) == ("Regular", Decimal(120), 3)
    assert "delete_ticket_type" in text(page) and type_of(kind) + "delete/" not in text(page)  # only why not
    refused = client.post(type_of(kind, "delete"))
    assert (refused.status_code, "Hide it instead of deleting it." in text(refused)) == (409, True)


def test_types_are_put_in_order_and_removed(client, partner, manager, draft):
    one, two, three = (TicketTypeFactory(event=draft, name=name) for name in ("One", "Two", "Three"))

    def order() -> list[str]:
        return list(draft.ticket_types.values_list("name", flat=True))

    assert "Move Two up" in text(client.get(page_of(draft)))
    assert client.get(type_of(three, "up")).status_code == 405
    answer = client.post(type_of(three, "up"))
    assert (answer.status_code, answer["Location"], order()) == (302, page_of(draft), ["One", "Three", "Two"])
    client.post(type_of(three, "up"))
    client.post(type_of(three, "up"))  # it is the first already
    assert order() == ["Three", "One", "Two"]
    client.post(type_of(one, "down"))
    client.post(type_of(one, "down"))
    assert order() == ["Three", "Two", "One"]
    assert said(client.post(type_of(two, "delete")))[-1] == "Two is removed."
    assert order() == ["Three", "One"]
    assert client.post(type_of(two, "up")).status_code == 404


def test_an_area_of_the_hall_is_chosen(client, manager, draft):
    halls.save(draft, hall_text.read("[Stalls]\nA: 1-4\n[Balcony]\nB: 1-4\n"), by=manager)
    url = page_of(draft, "ticket-types/new")
    choices = client.get(url).context["form"].fields["area"].choices
    assert [value for value, _label in choices] == ["", "Stalls", "Balcony"]
    assert client.post(url, {"name": "Up", "price": "5", "status": "active", "area": "Balcony"}).status_code == 302
    assert draft.ticket_types.get().area == "Balcony"
    wrong = client.post(url, {"name": "X", "price": "5", "status": "active", "area": "Cellar"})
    assert (wrong.status_code, set(errors_of(wrong))) == (400, {"area"})


@pytest.mark.parametrize("value", HOSTILE)
def test_odd_values_of_types_and_states_are_answered(client, manager, draft, value):
    kind = TicketTypeFactory(event=draft)
    names = [*client.get(type_of(kind)).context["form"].fields, "area", "once", "seen", "to"]
    for url in (page_of(draft, "ticket-types/new"), type_of(kind), page_of(draft, "state"), page_of(draft, "pictures")):
        assert client.post(url, dict.fromkeys(names, value)).status_code in (302, 400, 409, 413, 422), url


def test_others_types_and_pictures_are_not_there(client, manager):
    strange, kind = scene(partner=PartnerFactory())
    picture = EventImageFactory(event=strange)
    for act in ("", "delete", "up", "down"):
        assert client.post(type_of(kind, act)).status_code == 404, act
    for act in ("main", "remove"):
        assert client.post(f"{DESK}/event-pictures/{picture.uid}/{act}/").status_code == 404
    assert client.get(type_of(kind)).status_code == 404
    assert (TicketType.objects.count(), strange.images.count()) == (1, 1)


# --- Publishing -----------------------------------------------------------------------------------------


def test_a_draft_says_what_is_missing_and_is_published(client, manager, draft):
    Event.objects.filter(pk=draft.pk).update(starts_at=None, ends_at=None)
    page = client.get(page_of(draft))
    assert "To be published an event needs a name, a start and an end." in text(page)
    assert "There is no ticket type yet, so nothing can be booked." in text(page)
    assert 'value="published"' not in text(page)
    refused = client.post(page_of(draft, "state"), {"to": "published"})
    assert (refused.status_code, draft.state) == (422, "draft")
    when = {"starts_at": datetime(2027, 6, 12, 14, tzinfo=UTC), "ends_at": datetime(2027, 6, 12, 17, tzinfo=UTC)}
    Event.objects.filter(pk=draft.pk).update(**when)
    TicketTypeFactory(event=draft, quantity_total=5)
    Event.objects.filter(pk=draft.pk).update(capacity=5)
    EventImageFactory(event=draft)
    page = client.get(page_of(draft))
    assert [step["is_done"] for step in page.context["steps"]] == [True, True, True]
    assert (page.context["advice"], page.context["is_publishable"]) == ([], True)
    assert client.get(f"/e/{draft.slug}/").status_code == 200  # the preview
    assert Client().get(f"/e/{draft.slug}/").status_code == 404
    answers = [client.post(page_of(draft, "state"), {"to": "published"}) for _twice in range(2)]
    assert [(one.status_code, one["Location"]) for one in answers] == [(302, page_of(draft))] * 2
    assert said(answers[0])[0] == "Rain Songs is published."
    draft.refresh_from_db()
    assert draft.state == "published"
    assert AuditLog.objects.filter(action="CHANGED_EVENT_STATE").count() == 1
    assert "steps" not in client.get(page_of(draft)).context


def test_the_other_of_two_clicks_was_faster(client, manager, draft, monkeypatch):
    """Both have read a draft; the second waits for the lock and finds it published."""
    published = states.transition

    def after_another(event, to, **options):
        published(Event.objects.get(pk=event.pk), to, **options)
        return published(event, to, **options)

    monkeypatch.setattr(event_states.states, "transition", after_another)
    answer = client.post(page_of(draft, "state"), {"to": "published"})
    assert (answer.status_code, answer["Location"]) == (302, page_of(draft))


def test_a_suspended_partner_publishes_nothing(client, partner, manager, draft):
    Partner.objects.filter(pk=partner.pk).update(status=Partner.Status.SUSPENDED)
    page = client.get(page_of(draft))
    assert "The organisation is suspended and cannot publish events." in text(page)
    assert client.post(page_of(draft, "state"), {"to": "published"}).status_code == 422


def test_the_steps_that_follow(client, manager, draft):
    states.transition(draft, "published", by=manager)
    page = client.get(page_of(draft, "state"))
    steps = {step["state"]: step["missing"] for step in page.context["steps"]}
    assert list(steps) == ["registration_open", "buildup", "showday", "draft"]
    assert steps["registration_open"] and not steps["showday"]
    assert "Begin the show day" in text(page)
    for to, status in (("registration_open", 422), ("closed", 422), ("cancelled", 422), ("x", 400), ("", 400)):
        assert client.post(page_of(draft, "state"), {"to": to}).status_code == status, to
    for to in ("showday", "teardown", "closed"):
        assert client.post(page_of(draft, "state"), {"to": to}).status_code == 302
    assert "This event is closed. Nothing follows." in text(client.get(page_of(draft, "state")))


def test_what_would_only_be_a_pity(partner):
    partner.verification_status = Partner.Verification.PENDING
    event, kind = scene(partner=partner, capacity=10)
    unverified = "Your papers are not verified yet. You can sell; the money is paid out once they are."
    assert readiness.advice(event, [kind]) == [unverified]
    partner.verification_status = Partner.Verification.VERIFIED
    assert readiness.advice(event, [kind]) == []
    kind.status = TicketType.Status.HIDDEN
    assert readiness.advice(event, [kind]) == ["No ticket type is on sale."]
    event.capacity = 0
    assert readiness.advice(event, [kind])[0].startswith("There are no places yet.")
    assert readiness.advice(event, []) == ["There is no ticket type yet, so nothing can be booked."]
    event.kind = Event.Kind.FESTIVAL
    assert readiness.advice(event, []) == []
    event.ends_at = datetime(2020, 1, 1, tzinfo=UTC)
    assert readiness.advice(event, []) == ["The end is in the past, so nobody can book."]


# --- Pictures -------------------------------------------------------------------------------------------


def photo(colour: str) -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (64, 36), colour).save(out, "PNG")
    return SimpleUploadedFile("photo.png", out.getvalue(), "image/png")


def test_pictures_are_uploaded_put_first_and_removed(client, manager, draft, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    url = page_of(draft, "pictures")
    page = client.get(url)
    assert "No picture yet" in text(page)
    for colour in ("teal", "red"):
        once = client.get(url).context["once"]
        answers = [client.post(url, {"file": photo(colour), "once": once}) for _twice in range(2)]
        assert [(one.status_code, one["Location"]) for one in answers] == [(302, url)] * 2
    first, second = draft.images.all()
    assert client.post(f"{DESK}/event-pictures/{second.uid}/main/")["Location"] == url
    assert [one.pk for one in draft.images.all()] == [second.pk, first.pk]
    assert text(client.get(url)).count("event_images/") == 2
    assert said(client.post(f"{DESK}/event-pictures/{second.uid}/remove/"))[-1] == "The picture is removed."
    assert draft.images.get().is_primary
    for file in (SimpleUploadedFile("x.png", b""), SimpleUploadedFile("x.png", b"<svg/>"), None):
        answer = client.post(url, {"file": file} if file else {})
        assert (answer.status_code in (400, 422), set(errors_of(answer))) == (True, {"file"})
    assert draft.images.count() == 1


def test_the_pages_ask_as_often_for_much(client, manager, draft):
    urls = [page_of(draft), page_of(draft, "state"), page_of(draft, "pictures"), page_of(draft, "ticket-types/new")]

    def more():
        EventImageFactory(event=draft)
        return TicketTypeFactory(event=draft)

    urls.append(type_of(more()))
    more()  # with two the order is shown
    few = [queries_of(client, url) for url in urls]
    more()
    more()
    assert [queries_of(client, url) for url in urls] == few
