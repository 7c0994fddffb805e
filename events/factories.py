"""Made-up events."""

from datetime import timedelta

import factory
from django.utils import timezone

from events.models import Category, Event, EventImage
from partners.models import Partner


class CategoryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Category

    name = factory.Sequence(lambda n: f"Category {n}")
    slug = factory.Sequence(lambda n: f"category-{n}")


class EventFactory(factory.django.DjangoModelFactory):
    """A published event of the house, 30 days ahead, with 100 places and no ticket types yet."""

    class Meta:
        model = Event

    partner = factory.LazyFunction(lambda: Partner.objects.get(is_house=True))
    name = factory.Sequence(lambda n: f"Event {n}")
    slug = factory.Sequence(lambda n: f"event-{n}")
    state = Event.State.PUBLISHED
    starts_at = factory.LazyFunction(lambda: timezone.now().replace(microsecond=0) + timedelta(days=30))
    ends_at = factory.LazyAttribute(lambda event: event.starts_at and event.starts_at + timedelta(hours=3))
    venue_name = "Hall A"
    capacity = 100
    is_capacity_fixed = True


class EventImageFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = EventImage

    event = factory.SubFactory(EventFactory)
    image = factory.django.ImageField(filename="main.png", width=8, height=8)
