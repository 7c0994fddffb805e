"""Every page that the URL map has, where it leads in the world of the tests, and what each visitor must get there.

What is expected comes from what a page declares (`permission`, `scoped`, `permissions`) and from what a visitor
holds; only pages that declare nothing are told apart here, as data.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from django.test import RequestFactory
from django.urls import URLPattern, get_resolver

from accounts.models import Notification
from accounts.permissions import IDS
from analytics.models import Export, Subscription
from bookings.models import Booking, Invoice, Order, Ticket
from crew.command_center.base import OfEvent
from crew.command_center.settings import OfPartner
from crew.models import CrowdList, Person, PersonTag, Shift, Swap
from eventify.lib.desk.pages import LOGGED_IN, ObjectMixin, Page, names_of
from eventify.tests.page_world import HOUSE, A, B, Caller, World
from events.models import Event
from integrations.models import ApiKey, Delivery, Endpoint
from partners.models import Contact, Document, Invitation, Member, Partner
from partners.views_base import PartnerPage

# What other tests walk, by the beginning of its address or by the module of its urls.
ELSEWHERE = {
    "eventify.contracts.": "The tests of each contract walk its own routes: tests/test_routes.py, for one.",
    "door/api/": "No page: a device's token is the right; see bookings/tests/test_door_devices.py.",
    "^api/schema": "No page: the documents of the contracts; see eventify/openapi/tests.",
    "django-admin/": "test_admin_lists.py walks the raw admin, which only Super Admins may enter.",
}
# Pages that are for everybody, and why.
PUBLIC = {
    "login/": "Coming in.",
    "login/code/": "Coming in: the second step.",
    "signup/": "Coming in for the first time.",
    "display/": "Colours and language, for whoever looks at the site.",
    "logout/": "Going out; POST only.",
    "django-admin/login/": "Leads to the one log-in.",
    "password/forgotten/": "For who cannot come in.",
    "account/confirm-address/<str:token>/": "The token of the mail is the right to confirm the address.",
    "account/set-password/<uuid:uid>/<str:token>/": "The token of the mail is the right to open it.",
    "invitations/<str:token>/": "The token of the mail is the right to open it.",
    "documents/<str:token>/": "The signed link of five minutes is the right; see test_page_shows.py.",
    "data/<str:token>/": "The signed link of the mail is the right; see privacy/tests/test_copies.py.",
    "documents/<str:token>/pages/<int:number>.png": "As the link to the whole file.",
    "": "The home page.",
    "whats-on/": "Everything that can be attended.",
    "near/": "Remembers a city for the home page; leads there.",
    "calendar/": "What is on this month.",
    "calendar/<int:year>/<int:month_number>/": "What is on in a month.",
    "api/docs/": "The documents of the contracts, for who writes a client.",
    "why/": "Why something is refused: of what the asker may see, and nothing else; see test_why.py.",
    "robots.txt": "For search engines.",
    "sitemap.xml": "For search engines.",
    "sitemap-<section>.xml": "For search engines.",
    "e/<slug:slug>/calendar.ics": "An event that is published, for anybody's calendar.",
    "crew/": "The events that look for people.",
    "crew/<slug:slug>/": "An event that looks for people: signing up for its crew.",
    "crew/calendar/<str:token>.ics": "The token of the address is the right to read the roster; see test_feeds.py.",
    "e/<slug:slug>/": "An event that is published.",
    "e/<slug:slug>/seats/": "The seat map of an event that is published.",
    "e/<slug:slug>/seats/taken.json": "Which seats of it are taken.",
    "e/<slug:slug>/room/": "The waiting room of an event that is published.",
    "e/<slug:slug>/room/<int:room>/state.json": "Where the browser stands there, as its signed cookie says.",
    "e/<slug:slug>/room/<uuid:uid>/draw.json": "Its draw by lot, for whoever wants to check it; it names no people.",
    "orders/<uuid:uid>/open/<str:token>/": "The token of the mail is the right to open it.",
    "orders/<uuid:uid>/link/": "Mails the link to a guest's order, to the address that the order names.",
    "account/claim/<str:token>/": "The token of the mail is the right to make an account of it.",
    "orders/<uuid:uid>/pay/": "Leads to the provider's page, where whoever knows the address may pay.",
    "sandbox/pay/<uuid:reference>/": "The page of a payment provider; the payment's uid is the right.",
    "tickets/accept/<str:token>/": "The token of the mail is the right to open it.",
    "door/": "The scanner's empty shell; a device's token is the right to more.",
    "door/manifest.webmanifest": "What makes the scanner installable.",
    "door/sw.js": "A script that keeps the scanner's shell for a place without network.",
    "tickets/worker.js": "A script that keeps opened tickets for a place without network.",
    "webhooks/payments/<slug:name>/": "What a provider reports; its signature is the right.",
    "metrics": "Figures for the machine that watches; the deployment keeps it inside. Contract 003 answers before it.",
    "i18n/setlang/": "Choosing a language.",
    "admin/": "Leads to the command center.",
    "^media/(?P<path>event_images/.+|event_type_icons/.+)$": "Pictures of events.",
}
# Addresses that are not built of their pattern.
ADDRESSES = {"^media/(?P<path>event_images/.+|event_type_icons/.+)$": "/media/event_images/nothing.png"}
# Pages of everybody who is logged in, about themselves. True: a button, POST only.
ABOUT_ONESELF = {
    "account/": False,
    "account/address/": False,
    "account/confirm-address/": True,
    "account/data/": False,
    "account/data/erase/": False,
    "account/notifications/": False,
    "account/security/": False,
    "account/security/password/": False,
    "account/security/log-ins/end/": True,
    "account/security/two-factor/": False,
    "account/security/two-factor/begin/": True,
    "account/security/two-factor/off/": True,
    "account/security/recovery-codes/": True,
    "account/confirm/": False,
    "partner/": False,
    "door/mine/": False,
    "door/here/": True,
    "orders/": False,
    "wallet/": False,
    "crew/roster/": False,
    "crew/roster/renew/": True,
}
# Pages about something that the visitor bought; what others bought is not there.
BOUGHT = {
    "orders/<uuid:uid>/": Order,
    "orders/<uuid:uid>/cancel/": Order,
    "orders/<uuid:uid>/checkout/": Order,
    "orders/<uuid:uid>/keep/": Order,
    "orders/<uuid:uid>/tickets.pdf": Order,
    "orders/<uuid:uid>/tickets.ics": Order,
    "orders/<uuid:uid>/receipt.pdf": Order,
    "invoices/<uuid:uid>/invoice.pdf": Invoice,
    "tickets/<uuid:uid>/": Ticket,
    "tickets/<uuid:uid>/ticket.pdf": Ticket,
    "tickets/<uuid:uid>/ticket.ics": Ticket,
    "tickets/<uuid:uid>/ticket.pkpass": Ticket,
    "tickets/<uuid:uid>/transfer/": Ticket,
    "tickets/<uuid:uid>/give-back/": Ticket,
    "waitlist/<uuid:uid>/leave/": Booking,
}
# Pages about a shift or a part of the visitor's in a crew; where others work is not there.
WORKED = {
    "crew/shifts/<uuid:uid>/": Shift,
    "crew/shifts/<uuid:uid>/shift.ics": Shift,
    "crew/shifts/<uuid:uid>/claim/": Shift,
    "crew/shifts/<uuid:uid>/cancel/": Shift,
    "crew/shifts/<uuid:uid>/swap/": Shift,
    "crew/swaps/<uuid:uid>/": Swap,
    "crew/parts/<uuid:uid>/leave/": Person,
}
# What belongs to one person, whatever anybody else may see.
OWN = (Notification, Export, Subscription)
# What the uid in an address names where the page has no `visible()` that says so: by the beginning of the url name.
NAMED = {
    "desk-notification-read": Notification,
    "desk-document-file": Document,
    "partner-contact": Contact,
    "partner-document": Document,
    "partner-member": Member,
    "partner-invitation": Invitation,
    "partner-endpoint": Endpoint,
    "partner-delivery": Delivery,
    "partner-key": ApiKey,
}
UNTYPICAL = {"uuid": UUID(int=7 << 76), "int": 1}  # of nothing; other converters take the word "nothing"


class Target(NamedTuple):
    """An address, and whose it is: the owner of the row that it names, and of the partner or event that it names."""

    url: str
    owner: str = ""
    partner: str = ""


@dataclass(frozen=True)
class Route:
    """A page: its pattern, its name, and its class when it has one."""

    path: str
    name: str
    view: type | None

    def __str__(self):
        return self.name or f"/{self.path}"

    def is_a(self, base: type | tuple[type, ...]) -> bool:
        return self.view is not None and issubclass(self.view, base)

    @property
    def kind(self) -> str:
        """desk, partner, oneself, bought, worked or public; empty when nobody has said what it is."""
        if self.path in PUBLIC or self.path in WORKED:
            return "public" if self.path in PUBLIC else "worked"
        if self.path in ABOUT_ONESELF or self.path in BOUGHT:
            return "oneself" if self.path in ABOUT_ONESELF else "bought"
        if self.is_a(Page):
            return "desk"
        return "partner" if self.is_a(PartnerPage) else ""

    @property
    def is_button(self) -> bool:
        """Whether it only takes POST."""
        if self.kind in ("oneself", "bought"):
            return ABOUT_ONESELF.get(self.path, False)
        methods = [one for one in getattr(self.view, "http_method_names", ()) if hasattr(self.view, one)]
        return self.view is not None and "get" not in methods

    def address(self, **values) -> str:
        """The address with these values in it; what is not given is of nothing."""

        def value(match) -> str:
            kind, _colon, name = match[1].rpartition(":")
            return str(values.get(name, UNTYPICAL.get(kind, "nothing")))

        return ADDRESSES.get(self.path) or "/" + re.sub(r"<([\w:]+)>", value, self.path)


def routes() -> list[Route]:
    """Every page of the URL map but those that are walked elsewhere."""
    return [
        Route(path, pattern.name or "", getattr(pattern.callback, "view_class", None))
        for path, pattern in _walk(get_resolver("eventify.urls"))
        if not path.startswith(("django-admin/", "door/api/", "^api/schema")) or path in PUBLIC
    ]


def _walk(resolver, before: str = ""):
    for one in resolver.url_patterns:
        path = before + str(one.pattern)
        if isinstance(one, URLPattern):
            yield path, one
        elif not str(getattr(one.urlconf_name, "__name__", "")).startswith("eventify.contracts."):
            yield from _walk(one, path)


def model_of(route: Route, world: World) -> type | None:
    """The kind of row that the uid in the address names; None when the table does not know."""
    if route.path in BOUGHT or route.path in WORKED:
        return BOUGHT.get(route.path) or WORKED[route.path]
    if route.is_a(ObjectMixin):
        return visible(route, world).model
    return next((model for start, model in NAMED.items() if route.name.startswith(start)), None)


def visible(route: Route, world: World):
    """What the page shows to who may see everything."""
    page, request = route.view(), RequestFactory().get("/")
    request.user = world.admin
    page.setup(request)
    return page.visible()


def targets(route: Route, world: World) -> list[Target]:
    """The addresses at which the page is asked: one for each owner of what it is about."""
    if route.kind == "partner":
        return list(_of_partners(route, world))
    if "<" not in route.path or route.kind == "public":
        return [Target(route.address())]
    if route.is_a((OfEvent, OfPartner)):
        return list(_of_owners(route, world))
    model = model_of(route, world)
    rows = world.objects.get(model, {})
    if model in OWN:
        rows = {name: rows[name] for name in ("outsider", "org_admin of A") if name in rows}
    elif route.is_a(ObjectMixin):
        seen = set(visible(route, world).values_list("pk", flat=True))
        rows = {owner: row for owner, row in rows.items() if row.pk in seen}
        rows = rows if route.view.scoped else dict(list(rows.items())[:1])
    return [Target(route.address(uid=row.uid), owner) for owner, row in rows.items()]


def _of_partners(route: Route, world: World):
    """The partner and the row of it; also a row of another partner at this partner's address."""
    slugs = {owner: world.of(Partner, owner).slug for owner in (A, B, HOUSE)}
    if "<uuid:uid>" not in route.path:
        yield from (Target(route.address(slug=slug), owner, owner) for owner, slug in slugs.items())
        return
    rows = world.objects.get(model_of(route, world), {})
    for partner, owner in ((A, A), (B, B), (A, B), (B, A)):
        if owner in rows:
            yield Target(route.address(slug=slugs[partner], uid=rows[owner].uid), owner, partner)


def _of_owners(route: Route, world: World):
    """What is below an event or organisation, of each owner; also a row of another owner at its event's address."""
    own = {"event": Event, "partner": Partner, "tag": PersonTag, "crowd_list": CrowdList}
    rows = world.objects[model_of(route, world)] if "<uuid:uid>" in route.path else {}
    for owner, other in ((A, A), (B, B), (A, B), (B, A)) if rows else ((A, A), (B, B)):
        values = {name: world.of(model, owner).uid for name, model in own.items()}
        values |= {"uid": rows[other].uid} if rows else {}
        yield Target(route.address(**values), other, owner)


# --- What a visitor must get: "in", "login", "set-up", 403 or 404 -------------------------------------------


def expected(route: Route, caller: Caller, target: Target) -> set:
    """The answers that are right for a visitor; more than one where both say no and neither tells more."""
    if not caller.is_in:
        return {"login"}
    if caller.is_waiting and route.kind == "desk":
        return {"set-up"}
    if route.kind == "oneself":
        return {"in"}
    if route.kind == "bought":
        return {"in"} if (caller.name, target.owner) == ("buyer", A) else {404}
    if route.kind == "worked":
        return {"in"} if caller.volunteers_at == target.owner else {404}
    return _at_partner(route.view, caller, target) if route.kind == "partner" else _at_desk(route.view, caller, target)


def _at_desk(page: type[Page], caller: Caller, target: Target) -> set:
    if target.partner not in ("", target.owner):  # a row that is not there, for whoever may look there at all
        right = _at_desk(page, caller, target._replace(owner=target.partner))
        return {404 if one == "in" else one for one in right}
    wanted = names_of(page.permission)
    if LOGGED_IN in wanted:
        return {"in"} if target.owner in ("", caller.name) else {404}
    if any(caller.has(one) for one in wanted):
        return {"in"}
    if not (page.scoped and any(caller.has_somewhere(one) for one in wanted)):
        return {403}
    owners = target.owner.split("+") if target.owner else []
    if all(any(caller.has(one, owner) for one in wanted) for owner in owners):
        return {"in"}
    knows = any(caller.has(one, owner) for owner in owners for one in IDS)
    return {403, 404} if knows else {404}


def _at_partner(page: type[PartnerPage], caller: Caller, target: Target) -> set:
    if target.partner not in caller.works_for or not caller.has("view_partners", target.partner):
        return {404}
    if not all(caller.has(one, target.partner) for one in page.permissions):
        return {403}
    return {"in"} if target.owner == target.partner else {404}


def expected_of_get(route: Route, caller: Caller, target: Target) -> set:
    """As `expected`; a link to a button is refused as such (405) to who may use the page at all."""
    right = expected(route, caller, target)
    if not route.is_button or right & {"login", "set-up"}:
        return right
    if route.kind == "oneself":
        return {405}
    if route.kind == "partner":
        return {405} if expected(route, caller, target._replace(owner=target.partner)) == {"in"} else right
    is_judged_first = route.is_a((ObjectMixin, OfEvent, OfPartner)) or right == {403}
    return {405 if one == "in" else one for one in right} if is_judged_first else {405}


def answer_of(response) -> str | int:
    """What a response says, in the words of `expected`."""
    where = response.headers.get("Location", "")
    if response.status_code == 302 and where.startswith("/login/"):
        return "login"
    if response.status_code == 302 and where == "/account/security/":
        return "set-up"
    is_asked = where.startswith("/account/confirm/")
    return "in" if response.status_code in (200, 302) and not is_asked else response.status_code
