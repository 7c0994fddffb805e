"""The pictures of an event. What is uploaded is drawn anew, so that nothing of the file itself is ever shown."""

import io
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Model, OuterRef, Q, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.models import User
from eventify.lib.errors import Because, Conflict, Invalid
from eventify.lib.orphans import remove_orphans
from eventify.lib.when_needed import WhenNeeded
from events.locking import lock_one
from events.models import Banner, Category, Event, EventImage
from events.signals import event_changed
from partners import papers

Image = WhenNeeded("PIL.Image")
MOST = 20  # pictures of one event
SIZE_MOST = 10_000_000  # bytes of one file
SMALL = (640, 640)  # pixels, of the picture on a card
_QUALITY = 85  # of JPEG
_FILES = ("image", "thumbnail")
NO_PICTURE = gettext_lazy("Choose a picture as JPEG, PNG or WebP.")


def add(event: Event, file: UploadedFile, *, by: User, uid: UUID | None = None) -> EventImage:
    """Add a picture; the first is the main one. A `uid` makes it once, however often a form is sent.

    Kept are its pixels alone, at most 1600 on the longer side: no place or camera of a photo. Locks the event.
    Invalid (file) for what is empty, over 10 MB or no picture; Conflict when the event has MOST already.
    """
    made = uid and event.images.filter(uid=uid).first()
    if made:
        return made
    large, small = _drawn(_read(file))
    image = EventImage(event=event, **({"uid": uid} if uid else {}))
    image.image.save(f"{image.uid.hex}.jpg", ContentFile(large), save=False)
    image.thumbnail.save(f"{image.uid.hex}-small.jpg", ContentFile(small), save=False)
    is_saved = False
    try:
        is_saved = _save_new(image, by)
    finally:
        if not is_saved:  # files without a row would lie there for ever
            _forget(image)
    return image if is_saved else event.images.get(uid=image.uid)


@transaction.atomic
def _save_new(image: EventImage, by: User) -> bool:
    event = image.event = lock_one(image.event)
    others = list(event.images.all())
    if any(one.uid == image.uid for one in others):
        return False
    check_room(event)
    image.is_primary = not any(one.is_primary for one in others)
    image.position = max((one.position for one in others), default=-1) + 1
    image.save(force_insert=True)
    _note("ADDED_PICTURE", image, by)
    return True


def check_room(event: Event) -> None:
    """Conflict when the event has MOST pictures already."""
    if event.images.count() >= MOST:
        sentence = _("An event has at most %(most)s pictures. Remove one first.") % {"most": MOST}
        raise Conflict(Because("pictures_full", sentence, limit=MOST))


@transaction.atomic
def remove(image: EventImage, *, by: User) -> None:
    """Take a picture away; the next one becomes the main one. Locks the event."""
    event = lock_one(image.event)
    _note("REMOVED_PICTURE", image, by)
    EventImage.objects.filter(pk=image.pk).delete()
    following = event.images.first()
    if following and not following.is_primary:
        EventImage.objects.filter(pk=following.pk).update(is_primary=True)
    transaction.on_commit(lambda: _forget(image), robust=True)


def go_with(event: Event) -> None:
    """Delete the files of the event's pictures when the transaction commits, in which the locked event is deleted."""
    for image in event.images.all():
        transaction.on_commit(lambda image=image: _forget(image), robust=True)


def tidy() -> int:
    """Remove the files that no picture and no category names for longer than a day; how many.

    They are left by killed processes, by rows that were deleted or changed in /django-admin/, and by a storage that
    did not answer when they were to go.
    """
    lost = remove_orphans(EventImage, "event_images", *_FILES, unless=_is_linked)
    return lost + remove_orphans(Category, "event_type_icons", "icon", unless=_is_linked)


@transaction.atomic
def make_main(image: EventImage, *, by: User) -> None:
    """Show this picture first, on cards and on top of the event's page. Locks the event."""
    event = lock_one(image.event)
    event.images.filter(is_primary=True).update(is_primary=False)
    event.images.filter(pk=image.pk).update(is_primary=True)
    _note("CHOSE_MAIN_PICTURE", image, by)


@transaction.atomic
def share(event: Event, other: Event) -> None:
    """Give a new event the pictures of another; a file stays as long as one event shows it.

    Locks the pictures: who takes one away waits, and then finds the new one.
    """
    copied = ("image", "thumbnail", "is_primary", "position")
    for one in other.images.select_for_update(no_key=True):
        EventImage.objects.create(event=event, **{name: getattr(one, name) for name in copied})


def _read(file: UploadedFile) -> bytes:
    if file.size > SIZE_MOST:
        raise Invalid.field("file", _("This picture is larger than 10 MB. Save it smaller and upload it again."))
    data = file.read(SIZE_MOST + 1)
    if not data:
        raise Invalid.field("file", _("This file is empty. Choose another one."))
    return data


def _drawn(data: bytes) -> tuple[bytes, bytes]:
    """(the picture, a small one) as JPEG, drawn from the pixels that the reader's own process has read."""
    try:
        kind = papers.look(data).type
    except Invalid as refusal:
        said = NO_PICTURE if refusal.message == papers.SENTENCES["type"] else refusal.message
        raise Invalid.field("file", said) from None
    if not kind.startswith("image/"):
        raise Invalid.field("file", NO_PICTURE)
    pixels = Image.open(io.BytesIO(papers.picture(data, 1)))
    small = pixels.copy()
    small.thumbnail(SMALL)
    return _jpeg(pixels), _jpeg(small)


def _jpeg(pixels: "Image.Image") -> bytes:
    out = io.BytesIO()
    pixels.save(out, "JPEG", quality=_QUALITY, optimize=True, progressive=True)
    return out.getvalue()


def _forget(image: EventImage) -> None:
    """Delete the files of a picture that no event shows any more."""
    for name in _FILES:
        file = getattr(image, name)
        if file and not EventImage.objects.filter(**{name: file.name}).exists() and not _is_linked(file.name):
            file.storage.delete(file.name)


def _is_linked(name: str) -> bool:
    """Whether an address that somebody typed leads to the file: a banner, or a picture of an event by its address."""
    end = name.rpartition("/")[2]
    typed = Q(banner_image__contains=end) | Q(thumbnail_image__contains=end) | Q(content__contains=end)
    return Event.objects.filter(typed).exists() or Banner.objects.filter(image_url__contains=end).exists()


def _note(action: str, image: EventImage, by: User) -> None:
    event = image.event
    audit.record(action, event, by=by, picture=str(image.uid))
    transaction.on_commit(lambda: event_changed.send(Event, event=event), robust=True)


# --- The first one, brought by another query ------------------------------------------------------------


def first(event: str) -> dict[str, Subquery]:
    """Annotations for a query whose rows have the event's id in this column: the files of its first picture."""
    rows = EventImage.objects.filter(event=OuterRef(event))
    return {f"first_{name}": Subquery(rows.values(name)[:1]) for name in _FILES}


def know_first(event: Event, found: Model) -> None:
    """The event's first picture is the one that this row has found by `first`: nobody asks for it again."""
    files = {name: getattr(found, f"first_{name}") or "" for name in _FILES}
    event.first_picture = EventImage(event_id=event.pk, **files) if files["image"] else None


def first_of(event: Event) -> EventImage | None:
    """The primary picture, or the one before the others. One query, unless pictures are prefetched or known."""
    known = event.__dict__
    return known["first_picture"] if "first_picture" in known else next(iter(event.images.all()), None)
