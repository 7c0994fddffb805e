"""The volunteer portal: what looks for people, one's own events, signing up and choosing shifts."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import explaining
from accounts.forms import put_into
from accounts.pages import members_only
from crew import picking, plans, roster, signup, swaps, telling
from crew.forms import PickForm, SignUpForm
from crew.models import Assignment, Person
from eventify.lib.errors import DomainError
from events.models import Event

EVENTS_PER_PAGE = 24
SHIFTS_PER_PAGE = 40
NEXT = 3  # shifts on the home page
PARTS = 50  # own events on the home page
_OVER = (Event.State.DRAFT, Event.State.CLOSED, Event.State.CANCELLED)
P = Person.Status


@require_safe
@never_cache
def home(request):
    """`/crew/`: what waits for the person, their next shifts and events, and what looks for people."""
    context = _own(request.user) if request.user.is_authenticated else {}
    others = picking.open_events().exclude(pk__in=[part.event_id for part in context.get("parts", ())])
    context["page"] = _page(others.prefetch_related("images"), EVENTS_PER_PAGE, request)
    return render(request, "crew/home.html", context)


def _page(rows, size: int, request):
    return Paginator(rows, size).get_page(request.GET.get("page"))


def _own(user) -> dict:
    mine = Person.objects.filter(user=user).exclude(event__state__in=_OVER).exclude(status=P.INVITED)
    parts = list(mine.select_related("event", "crowd_type").order_by("event__starts_at", "pk")[:PARTS])
    held = roster.marked(user)
    return {"parts": parts, "next_shifts": held[:NEXT], "waiting": _waiting(user, parts, held)}


def _waiting(user, parts: list[Person], held: list[Assignment]) -> list[dict]:
    """What somebody has to do or to wait for, most pressing first."""
    items = [_offer(swap) for swap in swaps.waiting_for(user)]
    busy = {one.person_id for one in held}
    items += [_to_pick(part) for part in parts if part.may_work and part.pk not in busy]
    items += _double_booking(held)
    claims = sum(one.status == Assignment.Status.PENDING for one in held)
    if claims:
        title = ngettext("%(n)s shift waits for approval", "%(n)s shifts wait for approval", claims) % {"n": claims}
        items.append({"title": title, "url": reverse("crew-roster"), "tone": "caution"})
    open_ones = [part for part in parts if part.status in (P.APPLIED, P.PENDING) and not part.is_blacklisted]
    return items + [_undecided(part) for part in open_ones]


def _offer(swap) -> dict:
    title = _("%(who)s offers you a shift") % {"who": roster.short_name(swap.offered.person)}
    url = reverse("crew-swap", args=[swap.uid])
    return {"title": title, "text": telling.spoken(swap.offered.shift), "url": url, "tone": "information"}


def _double_booking(held: list[Assignment]) -> list[dict]:
    """One line for all shifts that are at the same time as another."""
    twice = [one for one in held if one.against]
    if not twice:
        return []
    text = telling.spoken(twice[0].shift)
    title = _("You have two shifts at the same time")
    return [{"title": title, "text": text, "url": reverse("crew-roster"), "tone": "caution"}]


def _to_pick(part: Person) -> dict:
    title = _("Choose your shifts at %(event)s") % {"event": part.event.name}
    return {"title": title, "url": reverse("crew-event", args=[part.event.slug]), "tone": "positive"}


def _undecided(part: Person) -> dict:
    title = _("The organisers of %(event)s look at your sign-up") % {"event": part.event.name}
    return {"title": title, "url": reverse("crew-event", args=[part.event.slug]), "tone": "caution"}


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def event_page(request, slug):
    """`/crew/<slug>/`: sign up (POST), how that stands, and the shifts to choose from once one is approved."""
    event = get_object_or_404(_events().select_related("partner", "parent"), slug=slug)
    person = picking.part_at(request.user, event) if request.user.is_authenticated else None
    elsewhere = _elsewhere(event, person)
    if elsewhere:
        return redirect("crew-event", elsewhere.slug)
    if request.method == "POST":
        return _sign_up(request, event, person)
    return _show(request, event, person)


def _events():
    return Event.objects.exclude(state=Event.State.DRAFT)


def _elsewhere(event: Event, person: Person | None) -> Event | None:
    """The festival, for a part of it, when that is where the person is or may sign up."""
    if person is not None:
        return person.event if person.event_id != event.pk else None
    is_open = event.parent is not None and event.parent.state == Event.State.REGISTRATION_OPEN
    return event.parent if is_open else None


def _sign_up(request, event: Event, person: Person | None):
    if not request.user.is_authenticated:
        return redirect(f"/login/?next={reverse('crew-event', args=[event.slug])}")
    if person is not None and person.status != P.INVITED:  # sent twice
        return redirect("crew-event", event.slug)
    form = SignUpForm(event.partner, request.POST)
    if not form.is_valid():
        return _show(request, event, person, form=form, status=400)
    cleaned = form.cleaned_data
    tags = list(cleaned.get("tags", ()))
    try:
        signup.sign_up(event, user=request.user, phone=cleaned["phone"], note=cleaned["note"], tags=tags)
    except DomainError as refusal:
        put_into(form, refusal)
        explaining.ask_above(form, "join_crew", event)
        return _show(request, event, person, form=form, status=refusal.status)
    messages.success(request, _("You have signed up for %(event)s.") % {"event": event.name})
    return redirect("crew-event", event.slug)


def _show(request, event: Event, person: Person | None, *, form=None, status=200):
    context = {"event": event, "person": person, "plan": plans.plan_for(event)}
    if person is not None and person.may_work:
        return render(request, "crew/event.html", context | _shifts(request, person), status=status)
    context["is_open"] = signup.is_open(event) and not event.is_over
    context["open_parts"] = _open_parts(event) if person is None and not context["is_open"] else []
    if context["is_open"] and request.user.is_authenticated:
        context["form"] = form or SignUpForm(event.partner, initial={"phone": request.user.phone or ""})
    return render(request, "crew/event.html", context, status=status)


def _open_parts(event: Event) -> list[Event]:
    parts = event.children.filter(state=Event.State.REGISTRATION_OPEN)
    return list(parts.order_by("starts_at", "pk"))


def _shifts(request, person: Person) -> dict:
    """The person's shifts there, and those to choose from: of one day, of all sections or one."""
    days, sections = picking.days_and_sections(person)
    form = PickForm(days, sections, request.GET)
    form.is_valid()
    asked, only_free = form.cleaned_data.get("day"), not form.cleaned_data.get("all")
    opened = next((one for one, places in days.items() if places), next(iter(days), None))
    day = next((one for one in days if one.isoformat() == asked), opened)
    rows = picking.shifts_for(person).filter(time_slot__date=day)
    if section := form.cleaned_data.get("section"):
        rows = rows.filter(section__uid=section)
    kept = request.GET.copy()
    kept.pop("page", None)
    mine = [one for one in roster.marked(request.user) if one.person_id == person.pk]
    return {
        "mine": mine,
        "form": form,
        "day": day,
        "days": [_chip(one, places, one == day, kept) for one, places in days.items()],
        "page": _choices(request, person, rows if not form.errors else rows.none(), only_free),
        "kept": kept.urlencode(),
        "section": section,
        "only_free": only_free,
        **_switch(kept),
        "back": f"{request.get_full_path()}#shifts",
        "offers": list(swaps.open_to_all(request.user).filter(_at(person))[:SHIFTS_PER_PAGE]),
    }


def _at(person: Person):
    return roster.sections_of(person, "offered__shift__section__")


def _chip(day, places: int, is_current: bool, kept) -> dict:
    query = kept.copy()
    query["day"] = day.isoformat()
    return {"label": PickForm.label_of(day), "places": places, "query": query.urlencode(), "is_current": is_current}


def _switch(kept) -> dict:
    """The queries of the same list: what one can take, and all."""
    free, full = kept.copy(), kept.copy()
    free.pop("all", None)
    full["all"] = "on"
    return {"free_query": free.urlencode(), "all_query": full.urlencode()}


def _choices(request, person: Person, rows, only_free: bool):
    """One page of choices. What speaks against each is worked out for that page; for all, where only the free count."""
    if only_free:
        free = [choice for choice in picking.choices(person, rows) if choice.is_free]
        return _page(free, SHIFTS_PER_PAGE, request)
    page = _page(rows, SHIFTS_PER_PAGE, request)
    page.object_list = picking.choices(person, page.object_list)
    return page


@members_only
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def leave(request, uid):
    """`/crew/parts/<uid>/leave/`: asks first; POST takes the own sign-up back, and gives its shifts back."""
    rows = Person.objects.filter(user=request.user).select_related("event__partner", "crowd_type", "user")
    person = get_object_or_404(rows, uid=uid)
    if person.event.state == Event.State.DRAFT:
        raise Http404
    if request.method != "POST":
        mine = [one for one in roster.of_user(request.user) if one.person_id == person.pk]
        return render(request, "crew/leave.html", {"person": person, "event": person.event, "mine": mine})
    try:
        signup.withdraw(person, by=request.user)
    except DomainError as refusal:
        explaining.tell(request, refusal, "leave_crew", person)
        return redirect("crew-event", person.event.slug)
    messages.success(request, _("You have left the crew of %(event)s.") % {"event": person.event.name})
    return redirect("crew-home")
