"""The program of the front page prints what it prints with threading.Event."""

import subprocess
import sys
import unittest
from pathlib import Path

EXAMPLE = Path(__file__).parents[1] / "examples" / "thread_communication.py"


def printed(program):
    done = subprocess.run([sys.executable, "-c", program, "0.2"], capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


class ExampleTest(unittest.TestCase):
    def test_prints_the_same(self):
        ours = EXAMPLE.read_text()
        imports = "from futex_event import Event"
        self.assertEqual(ours.count(imports), 1)
        original = ours.replace(imports, "from threading import Event")
        expected = [
            "Thread waiting for event to be set",
            "Setting event",
            "Event has been set, continuing execution",
            "All threads have completed",
        ]
        self.assertEqual(printed(original).splitlines(), expected)
        self.assertEqual(printed(ours), printed(original))


if __name__ == "__main__":
    unittest.main()
