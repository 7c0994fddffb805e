"""A copy of a person's data: everything of theirs and nothing of anybody else's, through a link that runs out."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import bans, letters, mail
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog, OutgoingMail, User
from accounts.tests.coming_in import log_in
from bookings.models import Order
from bookings.tests.scenes import buy, pay, scene
from eventify.lib.errors import Conflict, Forbidden, Missing
from privacy import copies, tasks
from privacy.models import Copy
from privacy.tests import lives

pytestmark = pytest.mark.django_db


def opened(user: User) -> dict:
    """{path: content} of a copy of the person's data; JSON is read."""
    file = io.BytesIO()
    copies.fill(file, User.objects.get(pk=user.pk))
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        raw = {name: archive.read(name) for name in archive.namelist()}
    return {name: json.loads(content) if name.endswith(".json") else content for name, content in raw.items()}


def made(user: User, by: User | None = None) -> Copy:
    copy = copies.request(user, by=by or user, reason="Asked by letter" if by else "")
    assert tasks.make_copies(copy.pk) == 1
    copy.refresh_from_db()
    return copy


# --- What is in it --------------------------------------------------------------------------------------


def test_everything_of_theirs_is_in_it():
    found = opened(lives.a_life())
    assert found["account.json"][0]["email"] == lives.EMAIL
    order, as_guest = found["orders.json"]
    assert (order["buyer_name"], order["total_amount"], order["company"]) == (lives.NAME, "60.00", "Zyzzyva Ltd")
    assert as_guest["buyer_email"] == lives.EMAIL.upper()
    assert {one["status"] for one in found["tickets.json"]} == {"used", "valid", "cancelled"}
    assert [one["amount"] for one in found["payments.json"]] == ["60.00", "20.00"]
    assert [one["amount"] for one in found["refunds.json"]] == ["20.00"]
    assert len(found["invoices.json"]) >= 2 and found["scans.json"][0]["gate"] == "Desk"
    assert [one["name"] for one in found["crew.json"]] == [lives.NAME] * 2
    assert found["crew.json"][0]["notes"] == "Zyzzyva has a van"
    assert found["shifts.json"][0]["reason"] == "Zyzzyva was ill"
    assert found["log-ins.json"][0]["address"] == "203.0.113.9"
    assert found["documents.json"][0]["name"] == "quetzal.pdf"
    for name in ("notifications", "mails", "memberships", "contacts", "invitations", "tags", "identity-matches"):
        assert found[f"{name}.json"], name
    assert {"audit-by-me.json", "audit-about-me.json", "saved-filters.json", "two-factor.json"} <= set(found)


def test_its_papers_are_in_it():
    found = opened(lives.a_life())
    papers = {name.partition("/")[0]: content for name, content in found.items() if "/" in name}
    assert set(papers) == {"documents", "tickets", "invoices"}
    assert papers["documents"] == b"PAN"
    assert all(papers[name].startswith(b"%PDF") for name in ("tickets", "invoices"))


def test_no_secret_is_in_it():
    found = opened(lives.a_life())
    keys = {key for name, rows in found.items() if name.endswith(".json") for row in rows for key in row}
    assert not {key.split("__")[-1] for key in keys} & lives.SECRETS


def test_a_page_says_what_is_what():
    page = opened(lives.a_life())["index.html"].decode()
    assert '<a href="orders.json">orders.json</a></th><td>2</td>' in page and lives.NAME in page
    assert "Bookkeeping law" in page and "<script" not in page


def test_what_they_did_to_rows_of_others_is_listed_without_the_rows():
    boss = SuperAdminFactory()
    bans.ban(UserFactory(), reason="spam", by=boss)
    copies.request(lives.somebody(), by=boss, reason="Asked by letter")
    acts = opened(boss)["acts.json"]
    assert [(one["table"], one["as"]) for one in acts] == [("privacy.Copy", "requested_by")]
    assert set(acts[0]) == {"table", "as", "pk", "uid", "created_at"}


def test_nothing_of_anybody_else_is_in_it():
    event, kind = scene(price=7)
    other = UserFactory(full_name="Wombat Other", email="wombat@example.com", email_confirmed_at=timezone.now())
    order = pay(buy(other, kind))
    Order.objects.filter(pk=order.pk).update(buyer_name="Wombat Other")
    lives.a_life()
    everything = json.dumps(opened(User.objects.get(email=lives.EMAIL)), default=str).lower()
    assert "wombat" not in everything and lives.NAME.lower() in everything
    lives_of_other = json.dumps(opened(other), default=str).lower()
    assert not [trace for trace in lives.TRACES if trace in lives_of_other] and "wombat" in lives_of_other


def test_of_a_ticket_that_a_friend_bought_only_the_name_is_in_it():
    friend = UserFactory(full_name="Wombat Friend")
    order = buy(friend, scene(name="Spring")[1])
    Order.objects.filter(pk=order.pk).update(buyer_name="Wombat Friend", buyer_email=lives.EMAIL)
    order.tickets.update(attendee_name=lives.NAME, attendee_email=lives.EMAIL)
    found = opened(lives.somebody())
    (ticket,) = found["tickets-with-my-address.json"]
    assert (ticket["attendee_name"], ticket["event__name"]) == (lives.NAME, "Spring")
    assert not {"orders.json", "tickets.json", "bookings.json"} & set(found)
    assert "wombat" not in json.dumps(found, default=str).lower()


def test_an_address_that_was_never_confirmed_brings_nothing():
    lives.a_life()
    User.objects.filter(email=lives.EMAIL).update(email="moved@example.com")
    thief = UserFactory(email=lives.EMAIL)
    found = opened(thief)
    assert {"orders.json", "crew.json", "mails.json", "contacts.json"} & set(found) == set()
    User.objects.filter(pk=thief.pk).update(email_confirmed_at=timezone.now())
    assert {"orders.json", "crew.json", "mails.json", "contacts.json"} <= set(opened(thief))


def test_a_copy_asks_as_many_questions_whatever_there_is():
    def cost(user) -> int:
        with CaptureQueriesContext(connection) as asked:
            copies.fill(io.BytesIO(), user)
        return len(asked)

    one, many = UserFactory(), UserFactory()
    for user, times in ((one, 1), (many, 3)):
        for _number in range(times):
            buy(user, scene()[1], at_checkout=True)
    assert cost(one) == cost(many)


# --- Asking, making, fetching ---------------------------------------------------------------------------


def test_it_is_made_once_and_the_person_is_written_to(mailoutbox):
    user = lives.somebody()
    copy = copies.request(user, by=user)
    assert copies.request(user, by=user) == copy
    assert (tasks.make_copies(), tasks.make_copies()) == (1, 0)
    mail.send_pending()
    copy.refresh_from_db()
    assert copy.file.size == copy.size > 0 and copy.file.name == f"copies/{copy.uid}.zip"
    assert [one.to for one in mailoutbox] == [[lives.EMAIL]]
    assert copies.path_of(copy.uid) in mailoutbox[0].body and "After 7 days" in mailoutbox[0].body
    assert OutgoingMail.objects.get().context.keys() == {"user", "copy", "name", "days"}  # no link is stored


def test_each_asking_and_fetching_is_audited():
    user, boss = lives.somebody(), SuperAdminFactory()
    copies.fetch(made(user, by=boss), by=None).close()
    lines = AuditLog.objects.order_by("pk").values_list("action", "actor", "target_uid", "details__reason")
    assert list(lines) == [
        ("ASKED_FOR_DATA", boss.pk, user.uid, "Asked by letter"),
        ("FETCHED_DATA", None, user.uid, None),
    ]


def test_somebody_elses_needs_the_permission():
    with pytest.raises(Forbidden):
        copies.request(lives.somebody(), by=UserFactory())
    assert not Copy.objects.exists()


def test_a_guests_goes_to_the_address_of_the_order():
    boss, guest = SuperAdminFactory(), UserFactory(is_guest=True, is_active=False)
    with pytest.raises(Conflict):
        copies.request(guest, by=boss)
    order = buy(guest, scene()[1])
    Order.objects.filter(pk=order.pk).update(buyer_email="guest@example.com")
    assert copies.request(guest, by=boss).sent_to == "guest@example.com"


def test_the_file_is_fetched_through_the_link(client):
    copy = made(lives.somebody())
    path = copies.path_of(copy.uid)
    answer = client.get(path)
    body = b"".join(answer.streaming_content)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    assert answer["Content-Disposition"].startswith('attachment; filename="eventify-data-')
    assert "no-store" in answer["Cache-Control"] and answer["X-Content-Type-Options"] == "nosniff"
    assert zipfile.ZipFile(io.BytesIO(body)).namelist()[0] == "account.json"
    copy.refresh_from_db()
    assert copy.downloaded_at is not None


def test_no_other_link_opens_it(client):
    copy = made(lives.somebody())
    path = copies.path_of(copy.uid)
    strange = copies.path_of(UserFactory().uid)
    assert [client.get(one).status_code for one in (f"{path[:-2]}/", f"/data/{copy.uid}/", strange)] == [404] * 3
    assert client.post(path).status_code == 405
    assert log_in(client, UserFactory()).get(path).status_code == 404
    assert log_in(client, SuperAdminFactory()).get(path).status_code == 404
    assert log_in(client, copy.user).get(path).status_code == 200


def test_the_link_runs_out(client, settings):
    copy = made(lives.somebody())
    path = copies.path_of(copy.uid)
    with time_machine.travel(timezone.now() + timedelta(days=6, hours=23)):
        assert client.get(path).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1)):
        assert client.get(path).status_code == 404
        with pytest.raises(Missing):
            copies.find(path.split("/")[-2])
        settings.EVENTIFY_KEEP_DAYS = {**settings.EVENTIFY_KEEP_DAYS, "copies": 0}
        assert client.get(path).status_code == 200


def test_a_file_that_the_storage_has_lost_is_said_to_be_so(client):
    copy = made(lives.somebody())
    copy.file.storage.delete(copy.file.name)
    answer = client.get(copies.path_of(copy.uid))
    assert answer.status_code == 404 and "not in the storage" in answer.content.decode()


def test_one_that_cannot_be_stored_stops_no_other(monkeypatch):
    broken, good = (copies.request(user, by=user) for user in (UserFactory(), UserFactory()))
    save = copies.Copy.file.field.storage.save

    def saved(name, *args, **kwargs):
        if str(broken.uid) in name:
            raise OSError("The disk is full")
        return save(name, *args, **kwargs)

    monkeypatch.setattr(copies.Copy.file.field.storage, "save", saved)
    assert tasks.make_copies() == 1
    assert list(Copy.objects.filter(made_at=None)) == [broken] and good.pk


def test_it_is_tried_so_often_and_then_asked_for_anew():
    user = lives.somebody()
    given_up = copies.request(user, by=user)
    Copy.objects.update(attempts=copies.MOST_ATTEMPTS)
    assert tasks.make_copies() == 0
    assert copies.request(user, by=user).pk != given_up.pk


def test_an_attempt_that_was_interrupted_is_made_again_later():
    user = lives.somebody()
    copies.request(user, by=user)
    assert copies._claim(Copy.objects.get().pk) is not None
    assert tasks.make_copies() == 0
    with time_machine.travel(timezone.now() + copies.PAUSE + timedelta(minutes=1)):
        assert tasks.make_copies() == 1


def test_the_mail_is_in_the_language_of_the_person():
    user = lives.somebody(language="nl")
    made(user)
    assert letters.language_of(OutgoingMail.objects.get()) == "nl"
