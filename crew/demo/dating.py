"""Making what was made just now look as if it had come little by little."""

from datetime import timedelta

from django.db.models import DurationField, ExpressionWrapper, F, QuerySet, Value
from django.db.models.functions import Mod
from django.utils import timezone

_STEP = 37  # hours between one row and the next, turned round within the span


def spread(rows: QuerySet, newest: int, oldest: int) -> None:
    """Make the rows between `newest` and `oldest` days old. One query."""
    hours = Mod(F("pk") * _STEP, (oldest - newest) * 24)
    age = ExpressionWrapper(hours * Value(timedelta(hours=1)), output_field=DurationField())
    rows.update(created_at=Value(timezone.now() - timedelta(days=newest, minutes=20)) - age)
