"""What was counted beforehand, so that figures over millions of rows cost as much as over thousands (tally.py), what
the checks of everything found (fsck.py), and the reports that people asked for (reports/)."""

from django.core.files.storage import storages
from django.db import models
from django.db.models import Q

from accounts.models import User
from eventify.lib.models import Entity
from events.models import Event
from partners.models import Partner

FOLDER = "exports"


class Tally(models.Model):
    """How many rows began in one quarter of an hour, and what they add up to."""

    what = models.CharField(max_length=10, help_text="What was counted, one of tally.SOURCES.")
    at = models.DateTimeField(help_text="When the quarter begins.")
    detail = models.CharField(
        max_length=40, blank=True, help_text="Of the ledger: currency:kind, and :house if its; of events: the id."
    )
    number = models.BigIntegerField()
    amount = models.DecimalField(max_digits=18, decimal_places=2, default=0)

    class Meta:
        verbose_name_plural = "tallies"
        constraints = [models.UniqueConstraint(fields=["what", "at", "detail"], name="tally_once")]
        indexes = [models.Index(fields=["what", "detail", "at"], name="tally_by_detail")]

    def __str__(self):
        return f"{self.number} {self.what} at {self.at:%Y-%m-%d %H:%M}"


class Correction(models.Model):
    """A row that counts no longer, or again, since it may have been counted. Triggers of the database write it."""

    what = models.CharField(max_length=10)
    row_id = models.BigIntegerField(help_text="The id of the row.")
    at = models.DateTimeField(help_text="When the row began.")
    number = models.SmallIntegerField(help_text="-1 or 1.")
    detail = models.CharField(max_length=40, blank=True, db_default="", help_text="As the tally's.")

    def __str__(self):
        return f"{self.number:+} {self.what} {self.row_id}"


class Counted(models.Model):
    """Up to which id the rows are in the tally; all that have a higher one are not."""

    what = models.CharField(max_length=10, primary_key=True)
    up_to = models.BigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "counted"

    def __str__(self):
        return f"{self.what} up to {self.up_to}"


class FsckRun(models.Model):
    """One run of all checks of what must hold: asked for, begun, and finished with what each check found."""

    requested_at = models.DateTimeField(auto_now_add=True)
    requested_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    breaches = models.PositiveIntegerField(default=0)
    results = models.JSONField(default=list, help_text="What each check found (analytics/fsck.py, Result).")

    class Meta:
        verbose_name = "check of everything"
        verbose_name_plural = "checks of everything"
        indexes = [
            models.Index(fields=["-finished_at"], name="fsck_newest"),
            models.Index(fields=["requested_at"], name="fsck_open", condition=models.Q(finished_at=None)),
        ]

    def __str__(self):
        return f"{self.breaches} breaches at {self.finished_at:%Y-%m-%d %H:%M}" if self.finished_at else "not finished"


def private_storage():
    """Where exports lie: never under a public address."""
    return storages["private"]


def export_path(export: "Export", filename: str) -> str:
    """A name that tells nothing; each attempt has its own, so that none writes over another's."""
    return f"{FOLDER}/{export.uid}-{export.attempts}.{export.form}"


class Asked(models.Model):
    """What a report is asked for: by whom, of which event or organisation (neither: of the whole platform)."""

    class Form(models.TextChoices):
        CSV = "csv"
        XLSX = "xlsx"
        PDF = "pdf"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    report = models.CharField(max_length=20, help_text="A name of reports.catalogue.REPORTS.")
    form = models.CharField(max_length=4, choices=Form)
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    event = models.ForeignKey(Event, on_delete=models.CASCADE, null=True, blank=True, related_name="+")

    class Meta:
        abstract = True

    @property
    def scope(self) -> Partner | None:
        """The partner on which the report's permission is asked; None: it has to be held everywhere."""
        return self.event.partner if self.event else self.partner

    @property
    def about(self) -> Event | Partner | None:
        """What it is narrowed to."""
        return self.event or self.partner


class Subscription(Asked, Entity):
    """A report that comes by itself: a task makes it whenever `next_at` is reached, and the person gets a link."""

    class Every(models.TextChoices):
        DAY = "day"
        WEEK = "week"
        MONTH = "month"

    every = models.CharField(max_length=5, choices=Every)
    hour = models.PositiveSmallIntegerField(help_text="0 to 23, of the clocks in its time zone.")
    time_zone = models.CharField(max_length=64, help_text="IANA name: the event's, else the platform's.")
    next_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=Q(hour__lte=23), name="subscription_hour")]
        indexes = [
            models.Index(fields=["next_at"], name="subscription_due"),
            models.Index(fields=["user", "-id"], name="subscription_by_user"),
        ]

    def __str__(self):
        return f"{self.report} each {self.every} for {self.user_id}"


class Export(Asked, Entity):
    """A report as a file: asked for, made at once or by a task (reports/exports.py), fetched by who asked, removed."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        EXPIRED = "expired"  # the file is gone

    OPEN = (State.QUEUED, State.RUNNING)

    first_day = models.DateField(null=True, blank=True)
    last_day = models.DateField(null=True, blank=True)
    state = models.CharField(max_length=7, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    total = models.PositiveIntegerField(null=True, blank=True, help_text="Rows.")
    totals = models.JSONField(default=list, help_text="What they add up to: [label, figure, currency or empty].")
    file = models.FileField(upload_to=export_path, storage=private_storage, max_length=200, blank=True)
    size = models.PositiveBigIntegerField(default=0, help_text="Bytes.")
    sha256 = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=300, blank=True, help_text="Why there is no file.")
    ended_at = models.DateTimeField(null=True, blank=True, help_text="When it came into the state that it has now.")
    subscription = models.ForeignKey(
        Subscription, on_delete=models.SET_NULL, null=True, blank=True, related_name="exports"
    )
    due_at = models.DateTimeField(null=True, blank=True, help_text="The moment of the subscription that it is for.")

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["subscription", "due_at"], name="export_once")]
        indexes = [
            models.Index(fields=["user", "-id"], name="export_by_user"),
            models.Index(fields=["id"], name="export_open", condition=Q(state__in=("queued", "running"))),
            models.Index(fields=["ended_at"], name="export_ended", condition=Q(ended_at__isnull=False)),
        ]

    def __str__(self):
        return f"{self.report} as {self.form} for {self.user_id}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN
