"""What a scenario is: a name, what it must reach, how one round runs, and what is counted at the end."""

import abc
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import ClassVar, NamedTuple

from bench import pgbench, usage
from bench.load import Request, Result, median, run
from bench.world import World

PERCENTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}  # in ms


class Goal(NamedTuple):
    """What one figure must reach, and what it should. `at_most`: less is better."""

    figure: str
    must: float
    aim: float
    at_most: bool = False

    def verdict(self, value: float) -> str:
        """`aim`, `must` or `BELOW`."""
        reached = (value <= one if self.at_most else value >= one for one in (self.aim, self.must))
        return next((word for word, is_so in zip(("aim", "must"), reached, strict=True) if is_so), "BELOW")


class Scenario(abc.ABC):
    """One row of the scoreboard. A figure is the median of what the rounds measured."""

    name: ClassVar[str]
    title: ClassVar[str]
    goals: ClassVar[tuple[Goal, ...]] = ()
    is_usual = True  # whether it runs when no scenario is named

    def __init__(self, world: World):
        self.world, self.options = world, world.options
        self.rounds: dict[str, list[float]] = defaultdict(list)
        self.failed: Counter[str] = Counter()

    def prepare(self) -> None:
        """Once, before the first round; nothing of it is measured."""
        return None

    @abc.abstractmethod
    def round(self) -> None:
        """Measure everything once; `note` what came out."""

    def wrong(self) -> dict[str, int]:
        """What must be 0 at the end, counted from the rows."""
        return {}

    def close(self) -> None:
        """Take down what it put up, whatever happened."""
        return None

    def note(self, **figures: float) -> None:
        """Remember figures of this round."""
        for name, value in figures.items():
            self.rounds[name].append(value)

    def figures(self) -> dict[str, float]:
        """Each figure's median over the rounds."""
        return {name: median(values) for name, values in self.rounds.items()}

    def report(self) -> dict:
        """Everything, as JSON has it."""
        figures = self.figures()
        goals = [goal for goal in self.goals if goal.figure in figures]
        return {
            "name": self.name,
            "title": self.title,
            "figures": figures,
            "rounds": dict(self.rounds),
            "goals": [{**g._asdict(), "verdict": g.verdict(figures[g.figure])} for g in goals],
            "wrong": {**self.wrong(), **self.failed},
        }


class HttpScenario(Scenario):
    """Clients send requests for some seconds; then the limit (pgbench) and the floor (bench/plain) do the same."""

    expected: ClassVar[frozenset[int]] = frozenset({200})
    limit_sql: ClassVar[str] = ""
    has_floor: ClassVar[bool] = False
    clients: ClassVar[int] = 0  # 0: as many as the options say
    rate: ClassVar[float] = 0  # requests a second; 0: as many as can be

    @abc.abstractmethod
    def ask(self, client: int) -> Iterator[Request]:
        """The requests of one client."""

    def ask_plain(self, client: int) -> Iterator[Request]:
        """The same for the plain implementation, which has the same addresses."""
        return self.ask(client)

    def limit_names(self) -> dict:
        """The variables of `limit_sql`."""
        return {}

    def fresh(self) -> None:
        """Before each run of the round: a new event, if it needs one."""
        return None

    def round(self) -> None:
        self.world.vacuum()
        self.measure()
        if self.limit_sql:
            self.fresh()
            limit = pgbench.run(
                self.limit_sql, clients=self._clients, seconds=self._seconds, rate=self.rate, **self.limit_names()
            )
            of_limit = self.rounds["per_second"][-1] / limit.per_second
            self.note(limit=limit.per_second, of_limit=of_limit, **timings(limit, "limit_"))
        if self.has_floor:
            self.fresh()
            floor = run(self.world.plain, self.ask_plain, clients=self._clients, seconds=self._seconds)
            self.count_failed(floor, "plain_failed")
            self.note(floor=floor.per_second, times_floor=self.rounds["per_second"][-1] / floor.per_second)

    def measure(self) -> Result:
        """One run against the stack, with what its processes used; noted."""
        self.fresh()
        result, used = self.used_by(self.ask, rate=self.rate)
        self.note(per_second=result.per_second, **timings(result), **used)
        return result

    def used_by(self, ask, clients: int = 0, rate: float = 0) -> tuple[Result, dict[str, float]]:
        """One run, and the CPU per request and the memory of it."""
        pid = self.world.stack.pid
        before = usage.cpu(pid)
        result = run(self.world.stack.base, ask, clients=clients or self._clients, seconds=self._seconds, rate=rate)
        spent, held = usage.cpu(pid) - before, usage.memory(pid)
        self.count_failed(result)
        each = 1000 / len(result.latencies)
        return result, {
            "cpu_app_ms": spent["web"] * each,
            "cpu_database_ms": spent["postgres"] * each,
            "cpu_rest_ms": (sum(spent.values()) - spent["web"] - spent["postgres"]) * each,
            "memory_web_mb": held["web"],
            "memory_mb": sum(held.values()),
        }

    def count_failed(self, result: Result, name: str = "failed") -> None:
        """Answers that nobody expected are wrong."""
        self.failed[name] += sum(n for status, n in result.statuses.items() if status not in self.expected)

    @property
    def _clients(self) -> int:
        return self.clients or self.options.clients

    @property
    def _seconds(self) -> float:
        return self.options.seconds


def timings(result: Result, before: str = "") -> dict[str, float]:
    """The percentiles of a run in ms, their names with this before them."""
    return {f"{before}{name}_ms": result.percentile(share) for name, share in PERCENTILES.items()}
