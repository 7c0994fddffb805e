"""The paper list of a door as Chromium prints it: every sheet says of which evening it is, and which sheet it is."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pypdfium2
import pytest

from accounts.factories import SuperAdminFactory
from bookings.models import Ticket
from bookings.tests.doors import tickets_of
from eventify.tests.browser.judging import window

pytestmark = pytest.mark.django_db(transaction=True)
STARTS = datetime(2030, 6, 14, 20, 30, tzinfo=ZoneInfo("Europe/Amsterdam"))


def test_every_sheet_names_the_event_its_date_and_its_number(browser, live_server, tmp_path):
    tickets = tickets_of(
        90, name="Amsterdam Garden Nights", timezone="Europe/Amsterdam", starts_at=STARTS, ends_at=None
    )
    for number, ticket in enumerate(tickets):
        Ticket.objects.filter(pk=ticket.pk).update(attendee_name=f"Person {number:03}")
    page = window(browser, live_server, "light, desk", SuperAdminFactory())
    page.goto(f"/command-center/events/{tickets[0].event.uid}/door/paper/")
    page.get_by_role("button", name="Show the list to print").click()
    page.get_by_role("row", name="Person 089").wait_for()
    assert page.get_by_text("Amsterdam Garden Nights").filter(visible=True).count() >= 1
    made = page.pdf(path=tmp_path / "list.pdf", prefer_css_page_size=True)
    page.context.close()
    sheets = [one.get_textpage().get_text_range() for one in pypdfium2.PdfDocument(made)]
    assert len(sheets) >= 3
    for number, words in enumerate(sheets, start=1):
        assert words.count("Amsterdam Garden Nights") == 1, words
        assert "Fri 14 Jun 2030, 20:30 CEST" in words and "90 tickets" in words
        assert f"{number} / {len(sheets)}" in words
        assert "Name" in words and "Code" in words
    assert sum(words.count("Person") for words in sheets) == 90
