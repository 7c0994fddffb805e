"""The seat map of an event, where people choose where they sit. The rules are in bookings/seats.py."""

from django.http import Http404, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_safe

from accounts import explaining
from accounts.pages import limited, too_many
from bookings import halls, keys, promos, sales, seat_map, seats
from bookings import views_selling as selling
from bookings.explaining import said_of
from bookings.forms import new_key
from bookings.forms_seats import PartyForm, SeatForm
from bookings.orders import Line
from bookings.seating import Place
from bookings.waiting_room import gate
from eventify.lib.errors import DomainError
from eventify.lib.ratelimit import TooManyRequests, client_address
from events import queries
from events.models import Event


@require_http_methods(["GET", "HEAD", "POST"])
@limited("booking")
@gzip_page  # thousands of checkboxes are alike; the token of the form is masked anew in each answer
@never_cache  # going back shows fresh seats and a fresh key
def seat_page(request, slug):
    """`/e/<slug>/seats/`: every seat, free or taken. POST holds the chosen ones. `?best=3` marks the best three."""
    event = _event(request, slug)
    if not sales.is_open(event):
        return redirect("event", event.slug)
    seats.make_ready(event)
    return _book(request, event) if request.method == "POST" else _show(request, event)


@require_safe
@gzip_page
@never_cache
def taken(request, slug):
    """`/e/<slug>/seats/taken.json`: the labels of the taken seats, so that a map that stays open stays true."""
    hall = seats.places(_event(request, slug))
    labels = [place.label for place in hall if not place.is_free]
    return JsonResponse({"taken": labels, "free": len(hall) - len(labels)})


def _event(request, slug: str) -> Event:
    seen = queries.visible_to(request.user).select_related("partner").prefetch_related("ticket_types")
    event = seen.filter(slug=slug).exclude(seating=Event.Seating.NONE).first()
    if event is None:
        raise Http404
    return event


def _book(request, event: Event):
    form = SeatForm(event, seats.places(event), request.POST, address=client_address(request))
    if not form.is_valid():
        return _show(request, event, form=form, status=400)
    try:
        seats.check_choice(form.hall, form.chosen)
        order = selling.place(
            request, event, form.lines(), key=form.cleaned_data["key"], code=form.cleaned_data["code"]
        )
    except keys.KeyReused:
        return _show(request, event, form=_fresh(event, form), status=409)
    except gate.MustWait as refusal:
        return selling.to_room(request, refusal)
    except TooManyRequests as refusal:
        return too_many(request, refusal)
    except DomainError as refusal:
        return _show_refusal(request, event, refusal, form.lines())
    return redirect("checkout", order.uid)


def _fresh(event: Event, form: SeatForm) -> SeatForm:
    """The same choice under a new key, when this one was used for another order from a page left open."""
    data = form.data.copy()
    data["key"] = new_key()
    again = SeatForm(event, form.hall, data)
    again.add_error(None, _("You have ordered from this page already. Check the seats and send them again."))
    return again


def _show_refusal(request, event: Event, refusal: DomainError, lines: list[Line]):
    """The map as it is now, with the sentence; what is still free stays chosen."""
    event = _event(request, event.slug)
    form = SeatForm(event, seats.places(event), request.POST, address=client_address(request))
    is_about_code = promos.FIELD in getattr(refusal, "errors", {})
    form.add_error("code" if is_about_code else None, str(refusal.message))
    is_of_page = isinstance(refusal, seats.LeavesSingle)  # which says what else can be chosen; no verb knows it
    if not is_of_page:
        explaining.ask_above(form, "book", event, **said_of(lines))
    instead = getattr(refusal, "instead", [])
    return _show(request, event, form=form, instead=instead, status=refusal.status)


def _show(request, event: Event, *, form: SeatForm | None = None, instead=(), status=200):
    hall = form.hall if form else seats.places(event)
    names = [(area, area) for area in dict.fromkeys(place.area for place in hall)]
    party = PartyForm(names, request.GET if "best" in request.GET else None)
    best = _best(party, hall) if form is None else None
    if form is None:
        where = client_address(request)
        form = SeatForm(event, hall, initial=_beginning(request), wanted=best or _wanted(request), address=where)
    bands = seat_map.bands(form.price_of, [area for area, _name in names], event.currency)
    context = {
        "event": event,
        "form": form,
        "party": party,
        "best": best,
        "areas": seat_map.areas(hall, form.chosen, bands=bands),
        "bands": seat_map.legend(bands),
        "stage": halls.stage_of(event),
        "free": sum(place.is_free for place in hall),
        "total": len(hall),
        "instead": instead,
        "is_list": request.GET.get("view") == "list",
    }
    return render(request, "bookings/seats.html", context, status=400 if party.is_bound and party.errors else status)


def _best(party: PartyForm, hall: list[Place]) -> list[str] | None:
    """The best seats for the party that was asked for; None when none was."""
    if not party.is_bound or not party.is_valid() or not party.cleaned_data["best"]:
        return None
    return seats.best(hall, party.cleaned_data["best"], party.cleaned_data.get("area", ""))


def _wanted(request) -> list[str]:
    return [label for label in request.GET.getlist("seats") if "\x00" not in label]


def _beginning(request) -> dict:
    code = request.GET.get("code", "").replace("\x00", "")
    return {"key": new_key(), "code": code[: promos.CODE_MAX]}
