"""The forms of the pages about the board, shifts, sections and slots; the verbs judge what is typed."""

from datetime import date
from uuid import UUID

from django import forms
from django.db.models import Case, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crew import candidates, plans, sections
from crew.command_center.fields import OfUid, OfUids
from crew.command_center.persons_cells import SYSTEM_WORDS, choices
from crew.copying import SLOTS_MOST
from crew.models import CrowdType, Location, PersonTag, Section, Shift, TimeSlot
from crew.shifts import SLOTS_MOST as PEOPLE_MOST
from eventify.lib.dates import date_format
from eventify.lib.day_input import DayInput
from events.models import Event
from partners.forms import text

SEARCH_MAX = 100  # characters
TEXT_MAX = 5000
REASON_MAX = 500
NARROWED = (
    ("", gettext_lazy("All")),
    ("gaps", gettext_lazy("Missing people")),
    ("waiting", gettext_lazy("Waiting")),
    ("over", gettext_lazy("Too many")),
    ("clashes", gettext_lazy("Clashes")),
)


def several_lines(label, **options) -> forms.CharField:
    """A text that may be long."""
    widget = forms.Textarea(attrs={"rows": 3})
    return forms.CharField(label=label, required=False, max_length=TEXT_MAX, widget=widget, **options)


def day(label, **options) -> forms.DateField:
    """A day, picked in the browser's own calendar."""
    return forms.DateField(label=label, widget=DayInput({"max": "2199-12-31"}), **options)


def clock(label, **options) -> forms.TimeField:
    """A time of the day, picked in the browser's own clock."""
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    return forms.TimeField(label=label, widget=widget, **options)


# --- Looking at the board -----------------------------------------------------------------------------


class LookForm(forms.Form):
    """What of the board is looked at; all of it is in the address."""

    day = forms.DateField(required=False, error_messages={"invalid": gettext_lazy("This is not a day.")})
    only = forms.ChoiceField(choices=NARROWED, required=False)

    def __init__(self, *args, event: Event, **kwargs):
        super().__init__(*args, **kwargs)
        family = Event.objects.filter(pk=event.pk) | Event.objects.filter(parent=event.pk)
        self.fields["part"] = OfUid(family, required=False)
        self.fields["section"] = OfUid(Section.objects.filter(event__in=family.values("pk")), required=False)

    @property
    def sentences(self) -> list[str]:
        """What is wrong with the address."""
        return [sentence for sentences in self.errors.values() for sentence in sentences]


class WantedForm(forms.Form):
    """Whom a planner looks for."""

    q = forms.CharField(
        label=gettext_lazy("Name or address"),
        required=False,
        max_length=SEARCH_MAX,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args, event: Event, **kwargs):
        super().__init__(*args, **kwargs)
        tags = PersonTag.objects.filter(partner=event.partner_id, is_active=True)
        types = CrowdType.objects.filter(partner=event.partner_id)
        any_of = {"required": False}
        self.fields["tag"] = OfUid(tags, label=_("Tag"), empty_label=_("Any tag"), **any_of)
        self.fields["crowd_type"] = OfUid(types, label=_("Crowd type"), empty_label=_("Any crowd type"), **any_of)

    def wanted(self) -> candidates.Wanted:
        """As the query wants it; fields with an error are left out, and show it."""
        self.is_valid()
        values = self.cleaned_data
        tags = [values["tag"]] if values.get("tag") else []
        return candidates.Wanted(values.get("q") or "", tags, values.get("crowd_type"))


# --- Shifts -------------------------------------------------------------------------------------------


def slot_label(slot: TimeSlot) -> str:
    """`Fri 12 Jun, 18:00–22:00 · Evening (Volunteer)`."""
    words = {
        "day": date_format(slot.date, "D j M"),
        "start": f"{slot.start_time:%H:%M}",
        "end": f"{slot.end_time:%H:%M}",
        "name": slot.name,
        "kind": SYSTEM_WORDS[slot.person_type],
    }
    return _("%(day)s, %(start)s–%(end)s · %(name)s (%(kind)s)") % words


class SlotChoice(OfUid):
    """One time slot."""

    def label_from_instance(self, slot):
        return slot_label(slot)


class SlotChoices(OfUids):
    """Several time slots, in order of their start."""

    def label_from_instance(self, slot):
        return slot_label(slot)


class WorkForm(forms.Form):
    """What is to be done in a shift, and by how many."""

    title = text(gettext_lazy("Job"), 200, required=False, help_text=gettext_lazy("Such as “Bartender”."))
    slots_total = forms.IntegerField(label=gettext_lazy("People needed"), min_value=1, max_value=PEOPLE_MOST, initial=1)
    slots_open_for_claiming = forms.IntegerField(
        label=gettext_lazy("Places that people may claim themselves"),
        min_value=0,
        max_value=PEOPLE_MOST,
        initial=0,
        help_text=gettext_lazy("In the volunteer portal; the other places you fill yourself."),
    )
    report_time = clock(
        gettext_lazy("Be there at"), required=False, help_text=gettext_lazy("If that is before the start.")
    )
    description = several_lines(gettext_lazy("What the work is"))
    instructions = several_lines(
        gettext_lazy("Instructions"),
        help_text=gettext_lazy("For those who have the shift: where to be, what to bring."),
    )
    is_lead_role = forms.BooleanField(label=gettext_lazy("Leads the section"), required=False)
    allow_overlap = forms.BooleanField(
        label=gettext_lazy("May be held beside another shift"),
        required=False,
        help_text=gettext_lazy("Such as being on call: it never clashes, and asks no rest."),
    )

    ORDER = ["section", "slots", "time_slot", "title", "slots_total", "slots_open_for_claiming", "status", "location",
             "report_time", "is_lead_role", "allow_overlap", "description", "instructions"]  # fmt: skip

    def __init__(self, *args, event: Event, **kwargs):
        super().__init__(*args, **kwargs)
        near = Location.objects.filter(event__in=[event.pk, event.parent_id or event.pk])
        self.fields["section"] = OfUid(
            Section.objects.filter(event=event.pk), label=_("Section"), empty_label=_("Choose one")
        )
        self.fields["location"] = OfUid(near, label=_("Where to report"), required=False, empty_label=_("Not said"))


class NewShiftForm(WorkForm):
    """A shift, in one or several time slots."""

    status = forms.ChoiceField(
        label=gettext_lazy("Begins as"),
        choices=(
            (Shift.Status.DRAFT, gettext_lazy("Draft: only planners see it")),
            (Shift.Status.OPEN, gettext_lazy("Open: people see it and may claim it")),
        ),
    )

    def __init__(self, *args, event: Event, **kwargs):
        super().__init__(*args, event=event, **kwargs)
        self.fields["slots"] = slots_field(event)
        chosen = [uid for uid in self.initial.get("slots", ()) if uid]
        self.fields["slots"].queryset = self.fields["slots"].queryset.order_by(chosen_first(chosen), "starts_at", "pk")
        self.order_fields(self.ORDER)


class ShiftForm(WorkForm):
    """A shift that is there."""

    STATUSES = (
        (Shift.Status.DRAFT, gettext_lazy("Draft: only planners see it")),
        (Shift.Status.OPEN, gettext_lazy("Open, or full when all places are filled")),
        (Shift.Status.COMPLETED, gettext_lazy("Completed: who was approved has worked")),
        (Shift.Status.CANCELLED, gettext_lazy("Cancelled: everybody in it is told")),
    )
    status = forms.ChoiceField(label=gettext_lazy("Status"), choices=STATUSES)

    def __init__(self, *args, event: Event, **kwargs):
        super().__init__(*args, event=event, **kwargs)
        slots = plans.usable_slots(event).order_by("starts_at", "pk")
        self.fields["time_slot"] = SlotChoice(slots, label=_("Time slot"), empty_label=None)
        self.order_fields(self.ORDER)


def chosen_first(uids: list[UUID]) -> Case:
    """An order in which these rows come before the others."""
    return Case(When(uid__in=uids, then=0), default=1) if uids else Case(default=1)


def slots_field(event: Event) -> SlotChoices:
    """The time slots that a shift of the event may use, as boxes."""
    return SlotChoices(
        plans.usable_slots(event).order_by("starts_at", "pk"),
        label=_("Time slots: one shift in each"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("At most %(most)s at a time.") % {"most": SLOTS_MOST},
    )


class CopyShiftForm(forms.Form):
    """The time slots in which a shift is planned once more."""

    def __init__(self, *args, event: Event, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["slots"] = slots_field(event)


class ReasonForm(forms.Form):
    """Why, for those whom it touches."""

    reason = forms.CharField(
        label=gettext_lazy("Reason (optional)"),
        max_length=REASON_MAX,
        required=False,
        help_text=gettext_lazy("The person reads it in the mail."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


# --- Sections, slots and locations --------------------------------------------------------------------


class SectionForm(forms.Form):
    """A part of the terrain or of the work."""

    name = text(gettext_lazy("Name"), 100)
    category = text(
        gettext_lazy("Category"),
        50,
        required=False,
        help_text=gettext_lazy("Such as “Bars”: sections of one category stand together on the board."),
    )
    crew_need = forms.IntegerField(
        label=gettext_lazy("People needed in all (optional)"), min_value=0, max_value=sections.NEED_MOST, required=False
    )
    is_gate = forms.BooleanField(
        label=gettext_lazy("This is a gate"),
        required=False,
        help_text=gettext_lazy(
            "Whoever has an approved shift here may scan tickets from 15 minutes before it to 15 minutes after it."
        ),
    )

    def __init__(self, *args, event: Event, **kwargs):
        super().__init__(*args, **kwargs)
        names = sections.categories(event.partner)
        self.fields["category"].widget = forms.TextInput(attrs={"list": "categories", "autocomplete": "off"})
        self.known_categories = names
        if event.kind != Event.Kind.EVENT:
            self.fields["type"] = forms.ChoiceField(label=_("Serves"), choices=SERVES)

    def values(self) -> dict:
        """As the verb wants them."""
        return self.cleaned_data


SERVES = (
    (Section.Type.STANDARD, gettext_lazy("This event itself")),
    (Section.Type.CROSS_EVENT, gettext_lazy("All sub-events, too: their boards show it")),
)


class SlotForm(forms.Form):
    """A stretch of a day, in the event's own time."""

    name = text(gettext_lazy("Name"), 100, help_text=gettext_lazy("Such as “Evening”."))
    person_type = forms.ChoiceField(
        label=gettext_lazy("For"),
        choices=choices(SYSTEM_WORDS),
        initial="VOLUNTEER",
        help_text=gettext_lazy("The kind of people whom the board proposes first."),
    )
    date = day(gettext_lazy("Day"))
    start_time = clock(gettext_lazy("Starts"))
    end_time = clock(gettext_lazy("Ends"), help_text=gettext_lazy("Before the start: on the next day."))


class CopyDayForm(forms.Form):
    """A day whose time slots another day gets, too."""

    to = day(gettext_lazy("To this day"))

    def __init__(self, *args, days: list[date], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["day"] = forms.TypedChoiceField(
            label=_("The time slots of"),
            choices=[(one.isoformat(), date_format(one, "D j M Y")) for one in days],
            coerce=date.fromisoformat,
        )
        self.order_fields(["day", "to"])


class LocationForm(forms.Form):
    """A place where shifts begin."""

    name = text(gettext_lazy("Name"), 200)
    address = text(gettext_lazy("Address (optional)"), 300, required=False)
    latitude = forms.DecimalField(
        label=gettext_lazy("Latitude (optional)"), required=False, min_value=-90, max_value=90, decimal_places=6
    )
    longitude = forms.DecimalField(
        label=gettext_lazy("Longitude (optional)"), required=False, min_value=-180, max_value=180, decimal_places=6
    )
    instructions = several_lines(
        gettext_lazy("How to find it"), help_text=gettext_lazy("Those who have a shift that begins here read it.")
    )
