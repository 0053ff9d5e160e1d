"""What the types allow, for mypy: this file is not run."""

import mmap
import threading
from typing import Protocol

from futex_event import AutoResetEvent, Event, SharedEvent, Stopped, wait_all, wait_any


class Settable(Protocol):
    """The methods of threading.Event."""

    def set(self) -> None: ...
    def clear(self) -> None: ...
    def is_set(self) -> bool: ...
    def wait(self, timeout: float | None = None) -> bool: ...


class Named(Event):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def set(self) -> None:
        super().set()


def takes_either(event: Settable) -> bool:
    event.set()
    return event.wait(timeout=1)


takes_either(threading.Event())
takes_either(Event())
takes_either(Named("ready"))
threading.Timer(1, Event().set)

stop, work = Event(), AutoResetEvent()
first: int | None = wait_any([stop, work])
first = wait_any((event for event in (stop, work)), timeout=0.5)
both: bool = wait_all([stop, Named("other")], 1)
try:
    both = wait_all([stop], 1, stop=work) and wait_all([stop], stop=Named("stop")) and wait_all([stop], stop=None)
except Stopped as error:
    raised: Exception = error
was_unset: bool = work.set()
shared: bool = SharedEvent(mmap.mmap(-1, 4096), offset=4).wait(1.5)

wait_all([work])  # type: ignore[list-item]
wait_all([stop], stop=[work])  # type: ignore[arg-type]
wait_all([stop], 1, work)  # type: ignore[call-arg]
wait_any([threading.Event()])  # type: ignore[list-item]
stop.wait("1")  # type: ignore[arg-type]
SharedEvent("0000")  # type: ignore[arg-type]
AutoResetEvent(True)  # type: ignore[call-arg]
