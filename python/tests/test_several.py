"""wait_any and wait_all."""

import pickle
import threading
import time
import unittest

from futex_event import AutoResetEvent, Event, Stopped, wait_all, wait_any
from support import LONG, python, result, start, until_parked


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

    def test_asks_no_iterator_for_its_length(self):
        # By Python code, in which CPython before 3.14 may end a daemon thread at exit: that crashed one run of a hundred.
        program = """
import operator
operator.length_hint = print
from futex_event import Event, wait_all, wait_any
event = Event()
event.set()
print(wait_any([event], 0), wait_all([event], 0))
"""
        self.assertEqual(python(program), "0 True\n")

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


def wait_all_or_stop(events, stop, timeout=None):
    """What wait_all returns, or "stopped"."""
    try:
        return wait_all(events, timeout, stop=stop)
    except Stopped:
        return "stopped"


class WaitAllOrStopTest(unittest.TestCase):
    def test_the_events_end_it(self):
        for stop in (Event(), AutoResetEvent()):
            events = [Event() for _ in range(20)]
            waiter = start(wait_all_or_stop, events, stop)
            for event in events:
                self.assertEqual(waiter.answers, [])
                until_parked(waiter)
                event.set()
                event.clear()
            self.assertIs(result(waiter), True)

    def test_the_other_event_ends_it(self):
        for stop in (Event(), AutoResetEvent()):
            events = [Event() for _ in range(20)]
            waiter = start(wait_all_or_stop, events, stop)
            until_parked(waiter)
            events[0].set()
            until_parked(waiter)
            stop.set()
            stop.clear()
            self.assertEqual(result(waiter), "stopped")

    def test_the_other_event_wins(self):
        event, stop, token = Event(), Event(), AutoResetEvent()
        event.set()
        for timeout in (None, 0, LONG):
            token.set()
            self.assertEqual(wait_all_or_stop([event], token, timeout), "stopped")
            self.assertIs(token.is_set(), False)
            self.assertIs(wait_all_or_stop([event], token, timeout), True)
            stop.set()
            self.assertEqual(wait_all_or_stop([event], stop, timeout), "stopped")
            stop.clear()
            self.assertIs(wait_all_or_stop([event], stop, timeout), True)

    def test_as_many_sets_as_waiters_end_all(self):
        events, stop = [Event(), Event()], AutoResetEvent()
        waiters = [start(wait_all_or_stop, events, stop, LONG) for _ in range(6)]
        until_parked(*waiters)
        self.assertTrue(all([stop.set() for _ in waiters]))
        self.assertEqual([result(waiter) for waiter in waiters], ["stopped"] * 6)
        self.assertIs(stop.is_set(), False)

    def test_the_token_is_taken_only_by_a_wait_that_it_has_ended(self):
        # The token comes at about the time at which the wait ends for another reason.
        events, stop = [Event(), Event()], AutoResetEvent()

        def set_all():
            for event in events:
                event.set()

        for attempt in range(300):
            setters = [start(stop.set)] + [start(set_all)] * (attempt % 2)
            answer = wait_all_or_stop(events, stop, attempt * 1e-6)
            for setter in setters:
                result(setter)
            self.assertIs(stop.clear(), answer != "stopped")
            for event in events:
                event.clear()

    def test_of_none_is_true(self):
        stop = AutoResetEvent()
        self.assertIs(wait_all_or_stop([], stop), True)
        stop.set()
        self.assertEqual(wait_all_or_stop([], stop), "stopped")
        self.assertIs(stop.is_set(), False)

    def test_false_is_not_early_and_takes_nothing(self):
        stop = AutoResetEvent()
        self.assertIs(wait_all_or_stop([Event()], stop, 0), False)
        begun = time.monotonic()
        self.assertIs(wait_all_or_stop([Event()], stop, 0.05), False)
        self.assertGreaterEqual(time.monotonic() - begun, 0.05)
        self.assertTrue(stop.set())
        self.assertTrue(stop.wait(0))

    def test_one_event_as_both(self):
        event = Event()
        waiter = start(wait_all_or_stop, [event], event)
        until_parked(waiter)
        event.set()
        self.assertEqual(result(waiter), "stopped")

    def test_arguments(self):
        was_set, token = Event(), AutoResetEvent()
        was_set.set()
        token.set()
        self.assertIs(wait_all([was_set], stop=None), True)
        for stop in (threading.Event(), [Event()], True):
            self.assertRaises(TypeError, wait_all, [was_set], stop=stop)
        self.assertRaises(TypeError, wait_all, [was_set], None, token)
        self.assertRaises(TypeError, wait_all, [AutoResetEvent()], stop=token)
        self.assertIs(token.clear(), True)
        self.assertRaises(TypeError, wait_all, [Event()], "1", stop=token)
        self.assertRaises(OverflowError, wait_all, [Event()], 1e10, stop=token)

    def test_the_exception(self):
        stop = Event()
        stop.set()
        with self.assertRaises(Stopped) as raised:
            wait_all([Event()], stop=stop)
        self.assertIsInstance(raised.exception, Exception)
        self.assertEqual(str(raised.exception), "the wait was ended by another event")
        self.assertEqual((Stopped.__module__, Stopped.__qualname__), ("futex_event", "Stopped"))
        self.assertIs(type(pickle.loads(pickle.dumps(raised.exception))), Stopped)


if __name__ == "__main__":
    unittest.main()
