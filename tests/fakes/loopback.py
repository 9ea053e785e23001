"""What the fakes that are plain HTTP servers on loopback share."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class QuietHandler(BaseHTTPRequestHandler):
    """Answers requests without a line for each in the output of the tests."""

    def log_message(self, *_args):
        """Say nothing."""


class LoopbackServer:
    """Serves between ``__enter__`` and ``__exit__``, from a thread of its own.

    :param handler: class of the handlers of requests
    """

    def __init__(self, handler):
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_exception):
        self._server.shutdown()
        self._server.server_close()
