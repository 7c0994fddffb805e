"""The ledger and payouts."""

import pytest

from accounts.models import AuditLog
from eventify.contracts.command_center.tests.conftest import client_of, data_of, errors_of, member, meta_of, with_role
from eventify.lib.wire import moment
from partners import payouts
from partners.models import Entry, Payout, PayoutBatch
from partners.tests.money import event_of, payable_partner, refund, rich_partner, sell

ENTRIES, PAYOUTS = "/api/v1/financials/entries", "/api/v1/financials/payouts"


def people_of(user) -> dict:
    return {"id": str(user.uid), "full_name": user.full_name, "email": user.email}


@pytest.fixture
def second(db):
    return with_role("Finance", email="fay@example.com", full_name="Fay Finance")


# --- The ledger ---------------------------------------------------------------------------------------


def test_entries_newest_first(as_admin, partner):
    event = event_of(partner)
    order = sell(partner, "100.50", event=event)
    cash, owed = Entry.objects.get(account="cash"), Entry.objects.get(account="partner_payable")
    answer = as_admin.get(ENTRIES)
    assert [one["id"] for one in data_of(answer)] == [str(one.uid) for one in Entry.objects.order_by("-id")]
    assert next(one for one in data_of(answer) if one["id"] == str(owed.uid)) == {
        "id": str(owed.uid),
        "transfer_id": str(owed.transfer.uid),
        "kind": "sale",
        "account": "partner_payable",
        "partner_id": str(partner.uid),
        "partner": "Blue Hall",
        "event_id": str(event.uid),
        "order_id": str(order),
        "booking_id": None,
        "debit": "0.00",
        "credit": "100.50",
        "currency": "INR",
        "note": None,
        "created_at": moment(owed.created_at),
    }
    other = next(one for one in data_of(answer) if one["id"] == str(cash.uid))
    assert (other["partner_id"], other["partner"], other["debit"]) == (None, None, "100.50")
    assert meta_of(answer)["total"] == 2


def test_entry_filters(as_admin, partner):
    event = event_of(partner)
    order = sell(partner, 100, event=event, days_ago=20)
    refund(partner, 30, order=order, event=event)
    sell(payable_partner(), 7, currency="EUR", days_ago=20)
    day = moment(Entry.objects.order_by("-id").first().created_at)[:10]
    newest = moment(Entry.objects.get(account="buyer_payable").created_at)[:10]
    for query, amounts in (
        (f"partner={partner.uid}", ["30.00", "100.00"]),
        ("account=cash", ["7.00", "100.00"]),
        ("kind=refund", ["30.00", "30.00"]),
        (f"event={event.uid}&account=partner_payable", ["30.00", "100.00"]),
        (f"order={order}&kind=sale", ["100.00", "100.00"]),
        ("currency=EUR", ["7.00", "7.00"]),
        (f"date_to={day}&account=cash", ["7.00", "100.00"]),
        (f"date_from={newest}", ["30.00", "30.00"]),
        ("account=partner_payable&sort=credit", ["30.00", "7.00", "100.00"]),
    ):
        found = [max(one["debit"], one["credit"], key=float) for one in data_of(as_admin.get(f"{ENTRIES}?{query}"))]
        assert found == amounts, query
    bad = errors_of(as_admin.get(f"{ENTRIES}?partner=1&account=x&kind=y&event=z&date_from=1"), 422, "invalid")
    assert set(bad) == {"partner", "account", "kind", "event", "date_from"}


def test_members_see_the_lines_of_their_partner_only(as_org_admin, partner):
    other = payable_partner()
    sell(partner, 10)
    sell(other, 20)
    assert [(one["account"], one["credit"]) for one in data_of(as_org_admin.get(ENTRIES))] == [
        ("partner_payable", "10.00")
    ]
    assert data_of(as_org_admin.get(f"{ENTRIES}?partner={other.uid}")) == []


# --- Payouts ------------------------------------------------------------------------------------------


def test_a_batch_is_drawn_up_approved_by_another_and_listed(as_admin, admin, second):
    poor, rich = payable_partner(name="Poor"), rich_partner("1000.00", name="Rich")
    answer = as_admin.post(PAYOUTS, {"partner_ids": [str(rich.uid), str(poor.uid)]})
    made = data_of(answer, 202)
    batch = PayoutBatch.objects.get()
    payout = Payout.objects.get()
    assert made == {
        "id": str(batch.uid),
        "status": "Draft",
        "provider": "sandbox",
        "payouts_count": 1,
        "totals": [{"amount": "1000.00", "currency": "INR"}],
        "created_by": people_of(admin),
        "approved_by": None,
        "created_at": moment(batch.created_at),
        "approved_at": None,
        "finished_at": None,
        "payouts": [
            {
                "id": str(payout.uid),
                "partner_id": str(rich.uid),
                "partner": "Rich",
                "amount": "1000.00",
                "currency": "INR",
                "status": "Draft",
                "explanation": payout.sentence,
                "reason": None,
                "provider_reference": None,
                "sent_at": None,
                "paid_at": None,
            }
        ],
        "left_out": made["left_out"],
    }
    assert [(one["partner_id"], one["partner"]) for one in made["left_out"]] == [(str(poor.uid), "Poor")]
    assert made["left_out"][0].keys() == {"partner_id", "partner", "currency", "explanation"}
    assert data_of(as_admin.get(f"{PAYOUTS}/{batch.uid}")) == made
    errors_of(as_admin.post(f"{PAYOUTS}/{batch.uid}/approve"), 409, "conflict")
    approved = data_of(client_of(second).post(f"{PAYOUTS}/{batch.uid}/approve"))
    batch.refresh_from_db()
    changed = {"status": "Approved", "approved_by": people_of(second), "approved_at": moment(batch.approved_at)}
    assert approved == {**made, **changed, "payouts": [{**made["payouts"][0], "status": "Approved"}]}
    brief = {name: value for name, value in approved.items() if name not in ("payouts", "left_out")}
    assert data_of(as_admin.get(PAYOUTS)) == [brief]
    actions = AuditLog.objects.filter(target_uid=batch.uid).order_by("id").values_list("actor", "action")
    assert list(actions) == [(admin.pk, "CREATED_PAYOUTS"), (second.pk, "APPROVED_PAYOUTS")]


def test_the_only_one_who_may_pay_approves_the_own_batch(as_admin):
    rich_partner()
    made = data_of(as_admin.post(PAYOUTS, {}), 202)
    assert data_of(as_admin.post(f"{PAYOUTS}/{made['id']}/approve"))["status"] == "Approved"


def test_a_draft_is_given_up(as_admin):
    rich_partner(50)
    made = data_of(as_admin.post(PAYOUTS), 202)
    found = data_of(as_admin.post(f"{PAYOUTS}/{made['id']}/discard"))
    assert (found["status"], found["payouts"][0]["status"]) == ("Discarded", "Discarded")
    assert (found["payouts_count"], found["totals"]) == (1, [{"amount": "50.00", "currency": "INR"}])
    errors_of(as_admin.post(f"{PAYOUTS}/{made['id']}/discard"), 409, "conflict")
    errors_of(as_admin.post(f"{PAYOUTS}/{made['id']}/approve"), 409, "conflict")


def test_the_same_key_is_the_same_batch(as_admin):
    rich = rich_partner()
    body, key = {"partner_ids": [str(rich.uid)]}, {"HTTP_IDEMPOTENCY_KEY": "november"}
    made = data_of(as_admin.post(PAYOUTS, body, **key), 202)
    assert data_of(as_admin.post(PAYOUTS, body, **key), 202) == made
    errors_of(as_admin.post(PAYOUTS, {}, **key), 422, "key_reused")
    assert PayoutBatch.objects.count() == 1
    for bad in ("", " ", "\x7f"):
        answer = as_admin.post(PAYOUTS, body, HTTP_IDEMPOTENCY_KEY=bad)
        assert list(errors_of(answer, 422, "invalid")) == ["Idempotency-Key"]


def test_nothing_to_pay_says_why(as_admin):
    poor = payable_partner(name="Poor")
    answer = as_admin.post(PAYOUTS, {"partner_ids": [str(poor.uid)]})
    assert errors_of(answer, 409, "nothing_to_pay") == {}
    left_out = answer.json()["left_out"]
    assert [one["partner_id"] for one in left_out] == [str(poor.uid)] and left_out[0]["explanation"]
    assert not PayoutBatch.objects.exists()


@pytest.mark.parametrize(
    "ids, field",
    [
        (["01900000-0000-7000-8000-000000000000"], "partner_ids"),
        (["x"], "partner_ids.0"),
        ([5], "partner_ids.0"),
        ([], "partner_ids"),
        ("all", "partner_ids"),
        ({}, "partner_ids"),
    ],
)
def test_whom_a_batch_can_name(as_admin, ids, field):
    rich_partner()
    assert list(errors_of(as_admin.post(PAYOUTS, {"partner_ids": ids}), 422, "invalid")) == [field]
    assert not PayoutBatch.objects.exists()


def test_batch_filters(as_admin, second):
    first, other = rich_partner(), rich_partner(20)
    drafts = [data_of(as_admin.post(PAYOUTS, {"partner_ids": [str(one.uid)]}), 202)["id"] for one in (first, other)]
    data_of(client_of(second).post(f"{PAYOUTS}/{drafts[0]}/approve"))
    for query, found in (
        ("", drafts[::-1]),
        ("status=Draft", drafts[1:]),
        ("status=Approved", drafts[:1]),
        (f"partner={other.uid}", drafts[1:]),
        ("date_from=2199-01-01", []),
    ):
        assert [one["id"] for one in data_of(as_admin.get(f"{PAYOUTS}?{query}"))] == found, query
    assert set(errors_of(as_admin.get(f"{PAYOUTS}?status=draft"), 422, "invalid")) == {"status"}


def test_members_see_what_they_are_paid_and_nothing_of_others(as_admin, second):
    mine, other = rich_partner(100, name="Mine"), rich_partner(900, name="Other")
    client = client_of(member(mine))
    made = data_of(as_admin.post(PAYOUTS, {}), 202)
    assert data_of(client.get(PAYOUTS)) == []
    errors_of(client.get(f"{PAYOUTS}/{made['id']}"), 404, "not_found")
    data_of(client_of(second).post(f"{PAYOUTS}/{made['id']}/approve"))
    found = data_of(client.get(PAYOUTS))
    assert [(one["id"], one["payouts_count"], one["totals"]) for one in found] == [
        (made["id"], 1, [{"amount": "100.00", "currency": "INR"}])
    ]
    detail = data_of(client.get(f"{PAYOUTS}/{made['id']}"))
    assert [one["partner"] for one in detail["payouts"]] == ["Mine"]
    assert (detail["created_by"], detail["approved_by"], detail["left_out"]) == (None, None, [])
    assert data_of(client.get(f"{PAYOUTS}?partner={other.uid}")) == []
    stranger = client_of(member())
    assert data_of(stranger.get(PAYOUTS)) == []
    errors_of(stranger.get(f"{PAYOUTS}/{made['id']}"), 404, "not_found")


def test_members_draw_up_nothing(as_org_admin, admin):
    batch = payouts.create(partners=[rich_partner()], by=admin)
    errors_of(as_org_admin.post(PAYOUTS, {}), 403, "forbidden")
    errors_of(as_org_admin.post(f"{PAYOUTS}/{batch.uid}/approve"), 403, "forbidden")
    batch.refresh_from_db()
    assert batch.status == "draft"
