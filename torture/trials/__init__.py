"""The trials, by name, in the order in which they run."""

from torture.trial import Trial
from torture.trials import door, history, kills, payments, payouts, queue, redis, retries, sale

_MODULES = (sale, retries, queue, history, redis, kills, door, payouts, payments)
ALL: dict[str, type[Trial]] = {one.name: one for module in _MODULES for one in module.TRIALS}
