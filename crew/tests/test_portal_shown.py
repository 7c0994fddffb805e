"""What the portal shows first: the shifts that one can take; own shifts at the same time are marked; days in Dutch."""

from datetime import date, timedelta

import pytest
from django.utils import translation

from accounts.tests.coming_in import log_in
from crew import assignments, clashes, roster
from crew.command_center.board_shift import spoken_slot
from crew.factories import SectionFactory
from crew.models import Assignment
from crew.telling import spoken
from crew.tests.portal import Scene, text
from eventify.lib.dates import date_format
from events.models import Event

pytestmark = pytest.mark.django_db
HERE = "/crew/lowlands/"


def titles(page) -> list[str]:
    return [one.shift.title for one in page.context["page"]]


# --- Those that one can take come first ---------------------------------------------------------------


def test_the_list_begins_with_what_one_can_take(me, scene, asha):
    scene.gives(scene.shift(title="Mine"), asha)
    scene.shift(20, 23, title="Clash")
    full = scene.shift(8, 9, title="Full", slots_total=1, slots_open_for_claiming=1)
    scene.gives(full, scene.person("Bram de Wit"))
    scene.shift(10, 12, title="Free")
    page = me.get(HERE)
    assert titles(page) == ["Free"]
    assert page.content.decode().count('class="shift is-off"') == 0
    assert (page.context["free_query"], page.context["all_query"]) == ("", "all=on")
    page = me.get(f"{HERE}?all=on")
    assert titles(page) == ["Full", "Free", "Mine", "Clash"]
    assert "At the same time as Main bar, From 18" in text(page)


@pytest.mark.parametrize("query", ["", "all=on"])
def test_the_switch_stays_as_it_is_on_other_days_and_sections(me, scene, query):
    gate = SectionFactory(event=scene.event, name="North gate")
    scene.shift(title="Bar today")
    scene.shift(title="Gate tomorrow", section=gate, days=1)
    tomorrow = scene.day + timedelta(days=1)
    page = me.get(f"{HERE}?{query}")
    ways = [chip["query"] for chip in page.context["days"]]
    more = "all=on&" if query else ""
    assert ways == [f"{more}day={scene.day}", f"{more}day={tomorrow}"]
    assert ('name="all" value="on"' in page.content.decode()) is bool(query)
    page = me.get(f"{HERE}?section={gate.uid}&day={tomorrow}&page=2&{query}")
    assert titles(page) == ["Gate tomorrow"]
    kept = f"section={gate.uid}&day={tomorrow}"
    assert (page.context["free_query"], page.context["all_query"]) == (kept, f"{kept}&all=on")


def test_the_first_day_is_one_with_places(me, scene):
    full = scene.shift(title="Full", slots_total=1, slots_open_for_claiming=1)
    scene.gives(full, scene.person("Bram de Wit"))
    scene.shift(title="Free", days=1, slots_total=5, slots_open_for_claiming=3)
    page = me.get(HERE)
    assert (page.context["day"], titles(page)) == (scene.day + timedelta(days=1), ["Free"])
    assert [chip["places"] for chip in page.context["days"]] == [0, 3]
    assert "full" in text(page) and "3 places" in text(page)
    page = me.get(f"{HERE}?day={scene.day}")
    assert titles(page) == [] and "Nothing that you can take here" in text(page)
    assert titles(me.get(f"{HERE}?{page.context['all_query']}")) == ["Full"]


def test_the_places_of_a_day_are_those_that_its_shifts_say(me, scene):
    """A claim that waits takes one; what an organiser gave takes one where all places can be claimed."""
    waits = Scene(name="Waits", slug="waits", needs_approval=True, partner=scene.event.partner)
    shift = waits.shift(slots_total=4, slots_open_for_claiming=2)
    asha = waits.person("Asha Waits")
    assignments.claim(shift, waits.person("Bram de Wit"), by=None)
    waits.gives(shift, waits.person("Noor Bakker"))
    tight = waits.shift(8, 9, slots_total=2, slots_open_for_claiming=2)
    waits.gives(tight, waits.person("Cas Vos"))
    log_in(me, asha.user)
    page = me.get("/crew/waits/?all=on")
    said = sum(one.shift.claimable_slots for one in page.context["page"])
    assert [chip["places"] for chip in page.context["days"]] == [said] == [2]


# --- Two at the same time -----------------------------------------------------------------------------


@pytest.fixture
def both(scene, asha):
    """The bar until 22:00 and the gate from 20:00; a planner insisted."""
    bar, gate = scene.shift(18, 22, title="Bar crew"), scene.shift(20, 23, title="Gate crew")
    held = scene.gives(bar, asha), assignments.assign(gate, asha, by=scene.planner, allow_clash=True)
    scene.gives(scene.shift(8, 10, title="Fine"), asha)
    return held


@pytest.mark.parametrize("path", ["/crew/", HERE, "/crew/roster/"])
def test_a_double_booking_is_marked(me, both, path):
    page = text(me.get(path))
    assert page.count("Double booking") == 2
    for one in both:
        assert f"At the same time as {spoken(one.shift)}." in page
    assert ("You have two shifts at the same time" in page) is (path == "/crew/")


def test_the_page_of_each_says_so(me, both):
    bar, gate = both
    for one, other in ((bar, gate), (gate, bar)):
        assert f"At the same time as {spoken(other.shift)}." in text(me.get(f"/crew/shifts/{one.shift.uid}/"))
    fine = Assignment.objects.get(shift__title="Fine")
    assert "At the same time" not in text(me.get(f"/crew/shifts/{fine.shift.uid}/"))


def test_one_of_them_is_given_back(me, scene, both):
    assignments.cancel(both[1], by=scene.planner)
    for path in ("/crew/", HERE, "/crew/roster/"):
        assert "Double booking" not in text(me.get(path))


def test_what_may_be_held_beside_others_is_none(scene, asha, both):
    shift = both[1].shift
    shift.allow_overlap = True
    shift.save()
    assert clashes.double_booked(roster.of_user(asha.user)) == {}


def test_one_after_the_other_is_none(scene, asha):
    for start, end in ((8, 10), (10, 12), (12, 14)):
        scene.gives(scene.shift(start, end), asha)
    assert clashes.double_booked(roster.of_user(asha.user)) == {}


def test_shifts_of_two_organisations_clash_for_whoever_has_them(me, scene, asha):
    """Neither planner sees the other's; the volunteer does."""
    other = Scene(name="Pukkel", slug="pukkel", starts_at=scene.event.starts_at, ends_at=scene.event.ends_at)
    mine = scene.gives(scene.shift(18, 22), asha)
    theirs = other.gives(other.shift(19, 21), other.person("Asha P.", user=asha.user))
    found = clashes.double_booked(roster.of_user(asha.user))
    assert found == {mine.pk: theirs, theirs.pk: mine}
    page = text(me.get("/crew/roster/"))
    assert page.count("Double booking") == 2
    assert f"At the same time as {spoken(theirs.shift)} (Pukkel)." in page
    Event.objects.filter(pk=other.event.pk).update(timezone="Asia/Kolkata")
    assert f"At the same time as {spoken(theirs.shift)} IST (Pukkel)." in text(me.get("/crew/roster/"))


# --- Days as the language writes them -----------------------------------------------------------------


@pytest.mark.parametrize(
    "language, form, said",
    [
        ("en", "D j M", "Sat 21 Nov"),
        ("nl", "D j M", "za 21 nov"),
        ("nl", "j M Y, H:i", "21 nov 2026, 00:00"),
        ("nl", "l j F", "zaterdag 21 november"),
        ("en-gb", "j M", "21 Nov"),
    ],
)
def test_months_have_the_capitals_of_the_language(language, form, said):
    with translation.override(language):
        assert date_format(date(2026, 11, 21), form.replace("H:i", "00:00")) == said


def test_a_dutch_volunteer_reads_dutch_days(me, scene):
    shift = scene.shift(title="Bar crew")
    month = {1: "jan", 2: "feb", 3: "mrt", 4: "apr", 5: "mei", 6: "jun", 7: "jul", 8: "aug", 9: "sep", 10: "okt",
             11: "nov", 12: "dec"}[shift.time_slot.date.month]  # fmt: skip
    page = text(me.get(HERE, headers={"Accept-Language": "nl"}))
    assert f" {shift.time_slot.date.day} {month}" in page and f"{shift.time_slot.date.day} {month.title()}" not in page
    with translation.override("nl"):
        assert f"{shift.time_slot.date.day} {month}," in spoken_slot(shift)
