"""Events for threads and processes that sleep in the kernel on the event itself."""

import sys
from collections.abc import Iterable

from _typeshed import WriteableBuffer
from typing_extensions import deprecated, disjoint_base

__all__ = ["AutoResetEvent", "Event", "Stopped", "wait_all", "wait_any", "__version__"]

__version__: str

@disjoint_base
class Event:
    """A flag that threads can wait for. It is unset to begin with. A drop-in replacement for threading.Event."""

    def __init__(self) -> None: ...
    def set(self) -> None: ...
    def clear(self) -> None: ...
    def is_set(self) -> bool: ...
    @deprecated("isSet() is deprecated, use is_set() instead")
    def isSet(self) -> bool: ...
    def wait(self, timeout: float | None = None) -> bool: ...

@disjoint_base
class AutoResetEvent:
    """An event of which each set releases one waiting thread, or keeps a token for the next one."""

    def __init__(self) -> None: ...
    def set(self) -> bool: ...
    def clear(self) -> bool: ...
    def is_set(self) -> bool: ...
    def wait(self, timeout: float | None = None) -> bool: ...

if (
    sys.platform == "linux"
    or sys.platform == "android"
    or sys.platform == "darwin"
    or sys.platform == "ios"
    or sys.platform.startswith("freebsd")
    or sys.platform.startswith("openbsd")
    or sys.platform.startswith("netbsd")
    or sys.platform.startswith("dragonfly")
):
    __all__ += ["SharedEvent"]

    @disjoint_base
    class SharedEvent:
        """An event for several processes: the four bytes at an offset into memory that they share."""

        def __new__(cls, buffer: WriteableBuffer, offset: int = 0) -> SharedEvent: ...
        def set(self) -> bool: ...
        def clear(self) -> bool: ...
        def is_set(self) -> bool: ...
        def wait(self, timeout: float | None = None) -> bool: ...

def wait_any(events: Iterable[Event | AutoResetEvent], timeout: float | None = None) -> int | None:
    """Wait until one of the events releases this thread. Return its index, or None if none was set in time."""

class Stopped(Exception):
    """Raised by wait_all if the event stop has ended the wait."""

def wait_all(
    events: Iterable[Event], timeout: float | None = None, *, stop: Event | AutoResetEvent | None = None
) -> bool:
    """Wait until each of the events has been set. Return True, or False if that did not happen in time.

    Raise Stopped if the event stop ended the wait.
    """
