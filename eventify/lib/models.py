"""The base of every public table."""

from django.db import models

from eventify.lib.ids import new_uid


class Entity(models.Model):
    """A row that the outside knows: by `id` (002, 003), by `uid` (000, 001) or by the uid's ULID (004)."""

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True
