"""What is refused after a button was pressed: whichever page comes next, its sentence has a link to the reason."""

import ast
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts import roles
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import Role
from analytics import explaining
from analytics.tests.test_why import LINK, browser, said
from bookings import cancelling
from bookings.factories import TicketTypeFactory
from bookings.forms import field_name, new_key
from bookings.models import WebhookDelivery
from bookings.tests.rooms import a_room, begin
from bookings.tests.scenes import buy, pay, scene
from crew import crowd_lists, matches, swaps
from crew.factories import CrowdListFactory, PersonFactory
from crew.models import IdentityMatch, Person
from crew.tests.portal import Scene
from eventify.tests.lent import for_the_module
from events.models import Event
from integrations import endpoints
from integrations.tests.scenes import endpoint_of, organisation
from partners import contacts, inviting, payouts
from partners.factories import PartnerFactory
from partners.models import Member
from partners.tests.money import rich_partner

pytestmark = pytest.mark.django_db
APPS = ("accounts", "partners", "events", "bookings", "crew", "integrations", "analytics", "privacy")
NO_MESSAGES_OF = {"accounts/admin.py"}  # the raw view of engineers has no pages of its own


class World:
    """Buttons that a rule refuses: name -> (who presses, the address, what is sent, what its link must say)."""

    def __init__(self):
        self.pressed = {**self._of_buyers(), **self._of_crews(), **self._of_planners(), **self._of_organisations()}
        self.pressed |= {**self._of_staff(), **self._of_roles(), **self._of_money(), **self._of_whole_forms()}

    def _of_buyers(self) -> dict[str, tuple]:
        buyer = UserFactory()
        begun = pay(buy(buyer, scene(price="9")[1]))
        Event.objects.filter(bookings__order=begun).update(starts_at=timezone.now() - timedelta(hours=1))
        gone = pay(buy(buyer, scene(price="9")[1]))
        cancelling.cancel(gone, by=buyer)
        self.gone, ticket, ended = gone, begun.tickets.get(), gone.tickets.get()
        passed, given = (reverse(f"ticket-{name}", args=[ticket.uid]) for name in ("transfer", "resale"))
        lost = reverse("ticket-transfer", args=[ended.uid])
        return {
            "cancelling": (buyer, f"/orders/{begun.uid}/cancel/", {}, "has begun; ask the organiser."),
            "passing on": (buyer, lost, {"to_email": "x@example.com"}, "was cancelled."),
            "no link": (buyer, passed, {"act": "withdraw"}, "There is no link to take back."),
            "giving back": (buyer, given, {}, "has begun"),
            "no offer": (buyer, given, {"act": "withdraw"}, "This offer is over."),
            "two-factor": (buyer, "/account/security/two-factor/off/", {}, "Two-factor is off already."),
        }

    def _of_crews(self) -> dict[str, tuple]:
        plan = self.plan = Scene()
        asha, beside = plan.person(), plan.shift(13, 15)
        plan.gives(plan.shift(12, 14), asha)
        swap = swaps.offer(plan.gives(plan.shift(18, 20), asha), by=asha.user)
        swaps.withdraw(swap, by=asha.user)
        late = plan.gives(plan.shift(0, 1, days=-60), asha)
        rejected = plan.person("Gone", status=Person.Status.REJECTED)
        return {
            "claiming": (asha.user, f"/crew/shifts/{beside.uid}/claim/", {}, "is at the same time as"),
            "too late": (asha.user, f"/crew/shifts/{late.shift.uid}/cancel/", {}, "too late to cancel it"),
            "an offer": (asha.user, f"/crew/swaps/{swap.uid}/", {"act": "withdraw"}, "was withdrawn."),
            "leaving": (rejected.user, f"/crew/parts/{rejected.uid}/leave/", {}, "decided about this already"),
        }

    def _of_planners(self) -> dict[str, tuple]:
        plan, by = self.plan, self.plan.planner
        barred, asha = plan.person("Barred", is_blacklisted=True), plan.person("On it")
        wanted = CrowdListFactory(event=plan.event, crowd_type=plan.kind)
        crowd_lists.add(wanted, asha, by=by)
        twice = PersonFactory(event=plan.event, crowd_type=plan.kind)
        match = IdentityMatch.objects.create(partner=plan.event.partner, person=twice, user=UserFactory())
        matches.dismiss(match, by=by)

        def at(page, *rows):
            return reverse(page, args=[plan.event.uid, *(row.uid for row in rows)])

        bulk = {"act": "list", "crowd_list": wanted.uid, "uid": barred.uid}
        return {
            "approving": (by, at("desk-crew-person-approve", barred), {}, "is on the blacklist and cannot be"),
            "a list": (by, at("desk-crew-list-add", wanted), {"uid": asha.uid}, "is on this list already."),
            "off a list": (by, at("desk-crew-list-remove", wanted), {"uid": barred.uid}, "is not on this list."),
            "many": (by, at("desk-crew-persons-bulk"), bulk, "cannot come onto a list."),
            "a match": (by, reverse("desk-crew-match-confirm", args=[match.uid]), {}, "decided this already."),
        }

    def _of_organisations(self) -> dict[str, tuple]:
        partner = organisation()
        by, slug = partner.admin, partner.slug
        first = contacts.add(partner, name="Ana", email="ana@example.com", by=by)
        contacts.add(partner, name="Ben", email="ben@example.com", by=by)
        waits = inviting.invite(partner, "new@example.com", Member.Role.MEMBER, name="New", by=by)
        endpoint = endpoint_of(partner, "https://hooks.example.com/")
        endpoints.pause(endpoint, by=by)
        own = partner.members.get(user=by)
        return {
            "a contact": (by, reverse("partner-contact-remove", args=[slug, first.uid]), {}, "primary contact"),
            "oneself": (by, reverse("partner-member-remove", args=[slug, own.uid]), {}, "cannot remove yourself"),
            "too soon": (by, reverse("partner-invitation-resend", args=[slug, waits.uid]), {}, "a moment ago"),
            "a webhook": (by, reverse("partner-endpoint-act", args=[slug, endpoint.uid]), {"do": "test"}, "not active"),
        }

    def _of_staff(self) -> dict[str, tuple]:
        admin, plain = SuperAdminFactory(), scene()[0]
        drawn, soon = begin(a_room()[0]).event, timezone.now() + timedelta(hours=1)
        shut = a_room(opens_at=soon, draw_at=soon)[0].event
        mail = reverse("desk-order-mail", args=[self.gone.uid])
        return {
            "mailing": (admin, mail, {}, "has no tickets that could be used"),
            "a pause": (admin, reverse("desk-event-room-pause", args=[plain.uid]), {}, "has no waiting room."),
            "beginning": (admin, reverse("desk-event-room-start", args=[drawn.uid]), {}, "drawn already."),
            "coming in": (admin, f"/e/{shut.slug}/room/", {}, "The waiting room opens at"),
            "erasing": (admin, reverse("desk-user-erase", args=[admin.uid]), {"reason": "x"}, "an account of staff"),
        }

    def _of_roles(self) -> dict[str, tuple]:
        admin, highest = SuperAdminFactory(), Role.objects.get(name="Super Admin")
        role = roles.create("Night shift", by=None)
        changes = {"permissions": ["refund_orders"]}
        return {
            "everything": (admin, reverse("desk-role-permissions", args=[highest.uid]), changes, "stays as it is."),
            "nothing": (admin, reverse("desk-role-permissions", args=[role.uid]), {}, "Nothing would change."),
            "as it is": (admin, reverse("desk-role-two-factor", args=[role.uid]), {"on": "no"}, "It is so already."),
            "a name": (admin, reverse("desk-role-describe", args=[highest.uid]), {"description": "x"}, "may do every"),
            "again": (admin, reverse("desk-staff-invite-again", args=[admin.uid]), {}, "has a password already."),
            "one's log-ins": (
                admin,
                reverse("desk-user-log-out", args=[admin.uid]),
                {"reason": "x"},
                "your own log-in",
            ),
            "one's codes": (admin, reverse("desk-user-reset-2fa", args=[admin.uid]), {"reason": "x"}, "your own two-f"),
        }

    def _of_money(self) -> dict[str, tuple]:
        admin, poor, other = SuperAdminFactory(), PartnerFactory(), PartnerFactory()
        batch = payouts.create(partners=[rich_partner()], by=admin)

        def at(page, row):
            return reverse(f"desk-payout-{page}", args=[row.uid])

        chosen = {"partner": [str(poor.uid), str(other.uid)]}
        unsigned = WebhookDelivery.objects.create(provider="sandbox", raw_body=b"{}", headers={}, body={})
        return {
            "drawing up": (admin, reverse("desk-payout-draw-up"), chosen, "othing"),
            "a file": (admin, at("file", batch), {}, "not sent through a bank file."),
            "paid": (admin, at("executed", batch), {}, "Nothing of these payouts is at the bank."),
            "refused": (admin, at("refused", batch.payouts.get()), {"reason": "x"}, "The provider itself reports"),
            "a message": (admin, reverse("desk-webhook-replay", args=[unsigned.uid]), {}, "signature"),
        }

    def _of_whole_forms(self) -> dict[str, tuple]:
        """What is refused is no value at a field: the link stands above the form."""
        buyer, partner = UserFactory(), organisation(name="Quokka", verification_status="Verified")
        one_each = TicketTypeFactory(event=scene()[0], max_per_person=1)
        buy(buyer, one_each)
        ticket = {"key": new_key(), field_name(one_each): 1}
        undated = scene(state=Event.State.DRAFT, starts_at=None, ends_at=None, partner=partner)[0]
        renamed = {"name": "Wombat", "legal_name": "", "contact_email": "", "phone": "", "website": ""}
        return {
            "buying": (buyer, f"/e/{one_each.event.slug}/", ticket, "per person"),
            "a state": (partner.admin, reverse("desk-event-state", args=[undated.uid]), {"to": "published"}, "a start"),
            "renaming": (partner.admin, reverse("partner-organisation", args=[partner.slug]), renamed, "were verified"),
            **self._of_plans(),
        }

    def _of_plans(self) -> dict[str, tuple]:
        plan, by = self.plan, self.plan.planner
        known, bella = UserFactory(), plan.person("Bella")
        PersonFactory(event=plan.event, crowd_type=plan.kind, email=known.email)
        held, offered = plan.gives(plan.shift(2, 4), bella), plan.shift(6, 7)
        other = plan.gives(plan.shift(8, 9), bella)
        swaps.offer(plan.gives(offered, bella), by=bella.user)
        shift, clashes = plan.shift(3, 5), reverse("desk-crew-clashes", args=[plan.event.uid])
        page = reverse("desk-crew-shift", args=[shift.uid])
        moved = {"act": "move", "assignment": other.uid, "shift": shift.uid}
        assert held.shift != other.shift
        return {
            "signing up": (known, f"/crew/{plan.event.slug}/", {}, "know you by your e-mail address"),
            "twice": (bella.user, f"/crew/shifts/{offered.uid}/swap/", {"note": "x"}, "you offer it already."),
            "assigning": (by, page, {"act": "assign", "person": bella.uid}, "is at the same time as"),
            "moving here": (by, page, {"act": "move", "assignment": other.uid}, "is at the same time as"),
            "moving": (by, clashes, moved, "is at the same time as"),
        }


made = for_the_module(World)


def pressed(client, address: str, sent: dict):
    """The page that comes of the button; a list is asked about first."""
    page = client.post(address, sent, follow=True)
    if page.context and page.context.get("digest") and "chosen" in page.context:
        page = client.post(address, {**sent, "go": "1", "digest": page.context["digest"]}, follow=True)
    return page


def test_each_refusal_leads_to_the_reason(made):
    wrong = []
    for name, (user, address, sent, sentence) in made.pressed.items():
        client = browser(user)
        links = [unescape(one) for one in LINK.findall(pressed(client, address, sent).content.decode())]
        answers = [client.get(link) for link in links]
        if not any(one.status_code == 200 and sentence in said(one) for one in answers if b"<strong>" in one.content):
            wrong.append(f"{name}: {links}, {[one.status_code for one in answers]}")
    assert wrong == []


def test_the_next_page_says_it_once(made):
    client = browser(made.pressed["no link"][0])
    _user, address, sent, sentence = made.pressed["no link"]
    first = client.post(address, sent, follow=True).content.decode()
    assert first.count(sentence) == 1 and f"next={address.replace('/', '%2F')}" in first
    assert sentence not in client.get(address).content.decode()


# --- One way from a refusal to a message ---------------------------------------------------------------


def modules():
    """Path -> the tree of each module that is no test."""
    for path in sorted(Path(settings.BASE_DIR).glob("*/**/*.py")):
        name = str(path.relative_to(settings.BASE_DIR))
        if "/tests/" not in name and name.split("/")[0] in APPS:
            yield name, ast.parse(path.read_text())


def of_message(node: ast.AST, caught: str) -> bool:
    """Whether the node makes a message of the refusal that was caught under this name."""
    is_message = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    is_message = is_message and isinstance(node.func.value, ast.Name) and node.func.value.id == "messages"
    return is_message and any(isinstance(one, ast.Name) and one.id == caught for one in ast.walk(node))


def bare_messages(tree: ast.AST) -> list[int]:
    handlers = [one for one in ast.walk(tree) if isinstance(one, ast.ExceptHandler) and one.name]
    return [node.lineno for one in handlers for node in ast.walk(one) if of_message(node, one.name)]


def asked_in(tree: ast.AST) -> set[str]:
    """The actions that `explaining.tell` is called with."""
    calls = [one for one in ast.walk(tree) if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute)]
    told = [one for one in calls if one.func.attr == "tell" and getattr(one.func.value, "id", "") == "explaining"]
    return {one.args[2].value for one in told if len(one.args) > 2 and isinstance(one.args[2], ast.Constant)}


def test_no_refusal_becomes_a_message_without_its_question():
    wrong = [f"{name}:{line}" for name, tree in modules() for line in bare_messages(tree) if name not in NO_MESSAGES_OF]
    assert wrong == []
    named = set().union(*(asked_in(tree) for _name, tree in modules()))
    assert len(named) >= 10 and named <= explaining.ACTIONS.keys()


def test_control_a_bare_message_is_noticed():
    bare = "try:\n    act()\nexcept DomainError as refusal:\n    messages.error(request, str(refusal.message))\n"
    assert bare_messages(ast.parse(bare)) == [4]
