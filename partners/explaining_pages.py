"""Why not? Whether a page opens: its declared permission is judged as the page does it, but the page is not run."""

import time
from typing import NamedTuple

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from django.views import View

from accounts import step_up, two_factor
from accounts.explaining import Action, NotKnown
from accounts.models import User
from eventify.lib.desk.pages import ObjectMixin, Page, names_of
from eventify.lib.errors import Because, Forbidden, Invalid, Missing
from partners import explaining
from partners.views_base import PartnerPage


class Place(NamedTuple):
    """A path of this site, and what answers there."""

    path: str
    match: ResolverMatch


def _place(_asker: User | None, text: str) -> Place:
    """Missing for a path at which nothing is. Nothing is looked up: whether a row is there, the page decides."""
    path = text.partition("?")[0]
    try:
        return Place(path, resolve(path))
    except Resolver404:
        raise Missing from None


def _open(place: Place, *, by: User | None) -> None:
    view = getattr(place.match.func, "view_class", None)
    is_judged = view is not None and issubclass(view, Page | PartnerPage)
    is_for_members = getattr(getattr(view, "dispatch", place.match.func), "is_for_members", False)
    if by is None and (is_judged or is_for_members):
        raise NotKnown(_("Log in first: this page is for people with an account."))
    if not is_judged and not _is_for_all(place, view, is_for_members):
        raise _not_told()
    if is_judged:
        _judge(place, view, by)


def _not_told() -> Invalid:
    sentence = _("Ask about pages of the command center, of a partner, and of your account.")
    return Invalid.field("object", Because("not_told", sentence))


def _is_for_all(place: Place, view: type[View] | None, is_for_members: bool) -> bool:
    """Whether nothing but a log-in, if that, is asked of who opens it: no row, no raw admin, no contract."""
    is_plain = view is None and "admin" not in place.match.namespaces
    return not place.match.kwargs and (is_plain or is_for_members)


def _finds_a_row_itself(page: View) -> bool:
    """Whether the page looks only when it is run for what its address names, and may answer that it is not there."""
    if isinstance(page, PartnerPage):
        return len(page.kwargs) > 1
    is_plain = type(page).allowed in (Page.allowed, step_up.Proved.allowed)
    return bool(page.kwargs) and is_plain and not isinstance(page, ObjectMixin)


def _judge(place: Place, view: type[View], by: User) -> None:
    page = view(**place.match.func.view_initkwargs)
    page.setup(_asked_by(by, place), *place.match.args, **place.match.kwargs)
    try:
        if isinstance(page, Page):
            two_factor.check_set_up(by)
            if not page.allowed():
                raise PermissionDenied
        else:
            page.judge()
        if _finds_a_row_itself(page):
            raise _not_told()
    except PermissionDenied:
        _lacking(page, by)
    except Http404:
        raise Missing(_("There is no such page, or what it is about is not for you to see.")) from None


def _asked_by(by: User, place: Place) -> HttpRequest:
    """A request as this person would make it who proved just now who they are."""
    request = HttpRequest()
    request.method, request.path, request.path_info = "GET", place.path, place.path
    request.user, request.session, request.resolver_match = by, {step_up.MOMENT: time.time()}, place.match
    return request


def _lacking(page: View, by: User) -> None:
    if isinstance(page, PartnerPage):
        for one in page.permissions:
            explaining.need(by, one, on=page.partner)
    else:
        on = getattr(page, "object", None)
        explaining.need(by, *names_of(page.permission), on=on, is_scoped=page.scoped)
    raise Forbidden


ACTION = Action(
    "open_page", gettext_lazy("Open a page"), gettext_noop("a path of this site"), _place, _open,
    needs_account=False, fixes=explaining.FIXES,
)  # fmt: skip
