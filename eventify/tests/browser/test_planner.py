"""The planner's board in a real browser: a clash is seen and put right; people are assigned by keyboard and by drag."""

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from crew import assignments
from crew.models import Assignment, Section, Shift
from crew.tests.board_world import Plan, address, planner
from eventify.tests.browser.judging import AXE, JUDGE
from partners.models import Member

pytestmark = pytest.mark.django_db(transaction=True)
APPROVED = Assignment.Status.APPROVED


@pytest.fixture
def plan(transactional_db):
    return Plan()


def come_in(page, live_server, plan) -> None:
    """Pia, who plans the crew, is logged in."""
    client = Client()
    planner(client, plan.partner, Member.Role.CREW_COORDINATOR)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])


def on_the_board(page, shift: Shift):
    return page.locator(f'[id="{shift.uid}"]')


def people_in(shift: Shift) -> list[str]:
    held = shift.assignments.filter(status=APPROVED)
    return list(held.order_by("person__name").values_list("person__name", flat=True))


def wait_for(page, sentence: str) -> None:
    expect(page.locator("#board-note")).to_contain_text(sentence)


def test_a_clash_is_seen_on_the_board_and_put_right(page, live_server, plan):
    both = plan.clash()
    come_in(page, live_server, plan)
    page.goto(plan.at())
    for shift in (plan.tap, plan.scan):
        expect(on_the_board(page, shift)).to_contain_text("1 clash")
    page.get_by_role("definition").filter(has=page.locator('a[href*="/clashes/"]')).get_by_role("link").click()
    expect(page.get_by_role("heading", name="Asha Rao")).to_be_visible()
    expect(page.get_by_text("Two shifts at the same time, for 4:00 h.")).to_be_visible()
    scanner = page.locator(".clash-side").filter(has=page.get_by_role("heading", name="Scanner"))
    scanner.get_by_role("button", name="Take out of this shift").click()
    expect(page.get_by_text("Asha Rao no longer has the shift.")).to_be_visible()
    expect(page.get_by_text("No clashes")).to_be_visible()
    both.refresh_from_db()
    assert both.status == Assignment.Status.CANCELLED
    page.goto(plan.at())
    expect(on_the_board(page, plan.tap)).to_be_visible()
    expect(page.locator(".is-clash")).to_have_count(0)


def test_assigning_by_keyboard(page, live_server, plan):
    come_in(page, live_server, plan)
    page.goto(plan.at())
    expect(page.locator("#free-list")).to_contain_text("Dev Nair")
    page.keyboard.press("j")
    expect(on_the_board(page, plan.early)).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(on_the_board(page, plan.tap)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(on_the_board(page, plan.early)).to_be_focused()
    page.keyboard.press("a")
    search = page.locator("#people").get_by_role("searchbox")
    expect(search).to_be_focused()
    page.keyboard.type("dev")
    expect(page.locator("#candidates")).not_to_contain_text("Asha Rao")
    assign = page.get_by_role("button", name="Assign Dev Nair")
    while not assign.evaluate("one => one === document.activeElement"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    wait_for(page, "Dev Nair has the shift now.")
    expect(on_the_board(page, plan.early)).to_contain_text("1/2")
    expect(on_the_board(page, plan.early)).to_contain_text("Dev N.")
    assert people_in(plan.early) == ["Dev Nair"]
    page.locator("#people").focus()
    page.keyboard.press("Escape")
    expect(on_the_board(page, plan.early)).to_be_focused()


def test_assigning_by_drag_moving_and_taking_back(page, live_server, plan):
    come_in(page, live_server, plan)
    page.goto(plan.at())
    dev = page.locator("#free-list .person").filter(has_text="Dev Nair")
    dev.drag_to(on_the_board(page, plan.early))
    wait_for(page, "Dev Nair has the shift now.")
    assert people_in(plan.early) == ["Dev Nair"]
    on_the_board(page, plan.tap).get_by_text("Asha R.").drag_to(on_the_board(page, plan.early))
    wait_for(page, "Asha Rao is moved here.")
    expect(on_the_board(page, plan.early)).to_contain_text("2/2")
    expect(on_the_board(page, plan.tap)).to_contain_text("0/3")
    assert (people_in(plan.early), people_in(plan.tap)) == (["Asha Rao", "Dev Nair"], [])
    page.get_by_role("button", name="Undo").click()
    expect(on_the_board(page, plan.tap)).to_contain_text("1/3")
    assert (people_in(plan.early), people_in(plan.tap)) == (["Dev Nair"], ["Asha Rao"])


def test_a_refusal_beside_the_shift_and_assign_anyway(page, live_server, plan):
    come_in(page, live_server, plan)
    page.goto(plan.at())
    page.locator("#free-list .person").filter(has_text="Dev Nair").drag_to(on_the_board(page, plan.scan))
    wait_for(page, "its only place is filled")
    beside = page.locator("td", has=on_the_board(page, plan.scan)).locator("#board-note")
    expect(beside).to_be_visible()
    assert people_in(plan.scan) == ["Chloe Vos"]
    beside.get_by_role("button", name="Assign anyway").click()
    wait_for(page, "Dev Nair has the shift now.")
    expect(on_the_board(page, plan.scan)).to_contain_text("1 too many")
    assert people_in(plan.scan) == ["Chloe Vos", "Dev Nair"]


def test_claims_are_decided_in_the_panel_and_what_a_colleague_did_is_said(page, live_server, plan):
    come_in(page, live_server, plan)
    page.goto(plan.at())
    expect(page.locator("#free-list")).to_contain_text("Dev Nair")
    on_the_board(page, plan.tap).click()
    expect(page.get_by_role("button", name="Approve Binh Pham")).to_be_visible()
    assignments.approve(plan.claim, by=None)  # a colleague is quicker
    page.get_by_role("button", name="Approve Binh Pham").click()
    wait_for(page, "was decided already")
    expect(on_the_board(page, plan.tap)).to_contain_text("2/3")
    expect(page.get_by_role("button", name="Take out Binh Pham")).to_be_visible()
    page.get_by_role("button", name="Take out Binh Pham").click()
    wait_for(page, "Binh Pham no longer has the shift.")
    assert people_in(plan.tap) == ["Asha Rao"]


def test_the_people_are_hidden_and_stay_so(page, live_server, plan):
    come_in(page, live_server, plan)
    page.goto(plan.at())
    expect(page.locator("#people")).to_be_visible()
    page.keyboard.press("p")
    expect(page.locator("#people")).to_be_hidden()
    page.reload()
    expect(on_the_board(page, plan.tap)).to_be_visible()
    expect(page.locator("#people")).to_be_hidden()
    page.get_by_role("button", name="People").click()
    expect(page.locator("#free-list")).to_contain_text("Dev Nair")


def test_sections_are_dragged_into_order(page, live_server, plan):
    come_in(page, live_server, plan)
    page.goto(plan.at("sections/"))
    rows = page.locator("[data-order] tbody tr")
    expect(rows.first).to_contain_text("Main bar")
    rows.nth(1).locator(".handle").drag_to(rows.first.locator(".handle"))
    expect(page.locator("[data-order] tbody tr").first).to_contain_text("Main gate")
    expect(page.locator("[data-order] tbody tr").first.get_by_role("button", name="Move Main gate up")).to_be_disabled()
    order = Section.objects.filter(event=plan.event).values_list("name", flat=True)
    assert list(order) == ["Main gate", "Main bar"]


def test_without_javascript_somebody_is_assigned(browser, live_server, plan):
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    come_in(page, live_server, plan)
    page.goto(plan.at())
    on_the_board(page, plan.early).click()
    page.wait_for_url(f"**{address(plan.early)}")
    page.get_by_role("searchbox", name="Name or address").fill("dev")
    page.get_by_role("search").get_by_role("button", name="Search").last.click()
    page.get_by_role("button", name="Assign Dev Nair").click()
    expect(page.get_by_text("Dev Nair has the shift now.")).to_be_visible()
    assert people_in(plan.early) == ["Dev Nair"]
    page.goto(plan.at("sections/"))
    page.get_by_role("button", name="Move Main bar down").click()
    expect(page.get_by_text("The order is changed.")).to_be_visible()
    context.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 360)])
def test_the_board_with_its_panel_is_accessible(browser, live_server, plan, scheme, width):
    """axe, with a clash, a refusal and the panel on the screen; the other pages are walked by test_accessibility.py."""
    plan.clash()
    context = browser.new_context(
        base_url=live_server.url, color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True
    )
    page = context.new_page()
    come_in(page, live_server, plan)
    for url in (
        plan.at(),
        address(plan.tap),
        plan.at("clashes/"),
        plan.at("claims/"),
        plan.at("rosters/?print=section"),
    ):
        page.goto(url)
        if url == plan.at() and width > 1000:
            expect(page.locator("#people input[type=search]")).to_be_visible()
            on_the_board(page, plan.tap).click()
            expect(page.get_by_role("button", name="Approve Binh Pham")).to_be_visible()
        page.evaluate(AXE)
        assert page.evaluate(JUDGE) == [], url
        assert page.evaluate("document.documentElement.scrollWidth") <= width, url
    context.close()
