"""What bin/torture is made of: figures, counting, controls, the judge of the queue, and which fail-points it visits."""

import re
import sys
import types
from concurrent.futures import ThreadPoolExecutor

import pytest

from eventify.mode import ROOT
from torture import report, wrongs
from torture.trial import Control, Figure, Tally, Trial
from torture.trials import ALL, kills, payouts
from torture.trials.queue import Joined, out_of_order

# By hand and on pages, which no trial walks: the apps' tests kill there.
ELSEWHERE = {"calling_off", "transfers", "resales", "export", "schedule", "waiting_room"}
BY_HAND = {"cancelling.after_split", "cancelling.before_commit", "refunds.after_record", "refunds.before_commit"}


class Made(Trial):
    """A trial that counts what it is told."""

    name, title, sizes = "made", "A trial", {"quick": {}}

    def run(self):
        self.count("good", 1, "=", 1)
        self.count("bad", 2, "<=", 1)


@pytest.fixture
def trial():
    made = Made(types.SimpleNamespace(stack=None), "quick")
    made.run()
    return made


@pytest.mark.parametrize(
    ("value", "relation", "holds"),
    [(1, "=", True), (2, "=", False), (1, "<=", True), (2, "<=", False), (1, ">=", True), (0, ">=", False)],
)
def test_a_figure_holds(value, relation, holds):
    assert Figure("a figure", value, relation, 1).holds is holds


@pytest.mark.parametrize(("breaks", "fails"), [("", True), ("bad", True), ("good", False), ("unknown", False)])
def test_a_control_fails_for_the_right_reason_only(trial, breaks, fails):
    assert trial.fails_as_required(Control("a control", "wrong", {}, breaks)) is fails


def test_everything_good_is_every_figure_and_every_control():
    good = {"figures": [("a", 1, "=", 1, True)], "controls": [("b", True)]}
    assert report.is_good([good])
    assert not report.is_good([good, {**good, "figures": [("a", 2, "=", 1, False)]}])
    assert not report.is_good([good, {**good, "controls": [("b", True), ("c", False)]}])


def test_the_table_counts_controls(capsys):
    figures, controls = [("sold", 1000, "=", 1000, True)], [("no lock", True), ("no key", False)]
    report.show([{"name": "sale", "title": "Sale", "seconds": 1.4, "figures": figures, "controls": controls}])
    assert capsys.readouterr().out.splitlines() == [
        "sale       Sale (1 s)",
        "           ok  sold: 1,000 (must be = 1,000)",
        "           ok  control: no lock fails",
        "           BAD control: no key PASSES",
        "controls failing as required: 1 of 2",
    ]


def test_a_tally_loses_nothing_when_many_count():
    tally = Tally()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _number: [tally.add("one") for _again in range(500)], range(8)))
    assert tally == {"one": 4000}


def test_each_trial_has_all_sizes_and_controls_that_are_known():
    for kind in ALL.values():
        assert set(kind.sizes) == {"quick", "full", "control"}, kind.name
        assert kind.controls and {one.wrong for one in kind.controls} <= wrongs.ALL.keys(), kind.name


def test_the_queue_is_in_the_order_of_answers():
    assert out_of_order([Joined(1, 0, 2), Joined(2, 1, 3), Joined(3, 4, 5)]) == 0
    assert out_of_order([Joined(2, 0, 1), Joined(1, 2, 3)]) == 1  # asked when the other had been answered, and is first


def test_a_guard_comes_back_when_the_switch_says_so(tmp_path, monkeypatch):
    module = types.ModuleType("bookings.made_up")
    module.Guard = type("Guard", (), {"__module__": "bookings.made_up", "holds": True})
    module.limit = limit = object()
    monkeypatch.setitem(sys.modules, "bookings.made_up", module)

    def no_guard():
        module.limit, module.Guard.holds = None, False

    monkeypatch.setitem(wrongs.ALL, "no_guard", no_guard)
    file = tmp_path / "wrong"
    file.write_text("")
    switch = wrongs.Switch(str(file))
    for said, found in (("", (limit, True)), ("no_guard", (None, False)), ("", (limit, True))):
        file.write_text(said)
        switch()
        assert (module.limit, module.Guard.holds) == found


def test_no_fail_point_is_forgotten():
    folders = ("accounts", "partners", "events", "bookings", "crew", "analytics", "eventify")
    files = [file for folder in folders for file in (ROOT / folder).rglob("*.py") if "tests" not in file.parts]
    known = {name for file in files for name in re.findall(r'failpoint\("([\w.]+)"\)', file.read_text())}
    by_pages = {name for name in known if name.partition(".")[0] in ELSEWHERE} | BY_HAND
    assert known == {*kills.FAILPOINTS, *payouts.STEPS} | by_pages
