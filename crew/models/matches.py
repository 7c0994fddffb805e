"""That a person of an event may be the same human as an account."""

from django.db import models
from django.db.models import Q

from accounts.models import User
from crew.models.persons import Person
from eventify.lib.models import Entity
from partners.models import Partner


class IdentityMatch(Entity):
    """A guess that waits for somebody of the organisation; nothing is linked before they confirm it."""

    class Status(models.TextChoices):
        PENDING = "pending"
        CONFIRMED = "confirmed"
        DISMISSED = "dismissed"

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="identity_matches")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="identity_matches")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="identity_matches")
    matched_on = models.CharField(max_length=10, default="email")
    confidence = models.CharField(max_length=10, default="exact")
    status = models.CharField(max_length=9, choices=Status, default=Status.PENDING)
    decided_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "identity matches"
        constraints = [models.UniqueConstraint(fields=["person", "user"], name="identity_match_once")]
        indexes = [
            models.Index(fields=["partner", "-id"], name="identity_match_waiting", condition=Q(status="pending")),
        ]

    def __str__(self):
        return f"{self.person_id} = {self.user_id}?"

    @property
    def permission_scope(self) -> Partner:
        return self.partner
