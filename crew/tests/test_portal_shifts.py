"""The volunteer portal through its pages: choosing a shift, where to be, giving it back, offering it to others."""

from datetime import timedelta

import pytest
import time_machine

from accounts.tests.coming_in import log_in
from crew import feeds, swaps
from crew.factories import LocationFactory, SectionFactory
from crew.models import Assignment, Swap
from crew.tests.portal import NOTHING, Scene, browser, day_of, holders, press, said, text
from crew.tests.test_feeds import events_of

pytestmark = pytest.mark.django_db


# --- Choosing


def test_what_may_not_be_taken_says_why(me, scene, asha):
    scene.gives(scene.shift(title="Mine"), asha)
    scene.shift(20, 23, title="Clash")
    page = text(me.get("/crew/lowlands/?all=on"))
    assert page.count('class="shift is-off"') == 1
    assert f"At the same time as Main bar, From 18, {day_of(scene.shift(1, 2))}, 18:00 to 22:00." in page
    page = text(me.get("/crew/lowlands/"))
    assert "Clash" not in page and 'href="?all=on#shifts"' in page


def test_a_place_that_went_meanwhile(me, scene, asha):
    """The page comes back as it was, with the sentence."""
    shift = scene.shift(slots_total=1, slots_open_for_claiming=1)
    scene.gives(shift, scene.person("Bram de Wit"))
    page = press(me, shift, next=f"/crew/lowlands/?section={scene.bar.uid}&all=on")
    assert said(page) == [f"Main bar, From 18, {day_of(shift)}, 18:00 to 22:00: no place is left to claim."]
    assert page.redirect_chain[-1][0] == f"/crew/lowlands/?section={scene.bar.uid}&all=on"
    assert page.context["only_free"] is False
    assert not Assignment.objects.filter(person=asha).exists()


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
    assert "Nothing that you can take here" in text(page)


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
