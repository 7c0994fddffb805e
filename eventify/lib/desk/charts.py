"""Charts as SVG from the server: geometry here, looks in the stylesheet, the same figures in a table behind it.

The drawing is stretched to its place, so all texts stand beside it as HTML and lines keep their width
(vector-effect); series differ by dash and marker as well as by colour.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext as _

WIDTH, HEIGHT = 1000, 240  # of the drawing's own coordinates
TICKS = 4
LABELS_MOST = 5
DOTS_MOST = 31  # points that have a marker each
DOTS_FEW = 16  # markers that a phone has room for
BAR_SHARE = 0.7  # of the room that each label has
KINDS = ("area", "line", "bar")


class Series(NamedTuple):
    """One row of figures, named."""

    label: str
    values: list[Decimal | int | float]


@dataclass
class Chart:
    """What to draw: `labels` name the points (days), `show` writes a value, `show_tick` one of the scale."""

    title: str
    labels: list[str]
    series: list[Series]
    kind: str = "area"
    show: Callable = str
    show_tick: Callable | None = None
    label_name: str = ""  # the head of the first column of the table: "Day"

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(f"A chart is one of {', '.join(KINDS)}, not {self.kind!r}.")
        values = [float(value) for one in self.series for value in one.values]
        self.top, self.bottom = nice_range(max(values, default=0), min(values, default=0))

    @property
    def is_empty(self) -> bool:
        return not any(value for one in self.series for value in one.values)

    @property
    def ticks(self) -> list[dict]:
        """The lines across, from the top, each with its value in words."""
        step = (self.top - self.bottom) / TICKS
        values = [self.top - step * n for n in range(TICKS + 1)]
        show = self.show_tick or self.show
        said = [show(_decimal(value)) if value == 0 or not self.is_empty else "" for value in values]
        return [{"y": self._y(value), "text": text} for value, text in zip(values, said, strict=True)]

    @property
    def shapes(self) -> list[dict]:
        """Each series as paths, with its markers and what stands in the title of each point."""
        return [self._shape(number, one) for number, one in enumerate(self.series)]

    @property
    def rows(self) -> list[dict]:
        """The table behind it."""
        return [
            {"label": label, "values": [self.show(one.values[n]) for one in self.series]}
            for n, label in enumerate(self.labels)
        ]

    @property
    def axis(self) -> list[str]:
        """The labels under it: a few, evenly spread; under bars one place for each, most of them empty."""
        count = len(self.labels)
        if self.kind == "bar":
            every = max(1, math.ceil(count / LABELS_MOST)) if count > 2 * LABELS_MOST else 1
            return [label if n % every == 0 else "" for n, label in enumerate(self.labels)]
        if count <= LABELS_MOST:
            return self.labels
        return [self.labels[round(n * (count - 1) / (LABELS_MOST - 1))] for n in range(LABELS_MOST)]

    @property
    def summary(self) -> str:
        """The chart in one sentence, for who does not see it."""
        if self.is_empty:
            return _("%(title)s: nothing in this time.") % {"title": self.title}
        first = self.series[0]
        place = max(range(len(first.values)), key=lambda n: first.values[n])
        words = {"title": self.title, "most": self.show(first.values[place]), "label": self.labels[place]}
        return _("%(title)s: at most %(most)s (%(label)s).") % words

    def _shape(self, number: int, one: Series) -> dict:
        dots = [(self._x(n), self._y(float(value))) for n, value in enumerate(one.values)]
        shape = {"label": one.label, "number": number % 3, "hits": self._hits(number, one)}
        if self.kind == "bar":
            return {**shape, "bars": [self._bar(number, x, y) for x, y in dots]}
        line = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in dots) if dots else ""
        shown = dots if len(dots) <= DOTS_MOST else []
        return {**shape, "line": line, "area": self._area(line, dots), "dots": shown, "many": len(dots) > DOTS_FEW}

    def _area(self, line: str, dots: list) -> str:
        if self.kind != "area" or not dots:
            return ""
        zero = self._y(0)
        return f"{line}L{dots[-1][0]:.1f} {zero:.1f}L{dots[0][0]:.1f} {zero:.1f}Z"

    def _bar(self, number: int, x: float, y: float) -> dict:
        width = WIDTH / len(self.labels) * BAR_SHARE / len(self.series)
        left = x - width * len(self.series) / 2 + width * number
        zero = self._y(0)
        return {
            "x": f"{left:.1f}",
            "y": f"{min(y, zero):.1f}",
            "width": f"{width:.1f}",
            "height": f"{abs(zero - y):.1f}",
        }

    def _hits(self, number: int, one: Series) -> list[dict]:
        """Invisible columns that the pointer meets; the first series speaks for all of them."""
        if number:
            return []
        width = WIDTH / max(1, len(self.labels))
        return [
            {"x": f"{max(0, self._x(n) - width / 2):.1f}", "width": f"{width:.1f}", "title": self._said(n)}
            for n in range(len(one.values))
        ]

    def _said(self, n: int) -> str:
        if len(self.series) == 1:
            return f"{self.labels[n]}: {self.show(self.series[0].values[n])}"
        figures = "\n".join(f"{one.label}: {self.show(one.values[n])}" for one in self.series)
        return f"{self.labels[n]}\n{figures}"

    def _x(self, n: int) -> float:
        count = len(self.labels)
        if self.kind == "bar":
            return WIDTH * (n + 0.5) / count
        return WIDTH * n / (count - 1) if count > 1 else WIDTH / 2

    def _y(self, value: float) -> float:
        return HEIGHT * (self.top - value) / (self.top - self.bottom)


def nice_range(most: float, least: float) -> tuple[float, float]:
    """The ends of the scale: round figures that hold all values and zero."""
    most, least = max(most, 0.0), min(least, 0.0)
    if most == least:
        return float(TICKS), 0.0
    step = _nice((most - least) / TICKS)
    bottom = math.floor(least / step) * step
    top = bottom + step * TICKS
    while top < most:
        step = _nice(step * 1.01)
        bottom = math.floor(least / step) * step
        top = bottom + step * TICKS
    return top, bottom


def _nice(step: float) -> float:
    """The next of 1, 2, 2.5, 5, 10 ... that is not smaller."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(power * n for n in (1, 2, 2.5, 5, 10, 20) if power * n >= step * 0.999999)


def _decimal(value: float) -> Decimal:
    return Decimal(str(round(value, 6))).normalize() + 0


def spark(values: list) -> str:
    """The path of a small line without axes, in a box of 100 by 24."""
    figures = [float(value) for value in values]
    if len(figures) < 2:
        return ""
    most, least = max(figures), min(figures)
    room = (most - least) or 1
    dots = (f"{100 * n / (len(figures) - 1):.1f} {22 - 20 * (one - least) / room:.1f}" for n, one in enumerate(figures))
    return "M" + "L".join(dots)
