"""Event does what threading.Event does. Most tests run with both."""

import copy
import gc
import pickle
import sys
import threading
import time
import unittest
import warnings
import weakref
from decimal import Decimal
from fractions import Fraction

from futex_event import Event
from support import LONG, python, result, start, until_parked


class Index:
    def __init__(self, value):
        self.value = value

    def __index__(self):
        return self.value

    def __gt__(self, other):
        return self.value > other


class Broken:
    def __gt__(self, other):
        raise ZeroDivisionError


NEW_PYO3 = gc.is_tracked(Event())  # 0.29 or later.

# Timeouts that threading.Event takes for zero, or refuses.
TIMEOUTS = [
    0, 0.0, -0.0, False, -1, -1.5, -(10**30), float("nan"), float("-inf"), Index(0), Index(-7), Fraction(-1, 2),
    "1", "", b"1", [], (), {}, object(), 1j, Broken(), Fraction(1, 2),
    float("inf"), 1e10, 1e300, 10**10, 10**30, threading.TIMEOUT_MAX + 1,
]  # fmt: skip
# Timeouts that it takes as they are, and that end soon.
SHORT = [True, 0.01, 1e-9, 1e-300, 5e-324, 1, Index(1)]
# Timeouts that never end.
HUGE = [threading.TIMEOUT_MAX, 9e9, 10**9, int(threading.TIMEOUT_MAX), None, Index(10**9)]


def outcome(function, *args, **kwargs):
    try:
        return function(*args, **kwargs)
    except Exception as error:
        return type(error)


class BothEvents:
    def test_set_stays_until_cleared(self):
        event = self.Event()
        self.assertIs(event.is_set(), False)
        self.assertIsNone(event.set())
        self.assertIs(event.is_set(), True)
        self.assertIsNone(event.set())
        self.assertIs(event.wait(), True)
        self.assertIs(event.wait(0), True)
        self.assertIsNone(event.clear())
        self.assertIs(event.is_set(), False)
        self.assertIsNone(event.clear())
        self.assertIs(event.wait(0), False)

    def test_set_releases_every_waiter(self):
        event = self.Event()
        waiters = [start(event.wait) for _ in range(10)] + [start(event.wait, LONG) for _ in range(10)]
        until_parked(*waiters)
        event.set()
        for waiter in waiters:
            self.assertIs(result(waiter), True)

    def test_clear_after_set_keeps_the_pulse(self):
        event = self.Event()
        waiters = [start(event.wait) for _ in range(20)]
        until_parked(*waiters)
        event.set()
        event.clear()
        for waiter in waiters:
            self.assertIs(result(waiter), True)

    def test_false_is_not_early(self):
        event = self.Event()
        for timeout in (1e-6, 0.001, 0.05):
            begun = time.monotonic()
            self.assertIs(event.wait(timeout), False)
            self.assertGreaterEqual(time.monotonic() - begun, timeout)

    def test_a_short_timeout_is_a_time(self):
        waiters = [start(self.Event().wait, timeout) for timeout in SHORT]
        for waiter in waiters:
            self.assertIs(result(waiter), False)

    def test_a_huge_timeout_is_forever(self):
        for timeout in HUGE:
            event = self.Event()
            waiter = start(event.wait, timeout)
            until_parked(waiter)
            event.set()
            self.assertIs(result(waiter), True, timeout)

    def test_a_set_event_does_not_check_the_timeout(self):
        event = self.Event()
        event.set()
        for timeout in TIMEOUTS:
            self.assertIs(event.wait(timeout), True)

    def test_timeout_is_a_keyword(self):
        self.assertIs(self.Event().wait(timeout=0), False)
        for args, kwargs in [((0, 0), {}), ((), {"seconds": 0}), ((0,), {"timeout": 0})]:
            self.assertIs(outcome(self.Event().wait, *args, **kwargs), TypeError)

    def test_too_many_arguments(self):
        for args, kwargs in [((True,), {}), ((), {"flag": True})]:
            self.assertIs(outcome(self.Event, *args, **kwargs), TypeError)
        for method in ("set", "clear", "is_set"):
            self.assertIs(outcome(getattr(self.Event(), method), 1), TypeError)

    def test_is_a_base_class(self):
        class Named(self.Event):
            def __init__(self, name, *, size=0):
                super().__init__()
                self.name, self.size = name, size

            def set(self):
                self.size += 1
                super().set()

        event = Named("ready", size=1)
        event.set()
        self.assertTrue(event.wait())
        self.assertEqual((event.name, event.size), ("ready", 2))
        self.assertRegex(repr(event), r"Named (object )?at 0x")
        self.assertIs(outcome(Named), TypeError)

        class Bare(self.Event):
            __slots__ = ()

        self.assertIs(outcome(Bare, 1), TypeError)
        self.assertIs(outcome(Bare().wait, 0), False)

    def test_a_subclass_may_call_init_late(self):
        class Late(self.Event):
            def __init__(self):
                self.early = True
                super().__init__()

        self.assertFalse(Late().is_set())

    def test_takes_attributes_and_weak_references(self):
        event = self.Event()
        event.reason = "none"
        self.assertEqual(vars(event)["reason"], "none")
        reference = weakref.ref(event)
        self.assertIs(reference(), event)
        del event
        gc.collect()
        self.assertIsNone(reference())

    def test_equality_is_identity(self):
        one, other = self.Event(), self.Event()
        self.assertEqual(one, one)
        self.assertNotEqual(one, other)
        self.assertEqual(len({one, other, one}), 2)
        self.assertTrue(one)

    def test_is_neither_pickled_nor_copied(self):
        for function in (copy.deepcopy, pickle.dumps):
            self.assertIs(outcome(function, self.Event()), TypeError)

    def test_the_old_name(self):
        event = self.Event()
        event.set()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            self.assertIs(event.isSet(), True)
        if sys.version_info >= (3, 10):
            self.assertEqual([warning.category for warning in caught], [DeprecationWarning])
            self.assertEqual(str(caught[0].message), "isSet() is deprecated, use is_set() instead")
            self.assertEqual(caught[0].filename, __file__)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            expected = DeprecationWarning if sys.version_info >= (3, 10) else True
            self.assertIs(outcome(event.isSet), expected)

    def test_a_hand_off_goes_both_ways(self):
        there, back = self.Event(), self.Event()

        def answer():
            for _ in range(1_000):
                there.wait()
                there.clear()
                back.set()

        thread = start(answer)
        for _ in range(1_000):
            there.set()
            self.assertTrue(back.wait(LONG))
            back.clear()
        result(thread)


class OursTest(BothEvents, unittest.TestCase):
    Event = Event

    def test_timeouts_end_as_those_of_the_original(self):
        for timeout in TIMEOUTS:
            if sys.version_info < (3, 10) and isinstance(timeout, Fraction):
                continue  # The original converts it to an int, with a warning.
            ours, original = outcome(Event().wait, timeout), outcome(threading.Event().wait, timeout)
            self.assertIs(ours, original, repr(timeout))

    def test_errors_say_what_those_of_the_original_say(self):
        for timeout in ("1", [], object, 1j):
            with self.assertRaises(TypeError) as ours:
                Event().wait(timeout)
            with self.assertRaises(TypeError) as original:
                threading.Event().wait(timeout)
            self.assertEqual(str(ours.exception), str(original.exception))

    def test_decimals_are_refused_as_by_new_versions(self):
        self.assertIs(outcome(Event().wait, Decimal("0.5")), TypeError)

    def test_has_no_shallow_copies(self):
        # Copies of the original share its Condition, but not its flag.
        self.assertIs(outcome(copy.copy, Event()), TypeError)

    def test_repr(self):
        event = Event()
        self.assertEqual(repr(event), f"<futex_event.Event at {id(event):#x}: unset>")
        event.set()
        self.assertEqual(repr(event), f"<futex_event.Event at {id(event):#x}: set>")
        if sys.version_info >= (3, 11):
            original = threading.Event()
            expected = repr(original).replace("threading.", "futex_event.").replace(f"{id(original):#x}", "*")
            event.clear()
            self.assertEqual(repr(event).replace(f"{id(event):#x}", "*"), expected)

    @unittest.skipUnless(NEW_PYO3, "SKIPPED: PyO3 before 0.29 does not show the collector the attributes")
    def test_cycles_are_collected(self):
        class Holder(Event):
            pass

        for kind in (Event, Holder):
            event = kind()
            event.itself = event
            reference = weakref.ref(event)
            del event
            gc.collect()
            self.assertIsNone(reference())

    def test_has_the_methods_of_the_original(self):
        for name in vars(threading.Event):
            if not name.startswith("_"):
                self.assertTrue(hasattr(Event, name), name)
                self.assertTrue(getattr(Event, name).__doc__, name)

    def test_threading_runs_on_it(self):
        program = """
import os, sys, threading
from concurrent.futures import ThreadPoolExecutor
from futex_event import Event
threading.Event = Event
timer = threading.Timer(0.01, print, ["timer"])
timer.start()
timer.join()
assert type(timer.finished) is Event and timer.finished.is_set()
with ThreadPoolExecutor(4) as pool:
    print(sum(pool.map(abs, range(-100, 0))))
barrier = threading.Barrier(4)
threads = [threading.Thread(target=barrier.wait) for _ in range(3)]
for thread in threads: thread.start()
barrier.wait()
for thread in threads: thread.join()
if hasattr(os, "fork"):
    if (child := os.fork()) == 0:
        thread = threading.Thread(target=print, args=("child",), kwargs={"flush": True})
        thread.start()
        thread.join()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
"""
        self.assertEqual(python(program).split(), ["timer", "5050", "child"])

    @unittest.skipUnless(NEW_PYO3, "SKIPPED: PyO3 before 0.29 aborts where CPython before 3.14 ends a daemon thread")
    def test_daemon_threads_do_not_disturb_the_exit(self):
        program = """
import threading
from futex_event import AutoResetEvent, Event, wait_any
event, token = Event(), AutoResetEvent()
def forever(): event.wait()
def often():
    while True: event.wait(0.0005)
def any_of():
    while True: wait_any([event, token], 0.0005)
for function in (forever, often, any_of) * 4:
    threading.Thread(target=function, daemon=True).start()
token.set()
"""
        for _ in range(5):
            python(program)


class OriginalTest(BothEvents, unittest.TestCase):
    Event = threading.Event


if __name__ == "__main__":
    unittest.main()
