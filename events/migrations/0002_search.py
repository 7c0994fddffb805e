"""Finding events: a text of folded words for the search, and an index for each way to narrow and to sort."""

import django.contrib.postgres.indexes
import django.db.models.functions.text
from django.contrib.postgres.operations import UnaccentExtension
from django.db import migrations, models

import events.models

# Immutable, because the dictionary is the one that the extension brings. The path is said here, for indexes are made
# and vacuumed without any. Apostrophes vanish; other punctuation parts words.
FOLD = r"""
CREATE FUNCTION eventify_fold(text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT SET search_path FROM CURRENT AS $$
    SELECT btrim(regexp_replace(
        translate(lower(unaccent(normalize($1, NFKC))), chr(39), ''), '[-[:space:]/.,;:!?()"&+|_]+', ' ', 'g'))
$$;
"""
# Not in the state of a model: the search of events is what asks for a partner's name so.
PARTNER_WORDS = "CREATE INDEX partner_words ON partners_partner USING gin ((' ' || eventify_fold(name)) gin_trgm_ops)"


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0001_initial"),
        ("partners", "0001_initial"),
    ]

    operations = [
        UnaccentExtension(),
        migrations.RunSQL(FOLD, "DROP FUNCTION eventify_fold(text)"),
        migrations.RunSQL(PARTNER_WORDS, "DROP INDEX partner_words"),
        migrations.AddField(
            model_name="event",
            name="search_text",
            field=models.GeneratedField(
                db_persist=True,
                expression=events.models.Words("name", "title", "venue_name", "place"),
                output_field=models.TextField(),
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass("search_text", name="gin_trgm_ops"), name="event_search"
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=django.contrib.postgres.indexes.GistIndex(
                events.models.Days("starts_on", "ends_on"),
                condition=models.Q(("ends_on__isnull", False), ("starts_on__isnull", False)),
                name="event_days",
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("state__in", ("published", "registration_open", "buildup", "showday"))),
                fields=["starts_at", "id", "ends_at", "parent"],
                name="event_upcoming",
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("state__in", ("published", "registration_open", "buildup", "showday"))),
                fields=["category", "starts_at", "id", "ends_at"],
                name="event_kind_upcoming",
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                events.models.Folded("place"),
                models.F("starts_at"),
                models.F("id"),
                condition=models.Q(("state__in", ("published", "registration_open", "buildup", "showday"))),
                name="event_city_upcoming",
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                django.db.models.functions.text.Lower("name"),
                models.F("id"),
                condition=models.Q(("state__in", ("published", "registration_open", "buildup", "showday"))),
                name="event_name_upcoming",
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("state__in", ("published", "registration_open", "buildup", "showday"))),
                fields=["ends_at", "category", "place", "parent"],
                name="event_facets",
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(
                    ("state__in", ("published", "registration_open", "buildup", "showday")),
                    ("kind__in", ("festival", "series")),
                ),
                fields=["kind", "id"],
                name="event_families",
            ),
        ),
    ]
