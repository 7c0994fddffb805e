"""The pages of money: batches from the choice to the bank, the ledger, statements; who may enter which."""

import csv
import io
import re
from html import unescape

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import roles
from accounts.factories import UserFactory
from accounts.models import Role
from accounts.tests.coming_in import log_in
from partners import payouts, sending
from partners.models import Partner, Payout, PayoutBatch
from partners.tests.money import (
    administrator,
    approved,
    event_of,
    refund,
    rich_partner,
    sell,
    staff,
    statuses,
)

pytestmark = pytest.mark.django_db(transaction=True)
DESK = "/command-center/"


def text(response) -> str:
    """A page as people read it."""
    return " ".join(re.sub(r"<[^>]+>", " ", unescape(response.content.decode())).split())


def batch_address(batch, act="batch") -> str:
    return reverse(f"desk-payout-{act}", args=[batch.uid])


def digest(response) -> str:
    return re.search(r'name="digest" value="(\w+)"', response.content.decode())[1]


@pytest.fixture
def maker(client):
    user, _other = staff(2)
    return log_in(client, user) and user


@pytest.fixture
def other():
    return payouts.approvers().last()


def confirm(client, url, **typed):
    """Open a page that asks first, then press its button."""
    page = client.get(url)
    return client.post(url, {"digest": digest(page), **typed})


# --- From the choice to the bank


def test_choosing_drawing_up_approving_and_following(client, maker, other):
    first = rich_partner(48000, name="Monsoon & Sons")
    second = rich_partner(200, name="Small <b>Hall</b>")
    poor = rich_partner(10, name="Frozen")
    Partner.objects.filter(pk=poor.pk).update(status="Suspended")
    page = client.get(f"{DESK}payouts/new/")
    assert "₹48,000.00 settled, so ₹48,000.00 can be paid out." in text(page)
    assert "Frozen The partner is suspended, so nothing is paid out." in text(page)
    assert "<b>Hall" not in page.content.decode()
    chosen = f"{DESK}payouts/new/draw-up/?partner={first.uid}&partner={second.uid}"
    page = client.get(chosen)
    assert "2 payouts of ₹48,200.00 are drawn up." in text(page)
    assert "Draw up 2 payouts, ₹48,200.00" in text(page)
    assert not PayoutBatch.objects.exists()
    uids = [str(first.uid), str(second.uid)]
    response = client.post(f"{DESK}payouts/new/draw-up/", {"digest": digest(page), "partner": uids})
    batch = PayoutBatch.objects.get()
    assert (response.status_code, response.url) == (302, batch_address(batch))
    page = client.get(response.url)
    assert "Payouts of ₹48,200.00" in text(page)
    assert "somebody else has to approve them" in text(page)
    assert batch_address(batch, "approve") not in page.content.decode()

    log_in(client, other)
    page = client.get(batch_address(batch))
    assert "Approve 2 payouts, ₹48,200.00" in text(page) and "every 2s" not in page.content.decode()
    page = client.get(batch_address(batch, "approve"))
    assert "₹48,200.00 leaves our account. This cannot be taken back." in text(page)
    response = client.post(batch_address(batch, "approve"), {"digest": digest(page)})
    assert (response.status_code, statuses(batch)) == (302, ("approved", ["approved", "approved"]))
    page = client.get(batch_address(batch))
    assert 'hx-trigger="every 2s"' in page.content.decode()
    sending.send_due()
    live = client.get(batch_address(batch, "live"), headers={"HX-Request": "true"})
    assert "every 2s" not in live.content.decode() and "<html" not in live.content.decode()
    assert (text(live).count("Paid") >= 3, live["HX-Refresh"]) == (True, "true")


def test_what_moved_since_it_was_looked_at_is_shown_again(client, maker, other):
    partner = rich_partner(1000)
    batch = payouts.create(by=maker)
    log_in(client, other)
    seen = digest(client.get(batch_address(batch, "approve")))
    refund(partner, 400)
    response = client.post(batch_address(batch, "approve"), {"digest": seen})
    assert response.status_code == 409
    assert "Something has changed since you looked." in text(response)
    assert "None of these payouts can be made any more." in text(response)
    assert "₹1,000.00 is not covered any more: ₹600.00 can be paid out now." in text(response)
    assert statuses(batch) == ("draft", ["draft"])
    assert client.post(batch_address(batch, "approve"), {}).status_code == 409


def test_drawing_up_what_moved_is_refused(client, maker):
    partner = rich_partner(1000)
    url = f"{DESK}payouts/new/draw-up/?partner={partner.uid}"
    seen = digest(client.get(url))
    sell(partner, 1)
    response = client.post(url, {"digest": seen, "partner": [str(partner.uid)]})
    assert (response.status_code, PayoutBatch.objects.count()) == (409, 0)
    assert "Draw up 1 payout, ₹1,001.00" in text(response)


def test_the_creator_is_refused_at_the_approval(client, maker):
    rich_partner()
    batch = payouts.create(by=maker)
    page = client.get(batch_address(batch, "approve"))
    assert "somebody else has to approve them" in text(page)
    assert client.post(batch_address(batch, "approve"), {"digest": "x"}).status_code == 409


def test_discarding(client, maker):
    rich_partner()
    batch = payouts.create(by=maker)
    assert confirm(client, batch_address(batch, "discard")).status_code == 302
    assert statuses(batch) == ("discarded", ["discarded"])
    assert "Nobody is paid by it." in text(client.get(batch_address(batch)))


def test_a_failure_says_what_to_do(client, maker):
    batch = approved(rich_partner(number="999900000001"))
    sending.send_due()
    page = text(client.get(batch_address(batch)))
    assert "The bank does not know this account number." in page
    assert "1 payout failed. Its money is back in the partner's balance" in page


def test_the_bank_file_and_what_the_bank_did(client, maker, settings):
    settings.EVENTIFY_PAYOUT_PROVIDER = "bank_file"
    first, second = rich_partner(name="A"), rich_partner(200, name="B")
    batch = approved(first, second)
    sending.send_due()
    page = client.get(batch_address(batch))
    assert "Hand the file to the bank" in text(page) and "every 2s" not in page.content.decode()
    response = client.post(batch_address(batch, "file"))
    assert (response.status_code, response["Content-Type"]) == (200, "application/xml")
    assert response["Content-Disposition"] == f'attachment; filename="payouts-{batch.uid.hex}.xml"'
    assert response.content.count(b"<CdtTrfTxInf>") == 2
    payout = batch.payouts.get(partner=first)
    refused = reverse("desk-payout-refused", args=[payout.uid])
    assert "Take ₹1,000.00 back into the balance" in text(client.get(refused))
    assert client.post(refused, {"reason": " "}).status_code == 400
    assert client.post(refused, {"reason": "Account closed"}).url == batch_address(batch)
    assert client.post(refused, {"reason": "Account closed"}).status_code == 409
    assert client.post(batch_address(batch, "file")).status_code == 409
    page = client.get(batch_address(batch, "executed"))
    assert "Yes, the bank paid it" in text(page)
    assert client.post(batch_address(batch, "executed"), {"digest": digest(page)}).status_code == 302
    assert statuses(batch) == ("failed", ["failed", "paid"])


@pytest.mark.parametrize("partner", [None, "", "nonsense", "\x00", "01a1fc2b-50a1-75a3-8127-5cb44612cb1c", "9" * 5000])
def test_any_choice_is_answered(client, maker, partner):
    rich_partner()
    query = {} if partner is None else {"partner": partner}
    url = f"{DESK}payouts/new/draw-up/"
    assert "digest" not in client.get(url, query).content.decode()
    assert client.post(url, {**query, "digest": "\x00"}).status_code == 400
    assert not PayoutBatch.objects.exists()


@pytest.mark.parametrize("reason", ["a\x00b", "x" * 501, "x" * 1_000_000])
def test_a_reason_that_cannot_be_kept_is_an_error_at_the_field(client, maker, settings, reason):
    settings.EVENTIFY_PAYOUT_PROVIDER = "bank_file"
    batch = approved(rich_partner())
    sending.send_due()
    refused = reverse("desk-payout-refused", args=[batch.payouts.get().uid])
    assert client.post(refused, {"reason": reason}).status_code == 400
    assert statuses(batch) == ("sending", ["sending"])


# --- Step-up and rights

ACTS = ["approve", "discard", "executed"]


@pytest.mark.parametrize("act", ACTS)
def test_money_asks_for_a_fresh_proof(client, maker, other, act):
    rich_partner()
    batch = payouts.create(by=maker)
    log_in(client, other, fresh=False)
    url = batch_address(batch, act)
    assert client.get(url).url == f"/account/confirm/?next={url.replace('/', '%2F')}"
    response = client.post(url, {"digest": "x"})
    assert response.status_code == 403 and "digest" in response.content.decode()
    assert statuses(batch) == ("draft", ["draft"])


def test_drawing_up_and_the_bank_file_ask_for_a_fresh_proof(client, maker, settings):
    settings.EVENTIFY_PAYOUT_PROVIDER = "bank_file"
    partner = rich_partner()
    batch = approved(partner)
    sending.send_due()
    log_in(client, maker, fresh=False)
    assert client.get(f"{DESK}payouts/new/draw-up/?partner={partner.uid}").url.startswith("/account/confirm/")
    assert client.post(batch_address(batch, "file")).status_code == 403
    payout = batch.payouts.get()
    refused = reverse("desk-payout-refused", args=[payout.uid])
    assert client.get(refused).url.startswith("/account/confirm/")
    assert client.post(refused, {"reason": "No"}).status_code == 403
    assert statuses(batch) == ("sending", ["sending"])


READ = [
    "payouts/",
    "payouts/all/",
    "ledger/",
    "payouts/{batch}/",
    "payouts/{batch}/live/",
    "partners/{partner}/statement/",
]
WRITE = [
    "payouts/new/",
    "payouts/new/draw-up/?partner={partner}",
    "payouts/{batch}/approve/",
    "payouts/{batch}/discard/",
    "payouts/{batch}/executed/",
]
OWN = {"payouts/": 302, "payouts/all/": 200, "ledger/": 200, "partners/{partner}/statement/": 200}


@pytest.fixture
def scene(maker):
    partner = rich_partner()
    batch = payouts.create(by=maker)
    transfer = partner.entries.get().transfer
    return {"partner": partner.uid, "batch": batch.uid, "transfer": transfer.uid, "_partner": partner}


def answers(client, user, scene, paths) -> dict[str, int]:
    if user:
        log_in(client, user)
    else:
        client.logout()
    return {path: client.get(DESK + path.format(**scene)).status_code for path in paths}


def with_role(name: str):
    user = UserFactory()
    roles.assign(user, Role.objects.get(name=name), by=None)
    return user


def test_finance_and_super_admins_may_everything(client, maker, scene):
    for user in (maker, with_role("Finance")):
        assert set(answers(client, user, scene, [*READ, *WRITE, "ledger/{transfer}/"]).values()) == {200}


@pytest.mark.parametrize("role", ["Content Moderator", "Support", "Gate"])
def test_other_staff_may_nothing(client, scene, role):
    found = answers(client, with_role(role), scene, [*READ, *WRITE, "ledger/{transfer}/"])
    assert set(found.values()) == {403}


def test_a_partners_own_people_see_what_is_theirs(client, scene):
    person = administrator(scene["_partner"])
    found = answers(client, person, scene, [*READ, *WRITE, "ledger/{transfer}/"])
    assert found == {path: OWN.get(path, 403) for path in found}


def test_a_stranger_at_another_partner_sees_nothing_of_it(client, scene):
    person = administrator(rich_partner(name="Elsewhere"))
    found = answers(client, person, scene, ["partners/{partner}/statement/"])
    assert set(found.values()) == {404}
    log_in(client, person)
    assert str(scene["partner"]) not in client.get(f"{DESK}ledger/").content.decode()
    assert scene["_partner"].name not in text(client.get(f"{DESK}payouts/all/"))


def test_nobody_is_led_to_the_login(client, scene):
    assert set(answers(client, None, scene, [*READ, *WRITE, "ledger/{transfer}/"]).values()) == {302}


def test_writing_without_the_right(client, scene, maker):
    log_in(client, administrator(scene["_partner"]))
    batch = PayoutBatch.objects.get()
    for act in ("approve", "discard", "executed", "file"):
        assert client.post(batch_address(batch, act), {"digest": "x"}).status_code == 403
    log_in(client, with_role("Support"), fresh=False)
    assert client.post(batch_address(batch, "approve"), {"digest": "x"}).status_code == 403
    assert statuses(batch) == ("draft", ["draft"])


def test_what_is_not_there(client, maker):
    unknown = "01a1fc2b-50a1-75a3-8127-5cb44612cb1c"
    for path in (
        "payouts/{}/",
        "payouts/{}/approve/",
        "ledger/{}/",
        "partners/{}/statement/",
        "payouts/one/{}/refused/",
    ):
        assert client.get(DESK + path.format(unknown)).status_code == 404


def rows_of(response) -> list[dict]:
    content = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(content)))


# --- As many queries for three rows as for one


def queries(client, path) -> int:
    cache.clear()
    client.get(path)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert client.get(path).status_code == 200
    return len(seen)


@pytest.mark.parametrize("path", ["payouts/", "payouts/all/", "ledger/", "payouts/new/"])
def test_the_lists_ask_as_much_for_three_rows_as_for_one(client, maker, other, path):
    counts = []
    for _round in range(2):
        for _n in range(len(counts) * 2 + 1):
            partner = rich_partner()
            sell(partner, 40, event=event_of(partner))
            payouts.create(by=maker, partners=[partner])
            sell(rich_partner(), 40, event=event_of(partner))
        counts.append(queries(client, DESK + path))
    assert counts[0] == counts[1]


def test_a_batch_page_asks_as_much_for_three_payouts_as_for_one(client, maker):
    counts = [
        queries(client, batch_address(payouts.create(by=maker, partners=chosen)))
        for chosen in (
            [rich_partner()],
            [rich_partner(), rich_partner(), rich_partner()],
        )
    ]
    assert counts[0] == counts[1]


def test_payouts_are_found_by_state_and_partner(client, maker):
    batch = approved(rich_partner(name="Monsoon"), rich_partner(name="Other"))
    sending.send_due()
    page = client.get(f"{DESK}payouts/", {"q": "mons", "status": "paid"})
    assert [row.object for row in page.context["table_rows"]] == [batch]
    assert "₹2,000.00" in text(page)
    page = client.get(f"{DESK}payouts/all/", {"q": "mons"})
    assert [row.object for row in page.context["table_rows"]] == list(Payout.objects.filter(partner__name="Monsoon"))
    rows = rows_of(client.get(f"{DESK}payouts/", {"format": "csv"}))
    assert (rows[0]["Amount"], rows[0]["Partners"]) == ("₹2,000.00", "2")
