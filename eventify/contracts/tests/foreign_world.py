"""The world of the suite of foreign ids: two owners with one of everything, and their words in every text of theirs.

It is the world of the pages (page_world.py) and what only the contracts name. Then whatever belongs to one owner is
marked: a column that anybody may read when the event is published says "Wombat", any other says "Wombat-secret". So
an answer that has the word of a stranger in it is a leak, whichever field it came from.
"""

from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace

from django.apps import apps
from django.conf import settings
from django.db import Error, connection, models, transaction
from django.db.models import Value
from django.db.models.functions import Cast, Concat

from accounts import notify
from accounts.factories import UserFactory
from accounts.models import Notification, Role, User
from bookings.factories import TicketTypeFactory
from bookings.models import Booking, Order, Ticket, TicketType
from bookings.tests.scenes import buy, pay
from crew.factories import CompanyFactory, CrowdTypeFactory, PersonFactory, PersonTagFactory
from eventify.contracts.crewli.tests import world as crewli
from eventify.tests.page_world import BOTH, WORDS, A, B, World
from events.factories import EventFactory
from events.models import Banner, Category, Event, EventImage
from integrations.models import ApiKey, Delivery, Endpoint
from partners import payouts
from partners.models import Contact, Document, Entry, Partner, PayoutBatch, Transfer
from partners.tests.money import approved

OWNERS = (A, B)
SECRET = "secret"  # in the texts that only some may read
APPS = {one.label for one in apps.get_app_configs() if Path(one.path).parent == settings.BASE_DIR}
# What everybody may read of what is published: of these kinds every text, of the others none.
SHOWN = {Event, TicketType, EventImage, Banner, Category}
SHOWN_TOO = {(Partner, "name")}  # who organises an event
# Texts that are no text: what they say has a form, or the world would not work any more.
FORMED = {
    "address", "area", "code", "content_type", "country", "currency", "email", "file", "gate", "image", "key",
    "name_key", "number", "password", "phone", "provider", "routing_code", "slug", "thumbnail", "ticket_code",
    "timezone", "username",
}  # fmt: skip
LEAST = 20  # letters that a column must have room for, to be marked


class ForeignWorld(World):
    """`rows[owner]["partners"]` is what /partners/<id> names; `crew[owner].section` is contract 004's <section>."""

    def __init__(self):
        super().__init__()
        payouts.discard(self.of(PayoutBatch, BOTH), by=self.admin)  # each is paid by a batch of its own here
        self.crew = {owner: self._crew_of(owner) for owner in OWNERS}
        self.rows = {owner: self._rows_of(owner) for owner in OWNERS}
        self.belongings = {owner: self._belongings_of(owner) for owner in OWNERS}
        self._share()
        self.marked = {owner: _mark(self.belongings[owner], WORDS[owner]) for owner in OWNERS}
        self._read_again()
        self.uids = {owner: self._uids_of(owner) for owner in OWNERS}

    def _crew_of(self, owner: str) -> SimpleNamespace:
        """One of everything that contract 004 names; the visitor who works for the owner has a part in it."""
        partner = self.of(Partner, owner)
        kinds = {name: CrowdTypeFactory(partner=partner) for name in ("crowd_type", "unused_crowd_type")}
        tags = {name: PersonTagFactory(partner=partner) for name in ("tag", "other_tag")}
        company, token = CompanyFactory(partner=partner), crewli.invited(partner)
        made = crewli.event_of(SimpleNamespace(org=partner, company=company, token=token, **kinds, **tags))
        if owner == A:
            PersonFactory(event=made.event, crowd_type=made.crowd_type, user=self.users["crew of A"])
        return made

    def _rows_of(self, owner: str) -> dict:
        """What contracts 000, 001, 002 and 003 name, by the word before the id in an address."""
        event, order, partner = self.of(Event, owner), self.of(Order, owner), self.of(Partner, owner)
        draft = EventFactory(partner=partner, state=Event.State.DRAFT, name="Not yet", slug=f"draft-{owner.lower()}")
        notify.notify(order.user, "Your bell.", url="/orders/")
        return {
            "partners": partner,
            "contacts": self.of(Contact, owner),
            "documents": self.of(Document, owner),
            "users": UserFactory(full_name="Client") if owner == A else order.user,
            "staff": self.of(User, ""),
            "roles": Role.objects.get(name="Spare"),
            "payouts": approved(partner),
            "notifications": order.user.notifications.latest("pk"),
            "events": event,
            "drafts": draft,
            "hidden": TicketTypeFactory(event=draft, name="Not yet"),
            "orders": order,
            "ticket-types": self.of(TicketType, owner),
            "tickets": self.of(Ticket, owner),
            "banners": Banner.objects.create(title="Come", image_url="/x.png", event=event),
            "bookings": pay(buy(order.user, self.of(TicketType, owner))).bookings.get(),
            "transfers": self.of(Transfer, owner),
            "unbooked": EventFactory(partner=partner, name="Empty"),
            "webhooks": self.of(Endpoint, owner),
            "deliveries": self.of(Delivery, owner),
            "api-keys": self.of(ApiKey, owner),
        }

    def _belongings_of(self, owner: str) -> dict[type, set[int]]:
        """What hangs on the owner's organisation, by way of the foreign keys, and the people that only it knows."""
        found: dict[type, set[int]] = defaultdict(set)
        _follow(Partner, {self.of(Partner, owner).pk}, found)
        mine = Booking.objects.filter(event__in=found[Event])
        others = Booking.objects.exclude(pk__in=mine).exclude(order=None)
        _follow(Order, _only(Order, mine.values("order"), others.values("order")), found)
        found[User] = self._people_of(found) - {user.pk for user in (*self.users.values(), self.admin)}
        found[User].add(self.rows[owner]["users"].pk)
        found[Notification] = _only(
            Notification, Notification.objects.filter(recipient__in=found[User]).values("pk"), []
        )
        return found

    def _people_of(self, found: dict) -> set[int]:
        """The accounts that these rows name."""
        people = set()
        for model, keys in found.items():
            for field in model._meta.fields:
                if field.related_model is User:
                    people |= set(model.objects.filter(pk__in=keys).values_list(field.attname, flat=True)) - {None}
        return people

    def _share(self) -> None:
        """What both have belongs to neither."""
        for model in {*self.belongings[A], *self.belongings[B]}:
            both = self.belongings[A][model] & self.belongings[B][model]
            for owner in OWNERS:
                self.belongings[owner][model] -= both

    def _read_again(self) -> None:
        for owner in OWNERS:
            for row in (*self.rows[owner].values(), *vars(self.crew[owner]).values()):
                if isinstance(row, models.Model):
                    row.refresh_from_db()
        for user in self.users.values():
            user.refresh_from_db()

    def _uids_of(self, owner: str) -> set[str]:
        """The ids of what only the owner's people may know, as the contracts spell them."""
        secret = [model for model in self.belongings[owner] if model not in SHOWN | {Partner, Entry}]
        return {
            str(uid)
            for model in secret
            if any(field.name == "uid" for field in model._meta.fields)
            for uid in model.objects.filter(pk__in=self.belongings[owner][model]).values_list("uid", flat=True)
        }


def _follow(model: type, keys: set[int], found: dict[type, set[int]]) -> None:
    """Add these rows, and whatever points to them."""
    new = keys - found[model]
    found[model] |= new
    if not new:
        return
    for relation in model._meta.related_objects:
        other, field = relation.related_model, relation.field
        if other._meta.app_label in APPS and not field.many_to_many and other is not User:
            _follow(other, set(other.objects.filter(**{f"{field.name}__in": new}).values_list("pk", flat=True)), found)


def _only(model: type, some, others) -> set[int]:
    return set(model.objects.filter(pk__in=some).exclude(pk__in=others).values_list("pk", flat=True))


def _mark(belongings: dict[type, set[int]], word: str) -> set[str]:
    """Write the owner's word into every text of these rows; the columns ("bookings.Order.note") that have it."""
    marked = set()
    for model, keys in belongings.items():
        for field in model._meta.concrete_fields:
            if keys and is_free_text(field):
                shown = model in SHOWN or (model, field.name) in SHOWN_TOO
                if _write(model, keys, field, word if shown else f"{word}-{SECRET}"):
                    marked.add(f"{model._meta.label}.{field.name}")
    return marked


def is_free_text(field) -> bool:
    """Whether people may write what they like there."""
    is_text = isinstance(field, models.CharField | models.TextField) and not isinstance(field, models.FileField)
    is_bound = field.choices or field.unique or field.name in FORMED or field.name.endswith(("hash", "token", "seal"))
    return is_text and not is_bound and (field.max_length is None or field.max_length >= LEAST)


def _write(model: type, keys: set[int], field, text: str) -> bool:
    """Whether the database took it: books, invoices and the audit log refuse any change. A name that is there once in
    an organisation gets a number.
    """
    rows = model._base_manager.filter(pk__in=keys)
    numbered = Concat(Value(f"{text} "), Cast("pk", models.TextField()))
    return any(_is_taken(rows, field.name, value) for value in (text, numbered))


def _is_taken(rows, name: str, value) -> bool:
    try:
        with transaction.atomic():
            return bool(rows.update(**{name: value}))
    except Error:
        return False


def digests() -> dict[str, str | None]:
    """table -> a hash of all that it holds, of every table that a model has."""
    return {table: digest(table) for table in {model._meta.db_table for model in apps.get_models(True)}}


def digest(table: str) -> str | None:
    """A hash of all that the table holds."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM \"{table}\" t")
        return cursor.fetchone()[0]
