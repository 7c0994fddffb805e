"""Why not, of payouts, papers, an event's states: the reason is that of the verb, for every kind of person."""

from datetime import timedelta
from functools import partial
from itertools import product

import pytest
from django.utils import timezone

from accounts import roles
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import Role, User
from accounts.tests.asking import asked
from eventify.lib.errors import Forbidden, Missing
from eventify.tests.lent import for_the_module
from events import editing, queries, states
from events import explaining as of_events
from events.factories import EventFactory
from events.models import Event
from partners import contacts, explaining, inviting, kyc, members, payouts, profile, sending, standing
from partners.command_center import payout_acts
from partners.factories import PartnerFactory
from partners.models import Document, Invitation, Member, Partner, Payout, PayoutBatch
from partners.tests.money import rich_partner, sell
from partners.tests.papers import uploaded

pytestmark = pytest.mark.django_db
ACTIONS = {one.id: one for one in (*explaining.ACTIONS, *of_events.ACTIONS)}


class World:
    """Partners, batches, papers and events in their states, and staff and members of all of them."""

    def __init__(self):
        self.admin, self.finance, self.content = (
            SuperAdminFactory(),
            self._staff("Finance"),
            self._staff("Content Moderator"),
        )
        self.partners = self._partners()
        self.member, self.helper = UserFactory(full_name="Admin of all"), UserFactory(full_name="Member of all")
        self.batches = self._batches()
        self.papers = {name: uploaded(self.partners["poor"]) for name in ("waits", "decided", "hers")}
        kyc.review(self.papers["decided"], verdict="Verified", by=self.admin)
        Document.objects.filter(pk=self.papers["hers"].pk).update(uploaded_by=self.content)
        for partner in self.partners.values():
            members.add(partner, self.member, Member.Role.ADMIN, by=None)
            members.add(partner, self.helper, Member.Role.MEMBER, by=None)
        self.events = {one.value: EventFactory(partner=self.partners["rich"], state=one) for one in Event.State}
        self.events["with a child"] = EventFactory(partner=self.partners["rich"])
        EventFactory(partner=self.partners["rich"], parent=self.events["with a child"])
        self.events["suspended"] = EventFactory(partner=self.partners["suspended"], state=Event.State.DRAFT)
        undated = {"starts_at": None, "ends_at": None, "state": Event.State.DRAFT}
        self.events["undated"] = EventFactory(partner=self.partners["rich"], **undated)
        self.people = [self.admin, self.finance, self.content, self.member, self.helper, UserFactory(full_name="No")]

    def _staff(self, role: str) -> User:
        return roles.assign(UserFactory(full_name=role), Role.objects.get(name=role), by=None)

    def _partners(self) -> dict[str, Partner]:
        suspended = rich_partner(name="Suspended")
        Partner.objects.filter(pk=suspended.pk).update(status=Partner.Status.SUSPENDED)
        unverified = PartnerFactory(verification_status=Partner.Verification.PENDING)
        sell(unverified, 100)
        return {
            "rich": rich_partner(1000, name="Rich"), "poor": PartnerFactory(name="Poor"),
            "bare": PartnerFactory(name="Bare"), "unverified": unverified,
            "suspended": Partner.objects.get(pk=suspended.pk), "under way": rich_partner(50, name="Under way"),
        }  # fmt: skip

    def _batches(self) -> dict[str, PayoutBatch]:
        draft = payouts.create(partners=[self.partners["under way"]], by=self.finance)
        done, sent = (payouts.create(partners=[rich_partner(70)], by=self.admin) for _time in range(2))
        payouts.approve(sent, by=self.finance)
        PayoutBatch.objects.filter(pk=sent.pk).update(provider="bank_file", status="sending")
        sent.payouts.update(status=Payout.Status.SENDING)
        sent.refresh_from_db()
        return {"draft": draft, "decided": payouts.discard(done, by=self.finance), "at the bank": sent}


made = for_the_module(World)


def check(is_there: bool, may: bool) -> None:
    """What the pages and contracts judge before the verb."""
    if not is_there:
        raise Missing
    if not may:
        raise Forbidden


def wrong(found) -> list[str]:
    return [f"{case}: {one.answer}, done: {one.refusal!r}" for case, one in found if not one.agree]


def test_payouts(made):
    found = []
    for (name, partner), by in product(made.partners.items(), made.people):
        sees = by.can("view_financials", on=partner)

        def paid(partner=partner, by=by, sees=sees):
            check(sees, True)
            payouts.create(partners=[partner], by=by)

        def drawn_up(partner=partner, by=by, sees=sees):
            check(sees, by.can(payout_acts.DrawUp.permission))
            payouts.create(partners=[partner], by=by)

        found.append(((name, str(by), "be_paid"), asked(ACTIONS["be_paid"], partner, by, paid)))
        found.append(((name, str(by), "draw_up"), asked(ACTIONS["draw_up_payout"], partner, by, drawn_up)))
    for (name, batch), by in product(made.batches.items(), made.people):
        sees = by.can("view_financials") or by.can("manage_payouts")

        def approved(batch=batch, by=by, sees=sees):
            check(sees, by.can(payout_acts.Approve.permission))
            payouts.approve(batch, by=by)

        def discarded(batch=batch, by=by, sees=sees):
            check(sees, by.can(payout_acts.Discard.permission))
            payouts.discard(batch, by=by)

        def fetched(batch=batch, by=by, sees=sees):
            check(sees, by.can(payout_acts.BankFile.permission))
            sending.bank_file_of(batch, by=by)

        def executed(batch=batch, by=by, sees=sees):
            check(sees, by.can(payout_acts.Executed.permission))
            sending.report_executed(batch, by=by)

        payout = batch.payouts.select_related("batch").get()

        def refused(payout=payout, by=by, sees=sees):
            check(sees, by.can(payout_acts.Refused.permission))
            sending.report_outcome(payout, is_paid=False, reason="x", by=by)

        found.append(((name, str(by), "file"), asked(ACTIONS["fetch_bank_file"], batch, by, fetched)))
        found.append(((name, str(by), "executed"), asked(ACTIONS["book_bank_answer"], batch, by, executed)))
        found.append(((name, str(by), "refused"), asked(ACTIONS["book_bank_answer"], payout, by, refused)))
        found.append(((name, str(by), "approve"), asked(ACTIONS["approve_payout"], batch, by, approved)))
        found.append(((name, str(by), "discard"), asked(ACTIONS["discard_payout"], batch, by, discarded)))
    assert wrong(found) == []
    assert {one.answer.code for _case, one in found} >= {None, "nothing_to_pay", "conflict", "forbidden", "not_found"}
    rules = {one.answer.rule for _case, one in found}
    assert rules >= {"partner_suspended", "partner_not_verified", "payout_under_way", "no_bank_account", "own_payouts",
                     "payouts_decided", "permission", "not_by_bank_file", "nothing_at_bank"}  # fmt: skip
    done = {case[2] for case, one in found if one.answer.allowed and case[0] == "at the bank"}
    assert done == {"file", "executed", "refused"}


def test_several_are_paid_by_one_batch(made):
    """One that can be paid is not kept from it by another one that cannot."""
    poor, rich, far = (made.partners[name] for name in ("poor", "rich", "suspended"))
    for others, may in (((far,), False), ((far, rich), True), ((), False)):
        done = partial(payouts.create, partners=[poor, *others], by=made.admin)
        said = {"others": ",".join(str(one.uid) for one in others)}
        one = asked(ACTIONS["draw_up_payout"], poor, made.admin, done, **said)
        assert (one.agree, one.answer.allowed) == (True, may), (others, one)


def test_standing(made):
    """Only who manages all partners opens the page; one of them who works for the partner is refused by the verb."""
    members.add(made.partners["poor"], made.admin, Member.Role.MEMBER, by=None)
    house, found = Partner.objects.get(is_house=True), []
    for partner, by, status in product((*made.partners.values(), house), made.people, ("Suspended", "Active")):
        sees, may = by.can("view_partners", on=partner), by.can("manage_partners")

        def changed(partner=partner, by=by, status=status, sees=sees, may=may):
            check(sees, may)
            standing.set_status(partner, status, reason="x", by=by)

        one = asked(ACTIONS["change_partner_status"], partner, by, changed, status=status)
        found.append(((str(partner), str(by), status), one))
    assert wrong(found) == []
    rules = {one.answer.rule for _case, one in found}
    assert rules >= {None, "same_status", "own_partner", "house", "permission", "not_found"}


def test_papers(made):
    found = []
    for (name, document), by in product(made.papers.items(), made.people):
        sees = by.can("view_partners", on=document.partner)

        def reviewed(document=document, by=by, sees=sees):
            check(sees, by.can("review_kyc"))
            kyc.review(document, verdict="Verified", by=by)

        found.append(((name, str(by)), asked(ACTIONS["review_paper"], document, by, reviewed)))
    assert wrong(found) == []
    assert {one.answer.rule for _case, one in found} >= {None, "own_upload", "document_decided", "permission"}


def test_people(made):
    partner, found = made.partners["bare"], []
    first = contacts.add(partner, name="Ana", email="ana@example.com", by=None)
    other = contacts.add(partner, name="Ben", email="ben@example.com", by=None)
    waits, over = (inviting.invite(partner, f"{name}@example.com", by=None) for name in ("new", "over"))
    inviting.revoke(over, by=None)
    own, helper = (partner.members.get(user=one) for one in (made.member, made.helper))
    full = PartnerFactory(verification_status=Partner.Verification.VERIFIED)
    members.add(full, made.member, Member.Role.ADMIN, by=None)
    for number in range(contacts.MOST):
        contacts.add(full, name="Ana", email=f"{number}@example.com", by=None)
    Invitation.objects.bulk_create(
        Invitation(partner=full, email=f"{number}@example.com", expires_at=timezone.now() + timedelta(days=1),
                   token_hash=str(number), role=Member.Role.MEMBER)
        for number in range(inviting.MOST_OPEN)
    )  # fmt: skip
    for by, row in product(made.people, (partner, full)):
        may = by.can("manage_partners", on=row)
        verbs = {
            "add_contact": lambda row=row, by=by: contacts.add(row, name="Bo", email="bo@example.com", by=by),
            "invite_member": lambda row=row, by=by: inviting.invite(row, "bo@example.com", by=by),
            "rename_partner": lambda row=row, by=by: profile.change(row, name="Another", by=by),
            "upload_paper": lambda row=row: kyc.check_room(row),
        }
        for action, verb in verbs.items():

            def tried(verb=verb, may=may):
                check(may, may)
                verb()

            found.append(((action, str(row), str(by)), asked(ACTIONS[action], row, by, tried)))
    for by in made.people:
        may = by.can("manage_partners", on=partner)

        def done(verb, row, by=by, may=may):
            check(may, may)
            verb(type(row).objects.get(pk=row.pk), by=by)

        for action, verb, row, said in (
            ("remove_contact", contacts.remove, first, {}),
            ("remove_contact", contacts.remove, other, {}),
            ("remove_member", members.remove_other, own, {}),
            ("remove_member", members.remove_other, helper, {}),
            ("decide_invitation", inviting.resend, waits, {"decision": "resend"}),
            ("decide_invitation", inviting.revoke, waits, {"decision": "revoke"}),
            ("decide_invitation", inviting.resend, over, {"decision": "resend"}),
        ):
            one = asked(ACTIONS[action], row, by, lambda verb=verb, row=row, done=done: done(verb, row), **said)
            found.append(((action, str(row), str(by)), one))
    assert wrong(found) == []
    rules = {one.answer.rule for _case, one in found}
    assert rules >= {None, "primary_contact", "oneself", "last_administrator", "not_found", "conflict",
                     "contacts_full", "invitations_full", "name_verified"}  # fmt: skip


def test_a_question_about_a_paper_writes_no_file(made):
    """It is asked as far as there is room, which is the rule that the upload itself keeps."""
    partner = made.partners["bare"]
    Document.objects.bulk_create(
        Document(partner=partner, type="PAN", name="x", file="x.pdf", size=1) for _one in range(kyc.WAITING_MOST)
    )
    before = Document.objects.count()
    one = asked(ACTIONS["upload_paper"], partner, made.admin, partial(uploaded, partner))
    assert one.agree and one.answer.rule == one.refusal.rule == "documents_waiting"
    assert Document.objects.count() == before


def test_states_of_events(made):
    found = []
    for (name, event), by, to in product(
        made.events.items(), (made.content, made.people[-1]), ("published", "showday", "cancelled")
    ):
        sees, may = queries.visible_to(by).filter(pk=event.pk).exists(), by.can("manage_events", on=event)

        def changed(event=event, by=by, to=to, sees=sees, may=may):
            check(sees, may)
            states.transition(event, to, by=by)

        one = asked(ACTIONS["change_state"], event, by, changed, state=to)
        found.append(((name, str(by), to), one))
        if to == "showday":

            def deleted(event=event, by=by, sees=sees, may=may):
                check(sees, may)
                editing.delete(event, by=by)

            found.append(((name, str(by), "delete"), asked(ACTIONS["delete_event"], event, by, deleted)))

            def withdrawn(event=event, by=by, sees=sees, may=may):
                check(sees, may)
                editing.set_bookable(event, False, by=by)

            one = asked(ACTIONS["set_bookable"], event, by, withdrawn, act="withdraw")
            found.append(((name, str(by), "withdraw"), one))
        if to == "published":
            found.append(((name, str(by), "publish"), asked(ACTIONS["publish"], event, by, changed)))
    assert wrong(found) == []
    rules = {one.answer.rule for _case, one in found}
    assert rules >= {None, "no_such_step", "partner_suspended", "event_incomplete", "permission", "not_found"}
    assert "event_in_use" in rules


def test_a_partner_is_verified_when_its_papers_are(made):
    poor = asked(ACTIONS["verify_partner"], made.partners["poor"], made.admin, lambda: None).answer
    assert (poor.allowed, poor.rule, poor.kind) == (False, "papers_missing", "state")
    assert poor.facts["missing"] and poor.sentence.startswith("Poor is not verified")
    assert poor.fix["url"] == f"/partner/{made.partners['poor'].slug}/documents/"
    assert asked(ACTIONS["verify_partner"], made.partners["rich"], made.content, lambda: None).agree
    assert Document.objects.filter(partner=made.partners["poor"], status="Pending").count() == 2


def test_the_amounts_are_facts(made):
    waits = asked(ACTIONS["be_paid"], made.partners["under way"], made.member, lambda: None).answer
    assert (waits.rule, waits.facts) == ("payout_under_way", {"under_way": "50.00"}) and "₹50.00" in waits.sentence
    poor = asked(ACTIONS["draw_up_payout"], made.partners["rich"], made.member, lambda: None).answer
    assert poor.kind == "role" and poor.facts == {"permissions": ["manage_payouts"], "roles": [], "member_roles": []}
    assert poor.sentence == "This needs “Manage payouts”, which only our staff have."
