"""CPython's own tests for events, on ours.

They come with the interpreter, as test.lock_tests, if it has them.
"""

import threading
import unittest
from unittest import mock

from futex_event import Event

try:
    from test import lock_tests
except ImportError:
    lock_tests = None

if lock_tests is None:

    class EventTests(unittest.TestCase):
        @unittest.skip("SKIPPED: this interpreter comes without test.lock_tests")
        def test_events(self):
            pass

else:

    class EventTests(lock_tests.EventTests):
        eventtype = Event

        @unittest.skip("looks at the Condition inside, of which there is none; test_fork.py has what it is about")
        def test_at_fork_reinit(self):
            pass

    class BarrierTests(lock_tests.BarrierTests):
        """A barrier has no event inside, but each of its threads has one, and so have the timers."""

        barriertype = staticmethod(threading.Barrier)

        def setUp(self):
            patch = mock.patch.object(threading, "Event", Event)
            patch.start()
            self.addCleanup(patch.stop)
            self.assertIs(type(threading.Thread()._started), Event)
            super().setUp()


if __name__ == "__main__":
    unittest.main()
