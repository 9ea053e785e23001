"""A web server on loopback that speaks HTTP/2 and nothing else, as those for gRPC do (RFC 9113)."""

import contextlib
import socketserver
import threading

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, SETTINGS, GOAWAY = 0, 1, 4, 7
END_STREAM, ACK, END_HEADERS = 1, 1, 4
# As the static table of HPACK numbers them (RFC 7541, appendix A).
STATUS = {200: b"\x88", 404: b"\x8d", 500: b"\x8e"}


@contextlib.contextmanager
def http2_target(context, status=200, body=b"all is well", goodbye=False):
    """Serve; yields the port and the number of connections that came.

    :param context: an ``ssl.SSLContext``
    :param goodbye: whether to end the connection (GOAWAY) instead of answering
    """
    connections = []
    context.set_alpn_protocols(["h2"])

    class Handler(socketserver.StreamRequestHandler):
        def setup(self):
            self.request = context.wrap_socket(self.request, server_side=True)
            super().setup()

        def handle(self):
            connections.append(self.client_address)
            if self.rfile.read(len(PREFACE)) != PREFACE:
                return
            self.send(SETTINGS, 0, 0)
            while (frame := self.receive()) and frame[0] != HEADERS:
                pass
            self.send(SETTINGS, ACK, 0)
            if goodbye:
                self.send(GOAWAY, 0, 0, bytes(8))
            else:
                self.send(HEADERS, END_HEADERS, 1, STATUS[status])
                self.send(DATA, END_STREAM, 1, body)
            # Until the client hangs up.
            self.rfile.read()

        def receive(self):
            head = self.rfile.read(9)
            return head and (head[3], self.rfile.read(int.from_bytes(head[:3], "big")))

        def send(self, kind, flags, stream, payload=b""):
            head = len(payload).to_bytes(3, "big") + bytes([kind, flags])
            self.wfile.write(head + stream.to_bytes(4, "big") + payload)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, *_request):
            # The client hung up, as it does after each answer.
            pass

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server.server_address[1], connections
        server.shutdown()
