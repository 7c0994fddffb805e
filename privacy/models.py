"""Copies of people's data that were asked for."""

from django.core.files.storage import storages
from django.db import models
from django.db.models import Q

from accounts.models import User
from eventify.lib.models import Entity

FOLDER = "copies"


def private_storage():
    """Where copies lie: never under a public address."""
    return storages["private"]


def copy_path(copy: "Copy", filename: str) -> str:
    """A name that tells nothing."""
    return f"{FOLDER}/{copy.uid}.zip"


class Copy(Entity):
    """Everything that is known about a person, as a file that is theirs alone. A task makes it, another removes it."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="data_copies")
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500, blank=True, help_text="Why staff asked for it.")
    sent_to = models.EmailField(max_length=254, help_text="Who gets the link.")
    attempts = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField(null=True, blank=True)
    file = models.FileField(upload_to=copy_path, storage=private_storage, max_length=200, blank=True)
    size = models.PositiveBigIntegerField(default=0, help_text="Bytes.")
    downloaded_at = models.DateTimeField(null=True, blank=True, help_text="When it was last fetched.")

    class Meta:
        verbose_name = "copy of a person's data"
        verbose_name_plural = "copies of people's data"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["user", "-id"], name="copy_by_user"),
            models.Index(fields=["created_at"], name="copy_open", condition=Q(made_at=None)),
            models.Index(fields=["made_at"], name="copy_old", condition=Q(made_at__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(made_at=None), name="copy_one_open"),
        ]

    def __str__(self):
        return f"Copy for {self.user_id}"
