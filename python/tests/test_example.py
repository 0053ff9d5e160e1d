"""The example prints the same as with threading.Event, and the programs of the README run."""

import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from support import LONG, ON_LINUX

PACKAGE = Path(__file__).parents[1]


def printed(program, *args):
    """Runs the program from a file, since multiprocessing may load it again; returns what it prints."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "program.py")
        file.write_text(program)
        done = subprocess.run([sys.executable, str(file), *args], capture_output=True, text=True, timeout=LONG)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return done.stdout


class ExampleTest(unittest.TestCase):
    def test_prints_the_same(self):
        ours = (PACKAGE / "examples" / "thread_communication.py").read_text()
        imports = "from futex_event import Event"
        self.assertEqual(ours.count(imports), 1)
        original = ours.replace(imports, "from threading import Event")
        expected = [
            "Thread waiting for event to be set",
            "Setting event",
            "Event has been set, continuing execution",
            "All threads have completed",
        ]
        self.assertEqual(printed(original, "0.2").splitlines(), expected)
        self.assertEqual(printed(ours, "0.2"), printed(original, "0.2"))

    @unittest.skipUnless(ON_LINUX, "SKIPPED: one of them needs SharedEvent")
    def test_readme(self):
        programs = re.findall(r"^```python\n(.*?)^```$", (PACKAGE / "README.md").read_text(), re.DOTALL | re.MULTILINE)
        self.assertEqual(len(programs), 3)
        for program in programs:
            self.assertEqual(printed(program), "")


if __name__ == "__main__":
    unittest.main()
