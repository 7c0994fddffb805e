"""The payment messages in the command center: the list, one of them, applying it again."""

import pytest

from accounts.factories import SuperAdminFactory
from accounts.models import AuditLog
from accounts.tests.coming_in import log_in
from bookings import webhooks
from bookings.models import Payment, WebhookDelivery
from bookings.providers import sandbox
from bookings.providers.base import BadSignature
from bookings.tests.desk import DESK, HOSTILE, member, queries_of, said, shown, staff
from bookings.tests.scenes import buy, decide, hear, people, scene, settled, text
from eventify.lib.errors import Missing
from eventify.lib.ids import new_uid
from partners.factories import PartnerFactory
from partners.models import Member

pytestmark = pytest.mark.django_db
LIST = f"{DESK}/webhooks/"
ELSE = "11111111-1111-4111-8111-111111111111"


@pytest.fixture
def admin(client):
    user = SuperAdminFactory()
    log_in(client, user)
    return user


def applied() -> WebhookDelivery:
    hear(decide(buy(people(1)[0], scene(price=10)[1])))
    return WebhookDelivery.objects.order_by("pk").last()


def failed() -> tuple:
    """A message that could not be applied, its order, and what makes it possible."""
    order = buy(people(1)[0], scene(price=10)[1])
    payment = decide(order)
    Payment.objects.filter(pk=payment.pk).update(uid=ELSE)
    with pytest.raises(Missing):
        hear(payment)
    return WebhookDelivery.objects.order_by("pk").last(), order, payment


def unsigned(body: bytes = b'{"id": "<script>"}') -> WebhookDelivery:
    with pytest.raises(BadSignature):
        webhooks.receive("sandbox", body, {sandbox.SIGNATURE_HEADER: "x"})
    return WebhookDelivery.objects.order_by("pk").last()


def page_of(delivery: WebhookDelivery, act: str = "") -> str:
    return f"{LIST}{delivery.uid}/{act and act + '/'}"


def test_the_list(client, admin):
    good, (bad, _order, payment), junk = applied(), failed(), unsigned()
    page = client.get(LIST)
    assert shown(page) == [junk, bad, good]
    for words in ("Processed", "Could not be applied", "Not believed", "There is no such payment.", bad.delivery_id):
        assert words in text(page)
    for query, rows in (
        ({"state": "applied"}, [good]),
        ({"state": "apply_failed"}, [bad]),
        ({"state": "unsigned"}, [junk]),
        ({"state": "not_applied"}, []),
        ({"provider": "sandbox", "sort": "received_at"}, [good, bad, junk]),
        ({"provider": "stripe"}, []),
        ({"q": bad.delivery_id}, [bad]),
        ({"q": str(payment.uid)}, [bad]),
    ):
        assert shown(client.get(LIST, query)) == rows, query


def test_the_list_is_empty(client, admin):
    assert "What payment providers report is kept here." in text(client.get(LIST))


def test_the_list_asks_as_often_for_3_rows_as_for_1(client, admin):
    applied()
    few = queries_of(client, LIST)
    unsigned(), failed()
    assert queries_of(client, LIST) == few


def test_the_list_downloads(client, admin):
    delivery = applied()
    body = b"".join(client.get(LIST, {"format": "csv"}).streaming_content).decode("utf-8-sig")
    assert body.splitlines()[0] == "Message,Provider,State,Attempts,Received,Processed"
    assert f"{delivery.delivery_id},sandbox,Processed,1," in body


def test_one_message(client, admin):
    delivery = applied()
    page = text(client.get(page_of(delivery)))
    order = Payment.objects.get().order
    for words in (delivery.delivery_id, "Apply it again", f"/command-center/orders/{order.uid}/", '"status": "paid"'):
        assert words in page
    raw = client.get(page_of(unsigned(b'{"id": "<script>"}\xff\x00'))).content.decode()
    assert "&lt;script&gt;" in raw and "<script>&quot;" not in raw and "\x00" not in raw
    assert client.get(f"{LIST}{order.uid}/").status_code == 404


def test_replayed(client, admin):
    delivery, order, payment = failed()
    answer = client.post(page_of(delivery, "replay"))
    assert (answer.status_code, "There is no such payment." in text(answer)) == (404, True)
    Payment.objects.filter(uid=ELSE).update(uid=payment.uid)
    answer = client.post(page_of(delivery, "replay"))
    assert (answer["Location"], said(answer)) == (page_of(delivery), ["The message is applied."])
    assert settled(order) == ("paid", 1, 0, 10)
    assert client.post(page_of(delivery, "replay")).status_code == 302
    assert settled(order) == ("paid", 1, 0, 10)
    assert AuditLog.objects.filter(action="REPLAYED_WEBHOOK", actor=admin).exists()


def test_what_nobody_signed_stays_so(client, admin):
    delivery = unsigned()
    answer = client.post(page_of(delivery, "replay"))
    assert (answer.status_code, "signature" in text(answer)) == (400, True)
    delivery.refresh_from_db()
    assert (delivery.attempts, delivery.processed_at) == (2, None)


def test_a_repeated_message_leads_back_to_the_list(client, admin):
    """It came again while nobody could believe it; now it is seen to be the one that was applied."""
    known = applied()
    twin = WebhookDelivery.objects.get(pk=known.pk)
    twin.pk, twin.uid, twin.delivery_id, twin.processed_at = None, new_uid(), f"{webhooks.UNSIGNED}x", None
    twin.save(force_insert=True)
    assert client.post(page_of(twin, "replay"))["Location"] == LIST
    assert WebhookDelivery.objects.get() == known


def test_only_for_who_may_refund(client):
    delivery = applied()
    for role in ("Support", "Content Moderator"):
        staff(client, role)
        for url in (LIST, page_of(delivery)):
            assert client.get(url).status_code == 403
        assert client.post(page_of(delivery, "replay")).status_code == 403
    member(client, PartnerFactory(), Member.Role.ADMIN)
    assert [client.get(url).status_code for url in (LIST, page_of(delivery))] == [403, 403]
    staff(client, "Finance")
    assert client.get(LIST).status_code == 200


def test_a_replay_needs_a_proof_of_identity(client):
    delivery = applied()
    log_in(client, SuperAdminFactory(), fresh=False)
    assert client.post(page_of(delivery, "replay")).status_code in (302, 403)
    assert not AuditLog.objects.filter(action="REPLAYED_WEBHOOK").exists()


@pytest.mark.parametrize("value", HOSTILE)
def test_odd_values_are_answered(client, admin, value):
    applied()
    for name in ("q", "state", "provider", "sort", "page"):
        assert client.get(LIST, {name: value}).status_code == 200, name
