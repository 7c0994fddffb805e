"""What a trial is: what it does to the platform, the figures that it counts, and the controls that must fail."""

import abc
from collections import Counter
from threading import Lock
from typing import ClassVar, NamedTuple

from django.db import connection

from torture.world import World


class Figure(NamedTuple):
    """Something counted: its value, and what it must be ("=", "<=" or ">=" `wanted`)."""

    name: str
    value: float
    relation: str
    wanted: float

    @property
    def holds(self) -> bool:
        """Whether it is what it must be."""
        return {"=": self.value == self.wanted, "<=": self.value <= self.wanted, ">=": self.value >= self.wanted}[
            self.relation
        ]


class Tally(Counter):
    """What many threads count."""

    _adding = Lock()

    def add(self, name, value: int = 1) -> None:
        """As `self[name] += value`, which would read before it asks for the value, and lose what others add."""
        with self._adding:
            self[name] += value


class Control(NamedTuple):
    """The trial with a guard switched off: it must fail. `wrong` is a name of torture.wrongs.

    `breaks` is the figure that must not hold then (any, when empty), so that it fails for the right reason.
    """

    name: str
    wrong: str
    settings: dict[str, str] = {}  # noqa: RUF012 - never changed
    breaks: str = ""


class Trial(abc.ABC):
    """One row of the table. `sizes` has the numbers of the quick and of the full tier, and of a control."""

    name: ClassVar[str]
    title: ClassVar[str]
    sizes: ClassVar[dict[str, dict[str, int]]]  # quick, full, control -> name -> number
    controls: ClassVar[tuple[Control, ...]] = ()
    seed: ClassVar[int] = 1  # of its luck, where it has no seeds of its own

    def __init__(self, world: World, tier: str):
        self.world, self.stack, self.size = world, world.stack, self.sizes[tier]
        self.figures: list[Figure] = []

    @abc.abstractmethod
    def run(self) -> None:
        """Do it on a stack that is well, leave it well, and `count` what came out."""

    def count(self, name: str, value: float, relation: str, wanted: float) -> None:
        """Remember a figure and what it must be."""
        self.figures.append(Figure(name, value, relation, wanted))

    def prepare_control(self, control: Control) -> None:
        """Before a control: what the guard's absence needs in the database (a constraint away, say)."""
        return None

    def finish_control(self, control: Control) -> None:
        """After it: put back what `prepare_control` took, so that the next trial finds a whole database."""
        return None

    @property
    def settings(self) -> dict[str, str]:
        """What the stack's environment must say for this trial, besides what it always says."""
        return {}

    def fails_as_required(self, control: Control) -> bool:
        """Whether what the control took away is what the figures show."""
        broken = {figure.name for figure in self.failed}
        return control.breaks in broken if control.breaks else bool(broken)

    @property
    def failed(self) -> list[Figure]:
        """The figures that are not what they must be."""
        return [figure for figure in self.figures if not figure.holds]


def drop_constraint(model, name: str) -> None:
    """For a control: the table without this constraint."""
    with connection.schema_editor() as editor:
        editor.remove_constraint(model, _constraint(model, name))


def add_constraint(model, name: str) -> None:
    """Put it back; the rows that break it must be gone."""
    with connection.schema_editor() as editor:
        editor.add_constraint(model, _constraint(model, name))


def _constraint(model, name: str):
    return next(one for one in model._meta.constraints if one.name == name)
