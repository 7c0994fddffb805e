"""The database refuses what would spoil the books, whoever asks."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, InternalError, connection, transaction
from django.utils import timezone

from accounts.tests.racing import errors, good, meet_after, race
from eventify.lib.ids import new_uid
from partners import ledger
from partners.factories import PartnerFactory
from partners.ledger import Line, Posting
from partners.models import Balance, Entry, Transfer
from partners.models.ledger import Account, Kind

pytestmark = pytest.mark.django_db(transaction=True)
TEN = Decimal(10)


def sale(partner, amount=TEN, taken=None) -> list[Line]:
    """The two sides of a sale; unequal when `taken` differs."""
    return [Line(Account.CASH, debit=taken or amount), Line(Account.PARTNER_PAYABLE, credit=amount, partner=partner)]


@pytest.fixture
def partner():
    return PartnerFactory()


@pytest.fixture
def posted(partner):
    return ledger.post(Kind.SALE, "sale:1", "INR", sale(partner))


def refused(verb, *args, **kwargs) -> str:
    """The sentence with which the database refuses; nothing has changed."""
    with pytest.raises((IntegrityError, InternalError)) as refusal, transaction.atomic():
        verb(*args, **kwargs)
    return str(refusal.value)


def test_an_unbalanced_transfer_is_refused_at_the_commit(partner):
    said = refused(ledger.post, Kind.SALE, "sale:1", "INR", sale(partner, taken=Decimal(9)))
    assert "is not balanced: debits less credits are -1.00" in said
    assert "is not balanced" in refused(ledger.post, Kind.SALE, "sale:2", "INR", [])
    assert (Transfer.objects.count(), Entry.objects.count(), Balance.objects.count()) == (0, 0, 0)


@pytest.mark.parametrize(
    "line",
    [
        Line(Account.CASH),
        Line(Account.CASH, debit=TEN, credit=TEN),
        Line(Account.CASH, debit=-TEN),
        Line(Account.PARTNER_PAYABLE, debit=TEN),
    ],
)
def test_a_line_has_one_side_and_a_partner_where_one_is_owed(partner, line):
    assert "violates check constraint" in refused(ledger.post, Kind.SALE, "x", "INR", [line, *sale(partner)])


def test_money_of_nobody_has_no_partner(partner):
    line = Line(Account.CASH, debit=TEN, partner=partner)
    assert "entry_partner_where_owed" in refused(ledger.post, Kind.SALE, "x", "INR", [line, sale(partner)[1]])


@pytest.mark.parametrize("model", [Transfer, Entry])
def test_nothing_is_changed(posted, model):
    for field in model._meta.concrete_fields:
        said = refused(model.objects.update, **{field.attname: getattr(model.objects.first(), field.attname)})
        assert "append-only" in said, field


@pytest.mark.parametrize("model", [Transfer, Entry])
def test_nothing_is_deleted(posted, model):
    assert "append-only: DELETE" in refused(lambda: model.objects.all()._raw_delete("default"))


@pytest.mark.parametrize("table", ["partners_transfer", "partners_entry", "partners_balance"])
def test_nothing_is_truncated_but_by_tests(posted, table):
    def truncate():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL eventify.may_truncate = 'off'")
            cursor.execute(f"TRUNCATE {table} CASCADE")

    assert "append-only: TRUNCATE" in refused(truncate)


def test_balances_follow_the_entries_only(posted, partner):
    for change in (
        lambda: Balance.objects.update(amount=0),
        lambda: Balance.objects.all()._raw_delete("default"),
        lambda: Balance.objects.create(partner=partner, kind=Kind.FEE, currency="INR", amount=1, entries=1),
    ):
        assert "Balances follow the entries" in refused(change)
    assert Balance.objects.values_list("amount", "entries").get() == (10, 1)


def late(transfer, partner, **more) -> None:
    """Two more lines that would balance."""
    moment = more.pop("created_at", transfer.created_at)
    Entry.objects.bulk_create(Entry(transfer=transfer, created_at=moment, **line._asdict()) for line in sale(partner))


def test_a_posted_transfer_takes_no_more_entries(posted, partner):
    assert "is posted already" in refused(late, posted, partner)


def test_nor_in_its_own_transaction_once_it_is_sealed(partner):
    def post_and_add():
        transfer = ledger.post(Kind.SALE, "sale:9", "INR", sale(partner))
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        late(transfer, partner)

    assert "is posted already" in refused(post_and_add)


def test_entries_are_of_the_moment_of_their_transfer(partner):
    def post():
        transfer = Transfer.objects.create(key="k", kind=Kind.SALE, currency="INR", created_at=timezone.now())
        late(transfer, partner, created_at=timezone.now() - timedelta(days=1))

    assert "is posted already" in refused(post)


def test_the_seal_is_the_database_s_own(partner):
    """Whatever the application writes as a seal, the database sets its own, over every column."""
    with transaction.atomic():
        transfer = Transfer.objects.create(
            key="k", kind=Kind.SALE, currency="INR", created_at=timezone.now(), seal="0" * 64, xact=1
        )
        late(transfer, partner)
    transfer.refresh_from_db()
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_seal(partners_transfer) FROM partners_transfer")
        assert cursor.fetchone() == (transfer.seal,)
    assert (transfer.seal != "0" * 64, transfer.xact != 1) == (True, True)


def test_a_key_is_posted_once(posted, partner):
    assert ledger.post(Kind.SALE, "sale:1", "INR", sale(partner, Decimal(99))) is None
    with transaction.atomic():
        new = ledger.post_all([Posting(Kind.SALE, f"sale:{number}", "INR", sale(partner)) for number in (1, 2)])
    assert [transfer.key for transfer in new] == ["sale:2"]
    assert Balance.objects.values_list("amount", "entries").get() == (20, 2)


def test_a_key_that_is_posted_20_times_at_once_is_posted_once(partner):
    def post():
        with transaction.atomic():
            return ledger.post(Kind.SALE, "sale:1", "INR", sale(partner))

    results = good(race(*[post] * 20))
    assert sum(result is not None for result in results) == 1
    assert Balance.objects.values_list("amount", "entries").get() == (10, 1)


def test_many_postings_at_once_lose_no_balance(partner):
    partners = [partner, *PartnerFactory.create_batch(2)]

    def post(number):
        order = partners if number % 2 else partners[::-1]
        with transaction.atomic():
            ledger.post_all([Posting(Kind.SALE, f"sale:{new_uid()}", "INR", sale(one)) for one in order])

    good(race(*[lambda number=number: post(number) for number in range(16)]))
    assert set(Balance.objects.values_list("amount", "entries")) == {(160, 16)}


def test_control_without_the_order_of_locks_postings_wait_in_a_circle(partner, monkeypatch):
    partners = [partner, PartnerFactory()]
    meet_after(monkeypatch, ledger, "post", 2)  # each has one of them

    def post(number):
        with transaction.atomic():
            for one in partners if number % 2 else partners[::-1]:
                ledger.post(Kind.SALE, f"sale:{new_uid()}", "INR", sale(one))

    results = race(*[lambda number=number: post(number) for number in range(2)])
    assert "deadlock" in str(errors(results))
