"""The work that the worker process repeats, and how it is told to stop."""

import threading
from typing import NamedTuple

#: Set once the process was asked to end: finish what was begun, claim nothing more.
stopping = threading.Event()


class Loop(NamedTuple):
    """One method that is called again and again.

    The method does a bounded pass (at most 20 seconds) in transactions of its own, leaves
    nothing unsaved in its environment, and returns the seconds until it wants to be called
    again, or None for ``interval``.
    """

    name: str  #: unique; `ops.worker._notify(name)` wakes the loop
    model: str
    method: str
    interval: float  #: seconds from the end of a pass to the start of the next
    #: Method that completes what passes leave under way, called when no other pass follows.
    finish: str = ""
