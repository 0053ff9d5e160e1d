"""SharedEvent: between processes, and after one of them has been killed."""

import ctypes
import gc
import mmap
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import weakref
from multiprocessing import shared_memory

from support import LONG, ON_LINUX, result, start, until_parked, until_process_parked

try:
    from futex_event import SharedEvent
except ImportError:
    raise unittest.SkipTest("SKIPPED: there is no SharedEvent on this system") from None


class OneProcessTest(unittest.TestCase):
    def test_set_wait_clear(self):
        event = SharedEvent(mmap.mmap(-1, 4))
        self.assertIs(event.wait(0), False)
        self.assertIs(event.set(), True)
        self.assertIs(event.set(), False)
        self.assertIs(event.is_set(), True)
        self.assertIs(event.wait(), True)
        self.assertIs(event.clear(), True)
        self.assertIs(event.clear(), False)
        begun = time.monotonic()
        self.assertIs(event.wait(0.05), False)
        self.assertGreaterEqual(time.monotonic() - begun, 0.05)

    def test_one_word_is_one_event(self):
        memory = mmap.mmap(-1, 4096)
        one, same, other = SharedEvent(memory, 8), SharedEvent(memoryview(memory)[8:12]), SharedEvent(memory, offset=12)
        waiter = start(same.wait)
        until_parked(waiter)
        one.set()
        self.assertIs(result(waiter), True)
        self.assertEqual((same.is_set(), other.is_set()), (True, False))
        self.assertEqual(memory[:8], bytes(8))
        self.assertEqual(memory[12:], bytes(4096 - 12))

    def test_a_pulse_releases(self):
        event = SharedEvent(mmap.mmap(-1, 4))
        waiter = start(event.wait)
        until_parked(waiter)
        event.set()
        event.clear()
        self.assertIs(result(waiter), True)

    def test_takes_any_writable_buffer(self):
        for buffer in (bytearray(4), memoryview(bytearray(4)), (ctypes.c_char * 4)(), mmap.mmap(-1, 4)):
            self.assertTrue(SharedEvent(buffer).set())

    def test_arguments(self):
        memory = mmap.mmap(-1, 4096)
        for buffer, offset, error in [
            (bytes(4), 0, TypeError),
            (memoryview(bytes(4)), 0, TypeError),
            (memoryview(bytearray(16))[::2], 0, TypeError),
            (None, 0, TypeError),
            (17, 0, TypeError),
            (memory, "0", TypeError),
            (memory, None, TypeError),
            (memory, 4093, ValueError),
            (memory, 4096, ValueError),
            (memory, -4, ValueError),
            (memory, 2, ValueError),
            (bytearray(3), 0, ValueError),
        ]:
            self.assertRaises(error, SharedEvent, buffer, offset)
        SharedEvent(memory, 4092)
        event = SharedEvent(memory)
        self.assertRaises(TypeError, event.wait, "1")
        self.assertRaises(OverflowError, event.wait, 1e10)
        self.assertRaises(TypeError, SharedEvent)

    def test_keeps_the_memory(self):
        memory = mmap.mmap(-1, 4096)
        event = SharedEvent(memory)
        self.assertRaises(BufferError, memory.close)
        del event
        memory.close()
        event = SharedEvent(bytearray(4))
        gc.collect()
        self.assertTrue(event.set())
        memory = bytearray(4)
        event = SharedEvent(memory)
        self.assertRaises(BufferError, memory.extend, b"1234")

    def test_a_cycle_through_the_memory_is_collected(self):
        class Memory(mmap.mmap):
            pass

        memory = Memory(-1, 4096)
        memory.event = SharedEvent(memory)
        reference = weakref.ref(memory.event)
        del memory
        gc.collect()
        self.assertIsNone(reference())

    def test_repr_and_base_class(self):
        class Named(SharedEvent):
            def __new__(cls, name, memory):
                return super().__new__(cls, memory)

            def __init__(self, name, memory):
                self.name = name

        event = Named("ready", mmap.mmap(-1, 4))
        self.assertEqual(event.name, "ready")
        self.assertRegex(repr(event), "Named at 0x[0-9a-f]+: unset>$")
        self.assertIs(weakref.ref(event)(), event)


def answer(name):
    """Run by the other process: waits for one event, and sets another."""
    memory = shared_memory.SharedMemory(name)
    there, back = SharedEvent(memory.buf), SharedEvent(memory.buf, 64)
    assert there.wait(LONG)
    back.set()
    del there, back
    memory.close()


class ProcessesTest(unittest.TestCase):
    def test_each_way_to_start_a_process(self):
        for method in multiprocessing.get_all_start_methods():
            context = multiprocessing.get_context(method)
            memory = shared_memory.SharedMemory(create=True, size=128)
            try:
                there, back = SharedEvent(memory.buf), SharedEvent(memory.buf, 64)
                process = context.Process(target=answer, args=(memory.name,))
                process.start()
                there.set()
                self.assertIs(back.wait(LONG), True, method)
                process.join()
                self.assertEqual(process.exitcode, 0, method)
                del there, back
                memory.close()
            finally:
                memory.unlink()

    def test_inherited_over_a_fork(self):
        context = multiprocessing.get_context("fork")
        event, done = SharedEvent(mmap.mmap(-1, 4)), SharedEvent(mmap.mmap(-1, 4))
        process = context.Process(target=lambda: event.wait(LONG) and done.set())
        process.start()
        until_process_parked(process.pid)
        event.set()
        self.assertTrue(done.wait(LONG))
        process.join()

    def test_a_file(self):
        # The main thread wakes by itself from time to time, and would find the event set without having been woken.
        program = """
import mmap, sys, threading
from futex_event import SharedEvent
with open(sys.argv[1], "r+b") as file:
    event = SharedEvent(mmap.mmap(file.fileno(), 4096))
thread = threading.Thread(target=event.wait)
thread.start()
print(thread.native_id, flush=True)
"""
        with tempfile.NamedTemporaryFile() as file:
            file.truncate(4096)
            child = subprocess.Popen([sys.executable, "-c", program, file.name], stdout=subprocess.PIPE)
            self.addCleanup(child.kill)
            until_process_parked(child.pid, int(child.stdout.readline()))
            SharedEvent(mmap.mmap(file.fileno(), 4096)).set()
            child.communicate(timeout=LONG)
            self.assertEqual(child.returncode, 0)


def wait_and_be_killed(event):
    """Starts a process that waits for the event, and kills it there."""
    process = multiprocessing.get_context("fork").Process(target=event.wait)
    process.start()
    until_process_parked(process.pid)
    os.kill(process.pid, signal.SIGKILL)
    process.join()


def ends(process):
    process.start()
    process.join(2)
    ended = process.exitcode == 0
    process.kill()
    process.join()
    return ended


@unittest.skipUnless(ON_LINUX, "SKIPPED: needs /proc, to see whether a process sleeps")
class KilledTest(unittest.TestCase):
    """A process that waits is killed. Another sets the event, and a third one waits for it."""

    context = multiprocessing.get_context("fork")

    def test_ours_goes_on(self):
        event = SharedEvent(mmap.mmap(-1, 4))
        for _ in range(3):
            wait_and_be_killed(event)
        # Without a timeout, at which it would find the event set without having been woken.
        waiter = start(event.wait)
        until_parked(waiter)
        self.assertTrue(ends(self.context.Process(target=event.set)))
        self.assertTrue(result(waiter))
        self.assertTrue(event.clear())

    def test_that_of_multiprocessing_hangs(self):
        # If this fails, CPython has fixed the bug, and the README must not claim it.
        event = self.context.Event()
        wait_and_be_killed(event)
        self.assertFalse(ends(self.context.Process(target=event.set)))

    def test_killed_at_any_instruction(self):
        program = """
import mmap, sys
from futex_event import SharedEvent
with open(sys.argv[1], "r+b") as file:
    event = SharedEvent(mmap.mmap(file.fileno(), 4096))
print("ready", flush=True)
while True:
    event.set(); event.clear(); event.wait(1e-6); event.wait(1e-5)
"""
        with tempfile.NamedTemporaryFile() as file:
            file.truncate(4096)
            event = SharedEvent(mmap.mmap(file.fileno(), 4096))
            for attempt in range(20):
                child = subprocess.Popen([sys.executable, "-c", program, file.name], stdout=subprocess.PIPE)
                child.stdout.readline()
                time.sleep(0.001 * attempt)
                child.kill()
                child.communicate()
                event.clear()
                waiter = start(event.wait, LONG)
                until_parked(waiter)
                event.set()
                self.assertTrue(result(waiter))


if __name__ == "__main__":
    unittest.main()
