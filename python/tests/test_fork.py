"""After a fork, every event works in the child."""

import os
import signal
import threading
import time
import traceback
import unittest
import warnings
from functools import partial

from futex_event import AutoResetEvent, Event, Stopped, wait_all, wait_any
from support import LONG, python, result, start, until_parked, until_process_parked


@unittest.skipUnless(hasattr(os, "fork"), "SKIPPED: there is no fork here")
class ForkTest(unittest.TestCase):
    def in_child(self, check):
        with warnings.catch_warnings():
            # Newer versions warn that there are other threads, which these tests are about.
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            try:
                signal.alarm(int(LONG))
                check()
                os._exit(0)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(1)
        self.assertEqual(os.waitpid(child, 0)[1], 0, "the child has failed")

    def test_an_event_is_as_it_was(self):
        unset, was_set = Event(), Event()
        was_set.set()
        waiter = start(unset.wait)
        until_parked(waiter)

        def check():
            assert was_set.is_set() and was_set.wait() and not unset.wait(0.001)
            unset.set()
            assert unset.wait()

        self.in_child(check)
        self.assertFalse(unset.is_set())
        unset.set()
        result(waiter)

    def test_an_auto_reset_event_does_not_give_to_threads_of_the_parent(self):
        event, remembered = AutoResetEvent(), AutoResetEvent()
        waiters = [start(event.wait) for _ in range(3)]
        until_parked(*waiters)

        def check():
            assert remembered.wait(0) and not remembered.wait(0)
            remembered.set()
            assert event.set() and event.is_set() and event.wait(0)
            thread = start(event.wait)
            until_parked(thread)
            assert event.set() and result(thread) and not event.is_set()

        def check_twice():
            check()
            # In a child of the child, in which a thread waits.
            start(event.wait)
            self.in_child(check)

        remembered.set()
        self.in_child(check_twice)
        for waiter in waiters:
            event.set()
        for waiter in waiters:
            result(waiter)

    def test_nor_does_one_in_wait_any(self):
        stop, work = Event(), AutoResetEvent()
        waiters = [start(wait_any, [stop, work]) for _ in range(3)]
        until_parked(*waiters)

        def check():
            assert work.set() and work.wait(0)
            thread = start(wait_any, [stop, work])
            until_parked(thread)
            assert work.set() and result(thread) == 1 and not work.is_set()

        self.in_child(check)
        stop.set()
        for waiter in waiters:
            result(waiter)

    def test_nor_does_one_in_wait_all(self):
        ready, stop = Event(), AutoResetEvent()

        def wait():
            try:
                return wait_all([ready], stop=stop)
            except Stopped:
                return "stopped"

        waiters = [start(wait) for _ in range(3)]
        until_parked(*waiters)

        def check():
            assert stop.set() and stop.wait(0)
            thread = start(wait)
            until_parked(thread)
            assert stop.set() and result(thread) == "stopped" and not stop.is_set()

        self.in_child(check)
        ready.set()
        for waiter in waiters:
            self.assertIs(result(waiter), True)

    def test_threads_of_the_child_may_use_one_for_the_first_time_at_once(self):
        def use(event, barrier):
            barrier.wait()
            sets = [event.set() for _ in range(100)]
            waits = [event.wait(0) for _ in range(100)]
            return sum(sets) - sum(waits)

        def check():
            for event in events:
                barrier = threading.Barrier(4)
                threads = [start(use, event, barrier) for _ in range(4)]
                assert sum(map(result, threads)) == event.clear(), "a set was lost"

        events = [AutoResetEvent() for _ in range(50)]
        waiters = [start(event.wait) for event in events]
        until_parked(waiters[-1])
        self.in_child(check)
        for event in events:
            event.set()
        for waiter in waiters:
            result(waiter)

    def test_the_thread_that_forks_is_the_main_thread(self):
        def check():
            class Raised(Exception):
                pass

            def handler(number, frame):
                raise Raised

            assert threading.current_thread() is threading.main_thread()
            signal.signal(signal.SIGVTALRM, handler)

            def send():
                until_process_parked(os.getpid())
                # To itself: no signal ends the sleep of the main thread, which must check by itself.
                signal.pthread_kill(threading.get_ident(), signal.SIGVTALRM)

            thread = start(send)
            begun = time.monotonic()
            try:
                Event().wait(LONG)
            except Raised:
                assert time.monotonic() - begun < LONG / 2
            else:
                raise AssertionError("the wait was not interrupted")
            result(thread)

        result(start(self.in_child, check))

    def test_a_hook_of_another_library_may_start_a_thread_that_waits(self):
        # Its hook is registered first, and the first hook runs first.
        program = """
import os, signal, threading, time

box = {}

def start_again():
    threading.Thread(target=lambda: (box["wait"](), os._exit(0)), daemon=True).start()
    time.sleep(0.1)  # it is parked

os.register_at_fork(after_in_child=start_again)
from futex_event import AutoResetEvent, Event, wait_any

for kind in ("plain", "any"):
    event = AutoResetEvent()
    box["wait"] = event.wait if kind == "plain" else lambda: wait_any([Event(), event])
    child = os.fork()
    if child == 0:
        signal.alarm(10)
        event.set()
        time.sleep(60)
    print(kind, os.waitpid(child, 0)[1])
"""
        self.assertEqual(python(program).splitlines(), ["plain 0", "any 0"])

    def forks(self, wait, expected, in_the_child=lambda: None):
        """Runs a wait of the main thread, in which a signal handler forks, and checks what it returns in the child."""
        child = None

        def handler(number, frame):
            nonlocal child
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                child = os.fork()
            if child == 0:
                signal.signal(signal.SIGALRM, signal.SIG_DFL)
                signal.alarm(int(LONG))
                in_the_child()

        before = signal.signal(signal.SIGALRM, handler)
        self.addCleanup(signal.signal, signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        answer = None
        try:
            answer = wait()
        except BaseException as error:
            answer = type(error)
        if child == 0:
            print(*([] if answer == expected else [f"{answer!r} is not {expected!r}"]), end="", flush=True)
            os._exit(answer != expected)
        self.assertEqual(os.waitpid(child, 0)[1], 0, "the child has failed")
        self.assertIn(answer, (None, False))

    @staticmethod
    def sets(event):
        """Starts a thread that sets the event when the main thread sleeps."""
        start(lambda: (until_process_parked(os.getpid()), event.set()))

    def test_a_wait_for_several_in_which_a_handler_forks_goes_on_in_the_child(self):
        stop, work = Event(), AutoResetEvent()

        def any_of():
            return wait_any([stop, work], 0.2)

        def all_of():
            return wait_all([Event()], 0.2, stop=work)

        self.forks(any_of, None)
        self.forks(any_of, 0, stop.set)
        self.forks(any_of, 1, work.set)
        self.forks(all_of, False)
        self.forks(all_of, Stopped, work.set)
        self.forks(lambda: wait_any([stop, work], 1), 1, partial(self.sets, work))

    def test_a_plain_wait_in_which_a_handler_forks_goes_on_in_the_child(self):
        event, work = Event(), AutoResetEvent()
        for it in (event, work):
            self.forks(partial(it.wait, 0.2), False)
            self.forks(partial(it.wait, 0.2), True, it.set)
            self.forks(partial(it.wait, 1), True, partial(self.sets, it))

    def test_nor_does_a_thread_that_such_a_handler_starts_lose_its_place(self):
        work = AutoResetEvent()
        box = []

        def start_a_waiter():
            box.append(start(work.wait))
            until_parked(*box)

        def wait():
            released = work.wait(0.2)
            if box:
                work.set()
                result(*box)
            return released

        self.forks(wait, False, start_a_waiter)


if __name__ == "__main__":
    unittest.main()
