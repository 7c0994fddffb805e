"""The worker is killed (SIGKILL) before each statement and commit of a delivery, also between sending and recording."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from bookings.tests.killing import killed_everywhere
from integrations import delivering, tasks
from integrations.models import Delivery, Endpoint, Fact
from integrations.tests.scenes import endpoint_of, happen, organisation, receiver

pytestmark = pytest.mark.django_db(transaction=True)


def test_killed_at_every_step_it_arrives_at_least_once_and_under_one_id(monkeypatch):
    monkeypatch.setattr(delivering, "LEASE", timedelta(microseconds=1))  # who is dead is not waited for
    with receiver() as server:
        partner = organisation()
        endpoint_of(partner, server.url, ["order.paid"])
        happen(partner, 3)
        kills = killed_everywhere(tasks.deliver, lambda: None)
        taken = list(server.taken)
    assert kills > 10
    uids = [str(uid) for uid in Fact.objects.filter(kind="order.paid").order_by("pk").values_list("uid", flat=True)]
    assert list(dict.fromkeys(one["id"] for one in taken)) == uids  # all, in order, once they are deduplicated
    assert max(Counter(one["id"] for one in taken).values()) > 1  # who died after sending left it to be sent again
    assert len({(one["id"], one["webhook-id"]) for one in taken}) == 3
    assert set(Delivery.objects.values_list("status", flat=True)) == {"delivered"}


def test_the_lease_of_one_who_died_is_waited_for_and_no_longer():
    with receiver() as server:
        partner = organisation()
        endpoint = endpoint_of(partner, server.url, ["order.paid"])
        happen(partner, 1)
        held = Endpoint.objects.filter(pk=endpoint.pk)
        held.update(leased_until=timezone.now() + delivering.LEASE)
        tasks.deliver()
        assert server.taken == []
        held.update(leased_until=timezone.now() - timedelta(seconds=1))
        tasks.deliver()
        assert len(server.taken) == 1
