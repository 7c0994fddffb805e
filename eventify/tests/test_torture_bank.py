"""The bank of the payouts' trial: what it loses is not booked, what arrives late is, and it forgets nothing."""

import pytest

from partners.models import SandboxTransfer
from partners.payout_providers.base import Unreachable
from partners.tests.money import approved, at_the_bank, rich_partner
from torture import bank

pytestmark = pytest.mark.django_db(transaction=True)
ONLY = {"lost request": 0, "lost answer": 1, "late": 1}  # fault -> transfers in the end


@pytest.fixture
def payout():
    return approved(rich_partner()).payouts.select_related("bank_account").get()


def bad(tmp_path) -> bank.BadBank:
    (tmp_path / bank.FILE).write_text("7")
    return bank.BadBank(tmp_path)


def test_without_its_file_it_behaves(payout, tmp_path):
    assert bank.BadBank(tmp_path).send(payout).status == "paid"
    assert not (tmp_path / bank.LOG).exists()


@pytest.mark.parametrize("fault", ONLY)
def test_no_answer_says_nothing_about_what_was_booked(payout, tmp_path, monkeypatch, fault):
    monkeypatch.setattr(bank, "SENDING", {fault: 1})
    monkeypatch.setattr(bank, "LATE", 0)
    with pytest.raises(Unreachable):
        bad(tmp_path).send(payout)
    for thread in bank.threading.enumerate():
        if isinstance(thread, bank.threading.Timer):
            thread.join()
    assert len(at_the_bank(payout)) == ONLY[fault]
    assert (tmp_path / bank.LOG).read_text() == f"{fault}\n"


def test_it_may_say_unknown_of_what_it_has_and_books_it_once(payout, tmp_path, monkeypatch):
    monkeypatch.setattr(bank, "SENDING", {"": 1})
    monkeypatch.setattr(bank, "ASKING", {"says unknown": 1})
    it = bad(tmp_path)
    assert (it.send(payout).status, it.ask(payout).status, it.send(payout).status) == ("paid", "unknown", "paid")
    assert SandboxTransfer.objects.count() == 1
