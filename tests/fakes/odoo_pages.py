"""What an Odoo of some version tells everybody, on loopback."""

import json
import threading
import xmlrpc.client
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HIDDEN = "The database manager has been disabled by the administrator"


class OdooPages:
    """Listens on loopback between ``__enter__`` and ``__exit__``.

    :param version: the series, such as ``17.0``
    :param tls: an ``ssl.SSLContext`` to speak HTTPS with
    :param info: the end of what Odoo calls its version info, ``e`` in Enterprise
    :ivar pages: status, body and header lines by path, or what makes them of headers and body of a
        request; what isn't there is not found
    :ivar requests: method and path of each request, in their order
    """

    def __init__(self, version, info="", tls=None):
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
                self._answer("")

            def do_POST(self):
                self._answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

            def _answer(self, sent):
                outer.requests.append((self.command, self.path))
                page = outer.pages.get(self.path, (404, "not here"))
                status, body, *headers = page(self.headers, sent) if callable(page) else page
                self.send_response(status)
                for header in headers:
                    self.send_header(*header)
                self.send_header("Content-Length", str(len(body.encode())))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_arguments):
                """Tests are silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_error):
        self._server.shutdown()
        self._server.server_close()

    def let_in(self, key, models, database="shop", login="watcher"):
        """Answer who shows a key, over JSON-2 and XML-RPC.

        :param models: by model what each of its methods makes of the domain and other arguments;
            an exception that is raised there is the answer
        """

        def json2(model, method):
            def answer(headers, sent):
                if headers["Authorization"] != f"Bearer {key}":
                    return 401, json.dumps({"name": "werkzeug.exceptions.Unauthorized"})
                if headers["X-Odoo-Database"] not in {None, database}:
                    return 404, "not here"
                try:
                    return 200, json.dumps(models[model][method](**json.loads(sent)))
                except PermissionError:
                    return 403, json.dumps({"name": "odoo.exceptions.AccessError"})

            return answer

        def common(_headers, sent):
            arguments, _method = xmlrpc.client.loads(sent)
            uid = arguments[:3] == (database, login, key) and 7
            return 200, xmlrpc.client.dumps((uid,), methodresponse=True)

        def execute(_headers, sent):
            [name, uid, password, model, method, [domain], arguments], _ = xmlrpc.client.loads(sent)
            if (name, uid, password) != (database, 7, key):
                fault = xmlrpc.client.Fault(3, "Access Denied")
                return 200, xmlrpc.client.dumps(fault, methodresponse=True)
            try:
                result = models[model][method](domain=domain, **arguments)
            except PermissionError:
                result = xmlrpc.client.Fault(4, "You are not allowed")
            is_fault = isinstance(result, xmlrpc.client.Fault)
            return 200, xmlrpc.client.dumps(result if is_fault else (result,), methodresponse=True)

        for model, methods in models.items():
            for method in methods:
                self.pages[f"/json/2/{model}/{method}"] = json2(model, method)
        self.pages["/xmlrpc/2/common"] = common
        self.pages["/xmlrpc/2/object"] = execute

    def list_databases(self, is_open):
        """Show the names of the databases to everybody, or to nobody."""
        names = "shop" if is_open else HIDDEN
        page = f'<html>{" " * 3000}<div class="o_database_list">{names}</div></html>'
        self.pages["/web/database/selector"] = (200, page)

    def tell(self, path, document, status=200):
        """Have a page answer a document as JSON."""
        self.pages[path] = (status, json.dumps(document))
