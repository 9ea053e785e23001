"""What an Odoo of some version tells everybody, on loopback."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HIDDEN = "The database manager has been disabled by the administrator"


class OdooPages:
    """Listens on loopback between ``__enter__`` and ``__exit__``.

    :param version: the series, such as ``17.0``
    :param info: the end of what Odoo calls its version info, ``e`` in Enterprise
    :ivar pages: status and body by path; what isn't there is not found
    :ivar requests: method and path of each request, in their order
    """

    def __init__(self, version, info=""):
        told = {"server_serie": version, "server_version_info": [0, 0, 0, "final", 0, info]}
        self.pages = {
            "/web/health": (200, json.dumps({"status": "pass"})),
            "/web/webclient/version_info": (200, json.dumps({"jsonrpc": "2.0", "result": told})),
        }
        self.list_databases(False)
        self.requests = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self._answer()

            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                self._answer()

            def _answer(self):
                outer.requests.append((self.command, self.path))
                status, body = outer.pages.get(self.path, (404, "not here"))
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
        self._server.shutdown()
        self._server.server_close()

    def list_databases(self, is_open):
        """Show the names of the databases to everybody, or to nobody."""
        names = "shop" if is_open else HIDDEN
        page = f'<html>{" " * 3000}<div class="o_database_list">{names}</div></html>'
        self.pages["/web/database/selector"] = (200, page)

    def tell(self, path, document, status=200):
        """Have a page answer a document as JSON."""
        self.pages[path] = (status, json.dumps(document))
