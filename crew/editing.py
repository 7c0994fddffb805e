"""What the verbs of the plan share: rows read afresh under the event's lock, and values that their columns take."""

from django.core.exceptions import ValidationError
from django.db.models import CharField, Model, TextField
from django.utils.translation import gettext as _

from eventify.lib.errors import Invalid, Missing
from events.locking import lock_one

LONGEST = 10_000  # characters of a text without a limit of its own


def fresh(row: Model) -> Model:
    """Lock the row's event and read the row again, with it; Missing when it was deleted meanwhile."""
    event = lock_one(row.event)
    found = type(row).objects.filter(pk=row.pk, event=event).first()
    if found is None:
        raise Missing
    found.event = event
    return found


def change(row: Model, changes: dict) -> list[str]:
    """Give the row these values; the names of those that are new."""
    changed = [name for name, value in changes.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, changes[name])
    return changed


def check(row: Model, **most: int) -> None:
    """Invalid, field by field, for values that are blank, too long, out of range, no known word or no text.

    `most` gives numbers and texts a lower limit than the column's. One-line texts are stripped.
    """
    fields = [field for field in row._meta.concrete_fields if not field.is_relation]
    for field in fields:
        if type(field) is CharField and isinstance(getattr(row, field.name), str):
            setattr(row, field.name, getattr(row, field.name).strip())
    errors = {field.name: [sentence] for field in fields if (sentence := _why_no_text(field, row))}
    errors |= {name: [sentence] for name, limit in most.items() if (sentence := _why_over(getattr(row, name), limit))}
    try:
        row.clean_fields(exclude={*errors, *(field.name for field in row._meta.concrete_fields if field.is_relation)})
    except ValidationError as refusal:
        errors |= refusal.message_dict
    if errors:
        raise Invalid(next(iter(errors.values()))[0], errors=errors)


def _why_no_text(field, row: Model) -> str:
    value = getattr(row, field.name)
    if not isinstance(field, CharField | TextField) or not isinstance(value, str):
        return ""
    if len(value) > LONGEST:
        return _why_over(value, LONGEST)
    # NUL, and halves of surrogate pairs, which are no UTF-8
    is_text = "\x00" not in value and not any("\ud800" <= character <= "\udfff" for character in value)
    return "" if is_text else _("This is not a text.")


def _why_over(value, limit: int) -> str:
    if isinstance(value, str):
        return _("Use at most %(most)s characters.") % {"most": limit} if len(value) > limit else ""
    is_over = isinstance(value, int) and value > limit
    return _("Use a whole number up to %(most)s.") % {"most": limit} if is_over else ""
