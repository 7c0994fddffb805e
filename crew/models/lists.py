"""Guest lists and other lists of people."""

from django.db import models

from accounts.models import User
from crew.models.persons import Company, CrowdType, Person
from eventify.lib.models import Entity
from events.models import Event
from partners.models import Partner


class CrowdList(Entity):
    """A list of people of one event, our own or one that a company fills (external), with at most `max_persons`."""

    class Type(models.TextChoices):
        INTERNAL = "internal"
        EXTERNAL = "external"

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="crowd_lists")
    crowd_type = models.ForeignKey(CrowdType, on_delete=models.PROTECT, related_name="crowd_lists")
    name = models.CharField(max_length=200)
    type = models.CharField(max_length=8, choices=Type, default=Type.INTERNAL)
    recipient_company = models.ForeignKey(
        Company, on_delete=models.SET_NULL, null=True, blank=True, related_name="crowd_lists"
    )
    auto_approve = models.BooleanField(default=False, help_text="Pending people who come onto it are approved.")
    max_persons = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self):
        return self.name

    @property
    def permission_scope(self) -> Partner:
        return self.event.partner


class CrowdListEntry(models.Model):
    """A person on a list, 004's crowd_list_pivot."""

    crowd_list = models.ForeignKey(CrowdList, on_delete=models.CASCADE, related_name="entries")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="list_entries")
    added_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "crowd list entries"
        constraints = [models.UniqueConstraint(fields=["crowd_list", "person"], name="crowd_list_person_once")]

    def __str__(self):
        return f"{self.person_id} on {self.crowd_list_id}"
