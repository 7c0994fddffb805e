"""Finding what can be attended: by words, kind, place, price and day; sorted; with how many there are."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import (
    BooleanField,
    Case,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Lower, Upper
from django.utils import timezone

from eventify.lib import replica
from events import queries
from events.models import TEXTS, Anywhere, Category, Event, Folded, Words
from partners.models import Partner

MOST = 1000  # events that a search counts and lists
_WORDS_MOST = 10
_NAMED_MOST = 500  # partners that are found by their names
_KINDS, _MORE = 2, 4  # of ticket are looked at for each event that is wanted; times as many when that is too few
_SHORT = 3  # letters; a shorter word is looked for only where words begin
_SOONEST = (F("starts_at").asc(nulls_last=True), "id")


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for; empty fields do not narrow."""

    q: str = ""
    category: Category | None = None
    city: str = ""
    pincode: str = ""
    price_min: Decimal | None = None
    price_max: Decimal | None = None
    free: bool = False
    since: date | None = None
    until: date | None = None
    sort: str = ""


@replica.may_lag
def first(wanted: Wanted, most: int) -> list[int]:
    """The ids of the first `most` upcoming events that fit, in order. What they are is read only for those shown."""
    fitting = found(wanted, queries.upcoming())
    if wanted.sort == "price":
        return _cheapest(fitting, wanted, most)
    return list(in_order(fitting, wanted).values_list("pk", flat=True)[:most])


def found(wanted: Wanted, events: QuerySet[Event]) -> QuerySet[Event]:
    """The events of these that fit. A festival stands for its parts until somebody searches by words."""
    events = matching(events, wanted.q) if wanted.q.strip() else queries.top_level(events)
    if wanted.category:
        events = events.filter(category=wanted.category)
    if wanted.city:
        events = in_city(events, wanted.city)
    if wanted.pincode:
        events = events.filter(pincode=wanted.pincode)
    return _on_days(_in_price(events, wanted), wanted)


def in_order(events: QuerySet[Event], wanted: Wanted) -> QuerySet[Event]:
    """The events as `wanted.sort` says (but for prices: `first`); without it the best match, or else the soonest."""
    sort = wanted.sort or ("relevance" if wanted.q.strip() else "date")
    if sort == "name":
        return events.order_by(Lower("name"), "id")
    if sort == "relevance" and wanted.q.strip():
        return events.alias(rank=_rank(wanted.q)).order_by("rank", *_SOONEST)
    return events.order_by(*_SOONEST)


def matching(events: QuerySet[Event], words: str) -> QuerySet[Event]:
    """Every word somewhere in the name, headline, venue, city, partner or kind; accents and capitals do not matter.

    Asks at once which partners and kinds have the words in their names: the plan depends on how many there are.
    """
    texts = [_text(word) for word in words.split()[:_WORDS_MOST]]
    named = zip(texts, _named(Partner, texts), _named(Category, texts), strict=True)
    for text, partners, kinds in named:
        anywhere = Q(search_text__contains=text)
        anywhere |= Q(partner__in=partners) if partners else Q()
        anywhere |= Q(category__in=kinds) if kinds else Q()
        events = events.filter(anywhere)
    return events


def holding(events: QuerySet[Event], text: str) -> QuerySet[Event]:
    """Those that hold this piece of text as it stands in one of TEXTS, or whose kind has it in its name; capitals do
    not matter. Asks at once which kinds those are.
    """
    kinds = list(Category.objects.filter(name__icontains=text).order_by().values_list("pk", flat=True))
    holds = Q(texts__contains=Upper(Value(text)))
    return events.alias(texts=Anywhere(*TEXTS)).filter(holds | Q(category__in=kinds) if kinds else holds)


def _text(word: str) -> Folded | Words:
    return Folded(Value(word)) if len(word) >= _SHORT else Words(Value(word))


def _named(model: type, texts: list) -> list[list[int]]:
    """For each text the ids of the rows with it in their name."""
    rows, any_of = model.objects.alias(words=Words("name")).order_by(), Q()
    for text in texts:
        any_of |= Q(words__contains=text)
    has = {f"has_{n}": ExpressionWrapper(Q(words__contains=text), BooleanField()) for n, text in enumerate(texts)}
    found = list(rows.filter(any_of).annotate(**has).values_list("pk", *has)[:_NAMED_MOST])
    return [[row[0] for row in found if row[n]] for n in range(1, len(texts) + 1)]


def in_city(events: QuerySet[Event], city: str) -> QuerySet[Event]:
    """Those in the city of this name; accents and capitals do not matter."""
    return events.alias(city=Folded("place")).filter(city=Folded(Value(city)))


def _in_price(events: QuerySet[Event], wanted: Wanted) -> QuerySet[Event]:
    """With a kind of ticket in the range whose sale is not over; 0 is free."""
    bounds = _bounds("price", wanted)
    kinds = Event._meta.get_field("ticket_types").related_model.objects
    fits = kinds.filter(_not_over("", timezone.now()), event=OuterRef("pk"), **bounds)
    return events.filter(Exists(fits)) if bounds else events


def _bounds(price: str, wanted: Wanted) -> dict[str, Decimal]:
    """The lookups that keep `price` in the range."""
    bounds = {f"{price}__gte": wanted.price_min, f"{price}__lte": wanted.price_max}
    if wanted.free:
        bounds = {price: Decimal(0)}
    return {name: value for name, value in bounds.items() if value is not None}


def _not_over(kind: str, now: datetime) -> Q:
    """A kind of ticket that is sold, or will be; `kind` is the way to it. The index of prices holds the active ones."""
    end = f"{kind}sales_end_at"
    return Q(Q(**{end: None}) | Q(**{f"{end}__gt": now}), **{f"{kind}status": "active"})


def _to_be_had(now: datetime) -> Q:
    """With a kind of ticket that can be bought now and has places left, as bookings.sales.prices says it.

    But of an area's seats one counts as enough, however many one must buy: they are not counted here.
    """
    begun = Q(ticket_types__sales_start_at=None) | Q(ticket_types__sales_start_at__lte=now)
    least = F("ticket_types__min_per_order")
    stock = Q(ticket_types__quantity_total=None)
    stock |= Q(ticket_types__quantity_total__gte=F("ticket_types__quantity_sold") + least)
    seats = Event._meta.get_field("seats").related_model.objects.for_sale()
    free = Exists(seats.filter(event=OuterRef("pk"), area=OuterRef("ticket_types__area")))
    return _not_over("ticket_types__", now) & begun & stock & (Q(ticket_types__area="") | Q(seating="none") | free)


def _on_days(events: QuerySet[Event], wanted: Wanted) -> QuerySet[Event]:
    if wanted.since and wanted.until:
        return queries.on_day(events, wanted.since, wanted.until)
    if wanted.since:
        return events.filter(ends_on__gte=wanted.since)
    return events.filter(starts_on__lte=wanted.until) if wanted.until else events


def _cheapest(events: QuerySet[Event], wanted: Wanted, most: int) -> list[int]:
    """The ids of the first `most` by the least price for which a ticket can be bought now, and then the soonest.

    Of a range of prices the least in it counts; what has no ticket to be had comes last. No price is stored with an
    event, for time alone changes it: the index of prices is walked until there are enough events.
    """
    bounds = _bounds("ticket_types__price", wanted)
    kinds = events.filter(_takes_bookings(), _to_be_had(timezone.now()), **bounds)
    kinds = kinds.order_by("ticket_types__price", "ticket_types__event_starts_at", "pk")
    rows = kinds.annotate(taken=F("booked_count") + F("ticket_types__min_per_order"))
    rows = rows.values_list("pk", "taken", "capacity")  # compared here: a planner guesses badly how many differ
    asked, ids, is_whole = _KINDS * most, {}, False
    while len(ids) < most and not is_whole:
        found = list(rows[:asked])
        is_whole, asked = len(found) < asked, asked * _MORE
        ids = {pk: None for pk, taken, capacity in found if taken <= capacity}
    if len(ids) < most:
        ids |= dict.fromkeys(events.order_by(*_SOONEST).values_list("pk", flat=True)[:most])
    return list(ids)[:most]


def _takes_bookings() -> Q:
    suspended = Partner.objects.filter(status=Partner.Status.SUSPENDED).values("pk")
    return ~Q(queries.IsOneOf("partner_id", suspended)) & Q(is_bookable=True)


def _rank(words: str) -> Case:
    """0: the name begins with the words; 1: they stand together; 2: they are found."""
    text = Words(Value(" ".join(words.split()[:_WORDS_MOST])))
    return Case(
        When(search_text__startswith=text, then=0),
        When(search_text__contains=text, then=1),
        default=2,
        output_field=IntegerField(),
    )
