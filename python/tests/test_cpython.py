"""CPython's own tests for events, run on ours.

They are in test.lock_tests, which not every interpreter comes with.
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

        @unittest.skip("uses the Condition inside threading.Event; test_fork.py tests the same claim")
        def test_at_fork_reinit(self):
            pass

    class BarrierTests(lock_tests.BarrierTests):
        """A barrier has no event inside, but each of its threads and timers has one."""

        barriertype = staticmethod(threading.Barrier)

        def setUp(self):
            patch = mock.patch.object(threading, "Event", Event)
            patch.start()
            self.addCleanup(patch.stop)
            self.assertIs(type(threading.Thread()._started), Event)
            super().setUp()


if __name__ == "__main__":
    unittest.main()
