"""The rows of the scoreboard, by name."""

from bench.scenario import Scenario
from bench.scenarios import bookings, door, jobs, machine, public, staff

ALL: dict[str, type[Scenario]] = {
    one.name: one for module in (bookings, door, public, staff, jobs, machine) for one in module.SCENARIOS
}
