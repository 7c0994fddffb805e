"""Facts, who is told of them, where they are sent, and the keys of organisations."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import User
from eventify.lib.ids import new_uid
from eventify.lib.models import Entity
from partners.models import Partner

TEXT_OF_ANSWER = 500  # characters of a receiver's answer that are kept


class Listener(models.Model):
    """An organisation whose facts are recorded: it has a key that reads the feed, or a webhook endpoint.

    The row is what numbers its facts: whoever numbers holds it, so numbers become visible in their order.
    """

    partner = models.OneToOneField(Partner, on_delete=models.CASCADE, primary_key=True, related_name="listener")
    is_on = models.BooleanField(default=True)
    since = models.DateTimeField(help_text="When recording began, the last time.")
    last_position = models.BigIntegerField(default=0, help_text="The number of its newest numbered fact.")

    def __str__(self):
        return f"Listener {self.partner_id}"

    @property
    def permission_scope(self) -> Partner:
        return self.partner


class Fact(models.Model):
    """Something that happened to what is an organisation's. Written by triggers (migrations/0002), never changed.

    `position` is its number in the organisation's feed, without gaps; it is given after the commit of whatever
    happened, so that no number appears below one that somebody has read (integrations/feed.py).
    """

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    partner = models.ForeignKey(
        Partner, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="facts"
    )
    kind = models.CharField(max_length=40)
    version = models.PositiveSmallIntegerField(default=1, db_default=1)
    occurred_at = models.DateTimeField(db_default=Now())
    data = models.JSONField(default=dict)
    position = models.BigIntegerField(null=True, editable=False)
    numbered_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["partner", "position"], name="fact_position_unique")]
        indexes = [
            models.Index(fields=["partner", "id"], name="fact_unnumbered", condition=Q(position=None)),
            models.Index(fields=["numbered_at"], name="fact_by_age"),
        ]

    def __str__(self):
        return f"{self.kind} {self.uid}"

    @property
    def permission_scope(self) -> Partner:
        return self.partner


class Endpoint(Entity):
    """An address of an organisation's own system, which is sent the facts of the chosen kinds, in their order.

    Its secret signs what is sent; after a rotation the old one signs as well until `old_secret_until`. `retry_at`
    holds all of it back after failures; `leased_until` says that a worker is at it.
    """

    class State(models.TextChoices):
        ACTIVE = "active"
        PAUSED = "paused"  # by its people: what is to be sent waits
        DISABLED = "disabled"  # after days of failures: nothing new is kept for it

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="endpoints")
    url = models.CharField(max_length=500)
    description = models.CharField(max_length=200, blank=True)
    kinds = models.JSONField(default=list, help_text="Ids of kinds of facts.")
    state = models.CharField(max_length=8, choices=State, default=State.ACTIVE)
    secret = models.BinaryField(help_text="Sealed with a key that follows from SECRET_KEY.")
    old_secret = models.BinaryField(null=True)
    old_secret_until = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    failures = models.PositiveIntegerField(default=0, help_text="In a row.")
    failing_since = models.DateTimeField(null=True, blank=True)
    retry_at = models.DateTimeField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    lease = models.UUIDField(null=True, editable=False)

    class Meta:
        ordering = ["id"]

    def __str__(self):
        return self.url

    @property
    def permission_scope(self) -> Partner:
        return self.partner


class Delivery(Entity):
    """One fact that one endpoint is to be sent; a row first, so nothing is lost with a message. Its `uid` is the
    `webhook-id` of every attempt, of replays too, so that a receiver can tell what it has already.
    """

    class Status(models.TextChoices):
        WAITING = "waiting"
        DELIVERED = "delivered"
        GIVEN_UP = "given_up"

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="deliveries")
    fact = models.ForeignKey(Fact, on_delete=models.CASCADE, null=True, blank=True, related_name="deliveries")
    kind = models.CharField(max_length=40)
    position = models.BigIntegerField(default=0, help_text="Of the fact in the feed; 0: a test.")
    status = models.CharField(max_length=9, choices=Status, default=Status.WAITING)
    attempts_made = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    give_up_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "fact"], name="delivery_once"),
        ]
        indexes = [
            models.Index(fields=["endpoint", "position", "id"], name="delivery_waiting", condition=Q(status="waiting")),
            models.Index(fields=["endpoint", "-id"], name="delivery_log"),
            models.Index(F("created_at"), name="delivery_by_age"),
        ]

    def __str__(self):
        return f"{self.kind} to {self.endpoint_id} ({self.status})"

    @property
    def permission_scope(self) -> Partner:
        return self.endpoint.partner


class Attempt(models.Model):
    """One sending of a delivery, and what became of it. `status` is the answer's, 0 without one."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts")
    started_at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(default=0)
    milliseconds = models.PositiveIntegerField(default=0)
    answer = models.CharField(max_length=TEXT_OF_ANSWER, blank=True, help_text="How the answer's body begins.")
    error = models.CharField(max_length=300, blank=True, help_text="Why there was no answer, or a bad one.")

    class Meta:
        ordering = ["-id"]

    def __str__(self):
        return f"{self.delivery_id}: {self.status or self.error}"

    @property
    def permission_scope(self) -> Partner:
        return self.delivery.endpoint.partner


class ApiKey(Entity):
    """What an organisation's own system shows to act for it. Only a hash of it is kept; `prefix` tells keys apart."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100, help_text="What it is for.")
    prefix = models.CharField(max_length=12, help_text="How it begins.")
    key_hash = models.CharField(max_length=64, unique=True, help_text="SHA-256; the key is 256 random bits.")
    scopes = models.JSONField(default=list)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="To the minute.")
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["partner", "-id"], name="api_key_by_partner")]

    def __str__(self):
        return f"{self.name} ({self.prefix}...)"

    @property
    def permission_scope(self) -> Partner:
        return self.partner
