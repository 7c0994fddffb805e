"""The trials, by name, in the order in which they run."""

from torture.trial import Trial
from torture.trials import sale

ALL: dict[str, type[Trial]] = {one.name: one for module in (sale,) for one in module.TRIALS}
