"""wait_any and wait_all."""

import threading
import time
import unittest

from futex_event import AutoResetEvent, Event, wait_all, wait_any
from support import LONG, result, start, until_parked


class WaitAnyTest(unittest.TestCase):
    def test_returns_the_first_that_is_set(self):
        events = [Event(), AutoResetEvent(), Event()]
        self.assertIsNone(wait_any(events, 0))
        events[2].set()
        events[1].set()
        self.assertEqual(wait_any(events), 1)
        self.assertEqual(wait_any(events), 2)
        self.assertEqual(wait_any(iter(events), timeout=1), 2)

    def test_each_event_ends_it(self):
        for last in range(3):
            events = (Event(), AutoResetEvent(), Event())
            waiter = start(wait_any, events)
            until_parked(waiter)
            events[last].set()
            self.assertEqual(result(waiter), last)
            self.assertEqual(events[1].is_set(), False)

    def test_many_events(self):
        events = [Event() for _ in range(300)]
        waiter = start(wait_any, events)
        until_parked(waiter)
        events[299].set()
        self.assertEqual(result(waiter), 299)

    def test_a_pulse_ends_it(self):
        stop, pulse = Event(), Event()
        waiter = start(wait_any, [stop, pulse])
        until_parked(waiter)
        pulse.set()
        pulse.clear()
        self.assertEqual(result(waiter), 1)

    def test_as_many_sets_as_waiters_release_all(self):
        stop, work = Event(), AutoResetEvent()
        waiters = [start(wait_any, [stop, work], LONG) for _ in range(6)]
        until_parked(*waiters)
        self.assertTrue(all([work.set() for _ in waiters]))
        self.assertEqual([result(waiter) for waiter in waiters], [1] * 6)

    def test_none_is_not_early_and_takes_nothing(self):
        event = AutoResetEvent()
        begun = time.monotonic()
        self.assertIsNone(wait_any([event, Event()], 0.05))
        self.assertGreaterEqual(time.monotonic() - begun, 0.05)
        self.assertTrue(event.set())
        self.assertTrue(event.wait(0))

    def test_the_list_may_change_during_the_wait(self):
        events = [Event(), Event()]
        last = events[1]
        waiter = start(wait_any, events)
        until_parked(waiter)
        events.clear()
        last.set()
        self.assertEqual(result(waiter), 1)

    def test_one_event_twice(self):
        event = AutoResetEvent()
        event.set()
        self.assertEqual(wait_any([event, event]), 0)
        self.assertIsNone(wait_any([event, event], 0))

    def test_arguments(self):
        self.assertRaises(ValueError, wait_any, [])
        for events in ([threading.Event()], [Event(), None], None, Event()):
            self.assertRaises(TypeError, wait_any, events)
        self.assertRaises(TypeError, wait_any, [Event()], "1")
        self.assertRaises(OverflowError, wait_any, [Event()], 1e10)

        def fails():
            yield Event()
            raise ZeroDivisionError

        self.assertRaises(ZeroDivisionError, wait_any, fails())


class WaitAllTest(unittest.TestCase):
    def test_waits_for_each(self):
        events = [Event() for _ in range(20)]
        waiter = start(wait_all, events)
        for event in events:
            self.assertEqual(waiter.answers, [])
            until_parked(waiter)
            event.set()
        self.assertIs(result(waiter), True)
        self.assertIs(wait_all(events), True)
        events[7].clear()
        self.assertIs(wait_all(events, 0), False)

    def test_not_all_at_the_same_time(self):
        one, other = Event(), Event()
        waiter = start(wait_all, (event for event in (one, other)))
        until_parked(waiter)
        one.set()
        one.clear()
        other.set()
        other.clear()
        self.assertIs(result(waiter), True)

    def test_of_none_is_true(self):
        self.assertIs(wait_all([]), True)

    def test_false_is_not_early(self):
        begun = time.monotonic()
        self.assertIs(wait_all([Event()], 0.05), False)
        self.assertGreaterEqual(time.monotonic() - begun, 0.05)

    def test_arguments(self):
        for events in ([AutoResetEvent()], [threading.Event()], None):
            self.assertRaises(TypeError, wait_all, events)
        self.assertRaises(TypeError, wait_all, [Event()], "1")


if __name__ == "__main__":
    unittest.main()
