"""Whatever is done with orders, money, tickets and offers is killed before each of its statements and commits.

After each kill stock, tickets, queues and the ledger agree; when it was taken up again to its end, all happened once.
"""

import pytest
from django.db import connection

from bookings import bookkeeping, resales, waitlist
from bookings.tests import stories
from bookings.tests.invariants import check
from bookings.tests.killing import killed_everywhere

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("story", stories.STORIES, ids=lambda story: story.__name__)
def test_killed_before_each_statement_and_commit(story):
    told = story()
    kills = killed_everywhere(told.work, lambda: check(*told.events))
    assert kills >= 5
    check(*told.events)
    assert told.ending()
    told.work()  # once more: nothing is done twice
    assert told.ending()
    check(*told.events)


@pytest.mark.parametrize(
    ("story", "module", "name"),
    [
        (stories.hearing_of_a_payment, bookkeeping, "sold"),
        (stories.buying_from_the_queue, resales, "settle"),
        (stories.cancelling_a_ticket, waitlist, "release"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_control_what_is_committed_half_way_is_noticed(monkeypatch, story, module, name):
    told, verb = story(), getattr(module, name)

    def committed(*args, **kwargs):
        connection.connection.commit()  # behind Django's back
        verb(*args, **kwargs)
        connection.connection.commit()

    monkeypatch.setattr(module, name, committed)
    with pytest.raises(AssertionError, match="booking|resale|ledger|places"):
        killed_everywhere(told.work, lambda: check(*told.events))
