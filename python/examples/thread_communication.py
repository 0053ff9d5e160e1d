"""One thread waits for an event; another works for a while and sets it.

Only the import differs from the same program with threading.Event. The work takes three seconds, or as many as the argument
says: python thread_communication.py 0.1
"""

import sys
import threading
import time

from futex_event import Event

seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
event = Event()


def wait_for_event() -> None:
    print("Thread waiting for event to be set")
    event.wait()
    print("Event has been set, continuing execution")


def set_event() -> None:
    time.sleep(seconds)
    print("Setting event")
    event.set()


threads = [threading.Thread(target=wait_for_event), threading.Thread(target=set_event)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("All threads have completed")
