"""The pictures of an event: drawn anew from pixels, the first is the main one, files go with their last row."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from PIL import Image

from accounts.factories import UserFactory
from accounts.models import AuditLog
from accounts.tests.racing import good, race
from eventify.lib.errors import Conflict, Invalid
from eventify.lib.ids import new_uid
from events import pictures
from events.factories import EventFactory, EventImageFactory
from events.models import EventImage

GPS = 0x8825  # the tag of EXIF that says where a photo was taken


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def photo(size=(2000, 1000), form="JPEG", **options) -> SimpleUploadedFile:
    """An upload of a picture."""
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, form, **options)
    return SimpleUploadedFile(f"../beach.{form.lower()}", out.getvalue())


def files(folder) -> int:
    return sum(path.is_file() for path in folder.rglob("*"))


@pytest.mark.django_db(transaction=True)
def test_a_photo_is_drawn_anew_without_its_place(media):
    exif = Image.Exif()
    exif[GPS] = {1: "N", 2: (18.0, 55.0, 0.0)}
    event, by = EventFactory(), UserFactory()
    image = pictures.add(event, photo(exif=exif), by=by)
    with Image.open(image.image.path) as large, Image.open(image.thumbnail.path) as small:
        assert (large.format, large.size, small.size) == ("JPEG", (1600, 800), (640, 320))
        assert (dict(large.getexif()), dict(small.getexif())) == ({}, {})
    assert image.image.name == f"event_images/{image.uid.hex}.jpg"
    assert (image.is_primary, files(media)) == (True, 2)
    line = AuditLog.objects.get(action="ADDED_PICTURE")
    assert (line.target_uid, line.actor, line.details) == (event.uid, by, {"picture": str(image.uid)})


@pytest.mark.django_db(transaction=True)
def test_the_main_picture_is_chosen_and_follows(media):
    event, by = EventFactory(), UserFactory()
    first, second, third = (pictures.add(event, photo((60, 40), form), by=by) for form in ("PNG", "WEBP", "JPEG"))
    assert [one.pk for one in event.images.all()] == [first.pk, second.pk, third.pk]
    pictures.make_main(third, by=by)
    assert [one.pk for one in event.images.all()] == [third.pk, first.pk, second.pk]
    pictures.remove(third, by=by)
    assert list(event.images.values_list("pk", "is_primary")) == [(first.pk, True), (second.pk, False)]
    assert files(media) == 4
    pictures.remove(first, by=by)
    pictures.remove(second, by=by)
    assert (event.images.count(), files(media)) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_a_file_stays_as_long_as_an_event_shows_it(media):
    event, other, by = EventFactory(), EventFactory(), UserFactory()
    mine = pictures.add(event, photo((60, 40)), by=by)
    pictures.share(other, event)
    copied = other.images.get()
    assert (copied.image.name, copied.is_primary) == (mine.image.name, True)
    pictures.remove(mine, by=by)
    assert files(media) == 2
    pictures.remove(copied, by=by)
    assert files(media) == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "This file is empty. Choose another one."),
        (b"x" * 10_000_001, "This picture is larger than 10 MB. Save it smaller and upload it again."),
        (b"<svg onload=alert(1)></svg>", "Choose a picture as JPEG, PNG or WebP."),
        (b"%PDF-1.4 nothing", None),
        (
            b"\xff\xd8\xff\xe0" + b"\x00" * 400,
            "This file cannot be opened. Perhaps it is damaged: save or scan it again.",
        ),
    ],
)
def test_what_is_no_picture_is_refused(media, data, sentence):
    event = EventFactory()
    with pytest.raises(Invalid) as refusal:
        pictures.add(event, SimpleUploadedFile("x.jpg", data), by=UserFactory())
    assert list(refusal.value.errors) == ["file"]
    assert sentence in (None, str(refusal.value.message))
    assert (event.images.count(), files(media)) == (0, 0)


@pytest.mark.django_db
def test_there_are_at_most_twenty(media, monkeypatch):
    monkeypatch.setattr(pictures, "MOST", 1)
    event = EventFactory()
    EventImageFactory(event=event)
    before = files(media)
    with pytest.raises(Conflict, match="at most 1 pictures"):
        pictures.add(event, photo((60, 40)), by=UserFactory())
    assert (event.images.count(), files(media)) == (1, before)


@pytest.mark.django_db(transaction=True)
def test_a_form_that_is_sent_twice_at_once_adds_one(media):
    event, by, uid = EventFactory(), UserFactory(), new_uid()
    results = good(race(*[lambda: pictures.add(event, photo((60, 40)), by=by, uid=uid)] * 3))
    assert ({one.uid for one in results}, EventImage.objects.count(), files(media)) == ({uid}, 1, 2)
    assert pictures.add(event, photo((60, 40)), by=by, uid=uid).uid == uid
    assert (EventImage.objects.count(), connection.in_atomic_block) == (1, False)


@pytest.mark.django_db(transaction=True)
def test_two_firsts_at_once_make_one_main_picture(media):
    event, by = EventFactory(), UserFactory()
    assert len(good(race(*[lambda: pictures.add(event, photo((60, 40)), by=by)] * 3))) == 3
    assert event.images.filter(is_primary=True).count() == 1
