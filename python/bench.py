"""Times of Python's events, side by side in one run: python bench.py [--seconds 0.2] [--rounds 5] [MEASURE ...]

Each figure is the median of the rounds. In each round all contenders take turns, so that other load on the machine affects
them all. The ratio to ours is in brackets.
"""

import argparse
import gc
import mmap
import multiprocessing
import os
import queue
import statistics
import subprocess
import sys
import threading
import time
import timeit

from futex_event import AutoResetEvent, Event

try:
    from futex_event import SharedEvent
except ImportError:
    SharedEvent = None


def shared_event():
    return SharedEvent(mmap.mmap(-1, 4))


def locked():
    lock = threading.Lock()
    lock.acquire()
    return lock


# For each, the constructor, and the statements that set it, clear it, read it, and wait for it and clear it. The lock is the
# simplest thing in CPython on which a thread can wait.
CONTENDERS = {
    "futex_event.Event": (Event, "{}.set()", "{}.clear()", "{}.is_set()", "{}.wait(); {}.clear()"),
    "futex_event.AutoResetEvent": (AutoResetEvent, "{}.set()", "{}.clear()", "{}.is_set()", "{}.wait()"),
    "threading.Event": (threading.Event, "{}.set()", "{}.clear()", "{}.is_set()", "{}.wait(); {}.clear()"),
    "multiprocessing.Event": (multiprocessing.Event, "{}.set()", "{}.clear()", "{}.is_set()", "{}.wait(); {}.clear()"),
    "queue.SimpleQueue": (queue.SimpleQueue, "{}.put(None)", "{}.get()", "not {}.empty()", "{}.get()"),
    "queue.Queue": (queue.Queue, "{}.put(None)", "{}.get()", "not {}.empty()", "{}.get()"),
    "object": (object, "", "", "", ""),
    "a lock": (locked, "{}.release()", "{}.acquire()", "not {}.locked()", "{}.acquire()"),
}


def per_call(statement, name, seconds):
    """Seconds per call of the statement, with one object of the kind."""
    scope = {"make": CONTENDERS[name][0], "event": CONTENDERS[name][0]()}
    timer = timeit.Timer(statement.replace("{}", "event"), globals=scope)
    calls = 1
    while (took := timer.timeit(calls)) < seconds / 10:
        calls *= 4
    return timer.timeit(max(1, int(calls * seconds / took))) / max(1, int(calls * seconds / took))


def create(name, seconds):
    """Also of an object without any state: the least that a constructor can take."""
    return per_call("make()", name, seconds)


def set_and_clear(name, seconds):
    _, set_, clear, _, _ = CONTENDERS[name]
    return per_call(f"{set_}; {clear}", name, seconds)


def is_set(name, seconds):
    return per_call(CONTENDERS[name][3], name, seconds)


TURNS = """
def take_turns(here, there, times):
    for _ in range(times):
        {set}
        {wait}

def answer(here, there, times):
    for _ in range(times):
        {wait}
        {set}
"""


def turns(name):
    """The functions of two threads that take turns: the one that begins, and the one that answers."""
    _, set_, _, _, wait = CONTENDERS[name]
    scope = {}
    exec(TURNS.format(set=set_.replace("{}", "there"), wait=wait.replace("{}", "here")), scope)
    return scope["take_turns"], scope["answer"]


def pin(cpu):
    if cpu is not None:
        os.sched_setaffinity(0, {cpu})


def hand_off_on(cpus):
    def hand_off(name, seconds):
        """Seconds from the set in one thread to the end of the wait in the other: half a round trip."""
        make = CONTENDERS[name][0]
        take_turns, answer = turns(name)
        one, other = make(), make()
        rounds = 20
        while True:
            thread = threading.Thread(target=lambda: (pin(cpus[1]), answer(other, one, rounds)))
            thread.start()
            before = os.sched_getaffinity(0) if cpus[0] is not None else None
            pin(cpus[0])
            begun = time.perf_counter()
            take_turns(one, other, rounds)
            took = time.perf_counter() - begun
            thread.join()
            if before is not None:
                os.sched_setaffinity(0, before)
            if took > seconds / 2:
                return took / rounds / 2
            rounds *= 4

    return hand_off


def gil_hand_off(seconds):
    """Seconds until the GIL goes from one thread to another: two threads do little else, and a variable says whose turn it
    is."""
    turn = [0]
    rounds = 2_000

    def take_turns(me):
        for _ in range(rounds):
            while turn[0] != me:
                os.sched_yield()
            turn[0] = 1 - me

    thread = threading.Thread(target=take_turns, args=(1,))
    begun = time.perf_counter()
    thread.start()
    take_turns(0)
    thread.join()
    return (time.perf_counter() - begun) / rounds / 2


def between_processes(name, seconds):
    """The same as between threads, with a child process."""
    make = {"futex_event.SharedEvent": shared_event, "multiprocessing.Event": multiprocessing.Event}.get(name)
    context = multiprocessing.get_context("fork")
    rounds = 200
    while True:
        if make is None:
            here, there = context.Pipe()

            def take_turns(end):
                for _ in range(rounds):
                    end.send_bytes(b"1")
                    end.recv_bytes()

            def answer(end):
                for _ in range(rounds):
                    end.recv_bytes()
                    end.send_bytes(b"1")

            args, child_args = (here,), (there,)
        else:
            one, other = make(), make()
            scope = {}
            exec(TURNS.format(set="there.set()", wait="here.wait(); here.clear()"), scope)
            take_turns = lambda here, there: scope["take_turns"](here, there, rounds)
            answer = lambda here, there: scope["answer"](here, there, rounds)
            args, child_args = (one, other), (other, one)
        child = context.Process(target=answer, args=child_args)
        child.start()
        begun = time.perf_counter()
        take_turns(*args)
        took = time.perf_counter() - begun
        child.join()
        if took > seconds / 2:
            return took / rounds / 2
        rounds *= 4


def wake_100(name, seconds):
    """Seconds from a set to the end of the wait of the last of 100 threads."""
    event = CONTENDERS[name][0]()
    wait = event.get if "queue" in name else event.wait
    ready = threading.Semaphore(0)
    returned = []

    def waiter():
        ready.release()
        wait()
        returned.append(time.perf_counter())

    threads = [threading.Thread(target=waiter) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        ready.acquire()
    time.sleep(0.02)
    # What releases one at a time is set for each of them.
    set_ = event.put if "queue" in name else event.set
    args = (None,) if "queue" in name else ()
    times = 100 if "queue" in name or "AutoReset" in name else 1
    begun = time.perf_counter()
    for _ in range(times):
        set_(*args)
    for thread in threads:
        thread.join()
    return max(returned) - begun


def memory(name, seconds):
    """Bytes per event: the growth of a process that makes a million. Of multiprocessing, whose semaphores are files, it makes
    1,000."""
    count = 1_000 if name.startswith("multiprocessing") else 1_000_000
    program = f"""
import sys; sys.path[:0] = {sys.path!r}
import os, gc
from bench import CONTENDERS
make = CONTENDERS[{name!r}][0]
def resident():
    with open("/proc/self/statm") as file: return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")
make(); gc.disable()
events = [None] * {count}
before = resident()
for i in range({count}): events[i] = make()
print((resident() - before) / {count}, flush=True)
os._exit(0)
"""
    return float(subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout)


IN_PROCESS = [name for name in CONTENDERS if name not in ("object", "a lock")]
HAND_OFF = [name for name in CONTENDERS if name != "object"]
CPUS = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]

# What is measured, the function, the contenders, and the unit.
MEASURES = {
    "create": (create, [*IN_PROCESS, "object"], 1e9, "ns"),
    "set-clear": (set_and_clear, IN_PROCESS, 1e9, "ns"),
    "is-set": (is_set, IN_PROCESS, 1e9, "ns"),
    "hand-off": (hand_off_on((None, None)), HAND_OFF, 1e6, "µs"),
    "hand-off-two-cpus": (hand_off_on(CPUS[:2]), HAND_OFF, 1e6, "µs"),
    "hand-off-one-cpu": (hand_off_on(CPUS[:1] * 2), HAND_OFF, 1e6, "µs"),
    "processes": (
        between_processes,
        ["futex_event.SharedEvent", "multiprocessing.Event", "multiprocessing.Pipe"],
        1e6,
        "µs",
    ),
    "wake-100": (wake_100, IN_PROCESS, 1e6, "µs"),
    "memory": (memory, IN_PROCESS, 1, "bytes"),
}
if len(CPUS) < 2:
    del MEASURES["hand-off-two-cpus"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=0.1, help="for each figure, in each round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("measure", nargs="*", metavar="MEASURE", help=", ".join(MEASURES))
    arguments = parser.parse_args()
    print(f"Python {sys.version}, {len(CPUS)} CPUs")
    for measure in arguments.measure or MEASURES:
        function, names, scale, unit = MEASURES[measure]
        rounds = 1 if measure == "memory" else arguments.rounds
        times = {name: [] for name in names}
        floor = []
        for _ in range(rounds):
            for name in names:
                gc.collect()
                times[name].append(function(name, arguments.seconds) * scale)
            if measure == "hand-off":
                floor.append(gil_hand_off(arguments.seconds) * scale)
        ours = statistics.median(times[names[0]])
        print(f"\n{measure}, {unit}")
        for name in names:
            median = statistics.median(times[name])
            spread = f"{min(times[name]):.3g} to {max(times[name]):.3g}"
            print(f"  {name:<27}{median:9.3g}  ({median / ours:.3g})   {spread}")
        if floor:
            print(f"  {'the GIL alone':<27}{statistics.median(floor):9.3g}  ({statistics.median(floor) / ours:.3g})")


if __name__ == "__main__":
    main()
