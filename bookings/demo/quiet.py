"""Making up history without telling anybody."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from accounts.models import OutgoingMail
from events.models import Event
from events.signals import event_changed


@contextmanager
def quietly() -> Iterator[None]:
    """One transaction, all or nothing, of one seeding at a time. Its mails and after-commit messages are dropped.

    The mails are those that it owes to the made-up addresses (world.py, people.py: all of example.com and evient.com).
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('eventify seed'))")
            cursor.execute("SELECT coalesce(max(id), 0) FROM accounts_outgoingmail")
            [newest] = cursor.fetchone()
        hooks = len(connection.run_on_commit)
        yield
        OutgoingMail.objects.filter(pk__gt=newest, to__regex=r"(@(example|evient)\.com|\.example)$").delete()
        del connection.run_on_commit[hooks:]
    # One word for all: cached summaries go.
    event_changed.send(Event, event=Event())
