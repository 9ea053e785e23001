"""A proxy on loopback that opens tunnels, or says why not."""

import contextlib
import socket
import socketserver
import threading


@contextlib.contextmanager
def http_proxy(status=200):
    """Serve ``CONNECT`` with that status; yields the address and the request heads it got."""
    heads = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            head = b"".join(iter(self.rfile.readline, b"\r\n")).decode()
            heads.append(head)
            self.wfile.write(f"HTTP/1.1 {status} Scripted\r\nX-Proxy: yes\r\n\r\n".encode())
            if status == 200:
                host, _colon, port = head.split()[1].rpartition(":")
                with socket.create_connection((host, int(port))) as target:
                    threading.Thread(
                        target=_pump, args=(self.connection, target), daemon=True
                    ).start()
                    _pump(target, self.connection)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", heads
        server.shutdown()


def _pump(source, sink):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
