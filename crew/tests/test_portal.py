"""The volunteer portal through its pages: signing up, the roster, leaving, and what is not one's own."""

from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.factories import UserFactory
from accounts.tests.coming_in import log_in
from crew import assignments, feeds, persons, plans, swaps
from crew.factories import PersonFactory, PersonTagFactory
from crew.models import Assignment, Person, UserTag
from crew.tests.portal import NOTHING, Scene, browser, holders, press, said, text
from events.factories import EventFactory

pytestmark = pytest.mark.django_db


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
