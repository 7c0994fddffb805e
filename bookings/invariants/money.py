"""An order is paid at most once, and money that bought nothing goes back.

The ledger is proved in bookings/ledger_checks.py.
"""

from bookings import spent
from bookings.providers import NAMES
from eventify.lib.checks import Check, among

_ASK = "Ask the provider what was paid, and apply its message again (Payment messages)."
_ORDERS = f"SELECT b.order_id FROM bookings_booking b WHERE {among('b.event_id')}"  # of the events asked for
_IS_SALE = "o.paid_at IS NOT NULL AND o.payment_transaction_id = p.provider_reference"  # this payment bought it

CHECKS = (
    Check(
        "orders and their bookings",
        f"SELECT count(*) FROM bookings_booking b WHERE order_id IS NOT NULL AND {among('b.event_id')}",
        f"""
        SELECT b.id, b.status, o.id AS order_id, o.status AS order_status
        FROM bookings_booking b JOIN bookings_order o ON o.id = b.order_id
        WHERE {among("b.event_id")} AND ((b.status = 'pending' AND o.status <> 'pending')
            OR (b.status = 'confirmed' AND o.status <> 'paid') OR b.status = 'waitlisted')
        """,
        "booking {id} is {status}, its order {order_id} is {order_status}",
        _ASK,
    ),
    Check(
        "totals of orders",
        f"SELECT count(*) FROM bookings_order o WHERE o.id IN ({_ORDERS})",
        f"""
        SELECT o.id, o.total_amount, sum(b.qty * b.unit_price) AS amount
        FROM bookings_order o JOIN bookings_booking b ON b.order_id = o.id
        WHERE o.id IN ({_ORDERS}) GROUP BY o.id HAVING sum(b.qty * b.unit_price) <> o.total_amount
        """,
        "order {id} costs {total_amount}, its bookings cost {amount}",
    ),
    Check(
        "orders paid once",
        f"SELECT count(*) FROM bookings_order o WHERE paid_at IS NOT NULL AND o.id IN ({_ORDERS})",
        f"""
        SELECT o.id, o.total_amount, count(p.id) AS payments FROM bookings_order o
        LEFT JOIN bookings_payment p ON p.order_id = o.id AND p.status = 'paid' AND {_IS_SALE}
        WHERE o.paid_at IS NOT NULL AND o.total_amount > 0 AND o.id IN ({_ORDERS}) GROUP BY o.id HAVING count(p.id) <> 1
        """,
        "order {id} of {total_amount} is paid, with {payments} payments",
        _ASK,
    ),
    Check(
        "payments of orders",
        f"SELECT count(*) FROM bookings_payment p WHERE status <> 'failed' AND p.order_id IN ({_ORDERS})",
        f"""
        SELECT p.id, p.amount, p.currency, p.status, o.id AS order_id, o.total_amount, o.currency AS order_currency
        FROM bookings_payment p JOIN bookings_order o ON o.id = p.order_id
        WHERE p.status <> 'failed' AND o.id IN ({_ORDERS}) AND (p.amount, p.currency) <> (o.total_amount, o.currency)
        """,
        "payment {id} ({status}) is of {amount} {currency}, order {order_id} costs {total_amount} {order_currency}",
        _ASK,
    ),
    Check(
        "providers of payments",
        f"SELECT count(*) FROM bookings_payment p WHERE p.order_id IN ({_ORDERS})",
        f"""
        SELECT p.id, p.provider, p.status FROM bookings_payment p
        WHERE p.provider NOT IN ({", ".join(f"'{name}'" for name in NAMES)}) AND p.order_id IN ({_ORDERS})
        """,
        "payment {id} ({status}) is of {provider}, a provider that this version does not know: nothing of it can be "
        "asked or given back",
        "Was it made by a newer version? Run that again. Else give back by hand what is owed, and correct the name.",
    ),
    Check(
        "payments in vain",
        f"SELECT count(*) FROM bookings_payment p WHERE status = 'paid' AND p.order_id IN ({_ORDERS})",
        f"""
        SELECT p.id, p.amount, coalesce(r.back, 0) AS back FROM bookings_payment p
        JOIN bookings_order o ON o.id = p.order_id
        LEFT JOIN (SELECT payment_id, sum(amount) AS back FROM bookings_refund GROUP BY 1) r ON r.payment_id = p.id
        WHERE p.status = 'paid' AND o.id IN ({_ORDERS}) AND ({_IS_SALE}) IS NOT TRUE AND p.amount > coalesce(r.back, 0)
        """,
        "payment {id} of {amount} bought nothing, and only {back} of it goes back",
        "Give the rest back at the provider, and tell the buyer.",
    ),
    Check(
        "bookings that were split",
        f"SELECT count(*) FROM bookings_booking b WHERE split_from_id IS NOT NULL AND {among('b.event_id')}",
        f"""
        SELECT b.id, root.id AS root FROM bookings_booking b JOIN bookings_booking root ON root.id = b.split_from_id
        WHERE {among("b.event_id")} AND (root.split_from_id IS NOT NULL
            OR (b.order_id, b.event_id, b.ticket_type_id, b.unit_price, b.promo_code_id, b.tax_rate) IS DISTINCT FROM
                (root.order_id, root.event_id, root.ticket_type_id, root.unit_price, root.promo_code_id, root.tax_rate))
        """,
        "booking {id} is not like its root {root}",
    ),
    Check(
        "money that was not paid",
        f"SELECT count(*) FROM bookings_booking b WHERE (is_forfeited OR given_back > 0) AND {among('b.event_id')}",
        f"""
        SELECT b.id, b.status, b.given_back, b.is_forfeited
        FROM bookings_booking b LEFT JOIN bookings_order o ON o.id = b.order_id
        WHERE {among("b.event_id")} AND (b.is_forfeited OR b.given_back > 0)
            AND (o.paid_at IS NULL OR (b.is_forfeited AND b.status <> 'cancelled'))
        """,
        "booking {id} ({status}): {given_back} given back, forfeited: {is_forfeited}, though it cannot be",
    ),
    Check(
        "numbers of invoices",
        "SELECT count(*) FROM bookings_invoiceseries",
        """
        SELECT s.id, s.partner_id, s.year, s.last_number, count(i.id) AS invoices, max(i.number) AS newest
        FROM bookings_invoiceseries s LEFT JOIN bookings_invoice i ON i.series_id = s.id
        GROUP BY s.id HAVING count(i.id) <> s.last_number OR coalesce(max(i.number), 0) <> s.last_number
        """,
        "series {id} (partner {partner_id}, {year}) is at {last_number}: it has {invoices} invoices up to {newest}",
    ),
    Check(
        "spent by people",
        "SELECT count(*) FROM accounts_user",
        lambda _only: spent.different(),
        "user {id} has spent {total_spent}, the payments less the refunds are {spent}",
        "The payments are the truth. Run: manage.py spent_recount.",
    ),
)
