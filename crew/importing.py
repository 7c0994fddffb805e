"""Bringing many people into an event from a file: first shown, row by row, then done in one transaction.

`read` judges every row and writes nothing; `import_` does what it said, and nothing when that is no longer so. People
of the event are known by their address, those without one by name and phone. Nobody is told anything, and nobody who
is there already changes status: that is decided in the list of persons.
"""

import csv
import io
from collections import Counter
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from crew import importing_words as words
from crew import matches, sheets, writing
from crew.importing_rows import BAD, NEW, SAME, UPDATE, UPDATED, Judge, Row
from crew.models import Company, CrowdType, Person, UserTag
from crew.sheets import Sheet
from eventify.lib import preview
from eventify.lib.errors import Invalid
from events.locking import lock_one
from events.models import Event

BATCH = 1000  # rows in one statement


@dataclass
class Table:
    """A file as it was understood. `unknown`: headings that mean nothing here; `companies`: those that will be made."""

    columns: list[str]
    unknown: list[str]
    rows: list[Row]
    companies: list[str]
    options: dict

    @property
    def counts(self) -> dict[str, int]:
        """How many rows have each outcome."""
        counted = Counter(row.outcome for row in self.rows)
        return {outcome: counted[outcome] for outcome in (NEW, UPDATE, SAME, BAD)}

    @property
    def digest(self) -> str:
        """Of all that would happen: `import_` wants it back."""
        rows = [
            (row.number, row.outcome, row.values, row.errors, row.changes, [tag.pk for tag in row.tags],
             row.known and row.known.pk, row.person.crowd_type_id)
            for row in self.rows
        ]  # fmt: skip
        return preview.digest_of({"rows": rows, "companies": self.companies, "options": self.options})


@dataclass
class Done:
    """What an import did: how many were added, changed, there already, left out, and how many matches wait now."""

    created: int = 0
    updated: int = 0
    same: int = 0
    left_out: int = 0
    matches: int = 0
    companies: int = 0


def template() -> bytes:
    """An empty file with the headings, CSV in UTF-8 with a byte order mark."""
    line = io.StringIO(newline="")
    csv.writer(line).writerow([str(label) for label in words.LABELS.values()])
    return ("\ufeff" + line.getvalue()).encode()


def read(
    file, event: Event, *, crowd_type: CrowdType | None = None, update: bool = False, create_companies: bool = False
) -> Table:
    """What importing the file (or Sheet) would do, row by row. As many queries for any number. Writes nothing.

    `crowd_type`: of rows that name none. `update`: people who are there already get what the file has for name, phone,
    crowd type, company, notes and tags. Invalid (file) for what is no list of people.
    """
    sheet = file if isinstance(file, Sheet) else sheets.read(file)
    places, unknown = words.columns_of(sheet.headings)
    lines = [Row(number, words.values_of(cells, places)) for number, cells in sheet.rows]
    judge = Judge(event, crowd_type, update, create_companies)
    judge.judge(lines)
    columns = list(dict.fromkeys("name" if column in words.NAME_PARTS else column for column in places))
    options = {"crowd_type": crowd_type and crowd_type.pk, "update": update, "create_companies": create_companies}
    return Table(columns, unknown, lines, sorted(judge.new_companies), options)


@transaction.atomic
def import_(file, event: Event, *, by: User | None, digest: str, only_good: bool = False, **options) -> Done:
    """Do what `read` with the same file and options showed, in one transaction.

    preview.Moved, and nothing done, when something else would happen now. Invalid (file) when a row has an error,
    unless `only_good`: then those are left out. Locks the event, its people where some may be changed, and at the end,
    for a moment, all addresses.
    """
    event = lock_one(event)
    if options.get("update"):
        list(Person.objects.select_for_update(no_key=True).filter(event=event).order_by("pk").values_list("pk"))
    table = read(file, event, **options)
    if table.digest != digest:
        raise preview.Moved
    if table.counts[BAD] and not only_good:
        raise Invalid.field("file", _("Some rows have errors. Correct them, or import only the others."))
    try:
        with transaction.atomic():
            return _write(table, event, by=by)
    except IntegrityError as error:
        if writing.constraint_of(error) != "person_once_per_email":
            raise
        raise preview.Moved from None  # somebody added one of them at this moment


# --- To write -----------------------------------------------------------------------------------------


def _write(table: Table, event: Event, *, by: User | None) -> Done:
    new = [row for row in table.rows if row.outcome == NEW]
    changed = [row for row in table.rows if row.outcome == UPDATE]
    companies = _write_companies(new + changed)
    _hold(new + changed)
    people = Person.objects.bulk_create([row.person for row in new], batch_size=BATCH)
    _write_changes(changed, by)
    done = Done(len(new), len(changed), table.counts[SAME], table.counts[BAD], companies=companies)
    audit.record("IMPORTED_PERSONS", event, by=by, created=done.created, updated=done.updated, left_out=done.left_out)
    done.matches = matches.detect_for_persons(people)
    return done


def _write_companies(rows: list[Row]) -> int:
    """Make the companies that these rows bring along; how many."""
    made = {id(row.person.company): row.person.company for row in rows if row.person.company}
    return len(Company.objects.bulk_create(company for company in made.values() if company.pk is None))


def _hold(rows: list[Row]) -> None:
    """Moved when a crowd type or company was deleted just now; they stay until the commit."""
    for model, name in ((CrowdType, "crowd_type"), (Company, "company")):
        keys = {named.pk for row in rows if (named := getattr(row.person, name, None))}
        if writing.held(model, list(keys)) != keys:
            raise preview.Moved


def _write_changes(rows: list[Row], by: User | None) -> None:
    for row in rows:
        for name in UPDATED:
            if name in row.changes:
                setattr(row.known, name, getattr(row.person, name))
        row.known.updated_at = timezone.now()
    known = [row.known for row in rows]
    Person.objects.bulk_update(known, [*UPDATED, "updated_at"], batch_size=BATCH)
    UserTag.objects.bulk_create(
        (
            UserTag(user=row.known.user, tag=tag, source=UserTag.Source.ORGANISER, assigned_by=by)
            for row in rows
            for tag in row.tags
        ),
        ignore_conflicts=True,
    )
