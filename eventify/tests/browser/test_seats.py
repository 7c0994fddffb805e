"""The seat map in a real browser: chosen by keyboard alone on a phone, as a list, without JavaScript, while others buy;
and its plan in the command center. What axe says of each."""

import re

import pytest
from playwright.sync_api import expect

from accounts.factories import SuperAdminFactory, UserFactory
from bookings import seat_plan, seats
from bookings.factories import TicketTypeFactory
from bookings.models import Order
from bookings.tests import invariants
from bookings.tests.scenes import book, scene
from eventify.tests.browser.judging import AXE, JUDGE, LOOKS, window
from eventify.tests.browser.test_purchase import PHONE
from events.models import Event

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hall():
    """Three rows of ten: the first five seats are taken, C-1 is a wheelchair place, row C is the balcony."""
    event, _kind = scene(capacity=30, price=10, currency="EUR", name="Tulip Play", seating=Event.Seating.AUTOMATIC)
    seats.make_ready(event)
    book(event, UserFactory(), 5)
    seat_plan.arrange(event, ["C-1"], seat_plan.Act.RIGHT, by=UserFactory())
    rest = seat_plan.rows_named(event, "C")
    seat_plan.arrange(event, rest, seat_plan.Act.AREA, by=UserFactory(), area="Balcony")
    return event


def seat(row: str, number: int) -> re.Pattern:
    """What a screen reader says of a seat begins so."""
    return re.compile(rf"^Row {row} seat {number},")


def judge(page) -> None:
    page.evaluate(AXE)
    assert page.evaluate(JUDGE) == []
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")


def press(page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def focused(page) -> str:
    """The name of the seat that has the focus; it must not be under the bar at the bottom."""
    seen = page.evaluate("""() => {
        const box = document.activeElement.getBoundingClientRect();
        return document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2) === document.activeElement;
    }""")
    assert seen
    return page.evaluate("document.activeElement.value")


def held() -> list[str]:
    return sorted(Order.objects.latest("pk").bookings.get().seat_labels)


@pytest.mark.parametrize("look", LOOKS)
def test_by_keyboard_alone(browser, live_server, tmp_path, hall, look):
    page = window(browser, live_server, look)
    page.set_viewport_size(PHONE)
    page.goto(f"/e/{hall.slug}/seats/")
    judge(page)
    page.get_by_role("link", name="Show as a list").focus()
    press(page, "Tab")  # one stop for the whole map
    assert focused(page) == "A-6"
    press(page, "ArrowRight", "Space", "ArrowRight", "Space")
    assert focused(page) == "A-8"
    expect(page.locator("[data-summary]")).to_have_text("2 seats: A-7, A-8")
    expect(page.locator("[data-total]")).to_have_text("€20 in all")
    press(page, "Tab", "Enter")
    expect(page.get_by_text("Seat A-6 would be left over as a single seat")).to_be_visible()
    expect(page.get_by_role("checkbox", name=seat("A", 8))).to_be_checked()
    judge(page)
    page.screenshot(path=tmp_path / "refused.png", full_page=True)
    page.get_by_role("button", name="Take A-6, A-7 instead").focus()
    press(page, "Enter")
    page.wait_for_url("**/checkout/")
    assert held() == ["A-6", "A-7"]
    invariants.check(hall)
    page.context.close()


def test_the_arrows_go_everywhere_and_pass_what_is_taken(page, hall):
    page.goto(f"/e/{hall.slug}/seats/")
    page.get_by_role("checkbox", name=seat("A", 6)).focus()
    ways = [("End", "A-10"), ("ArrowDown", "B-10"), ("Home", "B-1"), ("ArrowUp", "A-6"), ("ArrowLeft", "A-6")]
    ways += [("ArrowDown", "B-6"), ("ArrowDown", "C-6"), ("Home", "C-1"), ("ArrowRight", "C-3"), ("ArrowDown", "C-3")]
    for key, label in ways:
        press(page, key)
        assert focused(page) == label, key
    press(page, "ArrowLeft", "Space")
    expect(page.locator("[data-summary]")).to_have_text("2 seats: C-1, C-2")
    expect(
        page.get_by_role("checkbox", name=re.compile("^Wheelchair place C-1 with companion seat C-2, "))
    ).to_be_checked()


def test_the_best_together_as_a_list(page, hall):
    page.set_viewport_size(PHONE)
    page.goto(f"/e/{hall.slug}/seats/")
    page.get_by_label("Best seats together for").fill("4")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Chosen for you: B-1, B-2, B-3, B-4.")).to_be_visible()
    page.get_by_role("link", name="Show as a list").click()
    expect(page.get_by_text("Row B seat 4, €10")).to_be_visible()
    expect(page.get_by_text("Row A seat 1, €10")).to_be_hidden()
    expect(page.get_by_text("Balcony, row C")).to_be_visible()
    judge(page)
    page.get_by_role("checkbox", name=seat("B", 4)).uncheck()
    page.get_by_role("button", name="Book these seats").click()
    page.wait_for_url("**/checkout/")
    assert held() == ["B-1", "B-2", "B-3"]


def test_a_seat_that_somebody_takes_meanwhile(page, hall):
    page.goto(f"/e/{hall.slug}/seats/?seats=B-1&seats=B-2")
    book(hall, UserFactory(), 1, chosen=("B-1",))
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_text("Somebody took seat B-1 just now. Choose another.")).to_be_visible()
    expect(page.get_by_role("checkbox", name=seat("B", 1))).to_be_disabled()
    expect(page.get_by_text("24 of 30 seats are free")).to_be_visible()
    expect(page.locator("[data-summary]")).to_have_text("1 seat: B-2")


def test_several_kinds_of_ticket_follow_the_seats(page, hall):
    TicketTypeFactory(event=hall, name="Child", price=4)
    page.goto(f"/e/{hall.slug}/seats/?best=3")
    expect(page.locator("[data-total]")).to_have_text("€30 in all")
    page.get_by_label("Child").select_option("1")
    expect(page.locator("[data-total]")).to_have_text("")  # one ticket too many
    page.get_by_role("checkbox", name=seat("B", 4)).check()
    expect(page.locator("[data-total]")).to_have_text("€34 in all")
    page.get_by_role("button", name="Book these seats").click()
    page.wait_for_url("**/checkout/")
    assert Order.objects.latest("pk").total_amount == 34


@pytest.mark.parametrize("view", ["", "?view=list"])
def test_without_javascript(browser, live_server, hall, view):
    context = browser.new_context(base_url=live_server.url, viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"/e/{hall.slug}/seats/{view}")
    page.get_by_role("checkbox", name=re.compile("^Wheelchair place C-1")).check()
    page.get_by_role("button", name="Book these seats").click()
    page.wait_for_url("**/checkout/")
    assert held() == ["C-1", "C-2"]
    context.close()


@pytest.mark.parametrize("look", LOOKS)
def test_the_plan_by_keyboard(browser, live_server, tmp_path, hall, look):
    page = window(browser, live_server, look, SuperAdminFactory())
    page.goto(f"/command-center/events/{hall.uid}/seats/")
    judge(page)
    page.get_by_role("checkbox", name="Row A seat 1, taken").focus()
    press(page, "ArrowDown", "Space")
    assert focused(page) == "B-1"
    page.get_by_label("What they become").select_option("right")
    page.screenshot(path=tmp_path / "plan.png", full_page=True)
    page.get_by_role("button", name="Change these seats").press("Enter")
    expect(page.get_by_text("2 seats are changed.")).to_be_visible()
    expect(page.get_by_role("checkbox", name="Companion seat B-2 of B-1")).to_be_visible()
    judge(page)
    page.context.close()
