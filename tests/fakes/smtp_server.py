"""A mail server on loopback that takes every message, or refuses as it is told to."""

import socketserver
import threading
from email import message_from_bytes, policy


class SmtpServer:
    """Listens between ``__enter__`` and ``__exit__``; `messages` holds what it took.

    Speaks as much of RFC 5321 as smtplib wants to hear.
    """

    def __init__(self):
        self.messages = []
        self.refusing = False
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                self._say("220 ready")
                while line := self.rfile.readline():
                    verb = line[:4].upper().strip()
                    if verb == b"DATA":
                        self._take()
                    elif verb == b"MAIL" and outer.refusing:
                        self._say("451 try again later")
                    elif verb == b"QUIT":
                        self._say("221 bye")
                        return
                    else:
                        self._say("250 ok")

            def _take(self):
                self._say("354 go on")
                lines = []
                while (line := self.rfile.readline()) != b".\r\n":
                    lines.append(line.removeprefix(b"."))
                outer.messages.append(message_from_bytes(b"".join(lines), policy=policy.default))
                self._say("250 taken")

            def _say(self, line):
                self.wfile.write(f"{line}\r\n".encode())

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_error):
        self._server.shutdown()
        self._server.server_close()

    @property
    def subjects(self):
        """The subjects of the messages, in the order in which they came."""
        return [message["Subject"] for message in self.messages]
