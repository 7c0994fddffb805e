"""Telling a user something inside the product."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.utils.functional import lazy
from django.utils.translation import get_language, override

from accounts.models import Notification, User

# A lazy sentence with its words, in the language that is spoken when it is read.
filled = lazy(lambda sentence, words: str(sentence) % words, str)

TITLE_MAX = Notification._meta.get_field("title").max_length


@contextmanager
def in_language_of(user: User | None) -> Iterator[None]:
    """Speak the user's language inside, whoever acts: for what is written to them now and stays as it was written.

    Of who has chosen none, and of nobody, the language that is spoken already.
    """
    known = dict(settings.LANGUAGES)
    with override(user.language if user and user.language in known else get_language()):
        yield


def notify(recipient: User, title: str, message: str = "", *, kind="system", level="info", url="") -> Notification:
    """Put a message into the user's inbox; `url` is the path of this site that it is about. A long title is cut."""
    told = owed(recipient, title, message, kind=kind, level=level, url=url)
    told.save(force_insert=True)
    return told


def owed(recipient: User, title: str, message: str = "", *, kind="system", level="info", url="") -> Notification:
    """The row of `notify`, not saved yet: the caller writes it together with other rows."""
    title = title if len(title) <= TITLE_MAX else f"{title[: TITLE_MAX - 1]}…"
    said = {"title": title, "message": message, "url": url}
    return Notification(recipient=recipient, kind=kind, level=level, **said)
