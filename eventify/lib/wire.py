"""How values are spelled on every wire."""

from datetime import UTC, datetime


def moment(value: datetime | None) -> str | None:
    """ISO 8601 in UTC with a Z; microseconds only where there are some."""
    if value is None:
        return None
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
