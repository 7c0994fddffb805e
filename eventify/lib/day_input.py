"""The field for a day: the browser's own calendar."""

from django import forms


class DayInput(forms.DateInput):
    """Years of four digits only, which is what the calendars of browsers and PostgreSQL both know."""

    input_type = "date"

    def __init__(self, attrs: dict[str, str] | None = None):
        super().__init__(format="%Y-%m-%d", attrs={"min": "1970-01-01", "max": "9999-12-31"} | (attrs or {}))
