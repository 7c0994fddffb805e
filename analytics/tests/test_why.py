"""The page `/why/`, and the links that lead there from what is refused."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import roles
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import Role
from accounts.tests.coming_in import log_in
from analytics import explaining
from bookings import cancelling, guests
from bookings.factories import TicketTypeFactory
from bookings.tests.scenes import buy, pay, scene
from crew.tests.portal import Scene
from eventify.lib.desk.confirm import ConfirmPage
from eventify.lib.desk.pages import ActionPage, FormPage, Page
from eventify.tests.lent import for_the_module
from eventify.tests.page_table import routes
from events.models import Event
from partners import members
from partners.factories import PartnerFactory
from partners.models import Member, Partner

pytestmark = pytest.mark.django_db
LINK = re.compile(r'href="(/why/\?[^"]+)"')
SENTENCE = re.compile(r"<strong>(.*?)</strong>", re.DOTALL)


class World:
    """Pages on which something is refused: name -> (who looks, the address, what its link must say)."""

    def __init__(self):
        buyer, stranger, admin, partner = UserFactory(), None, SuperAdminFactory(), PartnerFactory(name="Quokka")
        Partner.objects.filter(pk=partner.pk).update(verification_status=Partner.Verification.PENDING)
        members.add(partner, buyer, Member.Role.ADMIN, by=None)
        gate = roles.assign(UserFactory(), Role.objects.get(name="Gate"), by=None)
        full, kind = scene(capacity=1, partner=partner)
        buy(UserFactory(), kind)
        over = scene(starts_at=timezone.now() - timedelta(hours=5), ends_at=timezone.now() - timedelta(hours=2))[0]
        stopped = TicketTypeFactory(event=scene(seating=Event.Seating.AUTOMATIC)[0], status="sold_out").event
        stopped.ticket_types.update(status="sold_out")
        begun = pay(buy(buyer, scene(price="9", partner=partner)[1]))
        Event.objects.filter(bookings__order=begun).update(starts_at=timezone.now() - timedelta(hours=1))
        gone = pay(buy(buyer, scene(price="9")[1]))
        cancelling.cancel(gone, by=buyer)
        plan = Scene()
        asha, shift, beside = plan.person(), plan.shift(12, 14), plan.shift(13, 15)
        plan.gives(shift, asha)
        draft = scene(state=Event.State.DRAFT, starts_at=None, ends_at=None, partner=partner)[0]
        self.order, self.kind, self.admin = begun, kind, admin
        self.pages = {
            "sold out": (stranger, f"/e/{full.slug}/", "is sold out."),
            "over": (stranger, f"/e/{over.slug}/", "is over."),
            "seats": (stranger, f"/e/{stopped.slug}/seats/", "has no tickets on sale."),
            "an order that has begun": (buyer, f"/orders/{begun.uid}/", "has begun; ask the organiser."),
            "a cancelled order": (buyer, f"/orders/{gone.uid}/", "This order is refunded already."),
            "shifts": (asha.user, f"/crew/{plan.event.slug}/?all=on", "is at the same time as"),
            "a shift": (asha.user, f"/crew/shifts/{beside.uid}/", "is at the same time as"),
            "partner": (buyer, f"/partner/{partner.slug}/", "documents are not verified"),
            "payouts": (admin, "/command-center/payouts/new/", "documents are not verified"),
            "confirm": (admin, f"/command-center/orders/{gone.uid}/refund/", "This order is refunded already."),
            "state": (admin, f"/command-center/events/{draft.uid}/state/", "needs a name, a start and an end"),
            "event": (buyer, f"/command-center/events/{draft.uid}/", "needs a name, a start and an end"),
            "no role": (gate, "/command-center/payouts/", "View financials"),
            "a candidate": (plan.planner, reverse("desk-crew-shift", args=[beside.uid]), "is at the same time as"),
            "a section": (plan.planner, reverse("desk-crew-section-delete", args=[beside.section.uid]), "has shifts."),
            "passing on": (buyer, reverse("ticket-transfer", args=[gone.tickets.get().uid]), "was cancelled."),
            "giving back": (buyer, reverse("ticket-resale", args=[begun.tickets.get().uid]), "has begun"),
            **self._of_staff(admin, full, kind, gone, partner, draft),
        }

    def _of_staff(self, admin, full, kind, gone, partner, draft) -> dict[str, tuple]:
        """What staff see of buttons that are missing, and of previews that are refused."""
        role, own = roles.create("Night shift", by=None), PartnerFactory()
        roles.assign(UserFactory(), role, by=None)
        members.add(own, admin, Member.Role.MEMBER, by=None)

        def at(page, row, query=""):
            return f"{reverse(page, args=[row.uid])}{query}"

        return {
            name: (admin, address, sentence)
            for name, address, sentence in (
                ("oneself", at("desk-user", admin), "cannot ban yourself"),
                ("a ban", at("desk-user-ban", admin), "cannot ban yourself"),
                ("one's own access", at("desk-staff-member", admin), "your own access"),
                ("taking it away", at("desk-staff-revoke", admin), "your own access"),
                (
                    "one's own role",
                    at("desk-staff-role-change", admin, f"?role={role.uid}"),
                    "your own Super Admin role",
                ),
                ("a role", at("desk-role", role), "Somebody has this role."),
                ("its end", at("desk-role-delete", role), "Somebody has this role."),
                ("a full event", at("desk-event", full), "has bookings"),
                ("deleting it", at("desk-event-delete", full), "has bookings"),
                ("shrinking it", at("desk-event-capacity", full, "?places=0"), "1 places are booked already"),
                ("refunding it", at("desk-event-refund", full), "Nobody has paid"),
                ("a type", at("desk-ticket-type", kind), "Tickets of this type were booked."),
                ("an ended order", at("desk-order", gone), "This order is refunded already."),
                ("the house", at("desk-partner", Partner.objects.get(is_house=True)), "our own organisation"),
                ("one's own partner", at("desk-partner-suspend", own), "You work for this partner."),
                ("an active one", at("desk-partner-activate", partner), "is active already."),
                ("a poor one", at("desk-partner", partner), "documents are not verified"),
                (
                    "single tickets",
                    at("desk-order-tickets", gone, f"?tickets={gone.tickets.get().uid}"),
                    "refunded already.",
                ),
                ("all its tickets", at("desk-order", gone), "This order is refunded already."),
                ("erasing oneself", reverse("account-erase"), "This is an account of staff."),
                ("erasing staff", at("desk-user-erase", admin), "This is an account of staff."),
                ("registration", at("desk-crew-plan", draft), "draft"),
            )
        }


made = for_the_module(World)


def browser(user=None) -> Client:
    client = Client()
    if user:
        log_in(client, user)
    return client


def said(response) -> str:
    """The sentence of the page."""
    return unescape(SENTENCE.search(response.content.decode())[1])


def test_each_link_leads_to_the_reason(made):
    wrong = []
    for name, (user, address, sentence) in made.pages.items():
        client = browser(user)
        links = [unescape(one) for one in LINK.findall(client.get(address).content.decode())]
        answers = [client.get(link) for link in links]
        if (
            not answers
            or any(one.status_code != 200 for one in answers)
            or not any(sentence in said(one) for one in answers)
        ):
            wrong.append(f"{name}: {links}, {[said(one) for one in answers]}")
    assert wrong == []


def test_what_the_page_says(made):
    sold = browser().get("/why/", {"action": "book", "object": made.kind.uid, "quantity": 3}).content.decode()
    assert "<dt>Asked for</dt><dd>3</dd>" in sold and "<dt>Left</dt><dd>0</dd>" in sold
    page = browser().get("/why/", {"action": "book", "object": made.kind.uid, "next": "/e/x/"})
    assert said(page).endswith("is sold out.")
    text = page.content.decode()
    assert all(part in text for part in ("A limit", "<code>sold_out</code>", 'href="/e/x/"', "noindex", "#waitlist"))
    assert page["Cache-Control"].startswith("max-age=0") and "no-store" in page["Cache-Control"]
    outside = browser().get("/why/", {"action": "book", "object": made.kind.uid, "next": "https://evil.example/"})
    assert 'class="button' not in outside.content.decode()  # no way back
    assert browser().post("/why/").status_code == 405
    assert browser().get("/why/").status_code == 422
    assert browser().get("/why/", {"action": "book", "object": "nothing"}).status_code == 404


def test_a_stranger_is_sent_to_log_in_and_told_nothing(made):
    """Nothing but the log-in is said, whether there is such an order or not."""
    pages = [browser().get("/why/", {"action": "cancel", "object": one}) for one in (made.order.uid, "nothing")]
    assert [said(one) for one in pages] == ["Log in first: this is for people with an account."] * 2
    assert "/login/?next=%2Fwhy%2F" in pages[0].content.decode()
    assert browser(UserFactory()).get("/why/", {"action": "cancel", "object": made.order.uid}).status_code == 404


def test_a_guest_asks_about_their_own_order():
    guest = guests.nobody()
    order = buy(guest, scene()[1])
    client = browser()
    session = client.session
    session[guests.SESSION_KEY] = guest.pk
    session.save()
    assert "possible" in client.get("/why/", {"action": "cancel", "object": order.uid}).content.decode()


def test_too_many_questions(made, settings):
    settings.EVENTIFY_RATE_LIMITS, settings.RATE_LIMITS = True, {**settings.RATE_LIMITS, "explain": (1, 60)}
    client = browser()
    answers = [client.get("/why/", {"action": "book", "object": made.kind.uid}) for _time in range(2)]
    assert [one.status_code for one in answers] == [200, 429] and answers[1]["Retry-After"]


def test_moments_are_said_with_their_zone(settings):
    settings.EVENTIFY_TIME_ZONE = "Asia/Kolkata"
    kind = TicketTypeFactory(event=scene()[0], sales_start_at=datetime(2031, 6, 13, 12, tzinfo=UTC))
    page = browser().get("/why/", {"action": "book", "object": kind.uid})
    assert "<dt>From</dt><dd>Fri 13 Jun 2031, 17:30 IST</dd>" in page.content.decode()


def test_a_refused_button_says_it_as_well(made):
    admin = browser(made.admin)
    refused = admin.post(reverse("desk-ticket-type-delete", args=[made.kind.uid]))
    [link] = [unescape(one) for one in LINK.findall(refused.content.decode())]
    assert refused.status_code == 409 and "Hide it instead." in admin.get(link).content.decode()


# Pages of the command center that change something and have no question of their own: why -> the pages of each app.
ASKS_NOTHING = {
    "one's own, or refused by a role only": {
        "accounts": "ReadNotification ReadAllNotifications SaveFilter ForgetFilter Theme ChooseRole",
        "analytics": "Unsubscribe RunAgain Reports PartnerReports EventReports",
        "bookings": "Enrol Revoke UndoScan ConflictPage PaperPage",
    },
    "each row that is refused, or what was pressed, has its own link": {
        "crew": "Bulk Matches Confirm Dismiss ShiftPage",
    },
    "what is refused is what was typed or chosen: the form says it": {
        "accounts": "InviteStaff NewRole",
        "partners": "InvitePartner Terms",
        "analytics": "Licence",
        "bookings": "NewEvent EditEvent CopyEvent NewType EditType NewPromo EditPromo SetTaxRate SeatPlan HallPage"
        " AreasPage HandIn",
        "crew": "NewShift EditShift CopyShift Sections NewSection EditSection NewSlot CopyDay EditSlot NewLocation"
        " EditLocation PlanPage NewPerson EditPerson Upload Preview NewList EditList NewCrowdType NewCompany NewTag"
        " ChangeCrowdType ChangeCompany ChangeTag",
    },
}


def test_pages_that_can_be_refused_have_a_question():
    pages = {one.view for one in routes() if one.view and issubclass(one.view, Page)}
    acting = {one for one in pages if issubclass(one, FormPage | ActionPage) or "post" in vars(one)}
    asks = {name_of(one): one.asks for one in acting if one.asks}
    assert set(asks.values()) - explaining.ACTIONS.keys() == set() and len(asks) >= 50
    silent = {name_of(one) for one in acting if not one.asks}
    excused = {f"{app}.{name}" for of in ASKS_NOTHING.values() for app, names in of.items() for name in names.split()}
    assert silent - excused == set(), "no question: declare `asks`, or say why not in ASKS_NOTHING"
    assert excused - silent == set(), "these ask now, or are gone"
    assert {name_of(one) for one in acting if issubclass(one, ConfirmPage)} & silent == set()


def name_of(page: type[Page]) -> str:
    return f"{page.__module__.partition('.')[0]}.{page.__name__}"


def test_every_action_has_words_and_every_fix_an_address(made):
    assert len(explaining.ACTIONS) == 80
    for action in explaining.ACTIONS.values():
        assert str(action.name) and str(action.about)
        assert all(str(fix.sentence).endswith(".") for fix in action.fixes.values())
