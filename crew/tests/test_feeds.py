"""Rosters as calendars: what phones read, whose it is, and how it changes."""

import re
from datetime import UTC, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import bans, closing
from accounts.factories import SuperAdminFactory, UserFactory
from crew import assignments, feeds, roster, shifts, time_slots
from crew.factories import LocationFactory
from crew.models import RosterFeed, Section
from crew.tests.portal import Scene
from eventify.lib import ics

pytestmark = pytest.mark.django_db


def path_of(user) -> str:
    return feeds.address_for(user).removeprefix("http://localhost:8000")


def lines_of(body: bytes) -> list[str]:
    """The lines as a calendar unfolds them; AssertionError for a body that breaks RFC 5545's rules of lines."""
    text = body.decode()
    assert text.endswith("END:VCALENDAR\r\n") and "\n" not in text.replace("\r\n", "")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text.replace("\r\n", ""))
    return text.replace("\r\n ", "").split("\r\n")[:-1]


def events_of(body: bytes) -> list[dict]:
    """The VEVENTs as dictionaries."""
    found, one = [], None
    for line in lines_of(body):
        if line == "BEGIN:VEVENT":
            one = {}
        elif line == "END:VEVENT":
            found.append(one)
            one = None
        elif one is not None:
            name, _colon, value = line.partition(":")
            assert name not in one
            one[name] = value
    return found


def plain(text: str) -> str:
    """A TEXT value without its escapes."""
    return re.sub(r"\\(.)", lambda found: {"n": "\n"}.get(found[1], found[1]), text)


@pytest.fixture
def scene():
    return Scene(name="Lowlands", starts_at=timezone.now().replace(microsecond=0) + timedelta(days=30))


@pytest.fixture
def asha(scene):
    return scene.person("Asha Patel")


def test_a_whole_calendar(client, scene, asha):
    location = LocationFactory(
        event=scene.event, name="North gate", address="Dam 1, Amsterdam", latitude="52.373100", longitude="4.892200",
        instructions="Behind the fence.",
    )  # fmt: skip
    shift = scene.shift(
        title="Bar crew; evening", location=location, description="Pour, smile\nand\\or wash.", report_time="17:45",
        instructions="Black shoes.",
    )  # fmt: skip
    shift.refresh_from_db()
    mine = scene.gives(shift, asha)
    response = client.get(path_of(asha.user))
    assert (response.status_code, response["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    assert response["Cache-Control"] == "private, max-age=300" and response["X-Robots-Tag"] == "noindex"
    lines = lines_of(response.content)
    assert lines[:8] == [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Eventify//Crew//EN", "CALSCALE:GREGORIAN", "METHOD:PUBLISH",
        "X-WR-CALNAME:My shifts", "REFRESH-INTERVAL;VALUE=DURATION:PT1H", "X-PUBLISHED-TTL:PT1H",
    ]  # fmt: skip
    [one] = events_of(response.content)
    slot = shift.time_slot
    assert re.fullmatch(r"\d{8}T\d{6}Z", one["DTSTAMP"]) and one["LAST-MODIFIED"] == one["DTSTAMP"]
    assert one.pop("SEQUENCE").isdigit()
    del one["DTSTAMP"], one["LAST-MODIFIED"]
    assert one == {
        "UID": f"{mine.uid}@crew.eventify",
        "DTSTART": f"{slot.starts_at.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        "DTEND": f"{slot.ends_at.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        "SUMMARY": "Main bar: Bar crew\\; evening",
        "DESCRIPTION": "Lowlands\\n\\nBe there at 17:45.\\n\\nPour\\, smile\\nand\\\\or wash.\\n\\nBlack shoes.\\n\\n"
        "Behind the fence.",
        "LOCATION": "North gate\\, Dam 1\\, Amsterdam",
        "GEO": "52.373100;4.892200",
        "URL": f"http://localhost:8000/crew/shifts/{shift.uid}/",
        "STATUS": "CONFIRMED",
        "TRANSP": "OPAQUE",
    }


def test_local_times_are_the_right_moments(scene, asha):
    """18:00 in Amsterdam, whatever the clocks do there that day."""
    scene.gives(scene.shift(18, 22), asha)
    [one] = events_of(feeds.calendar(asha.user))
    there = roster.of_user(asha.user).get().shift.time_slot.starts_at.astimezone(ZoneInfo("Europe/Amsterdam"))
    assert there.hour == 18
    assert one["DTSTART"].endswith(f"T{18 - there.utcoffset().seconds // 3600:02}0000Z")


WORDS = {
    "long": "x" * 500,
    "two octets": "é" * 300,
    "three octets": "日本語のシフト" * 60,
    "four octets": "👩🏽‍🍳" * 80,
    "escaped": "a,b;c\\d\ne\r\nf",
    "control": "\x01\x1b[31m\x7fred",
    "blank": " leading",
    "injected": "BEGIN:VEVENT\r\nX:1",
}


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_any_words_come_through(scene, asha, words):
    shift = scene.shift(description=words)
    scene.gives(shift, asha)
    [one] = events_of(feeds.calendar(asha.user))
    kept = "".join(
        letter for letter in words.replace("\r\n", "\n") if letter >= " " and letter != "\x7f" or letter == "\n"
    )
    assert plain(one["DESCRIPTION"]) == f"Lowlands\n\n{kept}"


def test_folding_splits_no_character():
    for width in range(70, 80):
        line = "S:" + "a" * (width - 2) + "é" * 80
        pieces = ics.fold(line).split("\r\n ")
        assert "".join(pieces) == line
        assert all(len(piece.encode()) <= 75 - (number > 0) for number, piece in enumerate(pieces))


def test_what_waits_is_tentative(asha):
    careful = Scene(needs_approval=True)
    person = careful.person(user=asha.user)
    claimed = assignments.claim(careful.shift(), person, by=asha.user)
    [one] = events_of(feeds.calendar(asha.user))
    assert one["STATUS"] == "TENTATIVE" and "Waits for approval." in plain(one["DESCRIPTION"])
    assignments.reject(claimed, by=careful.planner)
    [one] = events_of(feeds.calendar(asha.user))
    assert (one["STATUS"], one["TRANSP"]) == ("CANCELLED", "TRANSPARENT")


def test_changes_and_cancellations_reach_the_phone(client, scene, asha):
    """The UID stays, the SEQUENCE grows, what is cancelled says so, and the ETag changes with it."""
    mine = scene.gives(scene.shift(), asha)
    path = path_of(asha.user)
    seen = []
    later = timezone.now()
    for change in (
        lambda: time_slots.change(mine.shift.time_slot, by=scene.planner, start_time=time(19)),
        lambda: shifts.change(mine.shift, by=scene.planner, title="New title"),
        lambda: Section.objects.get(pk=scene.bar.pk).save(),
        lambda: assignments.cancel(mine, by=scene.planner),
    ):
        response = client.get(path)
        [one] = events_of(response.content)
        seen.append((one["UID"], int(one["SEQUENCE"]), one["STATUS"], response["ETag"]))
        later += timedelta(minutes=5)
        with time_machine.travel(later, tick=False):
            change()
    [one] = events_of(client.get(path).content)
    assert len({uid for uid, *_rest in seen}) == 1 and one["UID"] == seen[0][0]
    sequences = [sequence for _uid, sequence, *_rest in seen] + [int(one["SEQUENCE"])]
    assert sequences == sorted(set(sequences))
    assert {status for *_rest, status, _etag in seen} == {"CONFIRMED"} and one["STATUS"] == "CANCELLED"
    assert len({etag for *_rest, etag in seen}) == 4


def test_nothing_new_is_not_sent_again(client, scene, asha):
    scene.gives(scene.shift(), asha)
    path = path_of(asha.user)
    etag = client.get(path)["ETag"]
    with time_machine.travel(timezone.now() + timedelta(hours=5)):
        again = client.get(path, headers={"If-None-Match": etag})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)
    assert client.head(path).status_code == 200
    assert client.post(path).status_code == 405


def test_two_months_back_and_no_further(scene, asha):
    mine = scene.gives(scene.shift(), asha)
    end = mine.shift.time_slot.ends_at
    for moment, count in ((end + feeds.KEPT - timedelta(seconds=1), 1), (end + feeds.KEPT, 0)):
        with time_machine.travel(moment, tick=False):
            assert len(events_of(feeds.calendar(asha.user))) == count


def test_only_ones_own(scene, asha):
    bram = scene.person("Bram de Wit")
    scene.gives(scene.shift(title="Of Bram"), bram)
    assert events_of(feeds.calendar(asha.user)) == []


# --- The address


def test_the_address_stays_until_a_new_one_is_made(client, asha):
    first = path_of(asha.user)
    assert path_of(asha.user) == first and RosterFeed.objects.count() == 1
    token = first.removeprefix("/crew/calendar/").removesuffix(".ics")
    assert len(token) == 43 and token not in str(list(RosterFeed.objects.values()))  # only its hash is kept
    second = feeds.renew(asha.user).removeprefix("http://localhost:8000")
    assert second != first and path_of(asha.user) == second
    assert [client.get(path).status_code for path in (first, second)] == [404, 200]


def test_a_new_secret_key_makes_a_new_address(client, asha):
    first = path_of(asha.user)
    with override_settings(SECRET_KEY="another key that is long enough for this test"):
        second = path_of(asha.user)
        assert second != first and client.get(second).status_code == 200
        assert client.get(first).status_code == 404


@pytest.mark.parametrize("token", ["nothing", "x" * 43, "x" * 5000, "%00", "%ED%A0%80", "%FF", "..%2F", "é", "a.ics"])
def test_wrong_tokens_are_not_there(client, asha, token):
    feeds.address_for(asha.user)
    assert client.get(f"/crew/calendar/{token}.ics").status_code == 404


@pytest.mark.parametrize("shut", [bans.ban, closing.close])
def test_of_a_banned_or_closed_account_there_is_none(client, asha, shut):
    path = path_of(asha.user)
    shut(asha.user, by=SuperAdminFactory(), **({"reason": "spam"} if shut is bans.ban else {}))
    assert client.get(path).status_code == 404


def test_who_is_no_crew_has_an_empty_calendar(client):
    response = client.get(path_of(UserFactory()))
    assert response.status_code == 200 and events_of(response.content) == []


def test_it_asks_as_much_for_three_as_for_one(client, scene, asha):
    path = path_of(asha.user)
    counts = []
    for days in (0, 1, 2):
        scene.gives(scene.shift(days=days, location=LocationFactory(event=scene.event)), asha)
        with CaptureQueriesContext(connection) as asked:
            assert len(events_of(client.get(path).content)) == days + 1
        counts.append(len(asked))
    assert counts[0] == counts[2] <= 2
