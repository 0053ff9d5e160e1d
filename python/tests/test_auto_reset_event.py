"""AutoResetEvent: no set is lost, and none counts twice."""

import gc
import threading
import time
import unittest
import weakref

from futex_event import AutoResetEvent
from support import LONG, result, start, until_parked


class AutoResetEventTest(unittest.TestCase):
    def test_one_token_is_kept(self):
        event = AutoResetEvent()
        self.assertIs(event.wait(0), False)
        self.assertIs(event.set(), True)
        self.assertIs(event.set(), False)
        self.assertIs(event.is_set(), True)
        self.assertIs(event.wait(), True)
        self.assertIs(event.is_set(), False)
        self.assertIs(event.wait(0), False)
        event.set()
        self.assertIs(event.clear(), True)
        self.assertIs(event.clear(), False)

    def test_each_set_releases_one(self):
        event = AutoResetEvent()
        released = []
        waiters = [start(lambda: released.append(event.wait())) for _ in range(5)]
        until_parked(*waiters)
        for count in range(1, 6):
            self.assertIs(event.set(), True)
            deadline = time.monotonic() + LONG
            while len(released) < count:
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.001)
            self.assertEqual(len(released), count)
        self.assertIs(event.is_set(), False)

    def test_as_many_sets_as_waiters_release_all(self):
        event = AutoResetEvent()
        for _ in range(20):
            waiters = [start(event.wait, LONG) for _ in range(8)]
            until_parked(*waiters)
            self.assertTrue(all([event.set() for _ in waiters]))
            self.assertTrue(all([result(waiter) for waiter in waiters]))

    def test_timeouts_lose_and_double_nothing(self):
        event = AutoResetEvent()
        stop = threading.Event()

        def take():
            taken = 0
            while not stop.is_set():
                taken += event.wait(0.0003)
            return taken

        def give():
            return sum(event.set() for _ in range(20_000))

        takers = [start(take) for _ in range(3)]
        givers = [start(give) for _ in range(2)]
        given = sum(map(result, givers))
        stop.set()
        taken = sum(map(result, takers))
        self.assertEqual(given, taken + event.clear())

    def test_false_is_not_early(self):
        begun = time.monotonic()
        self.assertIs(AutoResetEvent().wait(0.05), False)
        self.assertGreaterEqual(time.monotonic() - begun, 0.05)

    def test_arguments(self):
        event = AutoResetEvent()
        for timeout in ("1", [], 1j):
            self.assertRaises(TypeError, event.wait, timeout)
        self.assertRaises(OverflowError, event.wait, 1e10)
        self.assertIs(event.wait(float("nan")), False)
        self.assertRaises(TypeError, AutoResetEvent, True)
        event.set()
        self.assertIs(event.wait("1"), True)

    def test_is_a_base_class(self):
        class Named(AutoResetEvent):
            def __init__(self, name):
                super().__init__()
                self.name = name

        event = Named("work")
        event.set()
        self.assertTrue(event.wait())
        self.assertRegex(repr(event), "Named at 0x[0-9a-f]+: unset>$")

    def test_takes_attributes_and_weak_references(self):
        event = AutoResetEvent()
        event.reason = "none"
        self.assertEqual(vars(event), {"reason": "none"})
        reference = weakref.ref(event)
        self.assertIs(reference(), event)
        del event
        gc.collect()
        self.assertIsNone(reference())


if __name__ == "__main__":
    unittest.main()
