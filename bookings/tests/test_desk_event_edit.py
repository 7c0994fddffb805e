"""An event is made, edited, copied and deleted in the command center, by staff and by a partner's people."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from accounts.factories import SuperAdminFactory
from accounts.models import AuditLog
from accounts.tests.coming_in import log_in
from bookings.factories import TicketTypeFactory
from bookings.tests.desk import DESK, HOSTILE, confirm, member, queries_of, said
from bookings.tests.scenes import buy, people, scene, text
from eventify.lib.ids import new_uid
from events.factories import CategoryFactory, EventFactory
from events.models import Event
from partners import members
from partners.factories import PartnerFactory
from partners.models import Member, Partner

pytestmark = pytest.mark.django_db
LIST, NEW = f"{DESK}/events/", f"{DESK}/events/new/"
NAMES = {"kind": "event", "timezone": "Asia/Kolkata", "currency": "INR"}
M = Member.Role


@pytest.fixture
def partner():
    return PartnerFactory(name="Monsoon")


@pytest.fixture
def manager(client, partner):
    """Who manages the events of the partner."""
    return member(client, partner, M.EVENT_MANAGER)


def page_of(event: Event, act: str = "edit") -> str:
    return f"{LIST}{event.uid}/{act}/"


def send(client, url: str, **values):
    """The page's form as it stands, with these values typed into it."""
    page = client.get(url)
    assert page.status_code == 200, page.content.decode()[:500]
    form = page.context["form"]
    shown = {name: form[name].value() for name in form.fields}
    hidden = {name: page.context[name] for name in ("once", "seen") if name in page.context}
    filled = {name: value for name, value in {**shown, **hidden, **values}.items() if value not in (None, False)}
    return client.post(url, filled)


def errors_of(answer) -> dict:
    return {name: list(said) for name, said in answer.context["form"].errors.items()}


def test_a_partners_person_makes_a_draft_with_all_that_buyers_see(client, partner, manager):
    category = CategoryFactory()
    assert [one.label for one in client.get(LIST).context["actions"]] == ["New event"]
    answer = send(
        client,
        NEW,
        name="Rain Songs",
        category=category.pk,
        description="An evening of rain songs.",
        content="Come & listen.\nDry inside.\n\nBring an umbrella.",
        starts_at="2027-06-12T19:30",
        ends_at="2027-06-12T22:30",
        timezone="Asia/Kolkata",
        venue_name="Opera House",
        location="Charni Road 1",
        place="Mumbai",
        pincode="400004",
        latitude="18.9557",
        longitude="72.8153",
        capacity="300",
        important_information="No cameras.",
        outside_event_url="https://example.com/rain",
    )
    event = Event.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"{LIST}{event.uid}/")
    assert said(answer) == ["Rain Songs is a draft now. Add its tickets and a picture, then publish it."]
    zone = ZoneInfo("Asia/Kolkata")
    assert (event.partner, event.state, event.category, event.slug) == (partner, "draft", category, "rain-songs")
    assert event.starts_at == datetime(2027, 6, 12, 19, 30, tzinfo=zone)
    assert event.ends_at == datetime(2027, 6, 12, 22, 30, tzinfo=zone)
    assert event.content == "<p>Come &amp; listen.<br>Dry inside.</p>\n\n<p>Bring an umbrella.</p>"
    assert (event.where, event.place, event.pincode) == ("Charni Road 1", "Mumbai", "400004")
    assert (event.latitude, event.longitude) == (Decimal("18.955700"), Decimal("72.815300"))
    assert (event.capacity, event.is_capacity_fixed, event.currency) == (300, True, "INR")
    assert event.outside_event_url == "https://example.com/rain"
    assert AuditLog.objects.get(action="CREATED_EVENT").actor == manager
    page = client.get(page_of(event))
    assert page.context["form"]["content"].value() == "Come & listen.\nDry inside.\n\nBring an umbrella."
    assert 'value="2027-06-12T19:30"' in text(page)


def test_html_is_kept_where_it_does_no_harm(client, manager):
    send(client, NEW, name="X", content="<h2>Who</h2><script>alert(1)</script><b onclick=x>We</b>")
    event = Event.objects.get()
    assert event.content == "<h2>Who</h2><b>We</b>"
    assert client.get(page_of(event)).context["form"]["content"].value() == event.content


def test_a_name_is_enough(client, partner, manager):
    before = EventFactory(partner=partner, timezone="Europe/Amsterdam", currency="EUR")
    assert send(client, NEW, name="Later").status_code == 302
    event = Event.objects.exclude(pk=before.pk).get()
    assert (event.timezone, event.currency, event.starts_at) == ("Europe/Amsterdam", "EUR", None)
    assert (event.is_capacity_fixed, event.capacity, event.content) == (False, 0, "")


def test_a_form_that_is_sent_twice_makes_one_event(client, manager):
    page = client.get(NEW)
    values = {**NAMES, "name": "Once", "capacity": "5", "once": page.context["once"]}
    answers = [client.post(NEW, values) for _twice in range(2)]
    assert [one.status_code for one in answers] == [302, 302]
    assert (answers[0]["Location"], Event.objects.count()) == (answers[1]["Location"], 1)
    client.post(NEW, {**values, "once": "forged:x"})
    client.post(NEW, {**values, "once": new_uid().hex})
    assert Event.objects.count() == 3


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(client, manager):
    wrong = {
        "name": "",
        "starts_at": "2027-06-12T19:30",
        "ends_at": "never",
        "timezone": "Mars/Base",
        "latitude": "91",
        "capacity": "1000001",
        "currency": "XXX",
        "kind": "riot",
        "category": "9" * 30,
        "outside_event_url": "javascript:alert(1)",
        "venue_name": "Opera House",
    }
    answer = client.post(NEW, wrong)
    assert answer.status_code == 400
    assert set(errors_of(answer)) == set(wrong) - {"starts_at", "venue_name"}
    assert errors_of(answer)["name"] == ["Give the event a name."]
    assert 'value="Opera House"' in answer.content.decode()
    late = client.post(NEW, {**NAMES, "name": "X", "starts_at": "2027-06-12T19:30", "ends_at": "2027-06-12T18:00"})
    assert (late.status_code, errors_of(late)) == (422, {"ends_at": ["The end is before the start."]})
    assert Event.objects.count() == 0


@pytest.mark.parametrize("value", ["0001-01-01T00:00", "9999-12-31T23:59", "1899-12-31T23:59", "99999-01-01T00:00"])
def test_far_days_are_refused_at_their_field(client, partner, manager, value):
    for zone in ("Pacific/Kiritimati", "Pacific/Niue"):
        answer = client.post(NEW, {**NAMES, "timezone": zone, "name": "Far", "starts_at": value, "ends_at": value})
        assert (answer.status_code, set(errors_of(answer))) == (400, {"starts_at", "ends_at"})


@pytest.mark.parametrize("value", HOSTILE)
def test_odd_values_are_answered(client, partner, manager, value):
    event = EventFactory(partner=partner)
    names = [*client.get(NEW).context["form"].fields, "partner", "parent", "slug", "once", "seen"]
    for url in (NEW, page_of(event), page_of(event, "copy"), page_of(event, "delete")):
        assert client.post(url, dict.fromkeys(names, value)).status_code in (302, 400, 409, 413, 422), url
    assert client.get(NEW, {"partner": value, "parent": value}).status_code == 200


@pytest.mark.parametrize("value", ["a\x00b", "9" * 4000])
def test_one_odd_value_is_answered(client, partner, manager, value):
    event = EventFactory(partner=partner)
    names = [*client.get(NEW).context["form"].fields, "partner", "parent", "slug", "once", "seen"]
    for name in names:
        answer = client.post(page_of(event), {**NAMES, "name": "A", name: value})
        assert answer.status_code in (302, 400, 409, 422), name


def test_a_member_of_two_and_staff_choose_the_organisation(client, partner, manager):
    other, strange = PartnerFactory(name="Zulu"), PartnerFactory()
    assert "partner" not in client.get(NEW).context["form"].fields
    members.add(other, manager, M.EVENT_MANAGER, by=None)
    form = client.get(f"{NEW}?partner={other.uid}").context["form"]
    assert (form["partner"].value(), list(form.fields["partner"].queryset)) == (other.uid, [partner, other])
    for uid in (strange.uid, "x", ""):
        answer = client.post(NEW, {**NAMES, "name": "X", "partner": str(uid)})
        assert (answer.status_code, set(errors_of(answer))) == (400, {"partner"})
    assert client.post(NEW, {**NAMES, "name": "X", "partner": str(other.uid)}).status_code == 302
    assert Event.objects.get().partner == other
    log_in(client, SuperAdminFactory())
    assert send(client, NEW, name="House party", is_hot="on").status_code == 302
    made = Event.objects.get(name="House party")
    assert (made.partner, made.is_hot) == (Partner.objects.get(is_house=True), True)


def test_a_part_of_a_festival(client, partner, manager):
    festival = EventFactory(partner=partner, kind="festival", name="Monsoon Week")
    strange = EventFactory(partner=PartnerFactory(), kind="festival")
    page = text(client.get(f"{LIST}{festival.uid}/"))
    assert f"{NEW}?parent={festival.uid}" in page
    assert "No parts yet." in page
    assert send(client, f"{NEW}?parent={festival.uid}", name="Opening").status_code == 302
    part = Event.objects.get(name="Opening")
    assert part.parent == festival
    assert "Opening" in text(client.get(f"{LIST}{festival.uid}/"))
    answer = send(client, NEW, name="Stolen", parent=str(strange.uid))
    assert (answer.status_code, set(errors_of(answer))) == (400, {"parent"})
    answer = send(client, page_of(festival), kind="event")
    assert (answer.status_code, set(errors_of(answer))) == (422, {"kind"})


def test_an_event_is_edited(client, partner, manager):
    starts_at = datetime(2027, 6, 12, 14, tzinfo=UTC)
    event = EventFactory(partner=partner, timezone="Asia/Kolkata", starts_at=starts_at, slug="old")
    answer = send(client, page_of(event), name="New name", slug="new", timezone="Europe/Amsterdam", title="Tonight")
    assert (answer.status_code, said(answer)) == (302, ["New name is saved."])
    event.refresh_from_db()
    assert (event.name, event.title, event.slug, event.state) == ("New name", "Tonight", "new", "published")
    assert event.starts_at == datetime(2027, 6, 12, 19, 30, tzinfo=ZoneInfo("Europe/Amsterdam"))  # the clock stays
    empty = send(client, page_of(event), starts_at="")
    assert errors_of(empty) == {"starts_at": ["A published event needs a start and an end."]}


def test_saving_what_is_shown_changes_nothing(client, partner, manager):
    """Not the seconds of an end either: a day that 004 plans ends at 23:59:59."""
    starts_at = datetime(2027, 6, 12, tzinfo=UTC)
    event = EventFactory(
        partner=partner, starts_at=starts_at, ends_at=datetime(2027, 6, 12, 23, 59, 59, tzinfo=UTC), content="<b>A</b>"
    )
    before = Event.objects.filter(pk=event.pk).values().get()
    assert send(client, page_of(event)).status_code == 302
    assert Event.objects.filter(pk=event.pk).values().get() == before
    assert send(client, page_of(event), place="Pune").status_code == 302
    event.refresh_from_db()
    assert (event.place, event.ends_at.second) == ("Pune", 59)
    assert AuditLog.objects.get(action="CHANGED_EVENT").details["fields"] == ["place"]


def test_what_somebody_else_saved_is_not_written_over(client, partner, manager):
    event = EventFactory(partner=partner, name="First")
    form = client.get(page_of(event))
    send(client, page_of(event), name="Second")
    late = {**NAMES, "name": "Third", "venue_name": "Mine", "seen": form.context["seen"]}
    answer = client.post(page_of(event), late)
    assert (answer.status_code, errors_of(answer)) == (
        409,
        {"__all__": ["Somebody else changed this meanwhile. Compare the values, then save again."]},
    )
    assert 'value="Mine"' in answer.content.decode()
    event.refresh_from_db()
    assert event.name == "Second"
    assert answer.context["seen"] != form.context["seen"]


def test_what_was_sold_keeps_its_currency_and_its_organisation(client, partner, manager):
    event, kind = scene(partner=partner)
    buy(people(1)[0], kind)
    answer = send(client, page_of(event), currency="EUR")
    assert errors_of(answer) == {"currency": ["This event was booked already, so its currency stays."]}
    log_in(client, SuperAdminFactory())
    answer = send(client, page_of(event), partner=str(PartnerFactory().uid))
    assert errors_of(answer) == {"partner": ["This event was booked already, so it stays with its partner."]}


def test_an_event_is_copied(client, partner, manager):
    starts_at = (timezone.now() + timedelta(days=30)).replace(microsecond=0, second=0)
    event, kind = scene(partner=partner, price=100, quantity_total=7, starts_at=starts_at, name="Weekly")
    page = client.get(page_of(event, "copy"))
    values = {"name": "Weekly 2", "starts_at": "2030-01-08T20:00", "once": page.context["once"]}
    answers = [client.post(page_of(event, "copy"), values) for _twice in range(2)]
    made = Event.objects.get(name="Weekly 2")
    assert [one["Location"] for one in answers] == [f"{LIST}{made.uid}/"] * 2
    assert (made.state, made.starts_at, made.ends_at - made.starts_at) == (
        "draft",
        datetime(2030, 1, 8, 20, tzinfo=UTC),
        timedelta(hours=3),
    )
    assert list(made.ticket_types.values_list("name", "price", "quantity_total")) == [(kind.name, 100, 7)]


def test_what_nobody_booked_is_deleted(client, partner, manager):
    event, kind = scene(partner=partner)
    assert "Ticket types" in text(client.get(page_of(event, "delete")))
    order = buy(people(1)[0], kind)
    refused = client.get(page_of(event, "delete"))
    assert "This event has bookings, sub-events or a crew." in text(refused)
    assert order.bookings.exists() and Event.objects.filter(pk=event.pk).exists()
    empty = EventFactory(partner=partner, name="Empty", state="draft")
    TicketTypeFactory(event=empty)
    answer = confirm(client, page_of(empty, "delete"))
    assert (answer.status_code, answer["Location"], said(answer)) == (302, LIST, ["Empty is deleted."])
    assert not Event.objects.filter(pk=empty.pk).exists()


@pytest.mark.parametrize(("role", "may"), [(M.ADMIN, True), (M.EVENT_MANAGER, True), (M.MEMBER, False)])
def test_who_may(client, partner, role, may):
    event, strange = EventFactory(partner=partner), EventFactory(partner=PartnerFactory())
    member(client, partner, role)
    assert client.get(NEW).status_code == (200 if may else 403)
    assert [one.label for one in client.get(LIST).context["actions"]] == (["New event"] if may else [])
    for act in ("edit", "copy", "delete", "state", "pictures", "ticket-types/new"):
        assert client.get(page_of(event, act)).status_code == (200 if may else 403), act
        assert client.get(page_of(strange, act)).status_code == (404 if may else 403), act
        assert client.post(page_of(strange, act)).status_code == (404 if may else 403), act


def test_the_pages_ask_as_often_for_much(client, partner, manager):
    festival = EventFactory(partner=partner, kind="festival")
    event = EventFactory(partner=partner)
    urls = (NEW, page_of(event), page_of(event, "copy"), f"{LIST}{festival.uid}/", f"{NEW}?parent={festival.uid}")

    def more():
        CategoryFactory()
        EventFactory(partner=partner, kind="festival")
        EventFactory(partner=partner, parent=festival)

    more()
    few = [queries_of(client, url) for url in urls]
    more()
    more()
    assert [queries_of(client, url) for url in urls] == few
