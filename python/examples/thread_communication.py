"""One thread waits for an event, another works for a while and sets it.

The program of the front page, as it was before this library was: nothing but the import has changed. With another number
of seconds to work than three: python thread_communication.py 0.1
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
