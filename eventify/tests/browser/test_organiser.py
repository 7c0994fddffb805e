"""A partner's first event, all of it in the browser: from the site's menu to the draft, two kinds of ticket, a picture,
the publishing, and a buyer who pays on a phone. The same form without JavaScript, by keyboard, in the dark. And the ten
minutes of docs/organisers.md, by the words of its table.
"""

import io
import re
from decimal import Decimal

import pytest
from PIL import Image
from playwright.sync_api import expect

from accounts.factories import UserFactory
from bookings.models import Order
from bookings.tests import invariants
from eventify.supervisor import ROOT
from eventify.tests.browser.judging import LOOKS, window
from eventify.tests.browser.test_purchase import PHONE, Steps, choose, pay
from eventify.tests.browser.test_staff_day import enter
from events.models import Event
from partners import members
from partners.models import Member
from partners.tests import money

pytestmark = pytest.mark.django_db(transaction=True)
KINDS = (("Stalls", "1000", "20"), ("Balcony", "400", "5"))


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def rosa():
    """Runs the events of a partner that is verified and has none yet."""
    user = UserFactory(full_name="Rosa Luz", email="rosa@alhambra.example")
    members.add(money.payable_partner(name="Alhambra Nights", slug="alhambra"), user, Member.Role.ADMIN, by=None)
    return user


def photo() -> dict:
    out = io.BytesIO()
    Image.new("RGB", (1600, 900), "teal").save(out, "JPEG")
    return {"name": "night.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def draft(page, steps) -> None:
    """From the site's menu to a draft."""
    page.goto("/")
    page.get_by_role("link", name="Organise", exact=True).click()
    page.wait_for_url("**/partner/alhambra/")
    steps.look("portal")
    page.get_by_role("link", name="Make your first event").click()
    steps.look("new")
    page.get_by_label("Venue").fill("Alhambra Hall")
    page.get_by_role("button", name="Make a draft").click()  # without a name: what was typed stays
    expect(page.get_by_text("Give the event a name.")).to_be_visible()
    expect(page.get_by_label("Venue")).to_have_value("Alhambra Hall")
    steps.look("new-refused")
    page.get_by_label("Name", exact=True).fill("Flamenco Night")
    page.get_by_label("About the event").fill("Come & dance.\n\nBring shoes.")
    page.get_by_label("City").fill("Pune")
    page.get_by_role("button", name="Make a draft").click()
    expect(page.get_by_text("Flamenco Night is a draft now.")).to_be_visible()
    expect(page.get_by_text("To be published an event needs a name, a start and an end.")).to_be_visible()
    expect(page.get_by_role("button", name="Publish")).to_have_count(0)
    steps.look("draft")


def complete(page, steps) -> None:
    """Its dates, two kinds of ticket, and a picture."""
    page.get_by_role("link", name="When and where").click()
    page.get_by_label("Time zone").select_option("Asia/Kolkata")
    page.get_by_label("Starts").fill("2030-05-01T18:00")
    page.get_by_label("Ends").fill("2030-05-01T23:00")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Flamenco Night is saved.")).to_be_visible()
    for name, price, quantity in KINDS:
        page.get_by_role("link", name="New ticket type").click()
        page.get_by_label("Name", exact=True).fill(name)
        page.get_by_label("Price", exact=True).fill(price)
        page.get_by_label("How many there are").fill(quantity)
        steps.look(f"type-{name}")
        page.get_by_role("button", name="Add the ticket type").click()
        expect(page.get_by_text(f"{name} is added.")).to_be_visible()
    page.get_by_role("button", name="Move Balcony up").click()
    page.get_by_role("link", name="Picture", exact=True).click()
    page.get_by_label("Add a picture").set_input_files(photo())
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_text("Main picture", exact=True)).to_be_visible()
    steps.look("pictures")


@pytest.mark.parametrize("look", LOOKS)
def test_a_first_event_from_the_menu_to_the_first_sale(browser, live_server, tmp_path, rosa, look):
    page = window(browser, live_server, look)
    enter(page, rosa)
    page.wait_for_url(lambda url: "/login/" not in url)
    steps = Steps(page, tmp_path)
    draft(page, steps)
    complete(page, steps)
    event = Event.objects.get(name="Flamenco Night")
    page.goto(f"/command-center/events/{event.uid}/")
    steps.look("ready")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Flamenco Night is published.")).to_be_visible()
    steps.look("published")
    page.get_by_role("link", name="Change the state").click()
    steps.look("states")

    buyer = window(browser, live_server, look, UserFactory(full_name="Asha Rao", email="asha@example.com"))
    buyer.set_viewport_size(PHONE)
    buyer.goto(f"/e/{event.slug}/")
    expect(buyer.get_by_text("Come & dance.")).to_be_visible()
    kinds = buyer.locator(".ticket-type .name")
    expect(kinds).to_have_text(["Balcony", "Stalls"])
    choose(buyer, event, {"Stalls": "1", "Balcony": "2"})
    pay(buyer, "₹1,800")
    order = Order.objects.get()
    assert (order.status, order.total_amount, order.tickets.count()) == (Order.Status.PAID, Decimal(1800), 3)
    event.refresh_from_db()
    assert (event.capacity, event.booked_count, event.images.count()) == (25, 3, 1)
    invariants.check(event)
    for one in (page, buyer):
        one.context.close()


def test_without_javascript_and_by_keyboard(browser, live_server, rosa):
    page = window(browser, live_server, "dark, phone")
    enter(page, rosa)
    page.wait_for_url(lambda url: "/login/" not in url)
    context = browser.new_context(
        base_url=live_server.url, storage_state=page.context.storage_state(), java_script_enabled=False
    )
    plain = context.new_page()
    plain.goto("/command-center/events/new/")
    plain.get_by_label("Name", exact=True).focus()
    plain.keyboard.type("Quiet Night")
    plain.get_by_role("button", name="Make a draft").dblclick()  # as an impatient hand does
    plain.wait_for_url(lambda url: "/new/" not in url)
    assert Event.objects.filter(name="Quiet Night").count() == 1
    plain.get_by_role("link", name="New ticket type").focus()
    plain.keyboard.press("Enter")
    plain.wait_for_url("**/ticket-types/new/")
    plain.get_by_label("Name", exact=True).fill("Regular")
    plain.get_by_label("Price", exact=True).fill("0")
    plain.keyboard.press("Enter")
    expect(plain.get_by_text("Regular is added.")).to_be_visible()
    for one in (page.context, context):
        one.close()


# --- The ten minutes of docs/organisers.md --------------------------------------------------------------

ROW = re.compile(r"^\| \d+ \| (.+) \| (.+) \|$", re.MULTILINE)
WORD = re.compile(r"\*\*(.+?)\*\*|\*(.+?)\*")  # what is pressed, and a field that is filled in
SEEN = re.compile("“(.+?)”")
# What is typed into the fields, in the order in which the table names them.
TYPED = [
    ("Name", "Lamp Evening"), ("Summary", "A thousand lamps."), ("Starts", "2030-05-01T18:00"),
    ("Ends", "2030-05-01T23:00"), ("Time zone", "Asia/Kolkata"), ("Venue", "Hall of Lamps"), ("City", "Pune"),
    ("Name", "Regular"), ("Price", "300"), ("How many there are", "50"), ("Add a picture", photo()),
]  # fmt: skip


def press(page, words: str) -> None:
    """The one button or link of this name in the page or its menu."""
    found = page.get_by_role("button", name=words, exact=True).or_(page.get_by_role("link", name=words, exact=True))
    found.first.click()


def fill(page, label: str, value) -> None:
    field = page.get_by_label(label, exact=True)
    kind = field.evaluate("field => field.type")
    {"file": field.set_input_files, "select-one": field.select_option}.get(kind, field.fill)(value)


def follow(page, do: str, typed) -> None:
    """Press and fill in what a row says, in its order."""
    for pressed, label in WORD.findall(do):
        if pressed:
            press(page, pressed)
        else:
            name, value = next(typed)
            assert name == label
            fill(page, label, value)


def test_the_ten_minutes_of_the_page_by_its_words(browser, live_server, rosa):
    rows = ROW.findall((ROOT / "docs" / "organisers.md").read_text())
    page, typed = window(browser, live_server, "light, desk"), iter(TYPED)
    enter(page, rosa)
    page.wait_for_url(lambda url: "/login/" not in url)
    for do, see in rows:
        follow(page, do, typed)
        for words in SEEN.findall(see):
            expect(page.get_by_text(words).first).to_be_visible()
        if "go back in your browser" in do:
            page.go_back()
    press(page, "Public page")
    expect(page.get_by_role("heading", name="Lamp Evening", level=1)).to_be_visible()
    event = Event.objects.get(name="Lamp Evening")
    told = (event.state, event.images.count(), event.ticket_types.get().price)
    assert told == (Event.State.PUBLISHED, 1, Decimal(300)) and len(rows) == 7 and next(typed, None) is None
    page.context.close()
