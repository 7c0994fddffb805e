"""The proof of the books: what the orders, payments, refunds and payouts say is what the ledger says, line by line.

Each check is data: SQL that finds what is wrong (one row for each difference), SQL that counts what was compared, and
the sentences for people. All is computed by the database; nothing is changed.
"""

from collections.abc import Iterator

from eventify.lib.checks import RESTORE, Breach, Check

CORRECT = "Find out who wrote it. Nothing is deleted here: post a transfer that corrects it."
POST_MISSING = "Run: manage.py ledger_post_missing."


def breaches() -> Iterator[Breach]:
    """Every difference of every check."""
    for check in CHECKS:
        yield from check.breaches()


# The payments that bought something, with their orders: an order is paid with one of its payments, others go back.
_SALES = """
    SELECT p.uid, p.amount, p.currency, o.id AS order_id, o.uid AS order_uid
    FROM bookings_payment p JOIN bookings_order o ON o.id = p.order_id
    WHERE p.status = 'paid' AND o.paid_at IS NOT NULL AND o.payment_transaction_id = p.provider_reference
"""
_LINES = """
    SELECT t.key, t.kind, t.currency, e.account, e.partner_id, e.debit, e.credit,
           e.event_uid, e.order_uid, e.booking_uid
    FROM partners_entry e JOIN partners_transfer t ON t.id = e.transfer_id
"""
_FEES_TAKEN = """
    SELECT e.booking_uid, sum(e.debit) AS taken
    FROM partners_entry e JOIN partners_transfer t ON t.id = e.transfer_id
    WHERE t.kind = 'fee' AND e.account = 'partner_payable' GROUP BY e.booking_uid
"""
# How fees are rounded in a sale of which `t` is the transfer: old sales have fees in hundredths of every currency.
_PLACES = "SELECT CASE WHEN t.note LIKE '% in whole %' THEN 0 ELSE 2 END"
# Each part of a price that goes back, in the order of its posting (those not posted yet last): a booking that ended,
# or a booking's share of money that was given without a cancellation. Split-offs count with the booking that was sold.
_RETURNS = """
    SELECT 'refund:' || sold.booking_uid AS key, sold.booking_uid, sold.root_id, sold.amount - sold.given_back AS amount
    FROM sold WHERE sold.status = 'cancelled' AND NOT sold.is_forfeited AND sold.amount > sold.given_back
    UNION ALL
    SELECT 'refund:' || r.uid, sold.booking_uid, sold.root_id, share.amount::numeric FROM bookings_refund r
    JOIN bookings_payment p ON p.id = r.payment_id
    CROSS JOIN LATERAL jsonb_each_text(r.shares) share (booking_uid, amount)
    JOIN sold ON sold.booking_uid::text = share.booking_uid
"""
# Every line that the facts call for, but those of fees (whose percentage is known only from the sale's note).
_EXPECTED = f"""
WITH sale AS MATERIALIZED ({_SALES}),
sold AS MATERIALIZED (
    SELECT sale.uid AS payment_uid, sale.currency, sale.order_uid, b.uid AS booking_uid, v.uid AS event_uid,
           v.partner_id, b.status, b.is_forfeited, b.given_back, b.qty * b.unit_price AS amount,
           coalesce(b.split_from_id, b.id) AS root_id, b.split_from_id IS NULL AS is_root
    FROM sale JOIN bookings_booking b ON b.order_id = sale.order_id JOIN events_event v ON v.id = b.event_id
    WHERE b.qty * b.unit_price > 0
),
whole AS MATERIALIZED (
    SELECT root_id, sum(amount) AS amount, (array_agg(booking_uid) FILTER (WHERE is_root))[1] AS booking_uid
    FROM sold GROUP BY root_id
),
vain AS (
    SELECT p.uid, p.amount, p.currency, o.uid AS order_uid
    FROM bookings_payment p JOIN bookings_order o ON o.id = p.order_id
    WHERE p.status = 'paid' AND NOT EXISTS (SELECT FROM sale WHERE sale.uid = p.uid)
),
returns AS MATERIALIZED ({_RETURNS}),
back AS (
    SELECT returns.key, sold.*, returns.amount AS returned,
           sum(returns.amount) OVER (PARTITION BY returns.root_id ORDER BY t.id NULLS LAST, returns.key,
               returns.booking_uid ROWS UNBOUNDED PRECEDING) AS so_far
    FROM returns JOIN sold USING (booking_uid) LEFT JOIN partners_transfer t ON t.key = returns.key
),
fee_back AS (
    SELECT back.*, least(fee.taken, round(fee.taken * so_far / whole.amount, places))
           - least(fee.taken, round(fee.taken * (so_far - returned) / whole.amount, places)) AS fee
    FROM back JOIN whole USING (root_id) JOIN ({_FEES_TAKEN}) fee ON fee.booking_uid = whole.booking_uid
    JOIN partners_transfer t ON t.key = 'sale:' || back.payment_uid, LATERAL ({_PLACES}) note (places)
),
sent AS (
    SELECT concat(r.uid, '-' || nullif(try.number, 1)) AS reference, r.amount, p.currency, o.uid AS order_uid,
           r.came_back @> to_jsonb(try.number) AS is_back
    FROM bookings_refund r JOIN bookings_payment p ON p.id = r.payment_id JOIN bookings_order o ON o.id = p.order_id
    CROSS JOIN LATERAL generate_series(1, r.attempt) try (number)
    WHERE r.came_back @> to_jsonb(try.number) OR (r.status = 'done' AND try.number = r.attempt)
),
expected (key, kind, currency, account, partner_id, debit, credit, event_uid, order_uid, booking_uid) AS (
    SELECT 'sale:' || uid, 'sale', currency, 'cash', NULL::bigint, amount, 0, NULL::uuid, order_uid, NULL::uuid
    FROM sale UNION ALL
    SELECT 'sale:' || payment_uid, 'sale', currency, 'partner_payable', partner_id, 0, whole.amount,
           event_uid, order_uid, sold.booking_uid FROM sold JOIN whole USING (root_id) WHERE is_root UNION ALL
    SELECT 'unmatched:' || uid, 'unmatched', currency, account, NULL, debit, credit, NULL, order_uid, NULL
    FROM vain, LATERAL (VALUES ('cash', amount, 0), ('buyer_payable', 0, amount)) side (account, debit, credit)
    UNION ALL
    SELECT key, 'refund', currency, account, partner, debit, credit, event_uid, order_uid, booking_uid
    FROM back, LATERAL (VALUES ('partner_payable', partner_id, returned, 0), ('buyer_payable', NULL, 0, returned))
        side (account, partner, debit, credit) UNION ALL
    SELECT 'fee_return:' || split_part(key, ':', 2), 'fee_return', currency, account, partner, debit, credit,
           event_uid, order_uid, booking_uid
    FROM fee_back, LATERAL (VALUES ('platform_fees', NULL, fee, 0), ('partner_payable', partner_id, 0, fee))
        side (account, partner, debit, credit) WHERE fee > 0 UNION ALL
    SELECT kind || ':' || reference, kind, currency, account, NULL, debit, credit, NULL, order_uid, NULL
    FROM sent, LATERAL (VALUES
        ('refund_sent', true, 'buyer_payable', amount, 0), ('refund_sent', true, 'cash', 0, amount),
        ('refund_returned', is_back, 'cash', amount, 0), ('refund_returned', is_back, 'buyer_payable', 0, amount)
    ) side (kind, is_due, account, debit, credit) WHERE is_due UNION ALL
    SELECT kind || ':' || uid, kind, currency, account, partner, debit, credit, NULL, NULL, NULL
    FROM partners_payout, LATERAL (VALUES
        ('payout', status IN ('approved', 'sending', 'paid', 'failed'), 'partner_payable', partner_id, amount, 0),
        ('payout', status IN ('approved', 'sending', 'paid', 'failed'), 'payouts_in_transit', NULL, 0, amount),
        ('payout_paid', status = 'paid', 'payouts_in_transit', NULL, amount, 0),
        ('payout_paid', status = 'paid', 'cash', NULL, 0, amount),
        ('payout_returned', status = 'failed', 'payouts_in_transit', NULL, amount, 0),
        ('payout_returned', status = 'failed', 'partner_payable', partner_id, 0, amount)
    ) side (kind, is_due, account, partner, debit, credit) WHERE is_due
)
"""
_POSTED = f"{_LINES} WHERE t.kind <> 'fee'"

CHECKS = (
    Check(
        "balanced",
        "SELECT count(*) FROM partners_transfer",
        """
        SELECT t.id, t.key, coalesce(sum(e.debit), 0) AS debits, coalesce(sum(e.credit), 0) AS credits
        FROM partners_transfer t LEFT JOIN partners_entry e ON e.transfer_id = t.id
        GROUP BY t.id HAVING coalesce(sum(e.debit), 0) <> coalesce(sum(e.credit), 0) OR count(e.id) < 2
        """,
        "transfer {id} ({key}): debits are {debits}, credits {credits}",
        RESTORE,
    ),
    Check(
        "whole ledger",
        "SELECT count(*) FROM partners_entry",
        "SELECT sum(debit) AS debits, sum(credit) AS credits FROM partners_entry HAVING sum(debit) <> sum(credit)",
        "all debits are {debits}, all credits {credits}",
        "The checks beside this one name the rows.",
    ),
    Check(
        "entries belong",
        "SELECT count(*) FROM partners_entry",
        """
        SELECT e.id, e.transfer_id FROM partners_entry e LEFT JOIN partners_transfer t ON t.id = e.transfer_id
        WHERE t.id IS NULL
        """,
        "entry {id} is of transfer {transfer_id}, which does not exist",
        RESTORE,
    ),
    Check(
        "seals",
        "SELECT count(*) FROM partners_transfer",
        "SELECT t.id, t.key FROM partners_transfer t WHERE t.seal IS DISTINCT FROM ledger_seal(t)",
        "transfer {id} ({key}) or an entry of it is not what was posted: the seal is broken",
        RESTORE,
    ),
    Check(
        "row numbers",
        "SELECT 3",
        """
        SELECT what, id FROM (
            SELECT 'transfer' AS what, max(id) AS id, pg_get_serial_sequence('partners_transfer', 'id') AS source
            FROM partners_transfer UNION ALL
            SELECT 'entry', max(id), pg_get_serial_sequence('partners_entry', 'id') FROM partners_entry UNION ALL
            SELECT 'balance', max(id), pg_get_serial_sequence('partners_balance', 'id') FROM partners_balance
        ) newest WHERE id > coalesce(pg_sequence_last_value(source::regclass), 0)
        """,
        "{what} {id}: the database has never given this number",
        RESTORE,
    ),
    Check(
        "balances",
        "SELECT count(*) FROM partners_balance",
        """
        SELECT b.id, coalesce(b.partner_id, s.partner_id) AS partner_id, coalesce(b.kind, s.kind) AS kind,
               coalesce(b.currency, s.currency) AS currency,
               b.amount, b.entries, s.amount AS amount_of_entries, s.entries AS number_of_entries
        FROM partners_balance b FULL JOIN (
            SELECT e.partner_id, t.kind, t.currency, sum(e.credit - e.debit) AS amount, count(*) AS entries
            FROM partners_entry e JOIN partners_transfer t ON t.id = e.transfer_id
            WHERE e.partner_id IS NOT NULL GROUP BY 1, 2, 3
        ) s ON (s.partner_id, s.kind, s.currency) = (b.partner_id, b.kind, b.currency)
        WHERE (b.amount, b.entries) IS DISTINCT FROM (s.amount, s.entries)
        """,
        "balance {id} (partner {partner_id}, {kind}, {currency}) is {amount} of {entries} entries, "
        "its entries are {amount_of_entries} of {number_of_entries}",
        "The entries are the truth. If their checks are clean, set the balance to their sum with the triggers off.",
    ),
    Check(
        "missing lines",
        f"{_EXPECTED} SELECT count(*) FROM expected",
        f"{_EXPECTED} SELECT * FROM expected EXCEPT ALL {_POSTED}",
        "{key}: there is no line {account} (partner {partner_id}), debit {debit}, credit {credit} {currency}; "
        "order {order_uid}, booking {booking_uid}",
        f"{POST_MISSING} If the line is still missing, a transfer was posted wrongly: post one that corrects it.",
    ),
    Check(
        "lines without a fact",
        f"SELECT count(*) FROM ({_POSTED}) posted",
        f"{_EXPECTED} {_POSTED} EXCEPT ALL SELECT * FROM expected",
        "{key}: no payment, refund or payout accounts for the line {account} (partner {partner_id}), "
        "debit {debit}, credit {credit} {currency}; order {order_uid}, booking {booking_uid}",
        CORRECT,
    ),
    Check(
        "fees",
        "SELECT count(*) FROM partners_transfer WHERE kind IN ('sale', 'fee')",
        f"""
        WITH sale AS MATERIALIZED (
            SELECT replace(l.key, 'sale:', '') AS payment, l.*, places,
                   string_to_array(substring(t.note FROM 'Fee ([0-9. ]+) %'), ' ')::numeric[] AS rates
            FROM ({_LINES}) l JOIN partners_transfer t ON t.key = l.key, LATERAL ({_PLACES}) note (places)
            WHERE l.kind = 'sale' AND l.account = 'partner_payable'
        ), fee AS MATERIALIZED (
            SELECT replace(l.key, 'fee:', '') AS payment, currency, event_uid, order_uid, booking_uid,
                   max(partner_id) AS partner_id, sum(debit) AS taken, sum(credit) AS got, count(*) AS lines,
                   count(*) FILTER (WHERE (l.account = 'partner_payable' AND debit > 0)
                       OR (l.account = 'platform_fees' AND credit > 0)) AS right_lines
            FROM ({_LINES}) l WHERE l.kind = 'fee' GROUP BY 1, 2, 3, 4, 5
        )
        SELECT coalesce(sale.payment, fee.payment) AS payment,
               coalesce(sale.booking_uid, fee.booking_uid) AS booking_uid, sale.credit AS sold, fee.taken, sale.rates
        FROM sale FULL JOIN fee ON (sale.payment, sale.currency, sale.event_uid, sale.order_uid, sale.booking_uid)
            = (fee.payment, fee.currency, fee.event_uid, fee.order_uid, fee.booking_uid)
        WHERE sale.payment IS NULL OR coalesce(fee.lines, 2) <> 2 OR coalesce(fee.right_lines, 2) <> 2
            OR fee.taken <> fee.got OR fee.partner_id <> sale.partner_id OR coalesce(fee.taken, 0) > sale.credit
            OR NOT EXISTS (
                SELECT FROM unnest(sale.rates) rate
                WHERE least(sale.credit, round(sale.credit * rate / 100, places)) = coalesce(fee.taken, 0)
            )
        """,
        "payment {payment}, booking {booking_uid}: sold for {sold} at {rates} %, the fee posted is {taken}",
        CORRECT,
    ),
    Check(
        "orders paid",
        "SELECT count(*) FROM bookings_order WHERE paid_at IS NOT NULL AND total_amount > 0",
        f"""
        WITH sale AS MATERIALIZED ({_SALES})
        SELECT o.uid, o.total_amount, (SELECT sum(b.qty * b.unit_price) FROM bookings_booking b WHERE b.order_id = o.id)
            AS booked, count(sale.uid) AS payments, sum(sale.amount) AS paid
        FROM bookings_order o LEFT JOIN sale ON sale.order_id = o.id
        WHERE o.total_amount > 0 AND (o.paid_at IS NOT NULL OR o.status IN ('paid', 'refunded'))
        GROUP BY o.id HAVING count(sale.uid) <> 1 OR sum(sale.amount) <> o.total_amount
            OR o.total_amount <> (SELECT sum(b.qty * b.unit_price) FROM bookings_booking b WHERE b.order_id = o.id)
        """,
        "order {uid} is of {total_amount}, its bookings of {booked}; {payments} payments of {paid} bought it",
        "Compare the order with its payments and with what the provider says.",
    ),
    Check(
        "refunds",
        "SELECT count(*) FROM bookings_refund",
        """
        WITH books AS (
            SELECT order_uid, sum(credit) AS owed, sum(credit - debit) AS still FROM partners_entry
            WHERE account = 'buyer_payable' GROUP BY order_uid
        ), asked AS (
            SELECT o.uid AS order_uid, sum(r.amount * (1 + jsonb_array_length(r.came_back))) AS owed,
                   coalesce(sum(r.amount) FILTER (WHERE r.status <> 'done'), 0) AS still
            FROM bookings_refund r JOIN bookings_payment p ON p.id = r.payment_id
            JOIN bookings_order o ON o.id = p.order_id GROUP BY o.uid
        )
        SELECT coalesce(books.order_uid, asked.order_uid) AS order_uid, asked.owed, asked.still,
               books.owed AS owed_in_books, books.still AS still_in_books
        FROM books FULL JOIN asked ON asked.order_uid = books.order_uid
        WHERE (coalesce(books.owed, 0), coalesce(books.still, 0)) <> (coalesce(asked.owed, 0), coalesce(asked.still, 0))
        """,
        "order {order_uid}: refunds of {owed}, {still} of them not sent; in the books {owed_in_books} and "
        "{still_in_books}",
        POST_MISSING,
    ),
    Check(
        "money given",
        "SELECT count(*) FROM bookings_refund WHERE shares <> '{}'",
        """
        WITH share AS (
            SELECT r.uid, r.amount, p.order_id, share.booking_uid, share.amount::numeric AS part FROM bookings_refund r
            JOIN bookings_payment p ON p.id = r.payment_id
            CROSS JOIN LATERAL jsonb_each_text(r.shares) share (booking_uid, amount)
        ), given AS (
            SELECT coalesce(b.split_from_id, b.id) AS root_id, sum(share.part) AS amount
            FROM share LEFT JOIN bookings_booking b ON b.uid::text = share.booking_uid AND b.order_id = share.order_id
            GROUP BY 1
        ), noted AS (
            SELECT coalesce(split_from_id, id) AS root_id, sum(given_back) AS amount
            FROM bookings_booking WHERE given_back <> 0 GROUP BY 1
        )
        SELECT 'booking ' || coalesce(given.root_id, noted.root_id) AS what, given.amount AS given,
               noted.amount AS noted
        FROM given FULL JOIN noted ON noted.root_id = given.root_id WHERE given.amount IS DISTINCT FROM noted.amount
        UNION ALL
        SELECT 'refund ' || uid, amount, sum(part) FROM share GROUP BY uid, amount HAVING amount <> sum(part)
        UNION ALL
        SELECT 'booking ' || id || ', forfeited and ' || status, 0, given_back FROM bookings_booking
        WHERE is_forfeited AND status <> 'cancelled'
        """,
        "{what}: {given} was given back without a cancellation, {noted} is noted",
        RESTORE,
    ),
    Check(
        "refunds within payments",
        "SELECT count(*) FROM bookings_payment WHERE status = 'paid'",
        """
        SELECT p.uid, p.amount, p.status, sum(r.amount) AS back FROM bookings_payment p
        JOIN bookings_refund r ON r.payment_id = p.id
        GROUP BY p.id HAVING sum(r.amount) > p.amount OR p.status <> 'paid'
        """,
        "payment {uid} of {amount} is {status}, and {back} goes back",
        "Stop the refunds that are not sent yet, and ask the provider what it has sent.",
    ),
    Check(
        "never negative",
        "SELECT count(DISTINCT (account, currency)) FROM partners_entry e "
        "JOIN partners_transfer t ON t.id = e.transfer_id WHERE e.account NOT IN ('partner_payable', 'cash')",
        # A partner may owe us (paid out, then refunded), and we may have paid that refund with money of our own.
        """
        SELECT e.account, t.currency, sum(e.credit - e.debit) AS amount
        FROM partners_entry e JOIN partners_transfer t ON t.id = e.transfer_id
        WHERE e.account NOT IN ('partner_payable', 'cash') GROUP BY 1, 2 HAVING sum(e.credit - e.debit) < 0
        """,
        "{account} is {amount} {currency}",
        "More has left this account than ever came in: the checks beside this one name the rows.",
    ),
)
