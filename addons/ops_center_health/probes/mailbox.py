"""How threads hand their results to the event loop."""

import contextlib
import socket
from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Mailbox(Generic[T]):
    """Items that threads put in and the loop takes out, woken by a socket."""

    def __init__(self) -> None:
        self._items: deque[T] = deque()
        #: Becomes readable when there are items.
        self.socket, self._signal = socket.socketpair()
        self.socket.setblocking(False)

    def close(self) -> None:
        """Let go of the sockets; what is put in from now on gets lost."""
        self.socket.close()
        self._signal.close()

    def put(self, item: T) -> None:
        """Hand over an item, from any thread."""
        self._items.append(item)
        # Nobody may listen any more.
        with contextlib.suppress(OSError):
            self._signal.send(b".")

    def take(self) -> Iterator[T]:
        """Take out what has arrived."""
        with contextlib.suppress(BlockingIOError):
            self.socket.recv(4096)
        while self._items:
            yield self._items.popleft()
