"""`manage.py rights ROLE`: what the account of the running site needs of the database, and no more, as SQL."""

import re

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from psycopg import sql

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
# The rows of every table, also of those that later migrations make. No table, function or trigger can be changed with
# these, so neither can what guards the ledger, the audit log and the invoices.
RIGHTS = (
    "GRANT USAGE ON SCHEMA public TO {role};",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role};",
    "REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role};",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role};",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {role};",
)


class Command(BaseCommand):
    help = (
        "Write the SQL that gives a role of PostgreSQL what web, worker and beat need. Run it as the owner of the "
        "tables, who also migrates, backs up and restores."
    )

    def add_arguments(self, parser):
        parser.add_argument("role", help="the role, which must be there, such as eventify_site")

    def handle(self, *, role, **options):
        if not _NAME.fullmatch(role):
            raise CommandError("The name of a role has small letters, digits and _, such as eventify_site.")
        self.stdout.write("\n".join(statements(role)))


def statements(role: str) -> list[str]:
    """One for each right."""
    with connection.cursor() as cursor:
        return [sql.SQL(one).format(role=sql.Identifier(role)).as_string(cursor.connection) for one in RIGHTS]
