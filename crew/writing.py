"""Writing a row that others may take away, or may write at the same moment."""

from django.db import IntegrityError, connection, transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from eventify.lib.errors import Invalid, Missing
from eventify.lib.personal import refusing_the_erased

# constraint -> (field, sentence)
Refusals = dict[str, tuple[str, str]]


def hold(*rows: Model | None) -> None:
    """Keep these rows from being deleted until the transaction ends; Missing when one is gone. One query for each.

    FOR KEY SHARE: nobody who changes them waits, only who deletes them.
    """
    for row in rows:
        if row is not None and not held(type(row), [row.pk]):
            raise Missing


def held(model: type[Model], keys: list[int]) -> set[int]:
    """Those of these rows that are there, kept from being deleted until the transaction ends. One query."""
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM {table} WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE", [list(keys)])
        return {key for (key,) in cursor.fetchall()}


@refusing_the_erased()
def save(row: Model, refusals: Refusals, **options) -> None:
    """Save the row; Invalid where a constraint of `refusals` has the last word."""
    try:
        with transaction.atomic():
            row.save(**options)
    except IntegrityError as error:
        field, sentence = refusals.get(constraint_of(error), ("", ""))
        if not field:
            raise
        raise Invalid.field(field, sentence) from None


def constraint_of(error: IntegrityError) -> str:
    """The name of the constraint that was broken."""
    return getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""


def fresh(row: Model, *joined: str, is_going: bool = False) -> Model:
    """Lock the row and read it again, with what is joined; Missing when it was deleted. `is_going`: to delete it."""
    rows = type(row).objects.select_for_update(no_key=not is_going, of=("self",)).select_related(*joined)
    found = rows.filter(pk=row.pk).first()
    if found is None:
        raise Missing
    return found


def check_color(color: str) -> None:
    """Invalid unless it is #rrggbb."""
    digits = color.removeprefix("#")
    if len(color) != 7 or len(digits) != 6 or not set(digits) <= set("0123456789abcdefABCDEF"):
        raise Invalid.field("color", _("Use a colour such as #0f766e."))


def check_all(*checks) -> None:
    """Run all checks; one Invalid with the errors of all that refuse."""
    errors = {}
    for check in checks:
        try:
            check()
        except Invalid as refusal:
            errors = refusal.errors | errors  # the first check that refuses a field says why
    if errors:
        raise Invalid(next(iter(errors.values()))[0], errors=errors)
