"""Two containers that start at once may both seed."""

import io
from threading import Thread

import pytest
from django.core.management import call_command
from django.db import connection

from accounts import roles
from accounts.models import User
from bookings.models import Ticket
from events.models import Event
from partners import house


@pytest.mark.django_db(transaction=True)
def test_two_seedings_at_once_make_one_world():
    house.ensure()  # an earlier transactional test may have emptied the tables
    roles.ensure_defaults()
    said = []

    def run():
        out = io.StringIO()
        try:
            call_command("seed", stdout=out, stderr=io.StringIO())
            said.append(out.getvalue())
        finally:
            connection.close()

    threads = [Thread(target=run) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (User.objects.count(), Event.objects.count(), Ticket.objects.count()) == (11, 5, 20)
    assert len(said) == 2
