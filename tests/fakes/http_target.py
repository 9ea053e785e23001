"""A web server on loopback that behaves, well or badly, as its paths say."""

import asyncio
import contextlib
import gzip
import re
import socket
import struct
import threading
from urllib.parse import parse_qs, urlsplit

MEBIBYTE = 1024 * 1024
LENGTH = re.compile(rb"(?i)content-length: (\d+)")
TLS_HANDSHAKE = b"\x16"

# Path: status, body and headers.
ANSWERS = {
    "binary": (200, bytes(range(128, 256))),
    "bad-gzip": (200, "plain", "Content-Encoding: gzip"),
    "gzip-bomb": (200, gzip.compress(bytes(64 * MEBIBYTE)), "Content-Encoding: gzip"),
    "loop": (302, "", "Location: /loop"),
}
# Path: what is sent before the connection is closed.
BYTES = {
    "empty": b"",
    "garbage": b"\x00\x01 this is not HTTP\r\n\r\n",
    "half": b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf ",
}
# Path: what is sent before the client hangs up, and whether our half of the connection is closed.
LEFT_OPEN = {
    "hang": (b"", False),
    "stay": (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", False),
    "half-closed": (b"HTTP/1.1 200 OK\r\n\r\nok", True),
    "half-closed-empty": (b"", True),
}
# Path: what is sent once, and what is sent for ever after.
FLOODS = {
    "drip": (b"HTTP/1.1 200 OK\r\n\r\n", b"."),
    "header-flood": (b"HTTP/1.1 200 OK\r\n", b"X-Flood: 0123456789abcdef\r\n"),
    "informing": (b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
    "huge": (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * MEBIBYTE),
}


class HttpTarget:
    """Serves from its own thread between ``__enter__`` and ``__exit__``.

    ====================== ======================================================================
    ``/status/<n>``        an answer with that status
    ``/text?say=…``        that text as the body
    ``/echo``              the whole request as the body
    ``/switch``            what the test set by ``set_status``
    ``/slow/<s>``          a good answer after so many seconds
    ``/hang``              no answer until the client gives up
    ``/drip/<s>``          a body of which one byte comes every so many seconds, without end
    ``/raw?hex=…``         those bytes
    ``/stay``              a good answer, and the connection stays open without another
    ``/reset``             the connection is reset after the request
    ``/empty``             the connection is closed without an answer
    ``/garbage``           an answer that is not HTTP
    ``/half``              half of the announced body, then the connection is closed
    ``/half-closed``       a good answer that ends with the server's half of the connection
    ``/half-closed-empty`` the end of that half, without an answer
    ``/informing/<s>``     an answer of 1xx every so many seconds, without end
    ``/huge``              a body without end
    ``/gzip-bomb``         64 KiB that unpack to 64 MiB
    ``/bad-gzip``          a body that is not the gzip it is announced as
    ``/header-flood``      headers without end
    ``/binary``            bytes that are no text, announced as HTML
    ``/redirect?to=…``     a redirect there, with a cookie
    ``/loop``              a redirect to itself
    ====================== ======================================================================


    :param host: loopback address to listen on
    :param tls: an ``ssl.SSLContext`` to speak HTTPS with
    """

    def __init__(self, host="127.0.0.1", port=0, tls=None):
        self.requests = []
        self.heads = []
        self._host = host
        self._tls = tls
        self._switch = (200, "")
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, port), family=family, backlog=1024)
        self.port = self._socket.getsockname()[1]
        self._tasks = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self):
        self._thread.start()
        serving = asyncio.start_server(self._accept, sock=self._socket, ssl=self._tls)
        self._server = asyncio.run_coroutine_threadsafe(serving, self._loop).result()
        return self

    def __exit__(self, *_exception):
        asyncio.run_coroutine_threadsafe(self._shut_down(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def url(self, path="/status/200", host=None):
        host = host or (f"[{self._host}]" if ":" in self._host else self._host)
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}{path}"

    def set_status(self, code, body=""):
        """Make ``/switch`` answer so from now on."""
        self._switch = (code, body)

    async def _shut_down(self):
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader, writer):
        # asyncio itself holds tasks only weakly.
        task = self._loop.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader, writer):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readexactly(1)
            if head == TLS_HANDSHAKE:
                await _send(writer, 400, "this is plain HTTP")
            else:
                head += await reader.readuntil(b"\r\n\r\n")
                target = head.split()[1].decode()
                self.requests.append(target)
                self.heads.append(head.decode("latin-1"))
                if length := LENGTH.search(head):
                    head += await reader.readexactly(int(length[1]))
                await self._answer(head, urlsplit(target), reader, writer)
        # Whoever probes may be gone already.
        with contextlib.suppress(OSError):
            writer.close()

    async def _answer(self, head, url, reader, writer):
        name, _slash, argument = url.path.lstrip("/").partition("/")
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        answers = {"switch": self._switch, **ANSWERS}
        if name in answers:
            await _send(writer, *answers[name])
        elif name in BYTES:
            writer.write(BYTES[name])
        elif name in FLOODS:
            await _flood(writer, *FLOODS[name], float(argument or 0))
        elif name in LEFT_OPEN:
            content, half = LEFT_OPEN[name]
            writer.write(content)
            if half:
                writer.write_eof()
            await reader.read()
        match name:
            case "status":
                await _send(writer, int(argument), "body of a target")
            case "text":
                await _send(writer, 200, query["say"])
            case "echo":
                await _send(writer, 200, head)
            case "redirect":
                await _send(writer, 302, "", f"Location: {query['to']}", "Set-Cookie: a=b")
            case "slow":
                await asyncio.sleep(float(argument))
                await _send(writer, 200, "late")
            case "raw":
                writer.write(bytes.fromhex(query["hex"]))
            case "reset":
                # Closing with a linger of zero seconds sends RST.
                connection = writer.get_extra_info("socket")
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def _send(writer, status, body, *headers):
    content = body.encode() if isinstance(body, str) else body
    lines = (
        f"HTTP/1.1 {status} Scripted",
        "Content-Type: text/html; charset=utf-8",
        f"Content-Length: {len(content)}",
        "Connection: close",
        *headers,
    )
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + content)
    await writer.drain()


async def _flood(writer, start, piece, seconds):
    """Send until the client has enough."""
    writer.write(start)
    while True:
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(seconds)
