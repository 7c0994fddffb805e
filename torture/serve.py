"""bin/serve on a database whose name says that it is a test's, so that fail-points work: `python -m torture.serve`.

The same supervisor, services and processes; only the web server and the worker are loaded through torture.web and
torture.worker, which take a guard away when a control asks for it.
"""

import os

from eventify import supervisor

DATABASE = "test_torture"
WRONG = "EVENTIFY_TORTURE_WRONG"  # the variable with the file that names what a control takes away


class Served(supervisor.Supervisor):
    """The supervisor of bin/serve."""

    def __init__(self, environment):
        super().__init__({name: value for name, value in environment.items() if name != "DATABASE_URL"})
        self.home.database = DATABASE
        os.environ["DATABASE_URL"] = self.home.database_url  # of everything that it starts

    def web_command(self):
        """Through torture.web."""
        return ["torture.web", *super().web_command()[1:]]

    def worker_command(self):
        """Through torture.worker."""
        return ["torture.worker", *super().worker_command()[1:]]


if __name__ == "__main__":
    supervisor.Supervisor = Served
    supervisor.main()
