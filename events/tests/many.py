"""Very many made-up events, written by the database itself: for the plans of queries, and for bench/events.py."""

from django.db import connection

from events.models import Category, Event
from partners.models import Partner

_UID = "uuid_in(md5(random()::text || clock_timestamp()::text || n)::cstring)"
_CITIES = "ARRAY['Mumbai', 'Pune', 'Delhi', 'Bengaluru', 'Kolkata', 'Chennai', 'Jaipur', 'Goa', 'Zürich', 'Delft']"
_KINDS = ("Concert", "Comedy", "Theatre", "Festival", "Workshop", "Sport", "Food", "Talk")
_FIRST = "ARRAY['Jazz', 'Café', 'Monsoon', 'Laughing', 'Electric', 'Harvest', 'Midnight', 'Open']"
_LAST = "ARRAY['night', 'session', 'party', 'market', 'walk']"

# One event in ten is over but was never closed; the others are spread over the next year. One in fifty is a festival,
# and the nine after it are its parts.
_EVENT = {
    "partner_id": "partners[1 + mod(n, array_length(partners, 1))]",
    "category_id": "kinds[1 + mod(n, array_length(kinds, 1))]",
    "kind": "CASE mod(n, 50) WHEN 0 THEN 'festival' ELSE 'event' END",
    "name": f"({_FIRST})[1 + mod(n, 8)] || ' ' || ({_LAST})[1 + mod(n / 8, 5)] || ' ' || n",
    "slug": "'many-' || n",
    "description": "repeat('What it is about. ', 20)",
    "venue_name": "'Hall ' || mod(n, 500)",
    "place": f"({_CITIES})[1 + mod(n, 10)]",
    "pincode": "(400000 + mod(n, 2000))::text",
    "starts_at": "start",
    "ends_at": "start + interval '3 hours'",
    "state": "CASE mod(n, 40) WHEN 7 THEN 'cancelled' WHEN 9 THEN 'draft' ELSE 'published' END",
    "is_hot": "mod(n, 500) = 1",
    "capacity": "100",
}
_EVENTS = """
    (SELECT array_agg(id) AS partners FROM partners_partner WHERE slug LIKE 'many-%%') AS them,
    (SELECT array_agg(id) AS kinds FROM events_category) AS those,
    generate_series({first}, {last}) AS n,
    LATERAL (SELECT date_trunc('hour', now()) + CASE mod(n, 10) WHEN 3 THEN -1 ELSE 1 END
        * make_interval(hours => 1 + mod(n * 37, 8760)) AS start) AS whens
"""
_PARTS = """
    UPDATE events_event AS part SET parent_id = festival.id FROM events_event AS festival
    WHERE festival.kind = 'festival' AND part.kind = 'event' AND part.id > festival.id AND part.id < festival.id + 10
"""
_TYPE = {"event_id": "event.id", "name": "'Kind ' || n", "price": "mod(event.id, 20) * 100 + n * 250", "position": "n"}
_TYPES = """
    events_event AS event, generate_series(0, 1) AS n
    WHERE NOT EXISTS (SELECT FROM bookings_tickettype AS made WHERE made.event_id = event.id)
"""
_PARTNER = {
    "name": "(ARRAY['Blue', 'Señor', 'Night', 'Golden', 'Quiet'])[1 + mod(n, 5)] || ' Hall ' || n",
    "slug": "'many-' || n",
}


def make(events: int, first: int = 1, partners: int = 500) -> None:
    """That many events, numbered from `first`, with two kinds of ticket each. Nothing is checked or told."""
    for name in _KINDS:
        Category.objects.get_or_create(name=name, defaults={"slug": name.lower()})
    if not Partner.objects.filter(slug="many-1").exists():
        insert(Partner(), _PARTNER, f"generate_series(1, {partners}) AS n")
    insert(Event(timezone="Asia/Kolkata"), _EVENT, _EVENTS.format(first=first, last=first + events - 1))
    with connection.cursor() as cursor:
        cursor.execute(_PARTS)
    insert(Event._meta.get_field("ticket_types").related_model(), _TYPE, _TYPES)


def insert(row, columns: dict[str, str], source: str) -> None:
    """One INSERT of rows like this one, but for these columns, each an SQL expression over the FROM clause `source`."""
    columns = {"uid": _UID, "created_at": "now()", "updated_at": "now()", **columns}
    fields = [one for one in row._meta.concrete_fields if not (one.primary_key or one.generated)]
    usual = [one for one in fields if one.column not in columns]
    values = [one.get_db_prep_save(getattr(row, one.attname), connection) for one in usual]
    names = ", ".join([*(one.column for one in usual), *columns])
    said = ", ".join([*("%s" for _one in usual), *columns.values()])
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {row._meta.db_table} ({names}) SELECT {said} FROM {source}", values)


def unmake() -> None:
    """Take all of it away again."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE events_event, events_category CASCADE")
    Partner.objects.filter(slug__startswith="many-").delete()


def vacuum() -> None:
    """What autovacuum would have done by the time that somebody asks. Outside of any transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "VACUUM (ANALYZE) events_event, events_banner, events_category, bookings_tickettype, partners_partner"
        )
