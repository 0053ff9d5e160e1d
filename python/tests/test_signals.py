"""Signals: a handler that raises ends any wait of the main thread, and a wait goes on after one that does not."""

import mmap
import os
import random
import signal
import subprocess
import sys
import threading
import time
import unittest
from pathlib import Path

from futex_event import AutoResetEvent, Event, wait_all, wait_any
from support import LONG, ON_LINUX, result, start, until_parked, until_process_parked

try:
    from futex_event import SharedEvent
except ImportError:
    SharedEvent = None


class Raised(Exception):
    pass


def waits():
    """Each kind of wait, as a function of its timeout."""
    kinds = [
        Event().wait,
        AutoResetEvent().wait,
        lambda timeout: wait_any([Event(), AutoResetEvent()], timeout),
        lambda timeout: wait_all([Event(), Event()], timeout),
        lambda timeout: wait_all([Event(), Event()], timeout, stop=AutoResetEvent()),
    ]
    if SharedEvent:
        kinds.append(SharedEvent(mmap.mmap(-1, 4)).wait)
    return kinds


@unittest.skipUnless(hasattr(signal, "pthread_kill"), "SKIPPED: needs the signals of Unix")
class SignalsTest(unittest.TestCase):
    def setUp(self):
        self.handled = []
        before = signal.signal(signal.SIGALRM, self.handler)
        self.addCleanup(signal.signal, signal.SIGALRM, before)
        self.addCleanup(signal.setitimer, signal.ITIMER_REAL, 0)
        self.main_thread = threading.current_thread()
        self.assertIs(self.main_thread, threading.main_thread())

    def handler(self, number, frame):
        self.handled.append(number)

    def raising(self):
        def handler(number, frame):
            self.handled.append(number)
            raise Raised

        signal.signal(signal.SIGALRM, handler)

    def send_when_parked(self, thread):
        """Sends SIGALRM to a thread when the main thread sleeps; returns the time at which it was sent."""

        def send():
            until_parked(self.main_thread)
            sent = time.monotonic()
            signal.pthread_kill(thread.ident, signal.SIGALRM)
            return sent

        return start(send)

    def latency(self, wait, timeout, thread):
        sender = self.send_when_parked(thread)
        with self.assertRaises(Raised):
            wait(timeout)
        return time.monotonic() - result(sender)

    def assertWithin50ms(self, measure):
        # The machine may have other load, so the best of several counts.
        best = min(measure() for _ in range(5))
        self.assertLess(best, 0.05)

    def test_a_handler_that_raises_ends_every_wait(self):
        self.raising()
        for wait in waits():
            for timeout in (None, LONG):
                self.assertWithin50ms(lambda: self.latency(wait, timeout, self.main_thread))

    def test_also_if_another_thread_takes_the_signal(self):
        self.raising()
        stop = Event()
        other = start(stop.wait)
        for wait in waits():
            self.assertWithin50ms(lambda: self.latency(wait, None, other))
        stop.set()
        result(other)

    def test_a_handler_that_does_not_raise_leaves_the_deadline(self):
        for wait in waits():
            self.handled.clear()
            begun = time.monotonic()
            signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
            released = wait(0.2)
            elapsed = time.monotonic() - begun
            signal.setitimer(signal.ITIMER_REAL, 0)
            self.assertIn(released, (False, None))
            self.assertGreaterEqual(elapsed, 0.2)
            self.assertLess(elapsed, 5)
            self.assertTrue(self.handled)

    def test_a_timeout_is_not_late(self):
        # The main thread wakes every 40 ms for signals, and at its deadline all the same.
        def lateness(wait, timeout):
            begun = time.monotonic()
            self.assertIn(wait(timeout), (False, None))
            return time.monotonic() - begun - timeout

        for wait in waits():
            for timeout in (0.002, 0.05):
                self.assertLess(min(lateness(wait, timeout) for _ in range(5)), 0.02)

    def test_a_handler_may_set_the_event(self):
        event = Event()
        signal.signal(signal.SIGALRM, lambda number, frame: event.set())
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        self.assertIs(event.wait(), True)

    def test_a_handler_may_wait(self):
        inner = Event()

        def handler(number, frame):
            self.handled.append(inner.wait(0.01))
            outer.set()

        outer = Event()
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        self.assertIs(outer.wait(LONG), True)
        self.assertEqual(self.handled, [False])

    def test_what_was_taken_is_given_back_when_a_handler_raises(self):
        waits = {
            "wait": lambda event: event.wait(),
            "wait_any": lambda event: wait_any([Event(), event]),
            "wait_all": lambda event: wait_all([Event()], stop=event),
        }
        for kind, wait in waits.items():
            event = AutoResetEvent()

            def handler(number, frame):
                event.set()
                raise Raised

            signal.signal(signal.SIGALRM, handler)
            signal.setitimer(signal.ITIMER_REAL, 0.02)
            with self.assertRaises(Raised):
                wait(event)
            self.assertIs(event.wait(0), True, kind)
            self.assertIs(event.wait(0), False, kind)

    def test_a_signal_just_before_the_sleep_is_not_missed(self):
        self.raising()
        event, token = Event(), AutoResetEvent()
        # The signal comes at any moment from here to some time after the thread has fallen asleep.
        for attempt in range(300):
            begun = time.monotonic()
            with self.assertRaises(Raised):
                signal.setitimer(signal.ITIMER_REAL, random.uniform(1e-6, 60e-6))
                event.wait(LONG) if attempt % 2 else wait_any([event, token], LONG)
            self.assertLess(time.monotonic() - begun, 5)

    @unittest.skipUnless(ON_LINUX, "SKIPPED: needs /proc")
    def test_other_threads_do_not_poll(self):
        stop = Event()
        threads = [
            start(stop.wait),
            start(stop.wait, LONG),
            start(wait_any, [stop]),
            start(wait_all, [stop], LONG),
            start(lambda: wait_all([stop], stop=AutoResetEvent())),
        ]

        def switches(thread):
            status = Path(f"/proc/self/task/{thread.native_id}/status").read_text()
            return [line for line in status.splitlines() if "ctxt_switches" in line]

        until_parked(*threads)
        before = [switches(thread) for thread in threads]
        time.sleep(0.3)
        self.assertEqual([switches(thread) for thread in threads], before)
        stop.set()
        for thread in threads:
            result(thread)

    def test_ctrl_c_ends_a_program(self):
        program = """
from futex_event import *
import mmap, signal, sys
# The shell has a program that it runs in the background ignore this signal.
signal.signal(signal.SIGINT, signal.default_int_handler)
waits = {
    "Event": lambda: Event().wait(),
    "AutoResetEvent": lambda: AutoResetEvent().wait(),
    "SharedEvent": lambda: SharedEvent(mmap.mmap(-1, 4)).wait(),
    "wait_any": lambda: wait_any([Event()]),
    "wait_all": lambda: wait_all([Event()]),
    "wait_all, stop": lambda: wait_all([Event()], stop=AutoResetEvent()),
}
print("ready", flush=True)
try:
    waits[sys.argv[1]]()
except KeyboardInterrupt:
    sys.exit("interrupted")
"""
        names = ["Event", "AutoResetEvent", "wait_any", "wait_all", "wait_all, stop"]
        for name in names + (["SharedEvent"] if SharedEvent else []):
            child = subprocess.Popen(
                [sys.executable, "-c", program, name], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
            self.assertEqual(child.stdout.readline(), "ready\n")
            until_process_parked(child.pid)
            os.kill(child.pid, signal.SIGINT)
            _, errors = child.communicate(timeout=LONG)
            self.assertEqual((errors, child.returncode), ("interrupted\n", 1))


if __name__ == "__main__":
    unittest.main()
