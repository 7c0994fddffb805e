"""The invoices and credit notes of an order in the command center: a partner has those of its own sales."""

from django.db.models import QuerySet
from django.http import HttpResponse

from accounts.models import User
from bookings.models import Invoice, Order
from eventify.lib.desk.pages import ObjectMixin, Page
from eventify.lib.when_needed import WhenNeeded
from partners import members

invoices_pdf = WhenNeeded("bookings.papers.invoices_pdf")

SEES = ("view_financials",)


def invoices_seen_by(user: User) -> QuerySet[Invoice]:
    """All, or those that partners issued on which the user may see money."""
    papers = Invoice.objects.select_related("series__partner")
    if any(user.can(permission) for permission in SEES):
        return papers
    return papers.filter(series__partner__in=members.partners_where(user, *SEES).values("pk"))


def invoices_of(user: User, order: Order) -> list[Invoice]:
    """The order's papers that the user may see, oldest first. For parts/invoices.html, as `invoices`. One query."""
    return list(invoices_seen_by(user).filter(order=order).order_by("pk"))


class InvoiceFile(ObjectMixin, Page):
    """`desk-invoice`: the PDF."""

    permission, scoped = SEES, True
    place = "desk-orders"

    def visible(self):
        return invoices_seen_by(self.request.user)

    def get(self, request, *args, **kwargs):
        name = invoices_pdf.file_name(self.object)
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
        return HttpResponse(invoices_pdf.of_invoice(self.object), content_type="application/pdf", headers=headers)
