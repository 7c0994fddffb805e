"""People who book, cancel, wait, pay and walk in while processes are killed, and who ask again until they are answered.

They keep what they were told, for the rows to be compared with it.
"""

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from urllib.parse import urlsplit

from django.utils import timezone

from bookings.door import devices
from events.models import Event
from torture import report
from torture.trial import Tally
from torture.world import NO_ANSWER, World

UNANSWERED, STRANGE = "requests never answered", "answers that nobody expected"
PATIENCE = 180  # seconds that somebody asks again and again
PLACES, PRICE = 30, 20
PAUSES = 0.2, 0.6  # seconds between two deeds
STORIES = {"wait_for_a_place": 3, "buy_and_walk_in": 4, "buy_and_cancel": 2, "pay_and_leave": 2, "order_and_forget": 1}


class Unanswered(Exception):
    """Nobody answered for PATIENCE seconds, or it makes no sense to go on after such an answer."""


@dataclass
class Place:
    """A booking without a price, as it was told."""

    booking: int
    user: int
    key: str
    status: str
    is_cancelled: bool = False


@dataclass
class Purchase:
    """An order, as it was told; `scans` are client_uids of scans that were answered with "admitted"."""

    order: str
    user: int
    key: str
    is_charged: bool = False
    is_cancelled: bool = False
    scans: list[str] = field(default_factory=list)


class Mall:
    """Two events, a door, and what was told to whom."""

    def __init__(self, world: World, seed: int, shoppers: int):
        self.world, self.closing = world, threading.Event()
        self.free, self.priced = world.event(PLACES), world.event(1_000_000, price=PRICE)
        self.counts, self.places, self.purchases = Tally(), [], []
        self.type, self.door = str(self.priced.ticket_types.get().uid), self._door(self.priced)
        tokens = world.tokens(4 * shoppers)
        who = list(zip(world.people, tokens, strict=False))
        self.shoppers = [Shopper(self, number, Random(seed * 1000 + number), who) for number in range(shoppers)]

    def _door(self, event: Event) -> str:
        """The token of a device that was enrolled at the door."""
        [boss] = self.world.staff(1)
        _device, code = devices.invite(event, by=boss, name="Gate")
        return devices.enrol(code)[1]

    def open(self) -> list[threading.Thread]:
        """Everybody begins; they end when `closing` is set."""
        threads = [threading.Thread(target=one.shop, daemon=True) for one in self.shoppers]
        for one in threads:
            one.start()
        return threads


class Shopper:
    """One who does one thing after another, as four people in turn; chance is what the seed says."""

    def __init__(self, mall: Mall, number: int, luck: Random, who: list):
        self.mall, self.number, self.luck, self.who = mall, number, luck, who[4 * number : 4 * number + 4]
        self.deeds = 0

    def shop(self) -> None:
        """Until the mall closes; what has begun is brought to its end."""
        while not self.mall.closing.is_set():
            story = self.luck.choices(list(STORIES), list(STORIES.values()))[0]
            user, token = self.luck.choice(self.who)
            self.user, self.client, self.deeds = user.pk, self.mall.world.client(token), self.deeds + 1
            try:
                getattr(self, story)()
            except Unanswered as why:
                self.mall.counts.add(UNANSWERED if not str(why) else STRANGE)
                report.say(f"shopper {self.number}, deed {self.deeds}, {story}: {why or UNANSWERED}")
            time.sleep(self.luck.uniform(*PAUSES))

    # --- Stories ----------------------------------------------------------------------------------

    def wait_for_a_place(self) -> None:
        """Book without a price, or wait; perhaps cancel."""
        path, body = f"/events/{self.mall.free.pk}/book", {"qty": 1, "waitlist": True}
        said = self._sure("POST", path, body, Idempotency_Key=self._key())
        place = Place(said["id"], self.user, self._key(), said["status"])
        self.mall.places.append(place)
        if self.luck.random() < 0.5:
            self._sure("DELETE", f"/bookings/{place.booking}", is_done=(409,))
            place.is_cancelled = True

    def buy_and_walk_in(self) -> None:
        """Pay, come back to the order's page, and go in."""
        purchase = self._paid()
        for ticket in self._comes_back(purchase)["tickets"]:
            self._walk_in(purchase, ticket["ticket_code"])

    def buy_and_cancel(self) -> None:
        """Pay, see the tickets, and give them back."""
        purchase = self._paid()
        self._comes_back(purchase)
        self._sure("POST", f"/api/orders/{purchase.order}/cancel", {}, is_done=(409,))
        purchase.is_cancelled = True

    def pay_and_leave(self) -> None:
        """The page is never seen again: the provider's message, or the question to it, has to do."""
        self._paid()

    def order_and_forget(self) -> None:
        """The places are held, and come back when the time has run out."""
        self._order()

    def _order(self) -> tuple[Purchase, str]:
        """The purchase, and the path of the provider's page. Asked again, the order may have one that it had not."""
        items = [{"ticket_type_id": self.mall.type, "quantity": self.luck.choice((1, 1, 2))}]
        said = self._sure("POST", "/api/orders", {"ticket_items": items}, Idempotency_Key=self._key())["data"]
        purchase = Purchase(said["order"]["id"], self.user, self._key())
        self.mall.purchases.append(purchase)
        return purchase, urlsplit(said["payment_url"]).path

    def _paid(self) -> Purchase:
        purchase, page = self._order()
        self._until(lambda: self.client.submit(page, decision="pay"), good=(302,))
        purchase.is_charged = True
        return purchase

    def _comes_back(self, purchase: Purchase) -> dict:
        said = self._sure("GET", f"/api/orders/{purchase.order}")["data"]
        if said["order"]["status"] != "paid":
            raise Unanswered(f"an order whose charge is paid is {said['order']['status']}")
        return said

    def _walk_in(self, purchase: Purchase, code: str) -> None:
        """Scanned by the server, or by a device that was alone and tells of it later."""
        known = str(uuid.UUID(int=self.luck.getrandbits(128), version=4))
        scan = {"client_uid": known, "code": code, "scanned_at": timezone.now().isoformat()}
        if self.luck.random() < 0.5:
            said = self._sure("POST", "/door/api/scan/", scan, X_Door_Token=self.mall.door)
        else:
            told = {"scans": [{**scan, "verdict": "admitted"}]}
            [said] = self._sure("POST", "/door/api/sync/", told, X_Door_Token=self.mall.door)["scans"]
        if said["verdict"] != "admitted":
            raise Unanswered(f"a good ticket was scanned as {said['verdict']}")
        purchase.scans.append(known)

    # --- Asking until there is an answer ------------------------------------------------------------

    def _key(self) -> str:
        return f"{self.mall.free.pk}-{self.number}-{self.deeds}"

    def _sure(self, method: str, path: str, body=None, *, is_done: tuple[int, ...] = (), **headers) -> dict | None:
        """What the answer says; `is_done`: also good, when an earlier request was done and its answer got lost."""
        return self._until(lambda: self.client.ask(method, path, body, **headers), good=(200, 201, *is_done))

    def _until(self, ask: Callable[[], tuple[int, dict | None]], good: tuple[int, ...]) -> dict | None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            status, said = ask()
            if status in good:
                return said
            if status != NO_ANSWER and status < 500:
                raise Unanswered(f"{status} {said}")
            self.mall.counts.add("cut off")
            time.sleep(0.2)
        raise Unanswered


def walk_out(threads: list[threading.Thread], mall: Mall) -> None:
    """Close, and wait until everybody has brought to its end what they had begun."""
    mall.closing.set()
    for one in threads:
        one.join(2 * PATIENCE)
