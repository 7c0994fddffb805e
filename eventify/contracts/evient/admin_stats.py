"""The figures of the administration's dashboard."""

from analytics import statistics
from bookings.models import Order
from eventify.contracts.evient import rows, shapes
from eventify.contracts.evient.conventions import View, ok
from eventify.contracts.needs import staff

RECENT = 5  # orders
DAYS = 30


class Stats(View):
    """GET the totals, the last days' revenue and, for those who may see orders, the newest of them."""

    needs = {"GET": staff("view_analytics")}

    def get(self, request):
        totals, days = statistics.lately(DAYS)
        figures = {name: _number(value) for name, value in totals.items()}
        return ok({**figures, "revenue_by_day": _by_day(days), "recent_orders": _recent(request.user)})


def _number(value):
    return value if isinstance(value, int) else shapes.money(value)


def _by_day(days: list[statistics.Day]) -> list[dict]:
    return [{"date": day.date.isoformat(), "revenue": shapes.money(day.revenue), "orders": day.orders} for day in days]


def _recent(user) -> list[dict]:
    if not user.can("view_financials"):
        return []
    return [shapes.admin_order(order) for order in rows.orders(Order.objects.order_by("-id"))[:RECENT]]
