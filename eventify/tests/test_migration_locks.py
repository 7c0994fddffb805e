"""Migrations run while people buy: none of them may hold a lock that a sale waits for longer than a moment.

The rules are in CONTRIBUTING.md. They hold for every migration after BASELINE, which is what the first release has.
"""

import re

import pytest
from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    RemoveIndexConcurrently,
    ValidateConstraint,
)
from django.db import connection, models, transaction
from django.db.migrations import Migration, operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint

BASELINE = {"accounts": 5, "partners": 7, "events": 5, "bookings": 18, "crew": 2, "analytics": 1, "privacy": 0}
CONCURRENT = (AddIndexConcurrently, RemoveIndexConcurrently, ValidateConstraint)
RENAMES = (operations.RenameField, operations.RenameModel)
DATA = re.compile(r"^\s*(UPDATE|INSERT|DELETE|WITH)\b", re.IGNORECASE | re.MULTILINE)


def judge(migration, before):
    """A sentence for each operation of a migration that locks a table for long; `before` is the state before it."""
    state, made = before.clone(), set()
    for operation in migration.operations:
        table = getattr(operation, "model_name", getattr(operation, "name", "")).lower()
        if table not in made:
            yield from filter(None, (rule(operation, migration, state) for rule in RULES))
        if isinstance(operation, operations.CreateModel):
            made.add(table)
        operation.state_forwards(migration.app_label, state)
    if any(map(is_data, migration.operations)) and any(map(is_schema, migration.operations)):
        yield "changes rows and tables in one transaction: make two migrations of it"


def is_data(operation):
    text = str(operation.sql) if isinstance(operation, operations.RunSQL) else ""
    return isinstance(operation, operations.RunPython) or bool(DATA.search(text))


def is_schema(operation):
    return not isinstance(operation, operations.RunPython | operations.RunSQL)


def index_in_place(operation, _migration, _state):
    is_plain = isinstance(operation, operations.AddIndex | operations.RemoveIndex)
    if is_plain and not isinstance(operation, CONCURRENT):
        return "builds or drops an index under a lock: use AddIndexConcurrently or RemoveIndexConcurrently"
    return None


def constraint_at_once(operation, _migration, _state):
    if not isinstance(operation, operations.AddConstraint) or isinstance(operation, AddConstraintNotValid):
        return None
    if isinstance(operation.constraint, CheckConstraint):
        return "reads every row under a lock: use AddConstraintNotValid, then ValidateConstraint in a second migration"
    return "builds an index under a lock: make a unique index concurrently, then the constraint of it with RunSQL"


def column_at_once(operation, _migration, _state):
    if not isinstance(operation, operations.AddField) or operation.field.many_to_many:
        return None
    field = operation.field
    if not field.null and not field.has_db_default():
        return "adds a column that the running version does not fill: give it db_default or null=True"
    if field.unique or field.db_index:
        return "builds an index under a lock: use db_index=False, then AddIndexConcurrently in a second migration"
    return None


def column_rewritten(operation, migration, state):
    if not isinstance(operation, operations.AlterField):
        return None
    old = state.models[migration.app_label, operation.model_name.lower()].fields[operation.name]
    if old.null and not operation.field.null:
        return "reads every row under a lock: first a NOT NULL check with AddConstraintNotValid and ValidateConstraint"
    if kind(old) != kind(operation.field) and not grows(old, operation.field):
        return "writes every row anew under a lock: add a column, fill it, change to it"
    return None


def kind(field):
    """The column's type; that of a foreign key does not change by itself."""
    return "key" if field.is_relation else field.db_parameters(connection)["type"]


def grows(old, new):
    if not isinstance(old, models.CharField) or not isinstance(new, models.CharField | models.TextField):
        return False
    return isinstance(new, models.TextField) or new.max_length is None or new.max_length >= (old.max_length or 10**9)


def renamed(operation, _migration, _state):
    return (
        "takes a name away that the running version uses: add, fill, change to it"
        if type(operation) in RENAMES
        else None
    )


def half_done(operation, migration, _state):
    if migration.atomic:
        return None
    if isinstance(operation, CONCURRENT):
        return None
    return "may stay half done, for the migration has no transaction: put it into one that has"


RULES = (index_in_place, constraint_at_once, column_at_once, column_rewritten, renamed, half_done)


def ours():
    """Our migrations after the baseline, with the state before each."""
    loader = MigrationLoader(None)
    for label, name in sorted(loader.disk_migrations):
        if label in BASELINE and int(name.split("_")[0]) > BASELINE[label]:
            migration = loader.disk_migrations[label, name]
            yield f"{label}/migrations/{name}.py", migration, loader.project_state((label, name), at_end=False)


def test_no_migration_locks_a_busy_table():
    found = [f"{path} {sentence}." for path, migration, state in ours() for sentence in judge(migration, state)]
    assert not found, "\n" + "\n".join(found)


def test_the_baseline_is_what_was_there():
    """Nobody raises it to get past the rules: every app has a migration of that number, and none is skipped."""
    names = {
        (label, int(name.split("_")[0])) for label, name in MigrationLoader(None).disk_migrations if label in BASELINE
    }
    assert all((label, number) in names for label, last in BASELINE.items() for number in range(1, last + 1))


def a_migration(*steps, atomic=True):
    made = Migration("test", "events")
    made.operations, made.atomic = list(steps), atomic
    return made


def a_state():
    state = ProjectState()
    fields = [("id", models.BigAutoField(primary_key=True)), ("name", models.CharField(max_length=20, null=True))]
    operations.CreateModel("Thing", fields).state_forwards("events", state)
    return state


INDEX = Index(fields=["name"], name="thing_name")
CHECK = CheckConstraint(condition=Q(name__gt=""), name="thing_named")
UNIQUE = UniqueConstraint(fields=["name"], name="thing_once")
text = models.CharField
BAD = [
    (operations.AddIndex("thing", INDEX), "AddIndexConcurrently"),
    (operations.RemoveIndex("thing", "thing_name"), "RemoveIndexConcurrently"),
    (operations.AddConstraint("thing", CHECK), "AddConstraintNotValid"),
    (operations.AddConstraint("thing", UNIQUE), "make a unique index concurrently"),
    (operations.AddField("thing", "word", text(max_length=9, default="x")), "give it db_default"),
    (operations.AddField("thing", "word", text(max_length=9, null=True, unique=True)), "use db_index=False"),
    (
        operations.AddField("thing", "of", models.ForeignKey("events.Thing", models.CASCADE, null=True)),
        "db_index=False",
    ),
    (operations.AlterField("thing", "name", text(max_length=20)), "NOT NULL check"),
    (operations.AlterField("thing", "name", text(max_length=9, null=True)), "writes every row anew"),
    (operations.AlterField("thing", "name", models.BigIntegerField(null=True)), "writes every row anew"),
    (operations.RenameField("thing", "name", "title"), "takes a name away"),
    (operations.RenameModel("Thing", "Thought"), "takes a name away"),
]
GOOD = [
    operations.AddField("thing", "word", text(max_length=9, db_default="x")),
    operations.AddField("thing", "word", text(max_length=9, null=True)),
    operations.AlterField("thing", "name", text(max_length=30, null=True)),
    operations.AlterField("thing", "name", models.TextField(null=True)),
    operations.AlterField("thing", "name", text(max_length=20, null=True, help_text="A word.")),
    operations.RunPython(operations.RunPython.noop),
    AddConstraintNotValid("thing", CHECK),
]


@pytest.mark.parametrize(("operation", "word"), BAD)
def test_the_judge_finds(operation, word):
    [sentence] = judge(a_migration(operation), a_state())
    assert word in sentence


@pytest.mark.parametrize("operation", GOOD)
def test_the_judge_lets_pass(operation):
    assert not list(judge(a_migration(operation), a_state()))


def test_a_table_of_the_same_migration_is_empty():
    new = operations.CreateModel("New", [("id", models.BigAutoField(primary_key=True)), ("name", text(max_length=9))])
    assert not list(judge(a_migration(new, operations.AddIndex("new", INDEX)), a_state()))


def test_without_a_transaction_only_what_is_made_concurrently():
    assert not list(judge(a_migration(AddIndexConcurrently("thing", INDEX), atomic=False), a_state()))
    [sentence] = judge(a_migration(GOOD[0], atomic=False), a_state())
    assert "half done" in sentence


@pytest.mark.parametrize(
    "step", [operations.RunPython(operations.RunPython.noop), operations.RunSQL("UPDATE a SET b = 1")]
)
def test_rows_and_tables_are_changed_apart(step):
    [sentence] = judge(a_migration(step, GOOD[0]), a_state())
    assert "make two migrations" in sentence


@pytest.mark.django_db(transaction=True)
def test_a_migration_does_not_queue_for_long():
    with connection.schema_editor() as editor, connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert (cursor.fetchone()[0], editor.atomic_migration) == ("5s", True)
    with connection.schema_editor(atomic=False), connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone()[0] == "0"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone()[0] == "0"
