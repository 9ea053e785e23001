import json
import socketserver
import threading
import time
from contextlib import contextmanager


class Exchange:
    """What a loopback server received in one request, and the wire to answer on."""

    def __init__(self, handler):
        self._wire = handler.wfile
        request_line, *lines = iter(lambda: handler.rfile.readline().decode("latin-1").strip(), "")
        self.method, self.path, _version = request_line.split(" ")
        self.headers = {
            name.lower(): value for name, _colon, value in (line.partition(": ") for line in lines)
        }
        self.body = handler.rfile.read(int(self.headers.get("content-length", 0)))

    def send(self, data):
        self._wire.write(data if isinstance(data, bytes) else data.encode())

    def answer(self, body=b"{}", status="200 OK", **headers):
        """Answer properly; header names are written with underscores."""
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        headers = {"Content-Length": len(body), "Connection": "close", **headers}
        lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.send("\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]))
        self.send(body)

    def drip(self, data, seconds):
        """Send one byte every so many seconds."""
        for byte in data:
            self.send(bytes([byte]))
            time.sleep(seconds)


@contextmanager
def loopback_server(script):
    """Serve on loopback by calling ``script(exchange)``; yields the address and the exchanges."""
    exchanges = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            try:
                exchange = Exchange(self)
                exchanges.append(exchange)
                script(exchange)
            except OSError:
                # The client hung up, as it should on some of the scripts.
                return

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", exchanges
        finally:
            server.shutdown()
            thread.join()


def console_models(env):
    """The models of the console. The agent's is none: it stands alone, in the Odoo it tells of."""
    return [
        env[name]
        for name, model in sorted(env.registry.items())
        if name.startswith("ops.")
        and not model._abstract
        and model._original_module != "ops_center_agent"
    ]
