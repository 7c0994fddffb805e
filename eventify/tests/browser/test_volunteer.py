"""A volunteer with a phone of 360 x 740: from signing up to a roster, in a real browser; and what axe says of it."""

import re
from datetime import time

import pytest
from playwright.sync_api import expect

from accounts.factories import UserFactory
from crew import assignments, persons, plans, swaps
from crew.factories import LocationFactory, PersonTagFactory
from crew.models import Assignment, Person
from crew.tests.portal import Scene, holders
from eventify.tests.browser.judging import LOOKS, faults, window

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"width": 360, "height": 740}


@pytest.fixture
def scene():
    made = Scene(name="Lowlands", slug="lowlands", kind="festival")
    plans.set_plan(made.event, by=made.planner, welcome="We pour, we scan, we dance.\nFood is free for the crew.")
    PersonTagFactory(partner=made.event.partner, name="First aid")
    return made


def fits(page) -> bool:
    """Whether nothing is wider than the phone."""
    return page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")


def test_from_signing_up_to_giving_a_shift_back(page, scene):
    evening = scene.shift(18, 22, title="Bar crew", report_time=time(17, 30))
    scene.shift(21, 23, title="Closing team")
    page.set_viewport_size(PHONE)

    # Somebody new finds the festival, makes an account and comes back to it.
    page.goto("/crew/")
    page.get_by_role("link", name="Lowlands").click()
    expect(page.get_by_text("Food is free for the crew.")).to_be_visible()
    page.get_by_role("link", name="Make an account").click()
    page.get_by_label("Your name").fill("Noor Bakker")
    page.get_by_label("E-mail").fill("noor@example.com")
    page.get_by_label("Password").fill("Goud-en-zilver-19")
    page.get_by_role("main").get_by_role("button", name="Make an account").click()
    page.wait_for_url("**/crew/lowlands/")
    page.get_by_label("First aid").check()
    page.get_by_label("Anything that the organisers should know").fill("Not on Sunday")
    page.get_by_role("main").get_by_role("button", name="Sign up").click()
    expect(page.get_by_text("You have signed up for Lowlands.")).to_be_visible()
    expect(page.get_by_text("The organisers look at it and write to you.")).to_be_visible()
    assert fits(page)

    # The organisers approve; the shifts are there, and one is taken.
    person = Person.objects.get(user__email="noor@example.com")
    persons.approve(person, by=scene.planner)
    page.reload()
    expect(page.get_by_role("heading", name="Choose your shifts")).to_be_visible()
    page.get_by_role("button", name="Take it Main bar, From 18").click()
    expect(page.get_by_text("18:00 to 22:00: it is yours.")).to_be_visible()
    assert holders(evening) == [("Noor Bakker", "approved", "claimed")]
    assert fits(page)

    # What is at the same time is among all shifts, with the reason and without a button; the server says the same.
    page.get_by_role("link", name="All shifts", exact=True).click()
    expect(page.get_by_text("At the same time as Main bar, From 18")).to_be_visible()
    expect(page.get_by_role("button", name="Take it")).to_have_count(0)
    page.get_by_role("link", name="Closing team", exact=True).click()
    expect(page.get_by_text("21:00 to 23:00 is at the same time as Main bar, From 18")).to_be_visible()

    # The roster says when to be there.
    page.goto("/crew/roster/")
    expect(page.get_by_role("link", name="Bar crew", exact=True)).to_be_visible()
    expect(page.get_by_text("Be there at 17:30")).to_be_visible()
    expect(page.get_by_label("Or add this address as a calendar")).to_have_value(re.compile(r"\.ics$"))
    assert fits(page)

    # She cannot come after all.
    page.get_by_role("link", name="Bar crew", exact=True).click()
    page.get_by_role("link", name="I cannot come").click()
    page.get_by_label("Why (optional)").fill("Exams")
    page.get_by_role("button", name="Give it back").click()
    expect(page.get_by_text("18:00 to 22:00: you gave it back.")).to_be_visible()
    expect(page.get_by_role("heading", name="No shifts yet")).to_be_visible()
    assert holders(evening) == [("Noor Bakker", "cancelled", "claimed")]
    assert Assignment.objects.get().reason == "Exams"


def test_a_place_that_somebody_else_took_meanwhile(page, scene):
    """The button was there when the page came; the sentence says what happened, and all shifts are one click away."""
    shift = scene.shift(title="Bar crew", slots_total=1, slots_open_for_claiming=1)
    asha = scene.person("Asha Patel")
    page.set_viewport_size(PHONE)
    enter(page, asha.user)
    page.goto("/crew/lowlands/")
    scene.gives(shift, scene.person("Bram de Wit"))
    page.get_by_role("button", name="Take it").click()
    expect(page.get_by_text("18:00 to 22:00: no place is left to claim.")).to_be_visible()
    page.get_by_role("link", name="All shifts", exact=True).click()
    expect(page.get_by_role("link", name="Bar crew", exact=True)).to_be_visible()
    expect(page.get_by_text("No place left", exact=True)).to_be_visible()
    assert holders(shift) == [("Bram de Wit", "approved", "assigned")]


def enter(page, user) -> None:
    """Log in through the form."""
    page.goto("/login/")
    page.get_by_label("E-mail, username or phone number").fill(user.email)
    page.get_by_label("Password").fill("secret")
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    page.wait_for_url(lambda url: "/login/" not in url)


@pytest.mark.parametrize("look", LOOKS)
def test_the_portal_is_for_everybody(browser, live_server, scene, look):
    """axe on every page of it, light and dark, on a desk and on a phone; with long names and hundreds of shifts."""
    asha, bram = scene.person("Asha Patel"), scene.person("Bram de Wit")
    place = LocationFactory(
        event=scene.event, name="North " * 20, address="Long street " * 15, latitude=52, longitude=4
    )
    mine = scene.gives(scene.shift(10, 12, title="Gate" * 30, location=place, description="Scan. " * 80), asha)
    theirs = scene.gives(scene.shift(13, 15), bram)
    waiting, noor = Scene(name="Waiting " * 12, slug="waiting"), UserFactory()
    waiting.person(user=asha.user, status="applied")
    for number in range(60):
        scene.shift(8 + number % 12, 9 + number % 12, title=f"Shift {number}")
    swap = swaps.offer(theirs, by=bram.user, to=asha, note="Please " * 40)
    lost = assignments.cancel(scene.gives(scene.shift(20, 21), asha), by=scene.planner, reason="Too much rain.")
    shift = f"/crew/shifts/{mine.shift.uid}/"
    pages = {
        asha.user: [
            "/crew/", "/crew/lowlands/", "/crew/lowlands/?section=x", "/crew/lowlands/?page=2&all=on",
            "/crew/waiting/", "/crew/roster/", shift, f"{shift}cancel/",
            f"{shift}swap/", f"{shift}swap/?ask=return&to={bram.uid}",
            f"/crew/swaps/{swap.uid}/", f"/crew/parts/{asha.uid}/leave/", f"/crew/shifts/{lost.shift.uid}/", "/wallet/",
        ],
        noor: ["/crew/", "/crew/lowlands/", "/crew/roster/", "/wallet/"],
        None: ["/crew/", "/crew/lowlands/"],
    }  # fmt: skip
    wrong = []
    for user, addresses in pages.items():
        opened = window(browser, live_server, look, user)
        wrong += [fault for address in addresses for fault in faults(opened, address)]
        opened.context.close()
    assert wrong == []
