"""What the tests have in common."""

import os
import subprocess
import sys
import sysconfig
import threading
import time
from pathlib import Path

# Only what never ends takes this long.
LONG = 60.0

HAS_GIL = not sysconfig.get_config_var("Py_GIL_DISABLED")
ON_LINUX = sys.platform == "linux"


def start(function, *args):
    """Starts a thread that runs the function. result() waits for it; a failed test does not."""
    thread = threading.Thread(target=_run, args=(function, args), daemon=True)
    thread.answers = []
    thread.start()
    return thread


def _run(function, args):
    threading.current_thread().answers.append(function(*args))


def result(thread):
    """Waits for the thread; returns what its function has returned."""
    thread.join(LONG)
    assert not thread.is_alive(), "the thread is still waiting"
    return thread.answers[0]


def until_parked(*threads):
    """Waits until each of the threads sleeps in one system call for some time."""
    for thread in threads:
        if not ON_LINUX:
            time.sleep(0.1)
            continue
        while thread.native_id is None:
            time.sleep(0.001)
        _until_asleep(thread.native_id)


def _until_asleep(native_id, process="self"):
    # A thread that waits for the GIL sleeps in a futex too, but gets the GIL while this thread sleeps. The call of a thread
    # that sleeps in slices changes as well.
    deadline = time.monotonic() + LONG
    last, times = None, 0
    while times < 5:
        assert time.monotonic() < deadline, "the thread does not go to sleep"
        call = Path(f"/proc/{process}/task/{native_id}/syscall").read_text()
        in_futex = call.startswith(FUTEX)
        times = times + 1 if in_futex and call == last else 0
        last = call
        time.sleep(0.002)


# The number of the futex call on these machines. On others, any system call counts as one.
FUTEX = {"x86_64": "202 ", "aarch64": "98 "}.get(os.uname().machine if ON_LINUX else "", "")


def until_process_parked(pid, native_id=None):
    """Waits until a thread of a child process sleeps: the main thread, or the one with this number."""
    if ON_LINUX:
        _until_asleep(native_id or pid, pid)
    else:
        time.sleep(0.5)


def python(program, *args, timeout=LONG, **options):
    """Runs a program in an interpreter of its own, and returns what it prints. Fails if the program fails or warns."""
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, args)],
        capture_output=True,
        text=True,
        timeout=timeout,
        **options,
    )
    assert done.returncode == 0, f"exit code {done.returncode}\n{done.stdout}{done.stderr}"
    assert not done.stderr, done.stderr
    return done.stdout
