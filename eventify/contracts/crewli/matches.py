"""Identity matches: which accounts an organisation's people may be. Nothing is linked before a planner confirms it."""

from crew import matches
from crew.models import Person
from eventify.contracts.api_v1 import listing, ok
from eventify.contracts.crewli import planning_shapes as shapes
from eventify.contracts.crewli.conventions import InOrganisation, Ulids, one, within
from eventify.contracts.fields import Body
from eventify.lib.ids import to_ulid

_PLAN = within("manage_crew")


class Chosen(Body):
    """The matches to confirm."""

    match_ids = Ulids(most=matches.MOST, allow_empty=False)


class Matches(InOrganisation):
    """GET the matches that wait, the newest first."""

    needs = {"GET": _PLAN}

    def get(self, request, org):
        return listing(request, matches.pending(self.organisation), shapes.match)


class OfPerson(InOrganisation):
    """GET the match of a person that waits; null when there is none."""

    needs = {"GET": _PLAN}

    def get(self, request, org, person):
        row = one(Person.objects.filter(event__partner=self.organisation), person)
        waiting = matches.pending(self.organisation).filter(person=row).first()
        return ok(waiting and shapes.match(waiting))


class Confirm(InOrganisation):
    """POST: they are the same human; the person gets the account."""

    needs = {"POST": _PLAN}

    def post(self, request, org, match):
        self.expect_nothing()
        row = one(self.organisation.identity_matches, match)
        return ok(shapes.match(matches.confirm(row, by=request.user)))


class Dismiss(InOrganisation):
    """POST: they are not; this guess is not made again."""

    needs = {"POST": _PLAN}

    def post(self, request, org, match):
        self.expect_nothing()
        row = one(self.organisation.identity_matches, match)
        return ok(shapes.match(matches.dismiss(row, by=request.user)))


class BulkConfirm(InOrganisation):
    """POST: confirm many, each for itself.

    The document shows the bare result, and every answer of this contract is {"data"}: it is in both places.
    """

    needs = {"POST": _PLAN}

    def post(self, request, org):
        uids = self.read(Chosen)["match_ids"]
        confirmed, refusals = matches.bulk_confirm(self.organisation, uids, by=request.user)
        errors = [{**refusal, "match_id": to_ulid(refusal["match_id"])} for refusal in refusals]
        result = {"confirmed": confirmed, "errors": errors}
        response = ok(result)
        response.beside = result
        return response
