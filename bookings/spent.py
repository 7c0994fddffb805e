"""What people have spent: paid less what goes back, by currency.

The account keeps the sum in the platform's own currency (`total_spent`), for lists are sorted by it. What was paid in
other currencies is no part of that sum; it is worked out from the payments when somebody looks.
"""

from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection, transaction
from django.db.models import F, OuterRef, QuerySet, Subquery, Sum, TextField
from django.db.models.functions import Cast, Coalesce, JSONObject

from accounts.models import User
from bookings.models import Order, Payment, Refund

# The user rows whose sum is not that of their payments, less the refunds, in the currency %(currency)s.
DIFFERENT = """
    SELECT u.id, u.total_spent, coalesce(paid.amount, 0) - coalesce(back.amount, 0) AS spent
    FROM accounts_user u LEFT JOIN (
        SELECT o.user_id, sum(p.amount) AS amount FROM bookings_payment p JOIN bookings_order o ON o.id = p.order_id
        WHERE p.status = 'paid' AND p.currency = %(currency)s GROUP BY 1
    ) paid ON paid.user_id = u.id LEFT JOIN (
        SELECT o.user_id, sum(r.amount) AS amount FROM bookings_refund r JOIN bookings_payment p
            ON p.id = r.payment_id JOIN bookings_order o ON o.id = p.order_id
        WHERE p.currency = %(currency)s GROUP BY 1
    ) back ON back.user_id = u.id
    WHERE u.total_spent <> coalesce(paid.amount, 0) - coalesce(back.amount, 0)
"""


def count(user: int, amount: Decimal, currency: str) -> None:
    """This much more (or less, below 0) was spent by the user with this key. Locks the user's row until the commit.

    Nothing for another currency than the platform's.
    """
    if currency == settings.EVENTIFY_CURRENCY:
        User.objects.filter(pk=user).update(total_spent=F("total_spent") + amount)


def of_orders(keys: list[int] | QuerySet) -> Decimal:
    """What is paid for these orders, less what goes back, in the platform's currency."""
    ours = Payment.objects.filter(order__in=keys, currency=settings.EVENTIFY_CURRENCY)
    paid = ours.filter(status=Payment.Status.PAID).aggregate(sum=Sum("amount", default=0))
    back = Refund.objects.filter(payment__in=ours).aggregate(sum=Sum("amount", default=0))
    return paid["sum"] - back["sum"]


def with_currencies(users: QuerySet[User]) -> QuerySet[User]:
    """The users with `spent_in` in the same query, which `in_each` reads."""
    back = Refund.objects.filter(payment=OuterRef("pk")).order_by().values("payment")
    back = Coalesce(Subquery(back.annotate(sum=Sum("amount")).values("sum")), Decimal(0))
    paid = Payment.objects.filter(order__user=OuterRef("pk"), status=Payment.Status.PAID)
    by_currency = paid.annotate(kept=F("amount") - back).order_by("currency").values("currency")
    sums = by_currency.annotate(sum=Cast(Sum("kept"), TextField()))
    return users.annotate(spent_in=ArraySubquery(sums.values_list(JSONObject(currency="currency", sum="sum"))))


def in_each(user: User) -> dict[str, Decimal]:
    """Currency -> what somebody of `with_currencies` has spent; without those in which all went back."""
    sums = {one["currency"]: Decimal(one["sum"]) for one in user.spent_in}
    return {currency: amount for currency, amount in sums.items() if amount}


def different() -> list[dict]:
    """The users whose `total_spent` is not what their payments say: id, total_spent and spent."""
    with connection.cursor() as cursor:
        cursor.execute(DIFFERENT, {"currency": settings.EVENTIFY_CURRENCY})
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]


def recount() -> int:
    """Set every `total_spent` to what the payments say, each account by itself; how many were different.

    For sums of before other currencies were left out, and after a change of EVENTIFY_CURRENCY. Safe beside sales.
    """
    return sum(_recount(row["id"]) for row in different())


@transaction.atomic
def _recount(pk: int) -> bool:
    """Locks the user's row first: a payment that arrives meanwhile counts itself afterwards."""
    list(User.objects.select_for_update(no_key=True).filter(pk=pk).values_list("pk"))
    amount = of_orders(Order.objects.filter(user=pk).values("pk"))
    return bool(User.objects.filter(pk=pk).exclude(total_spent=amount).update(total_spent=amount))
