"""What an Odoo answers to the sentinel, as the test wants it; and a webhook that takes pages."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

IN_ORDER = {"status": "pass", "message": "In order."}


class OdooTarget:
    """Listens on loopback between ``__enter__`` and ``__exit__``.

    :ivar failed: message by check of ``/ops/ready``
    :ivar statuses: by path, of answers that are not to be good ones
    :ivar requests: path, headers and body of each request, but for those of ``/ops/ready``
    """

    def __init__(self):
        self.failed = {}
        self.work = "worker"
        self.statuses = {}
        self.configuration = ""
        self.token = "open sesame"
        self.requests = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self._answer(*outer.answer(self.path, self.headers))

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.requests.append((self.path, self.headers, body))
                self._answer(outer.statuses.get(self.path, 200), "ok")

            def _answer(self, status, body):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body.encode())))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_arguments):
                """Tests are silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_error):
        self.stop()

    def stop(self):
        """Stop listening: connections are refused from now on."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path, headers):
        """Return the status and the body for a path."""
        if path in self.statuses:
            return self.statuses[path], "broken"
        if path == "/ops/sentinel/configuration":
            known = headers["Authorization"] == f"Bearer {self.token}"
            return (200, self.configuration) if known else (401, "Unauthorized")
        if path != "/ops/ready":
            return 200, "here"
        checks = dict.fromkeys(("database", "modules", "versions", "worker"), IN_ORDER)
        for name, message in self.failed.items():
            checks[name] = {"status": "fail", "message": message}
        return 503 if self.failed else 200, json.dumps({"work": self.work, "checks": checks})

    def posts(self, path):
        """The bodies that were posted to a path."""
        return [body for posted_to, _headers, body in self.requests if posted_to == path]
