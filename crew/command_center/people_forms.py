"""The forms of the pages about people; the verbs judge what is typed."""

from django import forms
from django.utils.translation import gettext_lazy as _

from crew.command_center.fields import OfUid
from crew.command_center.persons_cells import COMPANY_WORDS, LIST_WORDS, PERSON_WORDS, SYSTEM_WORDS, choices
from crew.models import Company, CrowdList, CrowdType, Person, PersonTag, UserTag
from events.models import Event
from partners.forms import email, phone, text

NOTES_MAX = 5000  # characters
MOST = 100_000  # people on a list
ORDER_MOST = 10_000

PROFICIENCIES = (
    ("", _("Not said")),
    (UserTag.Proficiency.BEGINNER, _("Beginner")),
    (UserTag.Proficiency.EXPERIENCED, _("Experienced")),
    (UserTag.Proficiency.EXPERT, _("Expert")),
)


def notes(label, **options) -> forms.CharField:
    """Several lines of text."""
    widget = forms.Textarea(attrs={"rows": 3})
    return forms.CharField(label=label, max_length=NOTES_MAX, required=False, widget=widget, **options)


def color() -> forms.CharField:
    """A colour, picked in the browser's own palette."""
    widget = forms.TextInput(attrs={"type": "color"})
    return forms.CharField(label=_("Colour"), max_length=20, initial="#6b7280", widget=widget)


def crowd_types(event: Event, kept: CrowdType | None = None):
    """The crowd types that somebody of the event can be: the active ones, and the one that they are."""
    active = CrowdType.objects.filter(partner=event.partner_id, is_active=True)
    return active | CrowdType.objects.filter(pk=kept.pk) if kept else active


class PersonForm(forms.Form):
    """Somebody of an event."""

    name = text(_("Name"), 200)
    email = email(_("E-mail (optional)"), required=False)
    phone = phone(_("Phone (optional)"))
    notes = notes(_("Notes"), help_text=_("For planners; the person does not see it."))

    def __init__(self, *args, event: Event, person: Person | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        kept = person.crowd_type if person else None
        self.fields["crowd_type"] = OfUid(crowd_types(event, kept), label=_("Crowd type"), empty_label=_("Choose one"))
        companies = Company.objects.filter(partner=event.partner_id)
        self.fields["company"] = OfUid(companies, label=_("Company"), required=False, empty_label=_("None"))
        if person is None:
            said = {Person.Status.PENDING: _("Pending: somebody decides later")}
            begins = [(value, said.get(value, label)) for value, label in choices(PERSON_WORDS) if value in BEGINNINGS]
            self.fields["status"] = forms.ChoiceField(label=_("Status"), choices=begins, initial=Person.Status.PENDING)
        self.order_fields(["name", "crowd_type", "email", "phone", "company", "status", "notes"])


BEGINNINGS = (Person.Status.INVITED, Person.Status.PENDING, Person.Status.APPROVED)


class ReasonForm(forms.Form):
    """Why, for the person or for colleagues."""

    reason = forms.CharField(
        label=_("Reason (optional)"),
        max_length=500,
        required=False,
        help_text=_("The person reads it in the mail."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class BlacklistForm(forms.Form):
    """Why somebody is never approved."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        help_text=_("It stays in the notes and in the history, for planners only."),
        error_messages={"required": _("Say why, so that colleagues know.")},
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class GiveTagForm(forms.Form):
    """A tag that somebody gets."""

    def __init__(self, *args, partner, **kwargs):
        super().__init__(*args, **kwargs)
        tags = PersonTag.objects.filter(partner=partner, is_active=True)
        self.fields["tag"] = OfUid(tags, label=_("Tag"), empty_label=_("Choose one"))
        self.fields["proficiency"] = forms.ChoiceField(label=_("How well"), choices=PROFICIENCIES, required=False)


class PutOnListForm(forms.Form):
    """A crowd list that people come onto."""

    def __init__(self, *args, event: Event, **kwargs):
        super().__init__(*args, **kwargs)
        lists = CrowdList.objects.filter(event=event)
        self.fields["crowd_list"] = OfUid(lists, label=_("Crowd list"), empty_label=_("Choose one"))


class CrowdTypeForm(forms.Form):
    """A kind of people."""

    name = text(_("Name"), 100)
    system_type = forms.ChoiceField(
        label=_("Kind"),
        choices=choices(SYSTEM_WORDS),
        help_text=_("Decides which time slots are meant for them; people who sign up themselves are volunteers."),
    )
    color = color()
    claims_need_approval = forms.BooleanField(
        label=_("A planner approves the shifts that they choose"),
        required=False,
        initial=True,
        help_text=_("On: a shift that such a person claims waits for you. Off: it is theirs at once."),
    )
    is_active = forms.BooleanField(
        label=_("In use"),
        required=False,
        initial=True,
        help_text=_("Off: nobody new can become this; who is it already stays it."),
    )


class CompanyForm(forms.Form):
    """A business that people come with."""

    name = text(_("Name"), 200)
    type = forms.ChoiceField(label=_("Kind"), choices=choices(COMPANY_WORDS), initial=Company.Type.OTHER)
    contact_name = text(_("Contact's name"), 200, required=False)
    contact_email = email(_("Contact's e-mail"), required=False)
    contact_phone = phone(_("Contact's phone (optional)"))


class TagForm(forms.Form):
    """Something a person can or is."""

    name = text(_("Name"), 50, help_text=_("What a person can or is, such as “First aid”."))
    category = text(_("Category"), 50, required=False, help_text=_("Tags of one category stand together."))
    category.widget.attrs["list"] = "categories"
    color = color()
    sort_order = forms.IntegerField(
        label=_("Place in the list"),
        min_value=0,
        max_value=ORDER_MOST,
        initial=0,
        help_text=_("The lowest comes first."),
    )


class CrowdListForm(forms.Form):
    """A list of people."""

    name = text(_("Name"), 200)
    max_persons = forms.IntegerField(
        label=_("At most (optional)"),
        required=False,
        min_value=1,
        max_value=MOST,
        help_text=_("How many people fit on it. Empty: any number."),
    )
    type = forms.ChoiceField(label=_("Who fills it"), choices=choices(LIST_WORDS), initial=CrowdList.Type.INTERNAL)
    auto_approve = forms.BooleanField(
        label=_("Approve who comes onto it"),
        required=False,
        help_text=_("On: people who are still pending are approved and get a mail."),
    )

    def __init__(self, *args, event: Event, crowd_list: CrowdList | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        kept = crowd_list.crowd_type if crowd_list else None
        self.fields["crowd_type"] = OfUid(crowd_types(event, kept), label=_("Crowd type"), empty_label=_("Choose one"))
        companies = Company.objects.filter(partner=event.partner_id)
        self.fields["recipient_company"] = OfUid(
            companies, label=_("Company that fills it"), required=False, empty_label=_("None")
        )
        self.order_fields(["name", "crowd_type", "max_persons", "type", "recipient_company", "auto_approve"])
