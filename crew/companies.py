"""Companies: the businesses that people come with."""

from django.db import transaction

from accounts import audit
from accounts.models import User
from crew import editing, phones, writing
from crew.models import Company
from partners.models import Partner

FIELDS = ("name", "type", "contact_name", "contact_email", "contact_phone")


@transaction.atomic
def create(
    partner: Partner, *, by: User | None, name: str, type: str = Company.Type.OTHER, contact_name: str = "",
    contact_email: str = "", contact_phone: str = "",
) -> Company:  # fmt: skip
    """Add a business. Invalid for impossible values. Two may have one name."""
    company = Company(
        partner=partner, name=name, type=type, contact_name=contact_name, contact_email=contact_email,
        contact_phone=contact_phone,
    )  # fmt: skip
    check(company)
    company.save(force_insert=True)
    audit.record("CREATED_COMPANY", company, by=by, partner=str(partner.uid))
    return company


@transaction.atomic
def change(company: Company, *, by: User | None, **changes) -> Company:
    """Change some of FIELDS. Invalid as `create`. Locks the row."""
    company = writing.fresh(company, "partner")
    changed = editing.change(company, changes)
    check(company)
    if changed:
        company.save(update_fields=[*changed, "updated_at"])
        audit.record("CHANGED_COMPANY", company, by=by, fields=sorted(changed))
    return company


@transaction.atomic
def delete(company: Company, *, by: User | None) -> None:
    """Delete a business; its people and lists stay, without one. Locks the row, as giving a person one does."""
    company = writing.fresh(company, "partner", is_going=True)
    audit.record("DELETED_COMPANY", company, by=by, name=company.name)
    company.delete()


def check(company: Company) -> None:
    """Give the company's texts their final form; Invalid, field by field, for what cannot be."""

    def phone():
        company.contact_phone = phones.clean(company.contact_phone, "contact_phone")

    writing.check_all(lambda: editing.check(company), phone)
