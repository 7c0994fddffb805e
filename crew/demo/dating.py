"""Making what was made just now look as if it had come little by little."""

from datetime import timedelta

from django.db import connection
from django.db.models import DurationField, ExpressionWrapper, F, Model, QuerySet, Value
from django.db.models.functions import Mod
from django.utils import timezone

_STEP = 37  # hours between one row and the next, turned round within the span


def count_rows(*models: type[Model]) -> None:
    """Tell the database's planner how many rows these tables have: what one transaction has just written it takes for
    a handful, and joins thousands with thousands one by one."""
    with connection.cursor() as cursor:
        for model in models:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")


def spread(rows: QuerySet, newest: int, oldest: int) -> None:
    """Make the rows between `newest` and `oldest` days old. One query."""
    hours = Mod(F("pk") * _STEP, (oldest - newest) * 24)
    age = ExpressionWrapper(hours * Value(timedelta(hours=1)), output_field=DurationField())
    rows.update(created_at=Value(timezone.now() - timedelta(days=newest, minutes=20)) - age)
