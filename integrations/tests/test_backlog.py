"""Who watches is told of endpoints that were switched off, that fail, and for which a message waits too long."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.factories import SuperAdminFactory
from accounts.models import User
from analytics import attention
from eventify.contracts.evently import gauges
from integrations import backlog, endpoints, feed
from integrations.models import Delivery, Endpoint
from integrations.tests.scenes import endpoint_of, happen, organisation

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def after(wait: timedelta):
    return time_machine.travel(timezone.now() + wait, tick=False)


@pytest.fixture
def endpoint():
    """One that is owed a fact since now."""
    made = endpoint_of(organisation(name="Blue Hall"), "https://crm.example.com/hooks", ["order.paid"])
    happen(made.partner, 1)
    feed.number(made.partner_id)
    return made


def told(user: User) -> list[str]:
    return [one.text for one in attention.for_user(User.objects.get(pk=user.pk)) if one.page == "desk-endpoint"]


def wait_an_hour(endpoint) -> None:
    """Nothing: the message stands there, though the endpoint is not known to fail."""


def paused(endpoint) -> None:
    endpoints.pause(endpoint, by=endpoint.partner.admin)


def taken(endpoint) -> None:
    Delivery.objects.update(status=Delivery.Status.DELIVERED)


def only_a_test(endpoint) -> None:
    taken(endpoint)
    endpoints.test(endpoint, by=endpoint.partner.admin)


def failing(endpoint) -> None:
    Endpoint.objects.update(failing_since=timezone.now(), failures=3)


def off(endpoint) -> None:
    endpoints.disable(endpoint)


@pytest.mark.parametrize(
    ("become", "wait", "sentence"),
    [
        (wait_an_hour, 59 * MINUTE, ""),
        (wait_an_hour, 61 * MINUTE, "A message has waited for more than an hour for 1 webhook endpoint (Blue Hall)."),
        (paused, 61 * MINUTE, ""),
        (taken, 61 * MINUTE, ""),
        (only_a_test, 61 * MINUTE, ""),
        (failing, 9 * MINUTE, ""),
        (failing, 61 * MINUTE, "1 webhook endpoint does not take what it is sent (Blue Hall)."),
        (off, MINUTE, "1 webhook endpoint took nothing for days and was switched off (Blue Hall)."),
    ],
)
def test_the_dashboard_tells_who_can_mend_it(endpoint, become, wait, sentence):
    staff, stranger = SuperAdminFactory(), organisation()
    become(endpoint)
    with after(wait):
        for one in (staff, endpoint.partner.admin):
            assert told(one) == ([sentence] if sentence else [])
        assert told(stranger.admin) == []


def test_a_message_that_is_asked_for_again_waits_from_then_on(endpoint):
    taken(endpoint)
    with after(timedelta(days=2)):
        assert backlog.look() == (0, 0, 0)
        endpoints.replay(Delivery.objects.get(), by=endpoint.partner.admin)
    with after(timedelta(days=2, minutes=50)):
        assert (backlog.look().waiting, round(backlog.look().oldest, -1)) == (1, 3000)
        assert not backlog.troubled().exists()


def test_the_figures_that_the_alerts_watch(endpoint):
    off(endpoint_of(endpoint.partner, "https://old.example.com/"))
    with after(61 * MINUTE):
        gauges.read()
    figures = [gauge._value.get() for gauge in (gauges.OWED, gauges.OLDEST, gauges.DOWN)]
    assert (figures[0], round(figures[1], -1), figures[2]) == (1, 3660, 1)
