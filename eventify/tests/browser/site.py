"""Every page of the public site and of its visitors, for the walk with axe: who looks at it, and where it is.

A page of page_table.py that is neither here, nor walked elsewhere, nor said to show nothing fails a test.
"""

from django.test import Client, RequestFactory

from accounts import addresses, password_links
from accounts.factories import UserFactory
from accounts.models import OutgoingMail
from accounts.tests.coming_in import log_in, turn_on
from bookings import guests, seats, transfers
from bookings.factories import TicketTypeFactory
from bookings.tests.rooms import a_room, come
from bookings.tests.scenes import buy, pay, people, scene, wait
from bookings.waiting_room import joining, opening
from eventify.contracts.errors import server_error
from eventify.tests.browser.world import World
from events.models import Event
from partners import inviting

# What answers with a file, a part of a page or a redirect, takes only POST, or is judged in another test.
NOTHING_TO_SEE = {
    "logout/": "POST only.",
    "django-admin/login/": "Leads to the one log-in.",
    "account/confirm-address/": "POST only.",
    "api/docs/": "Swagger UI draws it; test_api_docs.py looks at it.",
    "account/security/log-ins/end/": "POST only.",
    "account/security/two-factor/begin/": "POST only.",
    "account/security/recovery-codes/": "Shows codes once, after a POST.",
    "data/<str:token>/": "A file.",
    "documents/<str:token>/": "A file.",
    "documents/<str:token>/pages/<int:number>.png": "A picture.",
    "e/<slug:slug>/seats/taken.json": "A list for a script.",
    "e/<slug:slug>/calendar.ics": "A file.",
    "e/<slug:slug>/room/<int:room>/state.json": "An answer for a script.",
    "e/<slug:slug>/room/<uuid:uid>/draw.json": "A file.",
    "orders/<uuid:uid>/open/<str:token>/": "Leads to the order.",
    "orders/<uuid:uid>/link/": "POST only.",
    "orders/<uuid:uid>/keep/": "POST only.",
    "orders/<uuid:uid>/pay/": "Leads to the provider.",
    "orders/<uuid:uid>/tickets.pdf": "A file.",
    "orders/<uuid:uid>/tickets.ics": "A file.",
    "orders/<uuid:uid>/receipt.pdf": "A file.",
    "invoices/<uuid:uid>/invoice.pdf": "A file.",
    "door/": "The scanner: test_door_screens.py judges each of its screens.",
    "door/manifest.webmanifest": "A file.",
    "door/sw.js": "A script.",
    "door/here/": "POST only, and opens the scanner.",
    "near/": "Leads to the home page.",
    "webhooks/payments/<slug:name>/": "POST only.",
    "robots.txt": "A file.",
    "sitemap.xml": "A file.",
    "sitemap-<section>.xml": "A file.",
    "metrics": "Figures for a machine.",
    "i18n/setlang/": "POST only.",
    "admin/": "Leads to the command center.",
    "^media/(?P<path>event_images/.+|event_type_icons/.+)$": "Pictures.",
}
NOBODY, BUYER, CHIEF, HALFWAY, FRIEND = "nobody", "buyer", "chief", "halfway", "friend"


class Site(World):
    """The world, and what buyers are in the middle of."""

    def __init__(self):
        super().__init__()
        self.friend = UserFactory(full_name="Femke Friend", email="friend@example.com")
        self.halfway = UserFactory(full_name="Hal Way")
        turn_on(self.halfway)
        self.ticket = self.order.tickets.first()
        self._buy()
        self._wait()
        self._sit()
        self._queue()
        self.sent = self._send()

    def _buy(self):
        """An order that waits for the payment, a guest's that is paid, and one that is free."""
        self.pending = buy(self.buyer, self.ticket_type, qty=2)
        guest = UserFactory(is_guest=True, is_active=False)
        self.guests = pay(buy(guest, self.ticket_type))
        self.guests.buyer_email = "guest@example.com"
        self.guests.save(update_fields=["buyer_email"])

    def _wait(self):
        self.full, kind = scene(capacity=1, name="Sold Out Night", partner=self.partner)
        buy(people(1)[0], kind)
        self.waiting = wait(self.full, self.buyer)

    def _sit(self):
        """An event with a hall, and a festival with an event in it."""
        self.hall, kind = scene(capacity=30, price=10, name="Tulip Play", seating=Event.Seating.AUTOMATIC)
        seats.make_ready(self.hall)
        TicketTypeFactory(event=self.hall, name="Second", price=20)

    def _queue(self):
        """Places in a waiting room that is drawn, behind others, and in one to which people are coming."""
        come(opening.live(self.rush), 3)
        joining.join(opening.live(self.rush), user=self.buyer)
        self.gathering = a_room()[0].event

    def _send(self):
        """A second ticket of the buyer's, which is on its way to a friend."""
        second = pay(buy(self.buyer, self.ticket_type)).tickets.get()
        return transfers.offer(second, self.friend.email, by=self.buyer, message="See you there!")

    def client(self, who: str) -> Client | None:
        """A browser of this visitor; `halfway` has typed the password and is asked for the code."""
        if who == NOBODY:
            return None
        client, user = Client(), getattr(self, who)
        if who != HALFWAY:
            return log_in(client, user)
        user.set_password("secret-enough-1")
        user.save()
        client.post("/login/", {"identifier": user.email, "password": "secret-enough-1"})
        return client

    def invited(self) -> str:
        seed = OutgoingMail.objects.filter(template="partner_invitation").latest("pk").context["seed"]
        return f"/invitations/{inviting.token_of(seed)}/"


# By the path of page_table.py: who looks, and at which address of the world.
PAGES = {
    "": [(NOBODY, lambda site: "/"), (BUYER, lambda site: "/")],
    "whats-on/": [
        (NOBODY, lambda site: "/whats-on/"),
        (NOBODY, lambda site: "/whats-on/?q=nothing+like+it"),
        (NOBODY, lambda site: "/whats-on/?since=nonsense"),
    ],
    "calendar/": [(NOBODY, lambda site: "/calendar/")],
    "calendar/<int:year>/<int:month_number>/": [
        (NOBODY, lambda site: f"/calendar/{site.event.starts_at:%Y}/{site.event.starts_at.month}/")
    ],
    "e/<slug:slug>/": [
        (NOBODY, lambda site: f"/e/{site.event.slug}/"),
        (BUYER, lambda site: f"/e/{site.full.slug}/"),
        (NOBODY, lambda site: f"/e/{site.hall.slug}/"),
        (NOBODY, lambda site: f"/e/{site.rush.slug}/"),
    ],
    "e/<slug:slug>/seats/": [(NOBODY, lambda site: f"/e/{site.hall.slug}/seats/")],
    "e/<slug:slug>/room/": [
        (BUYER, lambda site: f"/e/{site.rush.slug}/room/"),
        (NOBODY, lambda site: f"/e/{site.gathering.slug}/room/"),
    ],
    "login/": [(NOBODY, lambda site: "/login/")],
    "login/code/": [(HALFWAY, lambda site: "/login/code/")],
    "signup/": [(NOBODY, lambda site: "/signup/")],
    "display/": [(NOBODY, lambda site: "/display/")],
    "password/forgotten/": [(NOBODY, lambda site: "/password/forgotten/")],
    "account/confirm-address/<str:token>/": [
        (NOBODY, lambda site: addresses.path_for(site.friend.uid, site.friend.email)),
    ],
    "account/set-password/<uuid:uid>/<str:token>/": [(NOBODY, lambda site: password_links.path_for(site.friend))],
    "account/claim/<str:token>/": [(NOBODY, lambda site: guests.claim_path(site.guests))],
    "invitations/<str:token>/": [(NOBODY, Site.invited)],
    "orders/": [(BUYER, lambda site: "/orders/"), (FRIEND, lambda site: "/orders/")],
    "orders/<uuid:uid>/": [
        (BUYER, lambda site: f"/orders/{site.order.uid}/"),
        (BUYER, lambda site: f"/orders/{site.pending.uid}/"),
    ],
    "orders/<uuid:uid>/cancel/": [(BUYER, lambda site: f"/orders/{site.order.uid}/cancel/")],
    "orders/<uuid:uid>/checkout/": [(BUYER, lambda site: f"/orders/{site.pending.uid}/checkout/")],
    "sandbox/pay/<uuid:reference>/": [(NOBODY, lambda site: f"/sandbox/pay/{site.pending.payments.latest('pk').uid}/")],
    "tickets/<uuid:uid>/": [(BUYER, lambda site: f"/tickets/{site.ticket.uid}/")],
    "tickets/<uuid:uid>/transfer/": [
        (BUYER, lambda site: f"/tickets/{site.ticket.uid}/transfer/"),
        (BUYER, lambda site: f"/tickets/{site.sent.ticket.uid}/transfer/"),
    ],
    "tickets/<uuid:uid>/give-back/": [(BUYER, lambda site: f"/tickets/{site.ticket.uid}/give-back/")],
    "tickets/accept/<str:token>/": [
        (NOBODY, lambda site: f"/tickets/accept/{transfers.token_of(site.sent.seed)}/"),
        (FRIEND, lambda site: f"/tickets/accept/{transfers.token_of(site.sent.seed)}/"),
    ],
    "waitlist/<uuid:uid>/leave/": [(BUYER, lambda site: f"/waitlist/{site.waiting.uid}/leave/")],
    "wallet/": [(BUYER, lambda site: "/wallet/"), (FRIEND, lambda site: "/wallet/")],
    "door/mine/": [(CHIEF, lambda site: "/door/mine/"), (FRIEND, lambda site: "/door/mine/")],
    "partner/": [(FRIEND, lambda site: "/partner/")],
    "why/": [
        (NOBODY, lambda site: f"/why/?action=book&object={site.full.uid}&next=/e/{site.full.slug}/"),
        (BUYER, lambda site: f"/why/?action=refund&object={site.order.uid}"),
    ],
}


def went_wrong(site: Site) -> dict[str, str]:
    """The pages of errors that have no address of their own, by their names."""
    strict = Client(enforce_csrf_checks=True)
    broken = server_error(RequestFactory().get("/"))
    return {
        "500": broken.content.decode(),
        "403": strict.post("/login/", {}).content.decode(),
        "refused": log_in(Client(), site.buyer).get("/command-center/partners/").content.decode(),
    }
