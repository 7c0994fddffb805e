"""A copy of everything that is known about a person: asked for, made by a task, fetched through a link, removed later.

A ZIP with a JSON file per subject, the person's own papers, and a page that says what is what. It lies in the private
storage under a name that tells nothing; the link is signed, and made when the mail is sent.
"""

import json
import logging
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.core.files import File as DjangoFile
from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts import audit, letters, mail
from accounts.models import User
from bookings.models import Order
from eventify.lib.errors import Conflict, Forbidden, Missing
from eventify.lib.later import later
from eventify.lib.personal import Data, File, Who
from privacy import catalogue
from privacy.models import Copy

logger = logging.getLogger(__name__)
PERMISSION = "manage_privacy"
MOST_ATTEMPTS = 5
PAUSE = timedelta(minutes=10)  # that an attempt may take; the time limit of tasks is shorter
IN_MEMORY = 8 * 1024 * 1024  # bytes of a copy; a larger one is made on the disk
_SALT = "privacy.copies"
_TASK = "privacy.tasks.make_copies"


def who_is(user: User) -> Who:
    """Whose data: by the account, and by its address once that was confirmed."""
    is_proven = user.email_confirmed_at is not None and not user.is_guest
    return Who(user.pk, user.uid, user.email.lower() if is_proven else "")


# --- Asking -------------------------------------------------------------------------------------------


def request(user: User, *, by: User, reason: str = "") -> Copy:
    """Ask for a copy; one that is being made already will do. The link goes to the person, whoever asks.

    Forbidden for somebody else's without manage_privacy; Conflict for an erased account, or one that no mail reaches.
    """
    if user.pk != by.pk and not by.can(PERMISSION):
        raise Forbidden
    if user.is_erased:
        raise Conflict(_("This account was erased: nothing is known about the person any more."))
    copy = _new(user, by, reason, _address(user))
    later(_TASK, copy.pk)
    return copy


def _address(user: User) -> str:
    if not user.is_guest:
        return user.email
    orders = Order.objects.filter(user=user).exclude(buyer_email="").order_by("-pk")
    found = orders.values_list("buyer_email", flat=True).first()
    if not found:
        raise Conflict(_("There is no address that a link could be sent to."))
    return found


def _new(user: User, by: User, reason: str, address: str) -> Copy:
    under_way = Copy.objects.filter(user=user, made_at=None)
    under_way.filter(attempts__gte=MOST_ATTEMPTS).delete()
    try:
        with transaction.atomic():
            copy = Copy.objects.create(user=user, requested_by=by, reason=reason, sent_to=address)
            audit.record("ASKED_FOR_DATA", user, by=by, reason=reason)
    except IntegrityError:  # of the constraint: it was asked for already
        copy = under_way.first()
        if copy is None:
            raise Conflict(_("It was made in this moment. Look into your mail.")) from None
    return copy


# --- Making -------------------------------------------------------------------------------------------


def make(only: int | None = None) -> int:
    """Make the copies that are asked for (or `only` this one); how many were made. One that fails stops no other."""
    waiting = Copy.objects.filter(made_at=None, attempts__lt=MOST_ATTEMPTS).order_by("pk")
    keys = [only] if only else list(waiting.values_list("pk", flat=True)[:20])
    return sum(_make_one(key) for key in keys)


def _make_one(key: int) -> bool:
    copy = _claim(key)
    if copy is None:
        return False
    try:
        _write(copy)
    except OSError as error:
        logger.warning("copy %s could not be stored: %s", copy.uid, error)
        return False
    return True


def _claim(key: int) -> Copy | None:
    """Count an attempt before it is made; nobody else makes the copy before that attempt can be given up."""
    now = timezone.now()
    free = Copy.objects.filter(pk=key, made_at=None, attempts__lt=MOST_ATTEMPTS)
    begun = free.exclude(attempts__gt=0, updated_at__gt=now - PAUSE)
    with transaction.atomic():
        copy = begun.select_for_update(skip_locked=True, of=("self",)).select_related("user").first()
        if copy:
            copy.attempts += 1
            copy.save(update_fields=["attempts", "updated_at"])
    return copy


def _write(copy: Copy) -> None:
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as bytes_:
        with override(copy.user.language or settings.LANGUAGE_CODE):
            fill(bytes_, copy.user)
        size = bytes_.tell()
        bytes_.seek(0)
        copy.file.save("", DjangoFile(bytes_), save=False)
    copy.size, copy.made_at = size, timezone.now()
    try:
        _finish(copy)
    except Missing:  # the person was erased meanwhile
        copy.file.delete(save=False)


@transaction.atomic
def _finish(copy: Copy) -> None:
    if not Copy.objects.filter(pk=copy.pk, made_at=None).update(
        file=copy.file.name, size=copy.size, made_at=copy.made_at
    ):
        raise Missing
    about = {"user": str(copy.user.uid), "copy": str(copy.uid), "name": copy.user.first_name}
    mail.queue("data_ready", copy.sent_to, **about, days=days())


def days() -> int:
    """For how many days a copy can be fetched; 0: as long as there is one."""
    return settings.EVENTIFY_KEEP_DAYS["copies"]


def fill(file, user: User) -> None:
    """Write the ZIP of all that is known about the user, each table as it is when its turn comes."""
    who = who_is(user)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        told = [
            _write_rows(archive, f"{data.name}.json", data.copy(who), data) for data in catalogue.DATA if data.fields
        ]
        acts = (act for data in catalogue.DATA for act in data.acts(who))
        told.append(_write_rows(archive, "acts.json", acts, None))
        papers = _write_files(archive, catalogue.FILES, who)
        rows = [one for one in told if one["count"]]
        context = {"user": user, "rows": rows, "papers": papers, "made_at": timezone.now(), "site": settings.SITE_URL}
        archive.writestr("index.html", render_to_string("privacy/copy.html", context))


def _write_rows(archive: zipfile.ZipFile, path: str, rows: Iterable[dict], data: Data | None) -> dict:
    """One JSON array, a row a line; nothing at all is no file."""
    count, rows = 0, iter(rows)
    first = next(rows, None)
    if first is None:
        return {"path": path, "count": 0}
    with archive.open(path, "w") as out:
        for row in _again(first, rows):
            out.write(b"[\n" if count == 0 else b",\n")
            out.write(json.dumps(row, cls=_Encoder, ensure_ascii=False).encode())
            count += 1
        out.write(b"\n]\n")
    return {"path": path, "count": count, "why": data.why if data else ""}


def _again(first: dict, rest: Iterator[dict]) -> Iterator[dict]:
    yield first
    yield from rest


class _Encoder(DjangoJSONEncoder):
    """As Django writes JSON; bytes, which no declaration should name, say only how many they are."""

    def default(self, value):
        return f"{len(value)} bytes" if isinstance(value, bytes | memoryview) else super().default(value)


def _write_files(archive: zipfile.ZipFile, makers: Iterable[Callable[[Who], Iterator[File]]], who: Who) -> list[dict]:
    found = []
    for paper in (paper for maker in makers for paper in maker(who)):
        content = paper.read()
        if content is not None:
            archive.writestr(paper.path, content)
        found.append({"path": paper.path, "is_lost": content is None})
    return found


# --- Fetching -----------------------------------------------------------------------------------------


@letters.enriches("data_ready")
def _link(context: dict) -> letters.Extras:
    """The link is made when the mail is sent, and stored nowhere."""
    return letters.Extras(context={"path": path_of(UUID(context["copy"]))})


def path_of(uid: UUID) -> str:
    """The signed path of a copy; whoever has it may fetch the file, but in no browser of somebody else."""
    return reverse("data-copy", args=[signing.dumps(uid.hex, salt=_SALT)])


def find(token: str, *, browser_of: User | None = None) -> Copy:
    """The copy of a link. Missing when the link is forged, the copy was removed or has run out, and in a browser where
    somebody else is logged in.
    """
    try:
        uid = UUID(signing.loads(token, salt=_SALT))
    except (signing.BadSignature, ValueError):
        raise Missing(_("This link is not complete. Copy it whole from the mail.")) from None
    copy = _good().select_related("user").filter(uid=uid).first()
    if copy is None or (browser_of is not None and browser_of.pk != copy.user_id):
        raise Missing(_("This copy is not there any more. Ask for a new one on your profile."))
    return copy


def _good():
    good = Copy.objects.exclude(made_at=None)
    return good.filter(made_at__gt=timezone.now() - timedelta(days=days())) if days() else good


def fetch(copy: Copy, *, by: User | None):
    """The file, open for reading; that it was fetched is audited. Missing when the storage has lost it."""
    try:
        file = copy.file.storage.open(copy.file.name, "rb")
    except FileNotFoundError:
        raise Missing(_("The file is not in the storage. Ask for a new one.")) from None
    Copy.objects.filter(pk=copy.pk).update(downloaded_at=timezone.now())
    audit.record("FETCHED_DATA", copy.user, by=by, copy=str(copy.uid))
    return file


def of(user: User) -> list[Copy]:
    """The copies that the person can fetch or that are being made, the newest first."""
    good = _good().filter(user=user) | Copy.objects.filter(user=user, made_at=None)
    return list(good.order_by("-pk")[:5])
