"""Days of a crew in a browser: claims over pages, an order by keyboard, a log-in that ends, and who is kept out."""

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from accounts.factories import SuperAdminFactory
from accounts.tests.coming_in import log_in
from crew import assignments
from crew.command_center.board_claims import Claims
from crew.factories import PersonFactory, ShiftFactory
from crew.models import Assignment, Person, Section
from crew.tests.board_world import Plan
from crew.tests.portal import Scene, holders
from eventify.tests.browser.test_planner import come_in, on_the_board, people_in
from eventify.tests.browser.test_volunteer import PHONE, enter, fits
from events.models import Event

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def plan(transactional_db):
    return Plan()


@pytest.fixture
def scene(transactional_db):
    return Scene(name="Lowlands", slug="lowlands", kind="festival")


@pytest.fixture
def phone(browser, live_server):
    """The volunteer's own window."""
    context = browser.new_context(base_url=live_server.url, viewport=PHONE)
    yield context.new_page()
    context.close()


def is_in(page, live_server, user) -> None:
    """The user is logged in."""
    client = Client()
    log_in(client, user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])


# --- The planner --------------------------------------------------------------------------------------


def test_all_claims_that_match_are_approved_over_pages(page, live_server, plan, monkeypatch):
    monkeypatch.setattr(Claims, "per_page", 2)
    shift = ShiftFactory(section=plan.bar, time_slot=plan.afternoon, slots_total=9, slots_open_for_claiming=9)
    for number in range(5):
        assignments.claim(shift, plan.person(f"Claimer {number}"), by=None)
    come_in(page, live_server, plan)
    page.goto(plan.at("claims/?q=claimer"))
    approve = page.locator("#bulk").get_by_role("button", name="Approve")
    expect(approve).to_be_hidden()  # nobody is chosen
    page.get_by_label("All 5 that match").check()
    approve.click()
    expect(page.get_by_text("Approve 5 claims").first).to_be_visible()
    expect(page.get_by_text("Claimer 4 (Main bar")).to_be_visible()
    page.get_by_role("button", name="Approve 5 claims").click()
    expect(page.get_by_text("5 claims are approved.")).to_be_visible()
    page.wait_for_url("**/claims/?q=claimer")
    assert people_in(shift) == [f"Claimer {number}" for number in range(5)]
    assert Assignment.objects.get(pk=plan.claim.pk).status == Assignment.Status.PENDING


def test_a_section_that_is_moved_by_keyboard_keeps_the_focus(page, live_server, plan):
    for number in range(3):
        Section.objects.create(event=plan.event, name=f"Field {number}", sort_order=100_000 + number)
    come_in(page, live_server, plan)
    page.goto(plan.at("sections/"))
    down = page.get_by_role("button", name="Move Main bar down")
    down.focus()
    for place in range(2, 6):
        page.keyboard.press("Enter")
        expect(page.get_by_text(f"Main bar is number {place} of 5 now.")).to_be_attached()
        if place < 5:
            expect(down).to_be_focused()
    expect(page.get_by_role("button", name="Move Main bar up")).to_be_focused()
    order = Section.objects.filter(event=plan.event).values_list("name", flat=True)
    assert list(order)[-1] == "Main bar"


def test_tables_are_cards_on_a_phone(page, live_server, plan):
    """Time slots and a person's shifts: nothing is cut off, nothing scrolls sideways, each value has its name."""
    plan.clash()
    come_in(page, live_server, plan)
    page.set_viewport_size(PHONE)
    for url, label, value in (
        (plan.at("slots/"), "Time", "18:00–22:00"),
        (plan.at(f"persons/{plan.asha.uid}/"), "When", "18:00–22:00"),
    ):
        page.goto(url)
        assert fits(page), url
        cell = page.locator(f'.list td[data-label="{label}"]').filter(has_text=value).first
        assert cell.evaluate("one => getComputedStyle(one, '::before').content") == f'"{label}"', url
        wide = "[...document.querySelectorAll('main section *')].filter(one => one.scrollWidth > one.clientWidth + 1"
        wide += " && ['auto', 'scroll'].includes(getComputedStyle(one).overflowX)).map(one => one.className)"
        assert page.evaluate(wide) == [], url


def test_who_is_logged_out_is_told_so_and_comes_back(page, live_server, plan):
    come_in(page, live_server, plan)
    page.goto(plan.at("?only=gaps"))
    expect(page.locator("#free-list")).to_contain_text("Dev Nair")
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.locator("#free-list .person").filter(has_text="Dev Nair").drag_to(on_the_board(page, plan.early))
    note = page.locator("#board-note")
    expect(note).to_contain_text("You are logged out")
    expect(note).not_to_contain_text("connection")
    assert people_in(plan.early) == []
    pia = plan.partner.members.get().user
    note.get_by_role("link", name="Log in and come back").click()
    page.get_by_label("E-mail, username or phone number").fill(pia.email)
    page.get_by_label("Password").fill("secret")
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    page.wait_for_url("**?only=gaps")
    page.locator("#free-list .person").filter(has_text="Dev Nair").drag_to(on_the_board(page, plan.early))
    expect(note).to_contain_text("Dev Nair has the shift now.")


def test_a_page_of_another_log_in_is_to_be_loaded_again(page, live_server, plan):
    """Who logs in again in another tab gets another token; the old page's one is refused."""
    come_in(page, live_server, plan)
    page.goto(plan.at("sections/"))
    page.context.clear_cookies(name=settings.CSRF_COOKIE_NAME)
    page.get_by_role("button", name="Move Main bar down").press("Enter")
    expect(page.locator("#board-note")).to_contain_text("This page is out of date")
    page.get_by_role("link", name="Load it again").click()
    page.get_by_role("button", name="Move Main bar down").press("Enter")
    expect(page.get_by_text("Main bar is number 2 of 2 now.")).to_be_attached()


def test_a_card_that_is_opened_when_logged_out_leads_to_the_log_in_and_back(page, live_server, plan):
    come_in(page, live_server, plan)
    page.goto(plan.at("?only=gaps"))
    expect(page.locator("#free-list")).to_contain_text("Dev Nair")
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    on_the_board(page, plan.early).click()
    page.wait_for_url("**/login/?next=**")
    page.get_by_label("E-mail, username or phone number").fill(plan.partner.members.get().user.email)
    page.get_by_label("Password").fill("secret")
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    page.wait_for_url("**?only=gaps")


def test_without_a_connection_the_board_says_so(page, live_server, plan):
    """The control of the test above."""
    come_in(page, live_server, plan)
    page.goto(plan.at())
    expect(page.locator("#free-list")).to_contain_text("Dev Nair")
    page.context.set_offline(True)
    page.locator("#free-list .person").filter(has_text="Dev Nair").drag_to(on_the_board(page, plan.early))
    expect(page.locator("#board-note")).to_contain_text("Check your connection")
    page.context.set_offline(False)


# --- Who is kept out ----------------------------------------------------------------------------------


def at_person(scene, person: Person) -> str:
    return f"/command-center/crew/{scene.event.uid}/persons/{person.uid}/"


def test_who_is_rejected_loses_the_shifts_and_cannot_claim(page, phone, live_server, scene):
    asha = scene.person("Asha Patel")
    held, free = scene.shift(8, 10, title="Early"), scene.shift(18, 22, title="Bar crew")
    scene.gives(held, asha)
    phone.set_viewport_size(PHONE)
    enter(phone, asha.user)
    phone.goto("/crew/lowlands/")
    expect(phone.get_by_role("button", name="Take it Main bar, From 18")).to_be_visible()

    is_in(page, live_server, scene.planner)
    page.goto(at_person(scene, asha))
    page.get_by_role("link", name="Reject", exact=True).click()
    page.get_by_label("Reason (optional)").fill("We have enough people.")
    page.get_by_role("button", name="Reject Asha Patel").click()
    expect(page.get_by_text("Asha Patel is rejected.")).to_be_visible()

    # The button is still on her screen; it takes nothing any more.
    phone.get_by_role("button", name="Take it Main bar, From 18").click()
    expect(phone.get_by_text("Bar crew")).to_have_count(0)
    assert holders(free) == [] and holders(held) == [("Asha Patel", "cancelled", "assigned")]
    phone.goto("/crew/lowlands/")
    expect(phone.get_by_role("heading", name="Not this time")).to_be_visible()
    expect(phone.get_by_role("button", name="Take it")).to_have_count(0)
    assert fits(phone)


def test_who_is_on_the_blacklist_is_not_told_and_cannot_claim(page, phone, live_server, scene):
    asha, free = scene.person("Asha Patel"), scene.shift(title="Bar crew")
    is_in(page, live_server, scene.planner)
    page.goto(at_person(scene, asha))
    page.get_by_role("link", name="Put on the blacklist").click()
    page.get_by_label("Reason").fill("Sold crew wristbands.")
    page.get_by_role("button", name="Put Asha Patel on the blacklist").click()
    expect(page.get_by_text("Asha Patel is on the blacklist.").first).to_be_visible()
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)

    enter(phone, asha.user)
    phone.goto("/crew/lowlands/")
    expect(phone.get_by_role("heading", name="Not this time")).to_be_visible()
    expect(phone.get_by_text("wristbands")).to_have_count(0)
    expect(phone.get_by_role("button", name="Take it")).to_have_count(0)
    assert holders(free) == [] and fits(phone)

    # Taken off again, she may.
    page.get_by_role("link", name="Take off the blacklist").click()
    page.get_by_role("button", name="Take Asha Patel off the blacklist").click()
    Person.objects.filter(pk=asha.pk, is_blacklisted=False).get()
    page.goto(at_person(scene, asha))
    if page.get_by_role("button", name="Approve").count():
        page.get_by_role("button", name="Approve").click()
    phone.goto("/crew/lowlands/")
    phone.get_by_role("button", name="Take it").click()
    expect(phone.get_by_text("it is yours.")).to_be_visible()
    assert holders(free) == [("Asha Patel", "approved", "claimed")]


def test_a_banned_account_is_out_at_once(page, phone, live_server, scene):
    asha, free = scene.person("Asha Patel"), scene.shift(title="Bar crew")
    enter(phone, asha.user)
    phone.goto("/crew/lowlands/")
    expect(phone.get_by_role("button", name="Take it")).to_be_visible()
    is_in(page, live_server, SuperAdminFactory(full_name="Vera Chief"))
    page.goto(f"/command-center/users/{asha.user.uid}/")
    page.get_by_role("link", name="Ban").click()
    page.get_by_label("Reason").fill("Threatened the crew.")
    page.get_by_role("button", name="Ban").click()
    expect(page.get_by_text("Banned").first).to_be_visible()
    phone.get_by_role("button", name="Take it").click()
    phone.wait_for_url("**/login/**")
    assert holders(free) == []


# --- What a volunteer sees ----------------------------------------------------------------------------


def test_a_volunteer_sees_what_they_can_take_and_all_on_a_switch(page, live_server, scene):
    asha = scene.person("Asha Patel")
    scene.shift(18, 22, title="Bar crew")
    full = scene.shift(12, 14, title="Taken already", slots_total=1, slots_open_for_claiming=1)
    scene.gives(full, scene.person("Bram de Wit"))
    page.set_viewport_size(PHONE)
    is_in(page, live_server, asha.user)
    page.goto("/crew/lowlands/")
    expect(page.get_by_role("link", name="Bar crew", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Taken already", exact=True)).to_have_count(0)
    page.get_by_role("link", name="All shifts", exact=True).click()
    expect(page.get_by_role("link", name="Taken already", exact=True)).to_be_visible()
    page.get_by_role("button", name="Take it Main bar, From 18").click()
    expect(page.get_by_text("it is yours.")).to_be_visible()
    expect(page.get_by_role("link", name="Taken already", exact=True)).to_be_visible()  # the switch stays as it was
    page.get_by_role("link", name="Those that I can take").click()
    expect(page.get_by_role("heading", name="Nothing that you can take here")).to_be_visible()
    assert fits(page)


def test_a_double_booking_is_seen_on_the_phone_and_put_right(page, live_server, scene):
    asha = scene.person("Asha Patel")
    bar, gate = scene.shift(18, 22, title="Bar crew"), scene.shift(20, 23, title="Gate crew")
    scene.gives(bar, asha)
    assignments.assign(gate, asha, by=scene.planner, allow_clash=True)
    page.set_viewport_size(PHONE)
    is_in(page, live_server, asha.user)
    page.goto("/crew/")
    page.get_by_role("link", name="You have two shifts at the same time").click()
    expect(page.get_by_text("Double booking")).to_have_count(2)
    assert fits(page)
    page.get_by_role("link", name="Gate crew").click()
    expect(page.get_by_text("At the same time as Main bar, From 18")).to_be_visible()
    page.get_by_role("link", name="I cannot come").click()
    page.get_by_role("button", name="Give it back").click()
    expect(page.get_by_role("link", name="Bar crew", exact=True)).to_be_visible()
    expect(page.get_by_text("Double booking")).to_have_count(0)


def test_a_cancelled_event_takes_its_shifts_from_the_roster(page, phone, live_server, scene):
    asha, shift = scene.person("Asha Patel"), scene.shift(title="Bar crew")
    PersonFactory(event=scene.event, crowd_type=scene.kind)
    scene.gives(shift, asha)
    enter(phone, asha.user)
    phone.goto("/crew/roster/")
    expect(phone.get_by_role("link", name="Bar crew", exact=True)).to_be_visible()
    is_in(page, live_server, SuperAdminFactory(full_name="Vera Chief"))
    page.goto(f"/command-center/events/{scene.event.uid}/")
    page.get_by_role("link", name="Cancel").first.click()
    page.get_by_label("Reason").first.fill("A storm comes.")
    page.get_by_role("button", name="Cancel").last.click()
    expect(page.get_by_text("Cancelled").first).to_be_visible()
    assert Event.objects.get(pk=scene.event.pk).state == Event.State.CANCELLED
    phone.goto("/crew/roster/")
    expect(phone.get_by_role("heading", name="No shifts yet")).to_be_visible()
