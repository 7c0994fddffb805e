"""The volunteer portal through its pages: from signing up to the roster, and what is not one's own."""

from datetime import timedelta
from html import unescape
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.factories import UserFactory
from accounts.tests.coming_in import log_in
from crew import assignments, feeds, persons, plans, swaps
from crew.factories import LocationFactory, PersonFactory, PersonTagFactory, SectionFactory
from crew.models import Assignment, Person, Swap, UserTag
from crew.tests.portal import Scene, holders
from crew.tests.test_feeds import events_of
from events.factories import EventFactory

pytestmark = pytest.mark.django_db
NOTHING = "01900000-0000-7000-8000-000000000000"


def text(response) -> str:
    """A page as people read it."""
    return " ".join(unescape(response.content.decode()).split())


def said(response) -> list[str]:
    """The messages that a page shows."""
    return [str(one) for one in response.context["messages"]]


@pytest.fixture
def scene():
    return Scene(name="Lowlands", slug="lowlands")


@pytest.fixture
def asha(scene):
    return scene.person("Asha Patel")


@pytest.fixture
def me(client, asha):
    """A browser in which Asha is logged in."""
    log_in(client, asha.user)
    return client


def browser(user) -> Client:
    client = Client()
    log_in(client, user)
    return client


def press(client, shift, act="claim", **data):
    return client.post(f"/crew/shifts/{shift.uid}/{act}/", data, follow=True)


# --- Signing up


def test_who_is_not_in_sees_what_is_open_and_comes_back_after_logging_in(client, scene):
    assert "Lowlands" in text(client.get("/crew/"))
    page = text(client.get("/crew/lowlands/"))
    assert 'href="/signup/?next=%2Fcrew%2Flowlands%2F"' in page and 'href="/login/?next=%2Fcrew%2Flowlands%2F"' in page
    assert client.post("/crew/lowlands/")["Location"] == "/login/?next=/crew/lowlands/"
    fields = {"full_name": "Noor", "email": "noor@example.com", "password": "Goud-en-zilver-19"}
    came = client.post("/signup/?next=/crew/lowlands/", fields | {"next": "/crew/lowlands/"})
    assert came["Location"] == "/crew/lowlands/"
    assert "Sign up" in text(client.get("/crew/lowlands/"))


@pytest.mark.parametrize("path", ["roster/", f"shifts/{NOTHING}/", f"swaps/{NOTHING}/", f"parts/{NOTHING}/leave/"])
def test_ones_own_pages_ask_who_one_is(client, path):
    assert client.get(f"/crew/{path}")["Location"] == f"/login/?next=/crew/{path}"


def test_from_sign_up_to_a_shift(client, scene):
    """The whole way, and every page on it says what is next."""
    first_aid, bar = (PersonTagFactory(partner=scene.event.partner, name=name) for name in ("First aid", "Bar"))
    PersonTagFactory(partner=scene.event.partner, name="Gone", is_active=False)
    PersonTagFactory(partner=EventFactory().partner, name="Of others")
    plans.set_plan(scene.event, by=scene.planner, welcome="Hello!\nWe are nice.")
    shift = scene.shift(title="Bar crew")
    noor = UserFactory(full_name="Noor Bakker", email="noor@example.com")
    log_in(client, noor)
    page = text(client.get("/crew/lowlands/"))
    assert "Hello!" in page and "First aid" in page and "Gone" not in page and "Of others" not in page
    page = client.post(
        "/crew/lowlands/", {"phone": "06 1234 5678", "note": "Not on Sunday", "tags": [first_aid.pk]}, follow=True
    )
    assert said(page) == ["You have signed up for Lowlands."] and "You have signed up" in text(page)
    person = Person.objects.get(user=noor)
    assert (person.name, person.email, person.status, person.notes) == (
        "Noor Bakker", "noor@example.com", "applied", "Not on Sunday",
    )  # fmt: skip
    assert person.crowd_type == scene.kind
    [tag] = UserTag.objects.filter(user=noor)
    assert (tag.tag, tag.source) == (first_aid, "self_reported") and bar.pk
    assert "Bar crew" not in text(page)  # nothing to choose yet
    assert "The organisers of Lowlands look at your sign-up" in text(client.get("/crew/"))
    assert client.get(f"/crew/shifts/{shift.uid}/").status_code == 404
    persons.approve(person, by=scene.planner)
    assert "Choose your shifts at Lowlands" in text(client.get("/crew/"))
    page = text(client.get("/crew/lowlands/"))
    assert "Bar crew" in page and "2 places free" in page and "Take it" in page
    page = press(client, shift, next="/crew/lowlands/?section=#shifts")
    assert page.redirect_chain[-1][0] == "/crew/lowlands/?section=#shifts"
    assert said(page)[0].startswith("Main bar, From 18, ") and said(page)[0].endswith("18:00 to 22:00: it is yours.")
    assert holders(shift) == [("Noor Bakker", "approved", "claimed")]
    assert "Your shifts here" in text(page) and "Bar crew" in text(client.get("/crew/roster/"))
    assert "Bar crew" in text(client.get("/crew/"))


def test_signing_up_twice_is_once(client, scene):
    log_in(client, UserFactory())
    for _click in range(2):
        assert client.post("/crew/lowlands/", {}).status_code == 302
    assert Person.objects.count() == 1


def test_whose_address_is_known_already_has_to_be_confirmed(client, scene):
    user = UserFactory(email="known@example.com")
    PersonFactory(event=scene.event, crowd_type=scene.kind, email="Known@example.com", name="Somebody")
    log_in(client, user)
    response = client.post("/crew/lowlands/", {"note": "It is me"})
    assert response.status_code == 409
    page = text(response)
    assert "The organisers of Lowlands know you by your e-mail address." in page and "It is me" in page
    assert Person.objects.get().user is None


def test_bad_values_are_said_at_their_fields(client, scene):
    mine = PersonTagFactory(partner=scene.event.partner)
    strange = PersonTagFactory(partner=EventFactory().partner)
    log_in(client, UserFactory())
    for data, sentence in (
        ({"phone": "x" * 31}, "at most 30 characters"),
        ({"phone": "abc"}, "Enter a phone number"),
        ({"note": "x" * 1001}, "at most 1000 characters"),
        ({"tags": [strange.pk]}, "Select a valid choice"),
        ({"tags": ["9" * 30]}, ""),
        ({"tags": ["x"]}, ""),
        ({"note": "a\x00b"}, "Null characters are not allowed"),
    ):
        response = client.post("/crew/lowlands/", data)
        assert response.status_code in (400, 422), data
        assert sentence in text(response), data
    assert mine.pk and not Person.objects.exists()


def test_where_one_cannot_sign_up(client, scene):
    closed = EventFactory(slug="closed", name="Closed one")
    draft = EventFactory(slug="draft", state="draft")
    log_in(client, UserFactory())
    page = client.get("/crew/closed/")
    assert page.status_code == 200 and "Sign-up is closed" in text(page)
    assert client.post("/crew/closed/", {}).status_code == 409 and closed.pk
    for slug in (draft.slug, "nothing", "%00", "x" * 300):
        assert client.get(f"/crew/{slug}/").status_code == 404
        assert client.post(f"/crew/{slug}/").status_code == 404
    assert not Person.objects.exists()


def test_a_day_of_a_festival_leads_to_the_festival(client):
    festival = Scene(kind="festival", slug="fest", name="Fest")
    friday = EventFactory(slug="friday", parent=festival.event, partner=festival.event.partner)
    assert client.get("/crew/friday/")["Location"] == "/crew/fest/"
    festival.event.state = "published"
    festival.event.save()
    friday.state = "registration_open"
    friday.save()
    assert "These parts look for people" in text(client.get("/crew/fest/"))
    page = client.get("/crew/friday/")
    assert page.status_code == 200 and "Make an account" in text(page)
    user = UserFactory()
    festival.person(user=user)
    assert browser(user).get("/crew/friday/")["Location"] == "/crew/fest/"


@pytest.mark.parametrize(
    "change, words",
    [
        ({"status": "rejected"}, "Not this time"),
        ({"is_blacklisted": True}, "Not this time"),
        ({"status": "no_show"}, "You were missed"),
        ({"status": "pending"}, "You have signed up"),
    ],
)
def test_who_is_not_approved_chooses_nothing(me, scene, asha, change, words):
    shift = scene.shift(title="Bar crew")
    Person.objects.update(**change)
    page = text(me.get("/crew/lowlands/"))
    assert words in page and "Bar crew" not in page
    assert me.get(f"/crew/shifts/{shift.uid}/").status_code == press(me, shift).status_code == 404
    assert not Assignment.objects.exists()


# --- Choosing


def test_what_may_not_be_taken_says_why(me, scene, asha):
    scene.gives(scene.shift(title="Mine"), asha)
    scene.shift(20, 23, title="Clash")
    page = text(me.get("/crew/lowlands/"))
    assert page.count('class="shift is-off"') == 1
    assert f"At the same time as Main bar, From 18, {day_of(scene.shift(1, 2))}, 18:00 to 22:00." in page
    assert 'href="?free=on#shifts"' in page
    page = text(me.get("/crew/lowlands/?free=on"))
    assert "Clash" not in page and "Show all shifts" in page


def test_a_place_that_went_meanwhile(me, scene, asha):
    """The page comes back as it was, with the sentence."""
    shift = scene.shift(slots_total=1, slots_open_for_claiming=1)
    scene.gives(shift, scene.person("Bram de Wit"))
    page = press(me, shift, next=f"/crew/lowlands/?section={scene.bar.uid}&free=on")
    assert said(page) == [f"Main bar, From 18, {day_of(shift)}, 18:00 to 22:00: no place is left to claim."]
    assert page.redirect_chain[-1][0] == f"/crew/lowlands/?section={scene.bar.uid}&free=on"
    assert page.context["form"]["free"].value() is True
    assert not Assignment.objects.filter(person=asha).exists()


def day_of(shift) -> str:
    date = shift.time_slot.date
    return f"{date:%a} {date.day} {date:%b}"


def test_a_double_click_takes_one_place(me, scene, asha):
    shift = scene.shift()
    for _click in range(2):
        page = press(me, shift)
    assert holders(shift) == [("Asha Patel", "approved", "claimed")]
    assert "You can give it back or offer it until" in text(page)


def test_days_and_sections(me, scene):
    gate = SectionFactory(event=scene.event, name="North gate")
    scene.shift(title="Bar today")
    scene.shift(title="Gate today", section=gate)
    scene.shift(title="Bar tomorrow", days=1)
    tomorrow = scene.day + timedelta(days=1)
    for query, titles in (
        ("", ["Bar today", "Gate today"]),
        (f"?day={tomorrow}", ["Bar tomorrow"]),
        (f"?section={gate.uid}", ["Gate today"]),
        (f"?section={gate.uid}&day={tomorrow}", []),
    ):
        page = me.get(f"/crew/lowlands/{query}")
        assert [one.shift.title for one in page.context["page"]] == titles
    assert "Nothing fits this choice" in text(page)


@pytest.mark.parametrize(
    "query", ["day=x", "day=2031-99-99", "section=x", f"section={NOTHING}", "day=%00", "section=%00"]
)
def test_wrong_filters_are_said(me, scene, query):
    scene.shift(title="Bar crew")
    page = me.get(f"/crew/lowlands/?{query}")
    assert page.status_code == 200 and "Select a valid choice" in text(page) and "Bar crew" not in text(page)


@pytest.mark.parametrize("query", ["page=x", "page=-1", "page=99999999999999999999", "free=%00", "what=ever"])
def test_other_queries_do_no_harm(me, scene, query):
    scene.shift(title="Bar crew")
    assert "Bar crew" in text(me.get(f"/crew/lowlands/?{query}"))
    assert me.get(f"/crew/?{query}").status_code == 200


def test_many_are_shown_in_pages(me, scene):
    slot = scene.slot()
    for number in range(45):
        shift = scene.shift(title=f"Number {number:02}")
        shift.time_slot = slot
        shift.save()
    first, second = me.get("/crew/lowlands/"), me.get("/crew/lowlands/?page=2")
    assert len(first.context["page"].object_list) == 40 and len(second.context["page"].object_list) == 5
    assert "Page 2 of 2" in text(second)


def test_a_claim_that_waits(client):
    careful = Scene(needs_approval=True)
    person = careful.person()
    log_in(client, person.user)
    page = press(client, shift := careful.shift())
    assert said(page)[0].endswith("held for you until the organisers decide.")
    assert "Waits for approval" in text(page) and holders(shift) == [("Asha Patel", "pending_approval", "claimed")]
    assert "1 shift waits for approval" in text(client.get("/crew/"))


# --- One shift


def test_where_to_be(me, scene, asha):
    location = LocationFactory(
        event=scene.event, name="North gate", address="Dam 1", latitude="52.3731", longitude="4.8922",
        instructions="Behind the fence.",
    )  # fmt: skip
    shift = scene.shift(title="Bar crew", location=location, report_time="17:40", instructions="Black shoes.")
    scene.gives(shift, asha)
    page = text(me.get(f"/crew/shifts/{shift.uid}/"))
    zone = shift.time_slot.starts_at.astimezone(scene.event.zone).tzname()
    for words in ("Bar crew", "18:00 – 22:00", zone, "17:40", "Dam 1", "Behind the fence.", "Black shoes.", "Main bar"):
        assert words in page
    assert "https://www.openstreetmap.org/?mlat=52.373100&mlon=4.892200#map=18/52.373100/4.892200" in page


def test_a_file_for_the_calendar(me, scene, asha):
    shift = scene.shift(title="Bar crew")
    assert me.get(f"/crew/shifts/{shift.uid}/shift.ics").status_code == 404  # not theirs yet
    mine = scene.gives(shift, asha)
    response = me.get(f"/crew/shifts/{shift.uid}/shift.ics")
    assert response["Content-Type"] == feeds.CONTENT_TYPE
    assert response["Content-Disposition"] == f'attachment; filename="shift-{shift.time_slot.date}.ics"'
    [one] = events_of(response.content)
    assert (one["UID"], one["SUMMARY"]) == (f"{mine.uid}@crew.eventify", "Main bar: Bar crew")


def test_giving_a_shift_back(me, scene, asha):
    shift = scene.shift()
    scene.gives(shift, asha)
    assert "Give this shift back?" in text(me.get(f"/crew/shifts/{shift.uid}/cancel/"))
    assert me.post(f"/crew/shifts/{shift.uid}/cancel/", {"reason": "x" * 501}).status_code == 400
    page = press(me, shift, "cancel", reason="I am ill.")
    assert page.redirect_chain[-1][0] == "/crew/roster/" and said(page)[0].endswith(": you gave it back.")
    gone = Assignment.objects.get()
    assert (gone.status, gone.cancellation_source, gone.reason) == ("cancelled", "person", "I am ill.")
    assert press(me, shift, "cancel").status_code == 404  # sent twice
    assert holders(shift) == [("Asha Patel", "cancelled", "assigned")]


def test_too_late_to_give_back(me, scene, asha):
    """From 24 hours before the start the organisers have to be asked."""
    shift = scene.shift()
    scene.gives(shift, asha)
    with time_machine.travel(shift.time_slot.starts_at - timedelta(hours=24), tick=False):
        log_in(me, asha.user)
        page = text(me.get(f"/crew/shifts/{shift.uid}/"))
        assert "It is too late to give it back here." in page and "I cannot come" not in page
        refused = press(me, shift, "cancel")
    assert said(refused)[0].endswith("it is too late to cancel it yourself. Ask the organisers.")
    assert holders(shift) == [("Asha Patel", "approved", "assigned")]


# --- Offering it


def test_offered_to_the_crew_and_taken(me, scene, asha):
    shift = scene.shift(title="Bar crew")
    scene.gives(shift, asha)
    bram = browser(scene.person("Bram de Wit").user)
    page = me.post(f"/crew/shifts/{shift.uid}/swap/", {"note": "Exam"}, follow=True)
    swap = Swap.objects.get()
    assert page.redirect_chain[-1][0] == f"/crew/swaps/{swap.uid}/" and "Nobody has taken it yet." in text(page)
    assert "You offer it to the crew." in text(me.get(f"/crew/shifts/{shift.uid}/"))
    page = text(bram.get("/crew/lowlands/"))
    assert "Colleagues offer these" in page and "From Asha P." in page and "Patel" not in page
    page = text(bram.get(f"/crew/swaps/{swap.uid}/"))
    assert "Asha P. offers a shift" in page and "Exam" in page and "Patel" not in page
    page = bram.post(f"/crew/swaps/{swap.uid}/", {"act": "take"}, follow=True)
    assert said(page)[0].endswith(": it is yours.") and "You have taken it." in text(page)
    assert holders(shift)[-1] == ("Bram de Wit", "approved", "swapped")
    assert "Bram W. has taken it." in text(me.get(f"/crew/swaps/{swap.uid}/"))
    again = bram.post(f"/crew/swaps/{swap.uid}/", {"act": "take"}, follow=True)
    assert said(again) == ["Somebody has taken this shift already."]


def test_to_one_by_name_with_a_shift_in_return(me, scene, asha):
    shift, theirs = scene.shift(), scene.shift(9, 12, title="Breakfast")
    scene.gives(shift, asha)
    bram, chris = scene.person("Bram de Wit"), scene.person("Chris Okoro")
    back = scene.gives(theirs, bram)
    scene.gives(scene.shift(20, 23), chris)  # cannot take it
    page = me.get(f"/crew/shifts/{shift.uid}/swap/")
    assert [label for _value, label in page.context["form"]["to"].field.choices] == ["Anybody in the crew", "Bram W."]
    page = me.get(f"/crew/shifts/{shift.uid}/swap/?to={bram.uid}&note=Please")
    assert "Main bar, From 9" in text(page) and "Please" in text(page)
    data = {"to": bram.uid, "in_return": back.uid, "note": ""}
    me.post(f"/crew/shifts/{shift.uid}/swap/", data)
    swap = Swap.objects.get()
    assert (swap.to, swap.in_return) == (bram, back)
    theirs_page = browser(bram.user)
    assert "Asha P. offers you a shift" in text(theirs_page.get("/crew/"))
    page = theirs_page.post(f"/crew/swaps/{swap.uid}/", {"act": "decline"}, follow=True)
    assert said(page) == ["You declined the offer."] and "It was declined." in text(page)


def test_the_offer_is_taken_back(me, scene, asha):
    scene.gives(scene.shift(), asha)
    swap = swaps.offer(Assignment.objects.get(), by=asha.user)
    page = me.post(f"/crew/swaps/{swap.uid}/", {"act": "withdraw"}, follow=True)
    assert said(page) == ["You took the offer back. The shift is still yours."]
    for act in ("", "x", "take", "decline"):
        assert said(me.post(f"/crew/swaps/{swap.uid}/", {"act": act}, follow=True))


def test_a_wrong_choice_is_said_at_its_field(me, scene, asha):
    shift = scene.shift()
    scene.gives(shift, asha)
    for data in ({"to": NOTHING}, {"to": "x"}, {"to": "\x00"}, {"note": "x" * 301}, {"note": "\x00"}):
        assert me.post(f"/crew/shifts/{shift.uid}/swap/", data).status_code == 400
    assert not Swap.objects.exists()


# --- The roster


def test_the_roster_and_its_address(me, scene, asha):
    scene.gives(scene.shift(title="Bar crew"), asha)
    page = text(me.get("/crew/roster/"))
    address = feeds.address_for(asha.user)
    assert "Bar crew" in page and f'value="{address}"' in page
    assert f'href="webcal:{address.partition(":")[2]}"' in page
    assert me.get("/crew/roster/renew/").status_code == 405
    page = me.post("/crew/roster/renew/", follow=True)
    assert feeds.address_for(asha.user) != address and address not in text(page)


def test_leaving(me, scene, asha):
    shift = scene.shift(title="Bar crew")
    scene.gives(shift, asha)
    page = text(me.get(f"/crew/parts/{asha.uid}/leave/"))
    assert "Leave the crew of Lowlands?" in page and "Main bar, From 18" in page
    page = me.post(f"/crew/parts/{asha.uid}/leave/", follow=True)
    assert said(page) == ["You have left the crew of Lowlands."]
    assert not Person.objects.exists() and holders(shift) == []
    assert me.post(f"/crew/parts/{asha.uid}/leave/").status_code == 404


@pytest.mark.parametrize("change", [{"status": "rejected"}, {"is_blacklisted": True}, {"status": "no_show"}])
def test_who_was_turned_down_does_not_leave_to_come_again(me, asha, change):
    Person.objects.update(**change)
    page = me.post(f"/crew/parts/{asha.uid}/leave/", follow=True)
    assert said(page) == ["The organisers decided about this already. Ask them."]
    assert Person.objects.get() == asha


# --- Others'


def test_what_is_others_is_not_there(me, scene, asha):
    other = Scene(partner=scene.event.partner)
    dina = other.person("Dina Elsewhere")
    shift = other.shift()
    given = other.gives(shift, dina)
    swap = swaps.offer(given, by=dina.user)
    here = scene.shift()
    scene.gives(here, scene.person("Bram de Wit"))
    for path in (
        f"shifts/{shift.uid}/", f"shifts/{shift.uid}/shift.ics", f"shifts/{shift.uid}/claim/",
        f"shifts/{shift.uid}/cancel/", f"shifts/{shift.uid}/swap/", f"swaps/{swap.uid}/", f"parts/{dina.uid}/leave/",
        f"shifts/{here.uid}/cancel/", f"shifts/{here.uid}/swap/", f"shifts/{here.uid}/shift.ics",
        f"shifts/{NOTHING}/", f"shifts/{uuid4()}/claim/", f"swaps/{NOTHING}/", "shifts/not-an-id/",
    ):  # fmt: skip
        assert me.get(f"/crew/{path}").status_code == 404, path
        assert me.post(f"/crew/{path}", {"act": "take"}).status_code in (404, 405), path
    assert holders(shift) == [("Dina Elsewhere", "approved", "assigned")]
    swap.refresh_from_db()
    assert swap.status == "open"


def test_a_named_offer_is_between_two(me, scene, asha):
    bram, chris = scene.person("Bram de Wit"), scene.person("Chris Okoro")
    swap = swaps.offer(scene.gives(scene.shift(), bram), by=bram.user, to=chris)
    assert me.get(f"/crew/swaps/{swap.uid}/").status_code == 404


def test_a_shift_that_was_deleted_is_not_there(me, scene, asha):
    shift = scene.shift()
    scene.gives(shift, asha)
    shift.deleted_at = timezone.now()
    shift.save()
    assert me.get(f"/crew/shifts/{shift.uid}/").status_code == 404
    assert me.get("/crew/roster/").status_code == 200


def test_what_was_cancelled_says_why(me, scene, asha):
    shift = scene.shift()
    assignments.cancel(scene.gives(shift, asha), by=scene.planner, reason="Too much rain.")
    page = text(me.get(f"/crew/shifts/{shift.uid}/"))
    assert "Take this shift" in page  # it is free again
    shift.status = "cancelled"
    shift.save()
    page = text(me.get(f"/crew/shifts/{shift.uid}/"))
    assert "Too much rain." in page and "Cancelled" in page and "Take this shift" not in page


def test_words_are_escaped(me, scene, asha):
    evil = '<script>alert("x")</script>'
    shift = scene.shift(title=evil, description=evil, instructions=evil)
    scene.bar.name = evil
    scene.bar.save()
    scene.gives(shift, asha)
    for path in ("", "lowlands/", "roster/", f"shifts/{shift.uid}/", f"shifts/{shift.uid}/cancel/"):
        assert evil not in me.get(f"/crew/{path}").content.decode()


def test_the_way_there(client, scene):
    assert 'href="/crew/"' in text(client.get("/"))
    log_in(client, UserFactory())
    assert 'href="/crew/"' in text(client.get("/orders/"))
