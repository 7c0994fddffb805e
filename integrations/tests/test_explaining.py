"""Why not, of webhooks: the reason is that of the verb."""

from functools import partial
from itertools import product

import pytest
from django.utils import timezone

from accounts.factories import UserFactory
from accounts.tests.asking import asked
from eventify.lib.errors import Missing
from integrations import endpoints, explaining, keys
from integrations.models import Delivery, Endpoint
from integrations.tests.scenes import endpoint_of, organisation

pytestmark = pytest.mark.django_db
ACTIONS = {one.id: one for one in explaining.ACTIONS}


def test_what_is_explained_is_what_happens():
    partner, stranger, found = organisation(), UserFactory(), []
    rows = [endpoint_of(partner, f"http://127.0.0.1:9/{state}") for state in Endpoint.State.values]
    for row, state in zip(rows, Endpoint.State.values, strict=True):
        Endpoint.objects.filter(pk=row.pk).update(state=state)
    verbs = {"test": endpoints.test, "pause": endpoints.pause, "resume": endpoints.resume}
    verbs["replay"] = partial(endpoints.replay_since, moment=timezone.now())
    soon = {"next_attempt_at": timezone.now(), "give_up_at": timezone.now()}
    sent = [Delivery.objects.create(endpoint=row, kind="webhook.test", **soon) for row in rows]

    def seen(by, verb, row):
        if by == stranger:
            raise Missing
        verb(row, by=by)

    for row, (act, verb), by in product(rows, verbs.items(), (partner.admin, stranger)):
        one = asked(ACTIONS["run_endpoint"], row, by, partial(seen, by, verb, row), act=act)
        found.append(((row.url, act, str(by)), one))
    for row, by in product(sent, (partner.admin, stranger)):
        one = asked(ACTIONS["replay_delivery"], row, by, partial(seen, by, endpoints.replay, row))
        found.append(((row.endpoint.url, str(by)), one))
    assert [f"{case}: {one.answer}, done: {one.refusal!r}" for case, one in found if not one.agree] == []
    assert {one.answer.rule for _case, one in found} == {None, "not_active", "not_found"}
    assert Delivery.objects.count() == len(sent)


def test_making_endpoints_and_keys(monkeypatch):
    """Of an organisation that has room, and one that has none."""
    partner, stranger, found = organisation(), UserFactory(), []
    verbs = {
        "make_endpoint": lambda by: endpoints.make(partner, url="https://example.org/", kinds=["order.paid"], by=by),
        "make_key": lambda by: keys.make(partner, name="x", scopes=["feed:read"], by=by),
    }
    for (action, verb), by in product(verbs.items(), (partner.admin, stranger)):

        def made(verb=verb, by=by):
            if by == stranger:
                raise Missing
            verb(by)

        found.append(((action, str(by), "room"), asked(ACTIONS[action], partner, by, made)))
        with monkeypatch.context() as none:
            none.setattr(endpoints, "MOST", 0)
            none.setattr(keys, "MOST", 0)
            found.append(((action, str(by), "full"), asked(ACTIONS[action], partner, by, made)))
    assert [f"{case}: {one.answer}, done: {one.refusal!r}" for case, one in found if not one.agree] == []
    assert {one.answer.rule for _case, one in found} == {None, "endpoints_full", "keys_full", "not_found"}
    assert not partner.endpoints.exists() and not partner.api_keys.exists()


def test_a_moment_needs_its_zone():
    said = {"act": "replay", "since": "2031-01-01T10:00:00"}
    partner = organisation()
    row = endpoint_of(partner, "http://127.0.0.1:9/")
    answer = asked(ACTIONS["run_endpoint"], row, partner.admin, lambda: None, **said).answer
    assert (answer.code, answer.sentence) == ("invalid", "This value cannot be read.")
    said["since"] += "Z"
    assert asked(ACTIONS["run_endpoint"], row, partner.admin, lambda: None, **said).answer.allowed
