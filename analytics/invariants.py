"""What must hold of what was counted beforehand."""

from analytics.tally import SOURCES
from eventify.lib.checks import Check


def _compare(what: str) -> str:
    """One source: what the tally says up to the id where it is, and the rows that it counts."""
    return f"""
        SELECT '{what}' AS what, said.number, said.amount, rows.number AS rows, rows.amount AS real
        FROM (SELECT coalesce(max(up_to), 0) AS up_to FROM analytics_counted WHERE what = '{what}') done
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(number), 0) AS number, coalesce(sum(amount), 0) AS amount FROM (
                SELECT number, amount FROM analytics_tally WHERE what = '{what}' UNION ALL
                SELECT number, 0 FROM analytics_correction WHERE what = '{what}' AND row_id <= done.up_to
            ) counted
        ) said
        CROSS JOIN LATERAL (
            SELECT count(*) AS number, coalesce(sum(amount), 0) AS amount FROM ({SOURCES[what].rows}) one
            WHERE id <= done.up_to
        ) rows
    """


_ALL = " UNION ALL ".join(map(_compare, SOURCES))

CHECKS = (
    Check(
        "tallies",
        f"SELECT sum(rows) FROM ({_ALL}) source",
        f"SELECT * FROM ({_ALL}) source WHERE (number, amount) <> (rows, real)",
        "{what}: the tally says {number} ({amount}), there are {rows} ({real})",
        "The rows are the truth: DELETE FROM analytics_tally, analytics_correction and analytics_counted together; "
        "the next minute counts everything anew.",
    ),
)
