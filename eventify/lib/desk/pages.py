"""The bases of the command center's pages. A page names its permission; without one it answers nobody."""

from typing import NamedTuple

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.decorators.cache import never_cache

from eventify.lib.desk import nav, shell
from eventify.lib.errors import DomainError

LOGGED_IN = "logged_in"  # the permission of what belongs to each person: notifications, saved filters, search
LOGIN = "/login/"


class Crumb(NamedTuple):
    """A step of the way to a page."""

    label: object
    url: str


class Action(NamedTuple):
    """A link that stands as a button or in a row's menu; shown to who holds `permission` (all, when it is empty)."""

    label: object
    url: object
    permission: str = ""
    style: str = "primary"  # primary, secondary or danger
    is_scoped: bool = False


class NotNow(NamedTuple):
    """A button of the head that is not there because a rule refuses what it does: its label, and the question why not
    (analytics/explaining.py) about the row of this uid; `says`: its other inputs, as a query.
    """

    label: object
    asks: str
    uid: object
    says: str = ""


def names_of(permission) -> tuple[str, ...]:
    """A page's `permission` as a tuple: empty when none was declared."""
    return (permission,) if isinstance(permission, str) and permission else tuple(permission or ())


def is_htmx(request) -> bool:
    """Whether htmx asks for a part of a page (and not for a page that it puts back from its history)."""
    return "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers


def _login_from(request) -> str:
    """The log-in that leads back to the page on which htmx asked for a part."""
    shown = request.headers.get("HX-Current-URL", "")
    path = shown.removeprefix(f"{request.scheme}://{request.get_host()}")
    is_ours = path.startswith(shell.PREFIX) and path.isprintable()
    return redirect_to_login(path, LOGIN).url if is_ours else LOGIN


@method_decorator(never_cache, name="dispatch")
class Page(View):
    """A page in the shell: `get` renders `template_name` with what `get_context_data` gives.

    `permission`: an id of the catalogue or several (any of them opens the page). `scoped`: members of a partner who
    hold it on that partner may enter, too; what they are shown must then be narrowed to what is theirs.
    """

    permission: str | tuple[str, ...] = ()
    scoped = False
    title: object = ""
    lead: object = ""  # a sentence under the title
    template_name = "command_center/page.html"
    place = ""  # the url name of the item of the navigation that is current; its own when empty
    crumbs: tuple[Crumb, ...] = ()
    actions: tuple[Action, ...] = ()
    asks, says = "", ""  # what of analytics/explaining.py is asked of `about` when it is refused; other inputs

    def dispatch(self, request, *args, **kwargs):
        """Judge the person first, then answer; a refusal becomes a page inside the shell."""
        if not request.user.is_authenticated:
            return self._to_login()
        shell.speak()
        try:
            if not self.allowed():
                raise PermissionDenied
            response = super().dispatch(request, *args, **kwargs)
        except PermissionDenied:
            return shell.refusal(request, 403)
        except Http404:
            return shell.refusal(request, 404)
        except DomainError as refusal:
            response = self.refused(refusal)
        patch_vary_headers(response, ["HX-Request"])
        return response

    @property
    def about(self):
        """The row that `asks` is about; None for a page that is about none."""
        return getattr(self, "object", None)

    def allowed(self) -> bool:
        """Whether the person may open the page at all."""
        wanted = names_of(self.permission)
        return LOGGED_IN in wanted or nav.may(self.request.user, wanted, self.scoped)

    def may(self, permission, on=None) -> bool:
        """Whether the person holds one of the permissions, on this object when one is given."""
        return any(self.request.user.can(one, on=on) for one in names_of(permission))

    def require(self, permission, on=None) -> None:
        """403 unless `may`."""
        if not self.may(permission, on):
            raise PermissionDenied

    def get(self, request, *args, **kwargs):
        return self.render()

    def refused(self, refusal: DomainError) -> HttpResponse:
        """The same page again with the refusal's sentence on it, and its status."""
        if self.request.method == "GET":
            return shell.refusal(self.request, refusal.status, str(refusal.message))
        return self.render(status=refusal.status, refusal=str(refusal.message))

    def render(self, status: int = 200, **context) -> HttpResponse:
        return render(self.request, self.template_name, self.get_context_data(**context), status=status)

    def get_context_data(self, **context) -> dict:
        """What the template gets; add to it with super().get_context_data(name=value, **context)."""
        return {
            "page": self,
            "title": self.get_title(),
            "lead": self.lead,
            "crumbs": self.get_crumbs(),
            "actions": self.shown_actions(),
            **shell.around(self.request, self.place or self.url_name),
            **context,
        }

    def get_title(self):
        return self.title

    def get_crumbs(self):
        return self.crumbs

    def shown_actions(self) -> list[Action]:
        """The actions of the head that the person may use."""
        user = self.request.user
        return [one for one in self.actions if not one.permission or nav.may(user, (one.permission,), one.is_scoped)]

    def done(self, sentence: str, url: str) -> HttpResponse:
        """Say what was done, on the page that comes next."""
        messages.success(self.request, sentence)
        return redirect(url)

    @property
    def url_name(self) -> str:
        match = self.request.resolver_match
        return (match.url_name or "") if match else ""

    def next_url(self, default: str) -> str:
        """The `next` of the form when it is a path of this site, else `default`."""
        wanted = self.request.POST.get("next") or self.request.GET.get("next") or ""
        host, is_secure = self.request.get_host(), self.request.is_secure()
        is_ours = url_has_allowed_host_and_scheme(wanted, {host}, require_https=is_secure)
        return wanted if is_ours and wanted.startswith("/") and wanted.isprintable() else default

    def _to_login(self) -> HttpResponse:
        if is_htmx(self.request):
            return HttpResponse(status=401, headers={"HX-Redirect": _login_from(self.request)})
        wanted = self.request.get_full_path() if self.request.method == "GET" else shell.PREFIX
        return redirect_to_login(wanted, LOGIN)


class ObjectMixin:
    """A page about one row: what is not `visible` is a 404; then `permission` is judged on the row (else 403)."""

    url_field = "uid"  # the name in the address and on the row

    def visible(self):
        """The rows that the person may see, with what the page shows joined."""
        raise NotImplementedError

    def setup(self, request, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        self.object = None

    def allowed(self) -> bool:
        if not super().allowed():
            return False
        self.object = self.visible().filter(**{self.url_field: self.kwargs[self.url_field]}).first()
        if self.object is None:
            raise Http404
        self.require(self.permission, self.object)
        return True

    def get_context_data(self, **context) -> dict:
        return super().get_context_data(object=self.object, **context)

    def get_title(self):
        return self.title or str(self.object)


class DetailPage(ObjectMixin, Page):
    """A page that shows one row."""


class FormPage(Page):
    """A form: `act(form)` makes one domain call and returns where to go next (an address or a response).

    A DomainError of `act` is shown at the field that it names, or above the form with the question `asks`, with its
    status; what was typed stays.
    """

    template_name = "command_center/form.html"
    form_class = None
    submit: object = gettext_lazy("Save")  # the label of the button: it says what happens
    submit_style = "primary"  # or danger
    fields: dict[str, str] = {}  # the domain's name of a field, or a rule about its value -> the form's field
    form = None

    def act(self, form):
        raise NotImplementedError

    def get_initial(self) -> dict:
        return {}

    def get_form(self, data=None, files=None):
        return self.form_class(data, files, initial=self.get_initial())

    def post(self, request, *args, **kwargs):
        self.form = self.get_form(request.POST, request.FILES)
        if not self.form.is_valid():
            return self.render(status=400)
        try:
            result = self.act(self.form)
        except DomainError as refusal:
            self._put_into_form(refusal)
            return self.render(status=refusal.status)
        return result if isinstance(result, HttpResponse) else redirect(result)

    def _put_into_form(self, refusal: DomainError) -> None:
        errors = getattr(refusal, "errors", None) or {refusal.rule: [refusal.message]}
        for name, sentences in errors.items():
            field = self.fields.get(name, name)
            self.form.add_error(field if field in self.form.fields else None, [str(one) for one in sentences])

    def get_context_data(self, **context) -> dict:
        self.form = self.form if self.form is not None else self.get_form()
        own = {"form": self.form, "submit": self.get_submit(), "submit_style": self.submit_style}
        return super().get_context_data(**own, cancel_url=self.get_cancel_url(), **context)

    def get_submit(self):
        return self.submit

    def get_cancel_url(self) -> str:
        crumbs = self.get_crumbs()
        return crumbs[-1].url if crumbs else shell.PREFIX


class ObjectFormPage(ObjectMixin, FormPage):
    """A form about one row, which is `self.object`."""


class ActionPage(Page):
    """A button's address, POST only: `act()` makes one domain call; then back to `next` with a sentence.

    `act` returns the sentence that says what was done (or a response). A refusal is a page with the way back.
    """

    http_method_names = ["post", "options"]
    back = "desk-dashboard"  # the url name where it leads without `next`

    def act(self):
        raise NotImplementedError

    def post(self, request, *args, **kwargs):
        result = self.act()
        if isinstance(result, HttpResponse):
            return result
        if result:
            messages.success(request, result)
        return redirect(self.back_url())

    def back_url(self) -> str:
        return self.next_url(nav.address(self.back) or "/")

    def refused(self, refusal: DomainError) -> HttpResponse:
        about = self.about
        asked = {"asks": self.asks, "about": about.uid, "says": self.says} if self.asks and about else {}
        return shell.refusal(self.request, refusal.status, str(refusal.message), self.back_url(), **asked)


class ObjectActionPage(ObjectMixin, ActionPage):
    """A button's address about one row, which is `self.object`."""
