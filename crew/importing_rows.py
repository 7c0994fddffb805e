"""What becomes of each row of a file with people: it is added, changes somebody, is there already, or is wrong."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from crew import companies, persons, writing
from crew import importing_words as words
from crew.models import Company, CrowdType, Person, PersonTag, UserTag
from eventify.lib.errors import Invalid
from events.models import Event

NEW, UPDATE, SAME, BAD = "new", "update", "same", "error"
UPDATED = ("name", "phone", "crowd_type", "company", "notes")


@dataclass
class Row:
    """A line of the file: what stands in it, what is wrong, and what happens to whom.

    `outcome`: `new`, `update` (see `changes`: column -> (before, after), as texts), `same` (there already, nothing
    happens) or `error`. `hints` are sentences about what will not be as somebody might expect.
    """

    number: int
    values: dict[str, str]
    person: Person | None = None
    known: Person | None = None
    outcome: str = NEW
    errors: dict[str, list[str]] = field(default_factory=dict)
    hints: list[str] = field(default_factory=list)
    changes: dict[str, tuple[str, str]] = field(default_factory=dict)
    tags: list[PersonTag] = field(default_factory=list)


class Judge:
    """Knows what the organisation has and who is in the event, so that no row asks the database.

    `new_companies`: the names of those that the good rows bring along.
    """

    def __init__(self, event: Event, crowd_type: CrowdType | None, update: bool, create_companies: bool):
        self.event, self.crowd_type, self.update, self.create_companies = event, crowd_type, update, create_companies
        ours = {"partner": event.partner_id}
        self.kinds = {row.name.lower(): row for row in CrowdType.objects.filter(**ours)}
        self.tags = {row.name.lower(): row for row in PersonTag.objects.filter(is_active=True, **ours)}
        # Of two with one name the older counts.
        self.companies = {row.name.lower(): row for row in Company.objects.filter(**ours).order_by("-pk")}
        self.new_companies: set[str] = set()

    def judge(self, rows: list[Row]) -> None:
        """Complete the rows. Five queries, or six, for any number."""
        for row in rows:
            self._settle(row)
        self._find(rows)
        self._note_doubles(rows)
        for row in rows:
            self._decide(row)

    def _find(self, rows: list[Row]) -> None:
        """Who of the event is meant, and what of the rows' tags they have already."""
        here = Person.objects.filter(event=self.event).select_related("crowd_type", "company", "user")
        addresses = {row.person.email.lower() for row in rows}
        found = [*here.filter(email__lower__in=addresses - {""}), *(here.filter(email="") if "" in addresses else ())]
        known = {_key(person): person for person in found}
        for row in rows:
            row.known = known.get(_key(row.person))
        users = {row.known.user_id for row in rows if row.known and row.known.user_id and row.tags}
        given = UserTag.objects.filter(user__in=users, source=UserTag.Source.ORGANISER)
        self.held = set(given.values_list("user", "tag"))

    def _note_doubles(self, rows: list[Row]) -> None:
        seen: dict[tuple, Row] = {}
        for row in rows:
            first = seen.setdefault(_key(row.person), row)
            if first is row:
                continue
            if row.person.email and "email" in row.errors:
                continue  # said already: it is no address
            if row.person.email:
                sentence = _("Row %(number)s has this address already.") % {"number": first.number}
                row.errors.setdefault("email", []).append(sentence)
            elif row.person.name:
                row.hints.append(_("Row %(number)s has the same name and phone.") % {"number": first.number})

    # What the cells mean

    def _settle(self, row: Row) -> None:
        """Give the row's person what its cells name, and check them as one who is added by hand."""
        texts = {name: row.values.get(name, "") for name in ("name", "email", "phone", "notes")}
        row.person = Person(event=self.event, **texts)
        try:
            writing.check_all(
                lambda: self._set_crowd_type(row),
                lambda: self._set_company(row),
                lambda: self._set_status(row),
                lambda: self._set_tags(row),
                lambda: persons.check_values(row.person),
            )
        except Invalid as refusal:
            row.errors = refusal.errors

    def _set_crowd_type(self, row: Row) -> None:
        name = row.values.get("crowd_type", "")
        kind = self.kinds.get(name.lower()) if name else self.crowd_type
        if kind is None:
            sentence = _("There is no crowd type %(name)s.") % {"name": name[:100]}
            raise Invalid.field("crowd_type", sentence if name else _("Say which crowd type."))
        row.person.crowd_type = kind

    def _set_company(self, row: Row) -> None:
        name = row.values.get("company", "")
        if not name:
            return
        if name.lower() not in self.companies:
            if not self.create_companies:
                raise Invalid.field("company", _("There is no company %(name)s.") % {"name": name[:200]})
            self.companies[name.lower()] = self._made(name)
        row.person.company = self.companies[name.lower()]

    def _made(self, name: str) -> Company:
        """A company that is not saved yet."""
        company = Company(partner_id=self.event.partner_id, name=name)
        try:
            companies.check(company)
        except Invalid as refusal:
            raise Invalid.field("company", refusal.message) from None
        return company

    def _set_status(self, row: Row) -> None:
        text = row.values.get("status", "")
        status = words.status_of(text) if text else Person.Status.PENDING
        if status is None:
            raise Invalid.field("status", _("There is no status %(name)s.") % {"name": text[:50]})
        row.person.status = status

    def _set_tags(self, row: Row) -> None:
        names = words.tags_in(row.values.get("tags", ""))
        if missing := [name for name in names if name.lower() not in self.tags]:
            raise Invalid.field("tags", _("There is no tag %(name)s.") % {"name": missing[0][:50]})
        row.tags = list({self.tags[name.lower()].pk: self.tags[name.lower()] for name in names}.values())

    # What becomes of it

    def _decide(self, row: Row) -> None:
        if row.known and not self.update:
            self._leave(row)
        elif row.known:
            self._compare(row)
        else:
            self._add(row)
        company = row.person.company
        if row.errors:
            row.outcome = BAD
        elif row.outcome in (NEW, UPDATE) and company and company.pk is None:
            self.new_companies.add(company.name)

    def _leave(self, row: Row) -> None:
        """Somebody who is there already, and stays as they are: what else stands in the row does not matter."""
        row.outcome, row.tags, row.errors, row.hints = SAME, [], {}, []

    def _add(self, row: Row) -> None:
        if row.person.crowd_type_id:
            self._check_active(row, None)
        self._hint_tags(row, None)

    def _compare(self, row: Row) -> None:
        """Somebody who is there already and gets what the row has."""
        known, person = row.known, row.person
        if not row.values.get("crowd_type"):  # they stay what they are
            row.errors.pop("crowd_type", None)
        elif person.crowd_type_id:
            self._check_active(row, known.crowd_type)
        for name in UPDATED:
            before, after = getattr(known, name), getattr(person, name, None)
            if row.values.get(name) and before != after:
                row.changes[name] = (str(before or ""), str(after or ""))
        if row.values.get("status") and person.status != known.status:
            row.hints.append(_("The status stays as it is: decide about it in the list of persons."))
        self._hint_tags(row, known.user_id)
        row.tags = [tag for tag in row.tags if (known.user_id, tag.pk) not in self.held]
        if row.tags:
            row.changes["tags"] = ("", ", ".join(tag.name for tag in row.tags))
        row.outcome = UPDATE if row.changes else SAME

    def _check_active(self, row: Row, before: CrowdType | None) -> None:
        try:
            persons.check_crowd_type(row.person.crowd_type, self.event, before)
        except Invalid as refusal:
            row.errors |= refusal.errors

    def _hint_tags(self, row: Row, account: int | None) -> None:
        """Tags belong to accounts."""
        if row.tags and account is None:
            row.tags = []
            row.hints.append(_("The tags are left out: they need an account, and this person has none yet."))


def _key(person: Person) -> tuple:
    """What somebody is known by in an event: their address, else name and phone."""
    return (person.email.lower(),) if person.email else (person.name.lower(), person.phone)
