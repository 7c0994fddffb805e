"""Pictures in an S3 bucket: shown from its address, kept for ever by browsers, gone when they are taken away."""

from datetime import timedelta

import pytest
import time_machine
from django.core.files.storage import storages
from django.utils import timezone

from accounts.factories import UserFactory
from eventify.settings.files import public_storage
from eventify.tests.s3 import s3_bucket, s3_server
from events import pictures
from events.factories import EventFactory
from events.models import EventImage
from events.tests.test_pictures import photo

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bucket(monkeypatch):
    monkeypatch.setenv("MEDIA_S3_DOMAIN", "pictures.example")
    with s3_server() as address, s3_bucket(address, "MEDIA", "pictures", monkeypatch) as there:
        storage = storages.create_storage(public_storage())
        for name in ("image", "thumbnail"):
            monkeypatch.setattr(EventImage._meta.get_field(name), "storage", storage)
        yield there


def test_a_picture_is_shown_from_the_bucket(bucket):
    image = pictures.add(EventFactory(), photo(), by=UserFactory())
    assert image.image.url == f"https://pictures.example/{image.image.name}"  # no signature: it is for everybody
    stored = {one.key: one.Object() for one in bucket.objects.all()}
    assert stored.keys() == {image.image.name, image.thumbnail.name}
    assert {one.cache_control for one in stored.values()} == {"public, max-age=31536000, immutable"}
    pictures.remove(image, by=UserFactory())
    assert list(bucket.objects.all()) == []


def test_what_no_row_shows_goes_after_a_day(bucket, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path  # the icons lie there
    event = EventFactory()
    image, lost = (pictures.add(event, photo(), by=UserFactory()) for _number in range(2))
    EventImage.objects.filter(pk=lost.pk).delete()  # as /django-admin/ does
    assert pictures.tidy() == 0
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        assert pictures.tidy() == 2
    assert {one.key for one in bucket.objects.all()} == {image.image.name, image.thumbnail.name}
