"""Work that goes on while its results are stored."""

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeVar

T = TypeVar("T")

GATHERING = 0.05  # seconds to wait for more, so that a burst is stored at once


def batches(items: Iterable[T]) -> Iterator[list[T]]:
    """Exhaust `items` in a thread of its own and yield what has come of them, in lists.

    Whatever the items raise is raised here, after those that came before.
    """
    inbox: SimpleQueue = SimpleQueue()
    end = object()

    def fill() -> None:
        try:
            for item in items:
                inbox.put(item)
        finally:
            inbox.put(end)

    with ThreadPoolExecutor(1, "ops-probe") as pool:
        filling = pool.submit(fill)
        ended = False
        while not ended and (first := inbox.get()) is not end:
            time.sleep(GATHERING)
            batch = [first]
            while not inbox.empty():
                batch.append(inbox.get())
            if batch[-1] is end:
                ended = True
                batch.pop()
            yield batch
        filling.result()
