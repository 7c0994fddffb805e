"""A process that pays is killed (SIGKILL) at every step, and started again: everybody is paid exactly once."""

import random
import re
import signal
from functools import partial

import pytest
from django.db import connection

from accounts.tests.processes import run_until, steps
from eventify.lib import failpoints
from partners import payouts, sending
from partners.models import Partner, Payout, PayoutBatch, SandboxTransfer, Transfer
from partners.models.ledger import Account
from partners.tests.money import on, owed, rich_partner, staff

pytestmark = pytest.mark.django_db(transaction=True)
STEPS = steps(payouts, sending)
start = partial(run_until, "partners.tests.paying_process")
AMOUNTS = {"Plain": 1000, "Refused": 300, "Slow": 70}


@pytest.fixture
def partners():
    """One whom the bank pays at once, one whom it refuses, one whom it pays later."""
    staff(2)
    numbers = {"Refused": "999900000001", "Slow": "999900000002"}
    return [rich_partner(amount, number=numbers.get(name, ""), name=name) for name, amount in AMOUNTS.items()]


def wrong(partners: list[Partner]) -> list[str]:
    """What is not as it has to be at the end, in sentences."""
    found = []
    expected = {"Plain": "paid", "Refused": "failed", "Slow": "paid"}
    for partner in partners:
        account = partner.bank_accounts.get().number
        booked = list(SandboxTransfer.objects.filter(account=account).values_list("amount", "status"))
        if booked != [(AMOUNTS[partner.name], expected[partner.name])]:
            found.append(f"the bank has {booked} for {partner}")
        statuses = list(Payout.objects.filter(partner=partner).values_list("status", flat=True))
        if statuses != [expected[partner.name]]:
            found.append(f"{partner} has payouts that are {statuses}")
        rest = AMOUNTS[partner.name] if expected[partner.name] == "failed" else 0
        if owed(partner) != rest:
            found.append(f"{partner} is owed {owed(partner)}")
    if on(Account.PAYOUTS_IN_TRANSIT):
        found.append(f"{on(Account.PAYOUTS_IN_TRANSIT)} in transit")
    kinds = sorted(Transfer.objects.filter(kind__startswith="payout").values_list("kind", flat=True))
    if kinds != ["payout"] * 3 + ["payout_paid"] * 2 + ["payout_returned"]:
        found.append(f"the ledger has {kinds}")
    batches = list(PayoutBatch.objects.values_list("status", flat=True))
    if batches != ["failed"]:
        found.append(f"the batches are {batches}")
    return found


def test_the_steps_are_all_there():
    """Before and after each commit and each call of the provider."""
    assert STEPS == [
        "payout.after_creation_committed",
        "payout.before_creation_committed",
        "payout.after_approval_committed",
        "payout.before_approval_committed",
        "payout.before_asking",
        "payout.after_asking",
        "payout.before_claiming",
        "payout.before_sending_committed",
        "payout.after_sending_committed",
        "payout.before_provider",
        "payout.after_provider",
        "payout.before_result_committed",
        "payout.after_result_committed",
    ]


def test_nobody_kills_it(partners):
    assert (start(), wrong(partners)) == (0, [])


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_this_step_and_started_again(partners, step):
    assert start(step) == -signal.SIGKILL
    start(f"{step}:2")
    assert (start(), wrong(partners)) == (0, [])


def test_a_file_that_names_a_step_kills_one_process_once(partners, tmp_path):
    armed = tmp_path / "failpoint"
    armed.write_text("payout.after_provider:2\n")
    assert start(f"@{armed}") == -signal.SIGKILL
    assert not armed.exists()
    assert (start(f"@{armed}"), wrong(partners)) == (0, [])


@pytest.mark.parametrize("seed", range(3))
def test_killed_again_and_again(partners, seed):
    luck = random.Random(seed)
    kills = [start(step) for step in luck.sample(STEPS, 6)]
    assert kills[0] == -signal.SIGKILL
    assert (start(), wrong(partners)) == (0, [])


CONTROLS = [
    ("send_again_under_a_new_reference", "payout.after_provider", "the bank has .*, .* for Plain"),
    ("book_before_sending", "payout.before_provider", r"the bank has \[\] for Plain"),
    ("call_before_commit", "payout.after_provider", "the bank has .*, .* for Plain"),
]


@pytest.mark.parametrize(("way", "step", "sentence"), CONTROLS)
def test_control_a_wrong_order_pays_twice_or_not_at_all_and_that_is_noticed(partners, way, step, sentence):
    assert start(step, way) == -signal.SIGKILL
    start("", way)
    found = "\n".join(wrong(partners))
    assert re.search(sentence, found), found


def test_outside_of_tests_nothing_dies(monkeypatch):
    monkeypatch.setenv(failpoints.VARIABLE, "payout.somewhere")
    monkeypatch.setitem(connection.settings_dict, "NAME", "eventify")
    failpoints.failpoint("payout.somewhere")
    monkeypatch.setitem(connection.settings_dict, "NAME", "test_eventify")
    monkeypatch.setenv(failpoints.VARIABLE, "")
    failpoints.failpoint("payout.somewhere")
