"""A provider on loopback that loses answers, and a ledger of what really happened there."""

import collections
import contextlib
import json
import random
import threading
import time
from urllib.parse import parse_qs, urlsplit

from .loopback import LoopbackServer, QuietHandler


class FakeProvider(LoopbackServer):
    """Creates one object for each POST, also for those whose answer it spoils.

    ``POST /objects`` with ``{"marker": …}`` answers ``{"id": …}``; ``GET /objects?marker=…``
    answers ``{"ids": […]}``.

    :param lost: share of creations after which the connection is closed without an answer
    :param errors: share of creations that are answered by 500
    :param delay: seconds that a creation takes, before it takes place
    :param seed: of the choice which creations are spoilt
    """

    def __init__(self, lost=0.0, errors=0.0, delay=0.0, seed=19):
        self.lost, self.errors, self.delay = lost, errors, delay
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self.ledger = []  # the marker of each creation, in their order
        self.requests = 0

        class Handler(QuietHandler):
            provider = self

            def do_POST(self):
                length = int(self.headers["Content-Length"])
                self.provider._create(self, json.loads(self.rfile.read(length))["marker"])

            def do_GET(self):
                marker = parse_qs(urlsplit(self.path).query)["marker"][0]
                self.provider._look_up(self, marker)

            def answer(self, status, content):
                body = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with contextlib.suppress(ConnectionError):  # the client was killed meanwhile
                    self.wfile.write(body)

        super().__init__(Handler)

    def created(self):
        """Return how often each marker was created."""
        with self._lock:
            return collections.Counter(self.ledger)

    def _create(self, handler, marker):
        self._count_request()
        time.sleep(self.delay)
        with self._lock:
            self.ledger.append(marker)
            number, luck = len(self.ledger), self._random.random()
        if luck < self.lost:
            handler.close_connection = True
        elif luck < self.lost + self.errors:
            handler.answer(500, {"error": "created nevertheless"})
        else:
            handler.answer(201, {"id": number})

    def _look_up(self, handler, marker):
        self._count_request()
        with self._lock:
            ids = [number for number, known in enumerate(self.ledger, 1) if known == marker]
        handler.answer(200, {"ids": ids})

    def _count_request(self):
        with self._lock:
            self.requests += 1
