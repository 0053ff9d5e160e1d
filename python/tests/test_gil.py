"""The GIL is released when a wait is about to spin or sleep, and only then."""

import mmap
import sys
import threading
import time
import unittest

from futex_event import AutoResetEvent, Event, wait_all, wait_any
from support import HAS_GIL, LONG, python, result, start, until_parked

try:
    from futex_event import SharedEvent
except ImportError:
    SharedEvent = None


def events():
    """An event of each kind."""
    return [Event(), AutoResetEvent()] + ([SharedEvent(mmap.mmap(-1, 4))] if SharedEvent else [])


@unittest.skipUnless(HAS_GIL, "SKIPPED: needs a GIL")
class GilTest(unittest.TestCase):
    def setUp(self):
        # No other thread takes the GIL from one that keeps it.
        interval = sys.getswitchinterval()
        self.addCleanup(sys.setswitchinterval, interval)
        sys.setswitchinterval(1_000)
        self.turns = 0
        self.stop = False

        def take_turns():
            while not self.stop:
                self.turns += 1
                time.sleep(0)

        other = start(take_turns)
        self.addCleanup(result, other)
        self.addCleanup(setattr, self, "stop", True)
        while not self.turns:
            time.sleep(0.001)

    def assertKeeps(self, function, *args):
        # At its first call in a process, PyO3 may leave the GIL to initialize what it keeps.
        function(*args)
        before = self.turns
        for _ in range(2_000):
            function(*args)
        self.assertEqual(self.turns, before)

    def assertLeaves(self, function, *args):
        before = self.turns
        deadline = time.monotonic() + LONG
        while self.turns == before:
            function(*args)
            self.assertLess(time.monotonic(), deadline)

    def test_kept_where_nothing_blocks(self):
        for event in events():
            self.assertKeeps(event.set)
            self.assertKeeps(event.clear)
            self.assertKeeps(event.is_set)
            self.assertKeeps(event.wait, 0)
            self.assertKeeps(lambda: (event.set(), event.wait()))
            self.assertKeeps(lambda: (event.set(), event.wait(1)))
        event, was_set, token = Event(), Event(), AutoResetEvent()
        was_set.set()
        self.assertKeeps(lambda: token.set() and wait_any([token]))
        self.assertKeeps(wait_any, [event, was_set])
        self.assertKeeps(wait_any, [event, was_set], 1)
        self.assertKeeps(wait_any, [event], 0)
        self.assertKeeps(wait_all, [was_set])
        self.assertKeeps(wait_all, [was_set], 1)
        self.assertKeeps(wait_all, [event], 0)
        self.assertKeeps(lambda: wait_all([was_set], stop=token))
        self.assertKeeps(lambda: wait_all([event], 0, stop=token))

    def test_left_by_waits(self):
        for event in events():
            self.assertLeaves(event.wait, 1e-6)
        self.assertLeaves(wait_any, [Event()], 1e-6)
        self.assertLeaves(wait_all, [Event()], 1e-6)
        self.assertLeaves(lambda: wait_all([Event()], 1e-6, stop=Event()))

    def test_set_keeps_it_though_it_wakes(self):
        for event in events():
            released = []
            waiters = [start(lambda: released.append(event.wait())) for _ in range(5)]
            until_parked(*waiters)
            before = self.turns
            for _ in waiters:
                event.set()
            end = time.perf_counter() + 0.05
            while time.perf_counter() < end:
                pass
            self.assertEqual((released, self.turns), ([], before), event)
            for waiter in waiters:
                result(waiter)


@unittest.skipIf(HAS_GIL, "SKIPPED: needs an interpreter without a GIL")
class FreeThreadedTest(unittest.TestCase):
    def test_the_tests_run_without_a_gil(self):
        self.assertFalse(sys._is_gil_enabled())

    def test_loading_the_module_does_not_turn_the_gil_on(self):
        # An interpreter that turns it on also prints a warning, at which python() fails.
        program = """
import sys
assert not sys._is_gil_enabled()
import futex_event
assert not sys._is_gil_enabled()
"""
        python(program)


class StressTest(unittest.TestCase):
    """Many threads at once: without a GIL, they run in parallel."""

    def test_every_hand_off_arrives(self):
        rounds, pairs = 2_000, 4

        def serve(there, back):
            for _ in range(rounds):
                there.wait()
                back.set()

        def call(there, back):
            for _ in range(rounds):
                there.set()
                back.wait()

        events = [(AutoResetEvent(), AutoResetEvent()) for _ in range(pairs)]
        threads = [start(function, *pair) for pair in events for function in (serve, call)]
        for thread in threads:
            result(thread)

    def test_one_event_used_by_all(self):
        event, stop = Event(), Event()
        counts = []

        def use():
            count = 0
            while not stop.is_set():
                event.set()
                event.clear()
                event.wait(1e-5)
                wait_any([stop, event], 1e-5)
                wait_all([event], 1e-5)
                wait_all([event], 1e-5, stop=Event())
                repr(event)
                event.attribute = count
                count += 1
            counts.append(count)

        threads = [start(use) for _ in range(4)]
        time.sleep(0.5)
        stop.set()
        for thread in threads:
            result(thread)
        self.assertTrue(all(counts))

    def test_events_may_die_as_soon_as_a_wait_returns(self):
        for _ in range(500):
            event = Event()
            setter = threading.Thread(target=event.set)
            setter.start()
            event.wait()
            del event
            setter.join()


if __name__ == "__main__":
    unittest.main()
