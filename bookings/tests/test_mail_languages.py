"""Mails are written in the language of whom they are to, whatever the worker or another person speaks."""

import pytest
from django.core import mail as outbox
from django.test import Client
from django.utils import translation

from accounts import addresses, letters, mail, signup
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import OutgoingMail, User
from accounts.tests.coming_in import log_in
from bookings import cancelling, transfers
from bookings.models import Order
from bookings.tests.scenes import buy, decide, hear, pay, scene
from eventify.lib import currencies

pytestmark = pytest.mark.django_db
SUBJECT = "Your tickets for %(event)s"
EACH = pytest.mark.parametrize("language", ["en", "nl"])


def said(sentence: str, language: str, **words) -> str:
    with translation.override(language):
        return translation.gettext(sentence) % words


def subjects(to: str) -> list[str]:
    mail.send_pending()
    return [one.subject for one in outbox.outbox if one.to == [to]]


def test_the_two_languages_differ():
    assert said(SUBJECT, "en", event="X") != said(SUBJECT, "nl", event="X")


@EACH
def test_an_account_is_written_to_in_its_language_though_a_machine_speaks_english(language):
    event, kind = scene(price=10)
    order = buy(UserFactory(language=language), kind)
    hear(decide(order))  # the provider's message has no language
    assert subjects(order.mail_to) == [said(SUBJECT, language, event=event.name)]
    assert translation.get_language() == "en"  # of the worker, as before


@EACH
def test_what_staff_do_is_told_in_the_language_of_the_buyer(language):
    """Amounts, too: the inbox and the owed mail keep what was written."""
    _event, kind = scene(price=1234)
    order = pay(buy(UserFactory(language=language), kind))
    with translation.override("hi"):
        cancelling.cancel(order, by=SuperAdminFactory(language="hi"))
        assert translation.get_language() == "hi"
    told = order.user.notifications.latest("pk")
    assert told.title == said("Your order was cancelled; your money goes back to you", language)
    with translation.override(language):
        amount = currencies.exact(order.total_amount, "INR")
    assert OutgoingMail.objects.get(template="order_cancelled").context["amount"] == amount


@EACH
def test_a_guest_is_written_to_in_the_language_of_its_checkout(language):
    event, kind = scene(price=10)
    client = Client(headers={"Accept-Language": language})
    client.get(f"/e/{event.slug}/")
    to = client.post(f"/e/{event.slug}/", {"key": "k", f"qty_{kind.pk}": 1})["Location"]
    client.post(to, {"name": "Asha Rao", "email": "asha@example.com"})
    order = Order.objects.get()
    assert order.user.language == language
    translation.activate("en")
    pay(order)
    wanted = [said("Your order for %(event)s", language, event=event.name), said(SUBJECT, language, event=event.name)]
    assert subjects("asha@example.com") == wanted
    (html, _kind) = outbox.outbox[-1].alternatives[0]
    assert f'<html lang="{language}">' in html


def test_a_language_is_remembered_at_sign_up_and_kept_at_a_checkout():
    with translation.override("nl"):
        user = signup.register(email="a@example.com", password="long enough 1")  # noqa: S106
        signup.note_language(User.objects.get(pk=user.pk))
    assert User.objects.get(pk=user.pk).language == "nl"
    signup.note_language(user)  # English is spoken
    assert User.objects.get(pk=user.pk).language == "nl"
    old = UserFactory()  # from before languages were kept
    assert old.language == ""
    with translation.override("nl"):
        signup.note_language(old)
    assert User.objects.get(pk=old.pk).language == "nl"


def test_who_signs_up_over_the_api_is_asked_to_confirm_in_their_language():
    body = {"email": "a@example.com", "password": "long enough 1", "full_name": "A B"}
    Client().post("/signup/", {**body, "password_again": "long enough 1"}, headers={"Accept-Language": "nl"})
    assert User.objects.get(email="a@example.com").language == "nl"
    assert subjects("a@example.com") == [said("Confirm your e-mail address", "nl")]


def test_no_line_of_a_heading_or_button_ends_within_e_mail(mailoutbox):
    addresses.ask(UserFactory(email="a@example.com", language="en"))
    mail.send_pending()
    (html, _kind), said = mailoutbox[0].alternatives[0], "Confirm your e\N{NON-BREAKING HYPHEN}mail address"
    assert html.split("<body")[1].count(said) == 2 and mailoutbox[0].subject == "Confirm your e-mail address"
    path = addresses.path_for(User.objects.get(email="a@example.com").uid, "a@example.com")
    assert f"<h1>{said}</h1>" in Client().get(path).content.decode()


def test_no_line_of_a_heading_ends_within_an_amount():
    heading = "€\N{NO-BREAK SPACE}10,00"
    owed = OutgoingMail(template="money_back", to="a@example.com", context={"amount": heading}, language="nl")
    message = letters.compose(owed)
    assert heading in message.alternatives[0][0].partition("</h1>")[0].partition("<h1")[2]
    assert "€ 10,00" in message.subject


def test_a_stranger_is_written_to_in_the_language_of_who_sends():
    event, kind = scene(price=10)
    order = pay(buy(UserFactory(), kind))
    with translation.override("nl"):
        transfers.offer(order.tickets.get(), "stranger@example.com", by=order.user)
    assert OutgoingMail.objects.get(to="stranger@example.com").language == "nl"
    sent = subjects("stranger@example.com")
    assert sent == [said("%(sender)s gives you a ticket for %(event)s", "nl", sender=str(order.user), event=event.name)]


@pytest.mark.parametrize("language", ["", "xx", "nl_BE", "../x"])
def test_a_language_that_we_do_not_speak_is_english(language):
    user = UserFactory(language=language)
    owed = OutgoingMail(template="tickets", to=user.email, language=language)
    assert letters.language_of(owed) == "en"


def test_people_choose_the_language_of_their_mails(client):
    user = UserFactory(full_name="Maya Rao", language="en")
    log_in(client, user)
    assert client.get("/account/").context["form"].initial["language"] == "en"
    client.post("/account/", {"full_name": "Maya Rao", "language": "nl"})
    user.refresh_from_db()
    assert user.language == "nl"
    client.post("/account/", {"full_name": "Maya R."})  # a form from before there was a choice
    user.refresh_from_db()
    assert (user.full_name, user.language) == ("Maya R.", "nl")
    page = client.post("/account/", {"full_name": "Maya", "language": "klingon"})
    assert page.status_code == 400 and page.context["form"].errors["language"]
