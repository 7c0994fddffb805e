"""The administration's banners."""

import django_filters
from django.utils.translation import gettext as _
from rest_framework import serializers

from accounts import audit
from eventify.contracts.evient import shapes
from eventify.contracts.evient.conventions import View, listing, ok
from eventify.contracts.fields import Body, Link, Text, Uid, read
from eventify.contracts.lists import FlagFilter, filtered
from eventify.contracts.needs import staff
from eventify.lib.errors import Invalid, Missing
from events.models import Banner, Event

PRIORITY_MOST = 1_000_000
_ID_MOST = 2**63 - 1


class BannerChange(Body):
    """The fields of a banner; `event_id` null leads to no event."""

    ignored = frozenset({"id"})
    title = Text(max_length=200, required=False)
    image_url = Link(allow_null=False, allow_blank=False)
    link_url = Link()
    event_id = Uid(required=False, allow_null=True)
    priority = serializers.IntegerField(required=False, min_value=-PRIORITY_MOST, max_value=PRIORITY_MOST)
    is_active = serializers.BooleanField(required=False)


class NewBanner(BannerChange):
    """A banner needs a title and a picture."""

    title = Text(max_length=200)
    image_url = Link(required=True, allow_null=False, allow_blank=False)


class BannerFilters(django_filters.FilterSet):
    """The filters of the administration's banners."""

    is_active = FlagFilter()
    search = django_filters.CharFilter(field_name="title", lookup_expr="icontains")


class Banners(View):
    """GET all banners, highest priority first; POST makes one."""

    needs = {"GET": staff("view_events"), "POST": staff("manage_events")}

    def get(self, request):
        return listing(request, filtered(BannerFilters, request, _banners()), shapes.banner)

    def post(self, request):
        made = Banner.objects.create(**_in_our_words(read(request, NewBanner)))
        audit.record("CREATED_BANNER", made, by=request.user)
        return ok(shapes.banner(made), _("The banner is created."), status=201)


class BannerDetail(View):
    """GET, PUT (some fields) or DELETE one banner."""

    needs = {"GET": staff("view_events"), "PUT": staff("manage_events"), "DELETE": staff("manage_events")}

    def get(self, request, id):
        return ok(shapes.banner(_one(id)))

    def put(self, request, id):
        banner = _one(id)
        for name, value in _in_our_words(read(request, BannerChange, partial=True)).items():
            setattr(banner, name, value)
        banner.save()
        audit.record("CHANGED_BANNER", banner, by=request.user)
        return ok(shapes.banner(banner), _("The banner is saved."))

    def delete(self, request, id):
        banner = _one(id)
        audit.record("DELETED_BANNER", banner, by=request.user, title=banner.title)
        banner.delete()
        return ok(message=_("The banner is deleted."))


def _banners():
    return Banner.objects.select_related("event").order_by("-priority", "id")


def _one(id: str) -> Banner:
    number = int(id) if id.isascii() and id.isdigit() and len(id) < 20 else 0
    banner = _banners().filter(pk=number).first() if 0 < number <= _ID_MOST else None
    if banner is None:
        raise Missing
    return banner


def _in_our_words(asked: dict) -> dict:
    changes = dict(asked)
    if "link_url" in changes:
        changes["link_url"] = changes["link_url"] or ""
    if "event_id" in changes:
        changes["event"] = _event(changes.pop("event_id"))
    return changes


def _event(uid) -> Event | None:
    if uid is None:
        return None
    event = Event.objects.filter(uid=uid).first()
    if event is None:
        raise Invalid.field("event_id", _("There is no such event."))
    return event
