"""Finding what can be attended: by words, kind, place, price and day; sorted; with how many there are."""

from dataclasses import dataclass
from datetime import date
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
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Lower

from events import queries
from events.models import Category, Event, Folded, Words
from partners.models import Partner

MOST = 1000  # events that a search counts and lists
_WORDS_MOST = 10
_NAMED_MOST = 500  # partners that are found by their names
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


def first(wanted: Wanted, most: int) -> list[int]:
    """The ids of the first `most` upcoming events that fit, in order. What they are is read only for those shown."""
    fitting = in_order(found(wanted, queries.upcoming()), wanted)
    return list(fitting.values_list("pk", flat=True)[:most])


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
    """The events as `wanted.sort` says; without it the best match first, or else the soonest."""
    sort = wanted.sort or ("relevance" if wanted.q.strip() else "date")
    if sort == "name":
        return events.order_by(Lower("name"), "id")
    if sort == "price":
        return events.alias(price=_least_price()).order_by(F("price").asc(nulls_last=True), *_SOONEST)
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
    """With a kind of ticket on sale in the range; 0 is free."""
    bounds = {"price": Decimal(0)} if wanted.free else {"price__gte": wanted.price_min, "price__lte": wanted.price_max}
    bounds = {name: value for name, value in bounds.items() if value is not None}
    return events.filter(Exists(_types_on_sale().filter(**bounds))) if bounds else events


def _types_on_sale() -> QuerySet:
    return Event._meta.get_field("ticket_types").related_model.objects.filter(event=OuterRef("pk"), status="active")


def _on_days(events: QuerySet[Event], wanted: Wanted) -> QuerySet[Event]:
    if wanted.since and wanted.until:
        return queries.on_day(events, wanted.since, wanted.until)
    if wanted.since:
        return events.filter(ends_on__gte=wanted.since)
    return events.filter(starts_on__lte=wanted.until) if wanted.until else events


def _least_price() -> Subquery:
    return Subquery(_types_on_sale().order_by("price").values("price")[:1])


def _rank(words: str) -> Case:
    """0: the name begins with the words; 1: they stand together; 2: they are found."""
    text = Words(Value(" ".join(words.split()[:_WORDS_MOST])))
    return Case(
        When(search_text__startswith=text, then=0),
        When(search_text__contains=text, then=1),
        default=2,
        output_field=IntegerField(),
    )
