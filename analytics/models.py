"""What was counted beforehand, so that figures over millions of rows cost as much as over thousands (tally.py), and
what the checks of everything found (fsck.py)."""

from django.db import models

from accounts.models import User


class Tally(models.Model):
    """How many rows began in one quarter of an hour, and what they add up to."""

    what = models.CharField(max_length=10, help_text="What was counted, one of tally.SOURCES.")
    at = models.DateTimeField(help_text="When the quarter begins.")
    detail = models.CharField(max_length=40, blank=True, help_text="Of the ledger: currency:kind, and :house if its.")
    number = models.BigIntegerField()
    amount = models.DecimalField(max_digits=18, decimal_places=2, default=0)

    class Meta:
        verbose_name_plural = "tallies"
        constraints = [models.UniqueConstraint(fields=["what", "at", "detail"], name="tally_once")]

    def __str__(self):
        return f"{self.number} {self.what} at {self.at:%Y-%m-%d %H:%M}"


class Correction(models.Model):
    """A row that counts no longer, or again, since it may have been counted. Triggers of the database write it."""

    what = models.CharField(max_length=10)
    row_id = models.BigIntegerField(help_text="The id of the row.")
    at = models.DateTimeField(help_text="When the row began.")
    number = models.SmallIntegerField(help_text="-1 or 1.")

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
