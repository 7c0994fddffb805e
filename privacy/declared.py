"""What a copy of a person's data says of the copies that were made."""

from datetime import datetime

from django.db.models import QuerySet

from eventify.lib.personal import DELETED, Data, Kind
from privacy.models import Copy


def _made(before: datetime) -> QuerySet[Copy]:
    return Copy.objects.filter(made_at__lt=before)


def _never_made(before: datetime) -> QuerySet[Copy]:
    return Copy.objects.filter(made_at=None, created_at__lt=before)


DECLARED = (
    Data(
        "privacy.Copy", "copies-of-my-data", ("created_at", "made_at", "downloaded_at", "sent_to", "size", "reason"),
        user=("user",), mentions=("requested_by",), silent=("file",), erased=DELETED,
    ),
)  # fmt: skip
NOTHING = ()
KINDS = (
    Kind("copies", "copies of people's data", _made, by="made_at", files="file"),
    Kind("copies", "copies that could not be made", _never_made, by="created_at"),
)
