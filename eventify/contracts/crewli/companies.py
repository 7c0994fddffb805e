"""The businesses that people come with."""

from crew import companies
from crew.models import Company
from eventify.contracts.api_v1 import listing, ok
from eventify.contracts.crewli import shapes
from eventify.contracts.crewli.conventions import InOrganisation, OptionalText, one, within
from eventify.contracts.fields import Body, Choice, Text


class CompanyBody(Body):
    """A company, or what to change in one."""

    ignored = frozenset({"id", "created_at"})

    name = Text(max_length=200)
    type = Choice(Company.Type.values, required=False)
    contact_name = OptionalText(200)
    contact_email = OptionalText(254)
    contact_phone = OptionalText(30)


class Companies(InOrganisation):
    """GET the companies, by name; POST makes one."""

    needs = {"GET": within("view_events", "manage_crew"), "POST": within("manage_crew")}

    def get(self, request, org):
        return listing(request, self.organisation.companies.order_by("name", "id"), shapes.company)

    def post(self, request, org):
        made = companies.create(self.organisation, by=request.user, **self.read(CompanyBody))
        return ok(shapes.company(made), status=201)


class CompanyDetail(InOrganisation):
    """PUT some fields of a company; DELETE it."""

    needs = {"PUT": within("manage_crew"), "DELETE": within("manage_crew")}

    def put(self, request, org, company):
        row = one(self.organisation.companies, company)
        return ok(shapes.company(companies.change(row, by=request.user, **self.read(CompanyBody, partial=True))))

    def delete(self, request, org, company):
        companies.delete(one(self.organisation.companies, company), by=request.user)
        return ok()
