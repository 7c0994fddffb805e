"""Work that many changes ask for together: the first at once, the others once, and nothing is lost."""

import os
import threading
import time

import pytest

from eventify.lib import soon
from eventify.lib.soon import Soon

LONG, SHORT = 60.0, 0.02  # seconds; nobody waits for the long ones


class Acts:
    """Counts, and sees how many changes there were when it last began."""

    def __init__(self):
        self.changes, self.seen = 0, []

    def __call__(self):
        self.seen.append(self.changes)


def until(is_so, seconds=5.0):
    end = time.monotonic() + seconds
    while not is_so() and time.monotonic() < end:
        time.sleep(0.002)
    assert is_so()


@pytest.fixture
def acts():
    return Acts()


def change(acts, one, times=1):
    for _n in range(times):
        acts.changes += 1
        one()


def test_the_first_is_done_at_once_and_the_others_together(acts):
    one = Soon(acts, LONG)
    change(acts, one)
    assert acts.seen == [1]
    change(acts, one, times=100)
    assert acts.seen == [1]
    one.finish()
    assert acts.seen == [1, 101]
    one.finish()  # nothing waits
    assert acts.seen == [1, 101]


def test_what_waits_is_done_by_itself(acts):
    one = Soon(acts, SHORT)
    change(acts, one, times=3)
    until(lambda: acts.seen[-1] == 3)
    assert acts.seen == [1, 3]


def test_after_a_quiet_time_it_is_at_once_again(acts):
    one = Soon(acts, SHORT)
    change(acts, one)
    time.sleep(2 * SHORT)
    change(acts, one)
    assert acts.seen == [1, 2]


def test_a_lone_change_makes_no_thread(acts):
    before = threading.active_count()
    change(acts, Soon(acts, LONG))
    assert threading.active_count() == before


def test_a_row_of_changes_acts_as_often_as_the_time_allows(acts):
    one, began = Soon(acts, SHORT), time.monotonic()
    while time.monotonic() - began < 10 * SHORT:
        change(acts, one)
    until(lambda: acts.seen[-1] == acts.changes)
    assert acts.changes > 500
    assert 3 <= len(acts.seen) <= 13  # the first, one for each span, and the last


def test_no_change_of_any_thread_is_lost(acts):
    """Whatever comes between: an act begins after the last change."""
    lock, one = threading.Lock(), Soon(acts, 0.001)

    def many():
        for _n in range(500):
            with lock:
                acts.changes += 1
            one()

    threads = [threading.Thread(target=many) for _n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    until(lambda: acts.seen[-1] == 2000)


class EndsWhileItStarts(soon.Timer):
    """The time is up before whoever starts it goes on."""

    def start(self):
        super().start()
        self.join(timeout=0.1)


def test_a_timer_that_ends_while_it_starts_is_not_forgotten(acts, monkeypatch):
    monkeypatch.setattr(soon, "Timer", EndsWhileItStarts)
    one = Soon(acts, SHORT)
    change(acts, one, times=2)
    until(lambda: acts.seen == [1, 2])
    change(acts, one)
    until(lambda: acts.seen[-1] == 3)


def test_an_act_that_fails_does_not_stop_the_next(acts):
    def fails():
        acts()
        raise OSError("away")

    one = Soon(fails, LONG)
    for _n in range(2):
        with pytest.raises(OSError, match="away"):
            one()
            one()
            one.finish()
        one._begin()
    change(acts, one := Soon(acts, LONG), times=2)
    one.finish()
    assert acts.seen[-1] == 2


def test_without_a_thread_it_is_done_at_once(acts, monkeypatch):
    def refused(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(soon.Timer, "start", refused)
    one = Soon(acts, LONG)
    change(acts, one, times=3)
    assert acts.seen == [1, 2, 3]


def test_a_clock_that_was_moved_makes_nothing_wait(acts):
    one = Soon(acts, SHORT)
    change(acts, one)
    one._quiet_until = time.monotonic() + 3600
    change(acts, one)
    assert acts.seen == [1, 2]


def test_a_forked_process_begins_anew_and_the_first_one_keeps_what_waits(acts):
    one = Soon(acts, LONG)
    change(acts, one, times=2)
    with one._lock:  # as if another thread were at it
        child = os.fork()
        if not child:
            one()
            os._exit(0 if acts.seen == [1, 2] else 1)
    assert os.waitpid(child, 0)[1] == 0
    one.finish()
    assert acts.seen == [1, 2]
