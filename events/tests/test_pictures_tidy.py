"""Files of pictures go with the last row that shows them: at once, or a day later by the sweep; never before."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone

from accounts.factories import UserFactory
from accounts.tests.racing import is_waited_for, switch_row_locks_off
from bookings.factories import TicketTypeFactory
from bookings.tests.scenes import buy, people
from eventify.lib.errors import Conflict
from events import editing, pictures
from events.factories import CategoryFactory, EventFactory
from events.models import Banner, Event, EventImage
from events.tasks import tidy_pictures

TWO_DAYS = timedelta(days=2).total_seconds()


@pytest.fixture(autouse=True)
def media(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def files() -> set[str]:
    return {name for folder in ("event_images", "event_type_icons") for name in listed(folder)}


def listed(folder: str) -> list[str]:
    return default_storage.listdir(folder)[1] if default_storage.exists(folder) else []


def kept(folder: str, name: str, *, is_old: bool = True) -> str:
    """A file in the storage that no row knows, two days old or new."""
    name = default_storage.save(f"{folder}/{name}", ContentFile(b"picture"))
    if is_old:
        long_ago = timezone.now().timestamp() - TWO_DAYS
        os.utime(default_storage.path(name), (long_ago, long_ago))
    return name


def picture(event: Event, name: str) -> EventImage:
    """A picture whose two files are two days old."""
    made = {"image": kept("event_images", f"{name}.jpg"), "thumbnail": kept("event_images", f"{name}-small.jpg")}
    return EventImage.objects.create(event=event, **made)


@pytest.mark.django_db(transaction=True)
def test_a_deleted_event_takes_its_pictures_along_but_no_others():
    event, other, by = EventFactory(), EventFactory(), UserFactory()
    for name in ("alone", "shared", "linked"):
        picture(event, name)
    pictures.share(other, event)
    other.images.exclude(image="event_images/shared.jpg").delete()
    Banner.objects.create(title="Summer", image_url="https://tickets.example.com/media/event_images/linked.jpg")
    editing.delete(event, by=by)
    assert files() == {"shared.jpg", "shared-small.jpg", "linked.jpg"}


@pytest.mark.django_db(transaction=True)
def test_an_event_that_stays_keeps_its_pictures():
    event = EventFactory()
    picture(event, "kept")
    buy(people(1)[0], TicketTypeFactory(event=event))
    with pytest.raises(Conflict):
        editing.delete(event, by=UserFactory())
    assert files() == {"kept.jpg", "kept-small.jpg"}


@pytest.mark.django_db(transaction=True)
def test_a_storage_that_does_not_answer_deletes_the_event_all_the_same(monkeypatch, caplog):
    event = EventFactory()
    picture(event, "late")
    monkeypatch.setattr(default_storage, "delete", lambda name: 1 / 0)
    editing.delete(event, by=UserFactory())
    monkeypatch.undo()
    assert (Event.objects.count(), "ZeroDivisionError" in caplog.text) == (0, True)
    assert tidy_pictures() == 2


@pytest.mark.django_db
def test_the_sweep_removes_what_no_row_shows_for_a_day():
    assert tidy_pictures() == 0  # nothing was ever uploaded
    picture(EventFactory(), "main")
    CategoryFactory(icon=kept("event_type_icons", "music.svg"))
    shown = ("banner", "card", "text", "home")
    for name in (*shown, "lost"):
        kept("event_images", f"{name}.jpg")
    for folder in ("event_images", "event_type_icons"):
        kept(folder, "of-an-upload.jpg", is_old=False)
    kept("event_type_icons", "lost.svg")
    EventFactory(banner_image="/media/event_images/banner.jpg")
    EventFactory(thumbnail_image="https://tickets.example.com/media/event_images/card.jpg")
    EventFactory(content='<p><img src="/media/event_images/text.jpg"></p>')
    Banner.objects.create(title="Summer", image_url="https://pictures.example/event_images/home.jpg")
    before = files()
    assert tidy_pictures() == 2
    assert before - files() == {"lost.jpg", "lost.svg"}
    assert tidy_pictures() == 0


def copied_while(going) -> bool:
    """Whether the files are there after an event was copied while this call takes the pictures away."""
    event, copy = EventFactory(), EventFactory()
    image = picture(event, "copied")

    def run() -> None:
        try:
            going(event, image)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            pictures.share(copy, event)
            other = pool.submit(run)
            while not (other.done() or is_waited_for()):
                pass
        other.result(timeout=20)
    assert copy.images.count() == 1
    return files() == {"copied.jpg", "copied-small.jpg"}


GOING = {
    "the picture": lambda event, image: pictures.remove(image, by=None),
    "the event": lambda event, image: editing.delete(event, by=None),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", GOING)
def test_a_copy_that_is_being_made_keeps_the_files(what):
    assert copied_while(GOING[what])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", GOING)
def test_control_without_the_lock_a_copy_loses_them(what, monkeypatch):
    switch_row_locks_off(monkeypatch)
    assert not copied_while(GOING[what])
