"""Names looked up beside the event loop."""

import errno
import os
import socket
import threading
from collections.abc import Iterator
from functools import lru_cache
from ipaddress import ip_address

from .mailbox import Mailbox

NO_FILES = os.strerror(errno.EMFILE)  # in the place of what the C library says then


class Resolver:
    """Looks each name up in a thread of its own.

    The C library cannot be told to give up, and libcurl's pool of twenty threads is soon full of
    names whose servers are silent; names that would resolve then wait behind them. Here a silent
    name costs one sleeping thread, however often it is asked for, until the C library gives up.
    """

    def __init__(self) -> None:
        self._asked: set[str] = set()
        self._answers: Mailbox[tuple[str, list[str], str]] = Mailbox()
        #: Becomes readable when there are answers.
        self.socket = self._answers.socket

    def look_up(self, name: str) -> None:
        """Ask for the addresses of a name, unless the answer is already on its way."""
        if name not in self._asked:
            self._asked.add(name)
            threading.Thread(target=self._work, args=(name,), daemon=True).start()

    def answers(self) -> Iterator[tuple[str, list[str], str]]:
        """Take what has arrived: name, numeric addresses, and in words why there are none."""
        for name, addresses, detail in self._answers.take():
            self._asked.discard(name)
            yield name, addresses, detail

    def close(self) -> None:
        """Let go of the sockets; what is still being looked up gets lost."""
        self._answers.close()

    def forget_answers(self) -> None:
        """Drop what arrived when nobody waited for it any more: it is of unknown age."""
        for _answer in self.answers():
            pass

    def _work(self, name: str) -> None:
        try:
            found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
        except OSError as error:
            answer = (name, [], error.strerror if _may_open_files() else NO_FILES)
        else:
            answer = (name, [address[0] for *_kind, address in found], "")
        self._answers.put(answer)


def _may_open_files() -> bool:
    """Whether the C library could ask; else it says of each name that there is none."""
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError:
        return False
    return True


# The same hosts are asked about with each probe.
@lru_cache(maxsize=4096)
def is_address(host: str) -> bool:
    """Tell whether a host is written as a plain IP address, so that there is nothing to look up."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
