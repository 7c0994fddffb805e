"""The proof goes red after any single change of any row of the books, or of what they are about."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction
from django.db.models import F

from accounts.factories import UserFactory
from bookings.models import Booking, Order, Payment, Refund
from bookings.tests.books_world import assert_clean, every_kind, sentences
from eventify.lib.ids import new_uid
from eventify.tests.lent import lent
from partners.factories import PartnerFactory
from partners.models import Balance, Entry, Payout, Transfer
from partners.models.ledger import Account, Kind

pytestmark = pytest.mark.django_db
COLUMNS = [(model, field) for model in (Transfer, Entry, Balance) for field in model._meta.concrete_fields]


@pytest.fixture(scope="module")
def books(django_db_setup, django_db_blocker, tmp_path_factory):
    """Every kind of transfer, committed as far as the books can tell, while the tests of this module run."""
    with lent(every_kind, django_db_blocker, tmp_path_factory.mktemp("papers")):
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        assert_clean()
        yield


@pytest.fixture
def world(books, db):
    """The books; what a test changes in them is taken back. From here on no guard of the database works."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")


def others(field: models.Field, row):
    """Values that the column could have in place of its own."""
    value = getattr(row, field.attname)
    if field.is_relation:
        yield from field.related_model.objects.exclude(pk=value).values_list("pk", flat=True)[:2]
    elif field.choices:
        yield from (choice for choice, _label in field.choices if choice != value)
    elif isinstance(field, models.UUIDField):
        yield new_uid()
    elif isinstance(field, models.DateTimeField):
        yield value + timedelta(microseconds=1)
    elif field.primary_key:
        yield value + 1_000_000
    elif isinstance(field, models.CharField):
        yield from (f"{value[:-1]}x"[: field.max_length], value + " " if len(value) < field.max_length else "")
    else:
        yield from (value + 1, -value - 1)
    if field.null and value is not None:
        yield None


def tampered(model, row, field, value) -> list[str] | None:
    """What the proof says with this one value changed; None when even a constraint would not have it."""
    try:
        with transaction.atomic():
            model.objects.filter(pk=row.pk).update(**{field.attname: value})
            found = sentences()
            transaction.set_rollback(True)
    except IntegrityError:
        return None
    return found


@pytest.mark.parametrize(("model", "field"), COLUMNS, ids=lambda part: getattr(part, "__name__", None) or part.name)
def test_any_changed_value_is_found(world, model, field):
    UserFactory(), PartnerFactory()
    changed = 0
    for row in model.objects.order_by("pk"):
        for value in others(field, row):
            found = tampered(model, row, field, value)
            assert found != [], f"{row!r}: {field.name} = {value!r} was not found"
            changed += found is not None
    assert changed > 0
    assert_clean()


@pytest.mark.parametrize("model", [Transfer, Entry, Balance])
def test_any_deleted_row_is_found(world, model):
    for key in model.objects.order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            model.objects.filter(pk=key)._raw_delete("default")
            assert sentences() != []
            transaction.set_rollback(True)


def test_a_whole_transfer_deleted_with_its_balance_is_found(world):
    """Somebody who knows the tables well takes a transfer, its entries and its part of the balance away."""
    for transfer in Transfer.objects.order_by("pk"):
        with transaction.atomic():
            for entry in transfer.entries.exclude(partner=None):
                mine = Balance.objects.filter(partner=entry.partner, kind=transfer.kind, currency=transfer.currency)
                mine.update(amount=F("amount") - entry.credit + entry.debit, entries=F("entries") - 1)
                mine.filter(entries=0)._raw_delete("default")
            transfer.entries.all()._raw_delete("default")
            Transfer.objects.filter(pk=transfer.pk)._raw_delete("default")
            assert sentences() != [], transfer
            transaction.set_rollback(True)


@pytest.mark.parametrize("kind", Kind.values)
def test_an_added_transfer_is_found_however_well_it_is_made(world, kind):
    """Balanced, sealed and counted in the balance, but nothing in the world accounts for it."""
    like = Transfer.objects.filter(kind=kind).first()
    sides = list(like.entries.order_by("pk"))
    copy = Transfer.objects.create(key=f"{kind}:{new_uid()}", kind=kind, currency="INR", created_at=like.created_at)
    for side in sides:
        side.pk, side.uid, side.transfer = None, new_uid(), copy
        side.save(force_insert=True)
        mine = Balance.objects.filter(partner=side.partner, kind=kind)
        mine.update(amount=F("amount") + side.credit - side.debit, entries=F("entries") + 1)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE partners_transfer SET seal = ledger_seal(partners_transfer) WHERE id = %s", [copy.pk])
    assert sentences() != []


@pytest.mark.parametrize("account", [Account.CASH, Account.PARTNER_PAYABLE])
def test_an_added_entry_is_found(world, account):
    like = Entry.objects.filter(account=account).first()
    like.pk, like.uid = None, new_uid()
    like.save(force_insert=True)
    assert {sentence.partition(":")[0] for sentence in sentences()} >= {"balanced", "whole ledger", "seals"}


def test_an_added_balance_is_found(world):
    Balance.objects.create(partner=PartnerFactory(), kind=Kind.SALE, currency="INR", amount=1, entries=1)
    assert [sentence.partition(":")[0] for sentence in sentences()] == ["balances"]


FACTS = [
    (Payment, {"status": "paid"}, {"amount": F("amount") + 1}),
    (Payment, {"status": "paid"}, {"status": "failed"}),
    (Payment, {"status": "paid"}, {"currency": "EUR"}),
    (Order, {"status": "paid"}, {"payment_transaction_id": "another"}),
    (Order, {"status": "paid"}, {"total_amount": F("total_amount") + 1}),
    (Order, {"status": "paid"}, {"paid_at": None}),
    (Booking, {"status": "confirmed"}, {"status": "cancelled"}),
    (Booking, {"status": "cancelled"}, {"status": "confirmed"}),
    (Booking, {"status": "confirmed"}, {"qty": F("qty") + 1}),
    (Booking, {"status": "confirmed"}, {"unit_price": F("unit_price") + 1}),
    (Refund, {"status": "done"}, {"amount": F("amount") - 1}),
    (Refund, {"status": "done"}, {"status": "requested"}),
    (Refund, {"status": "requested"}, {"status": "done"}),
    (Refund, {"status": "requested"}, {"amount": F("amount") + 1}),
    (Payout, {"status": "paid"}, {"status": "failed"}),
    (Payout, {"status": "failed"}, {"status": "paid"}),
    (Payout, {"status": "sending"}, {"status": "discarded"}),
    (Payout, {"status": "paid"}, {"amount": F("amount") + 1}),
    (Payout, {"status": "paid"}, {"currency": "EUR"}),
]


NAMES = [f"{model.__name__} {which['status']} {next(iter(change))}" for model, which, change in FACTS]


@pytest.mark.parametrize(("model", "which", "change"), FACTS, ids=NAMES)
def test_a_fact_that_was_changed_is_found(world, model, which, change):
    changed = 0
    for key in model.objects.filter(**which).values_list("pk", flat=True):
        with transaction.atomic():
            changed += model.objects.filter(pk=key).update(**change)
            assert sentences() != []
            transaction.set_rollback(True)
    assert changed > 0


@pytest.mark.parametrize(("model", "which"), [(Refund, {}), (Payment, {"status": "paid"}), (Payout, {})])
def test_a_fact_that_was_deleted_is_found(world, model, which):
    for key in model.objects.filter(**which).values_list("pk", flat=True):
        with transaction.atomic():
            model.objects.filter(pk=key)._raw_delete("default")
            assert sentences() != []
            transaction.set_rollback(True)


def test_the_command_is_green_and_then_red_with_ids_and_hints(world, capsys):
    call_command("ledger_check")
    green = capsys.readouterr().out
    assert green.count(" ok (") == 14
    assert green.endswith("The books hold.\n")
    transfer = Transfer.objects.filter(kind="sale").first()
    Transfer.objects.filter(pk=transfer.pk).update(note="Fee 1.00 %.")
    with pytest.raises(SystemExit) as ended:
        call_command("ledger_check")
    red = capsys.readouterr().out
    assert ended.value.code == 1
    assert (
        f"transfer {transfer.pk} ({transfer.key}) or an entry of it is not what was posted: the seal is broken" in red
    )
    assert "-> The row was changed outside of the application. Restore it from a backup, then run this again." in red
    assert red.endswith("differences. The books do not hold.\n")
