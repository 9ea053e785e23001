"""Web servers of all sorts, good ones and bad ones, and what is to be said of each."""

import contextlib
from collections.abc import Iterator

from probes import Target

from tests.fakes.http_target import HttpTarget

from .support import FOLLOW, blackhole, closed_port, target

OK = b"HTTP/1.1 200 OK\r\n"
LENGTH = b"Content-Length: 2\r\n\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"

# Answers, byte by byte, with what is to be said of them; the connection is closed behind them.
ANSWERS = {
    "early hints": (b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK + LENGTH + b"ok", ""),
    "continue": (b"HTTP/1.1 100 Continue\r\n\r\n" + OK + LENGTH + b"ok", ""),
    "many of 1xx": (b"HTTP/1.1 102 Processing\r\n\r\n" * 20 + OK + LENGTH + b"ok", ""),
    "early hints of a fault": (
        b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 500 Oops\r\n" + LENGTH + b"no",
        "status",
    ),
    "nothing but early hints": (b"HTTP/1.1 103 Early Hints\r\n\r\n", "empty"),
    "another protocol": (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", "empty"),
    "chunks": (CHUNKED + b"2\r\nok\r\n0\r\nX-Trailer: a\r\n\r\n", ""),
    "chunk with an extension": (CHUNKED + b"2;a=b\r\nok\r\n0\r\n\r\n", ""),
    "chunk without a size": (CHUNKED + b"zz\r\nok\r\n0\r\n\r\n", "protocol"),
    "chunk of astronomic size": (CHUNKED + b"f" * 18 + b"\r\nok", "protocol"),
    "chunk that breaks off": (CHUNKED + b"5\r\nok", "truncated"),
    "chunks without the last": (CHUNKED + b"2\r\nok\r\n", "truncated"),
    "body that breaks off": (OK + b"Content-Length: 10\r\n\r\nok", "truncated"),
    "headers that break off": (OK + b"X-A: b", "truncated"),
    "headers that end early": (OK + b"X-A: b\r\n", "truncated"),
    "status line alone": (OK, "truncated"),
    "negative length": (OK + b"Content-Length: -5\r\n\r\nok", "protocol"),
    "two lengths": (OK + b"Content-Length: 5\r\n" + LENGTH + b"ok", "protocol"),
    "no length": (OK + b"\r\nok", ""),
    "no content": (b"HTTP/1.1 204 No Content\r\n\r\n", ""),
    "not modified": (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 20\r\n\r\n", ""),
    "no headers at all": (b"just text", "protocol"),
    "zero byte in a header": (OK + b"X-A: a\0b\r\n" + LENGTH + b"ok", "protocol"),
    "unknown status": (b"HTTP/1.1 999 What\r\n" + LENGTH + b"ok", "status"),
    "frames of HTTP/2": (b"\0\0\0\4\0\0\0\0\0", "protocol"),
    "a mail server": (b"220 mail.example.com ESMTP\r\n", "protocol"),
}


@contextlib.contextmanager
def mixed_targets(web, trusted) -> Iterator[dict[str, tuple[Target, str]]]:
    """Serve them all; by name the target and the error code, empty where all is well."""
    mixed = {}

    def add(name, error, url, **expectations):
        mixed[name] = target(url, key=name, **{"timeout": 5, **expectations}), error

    with contextlib.ExitStack() as stack:

        def serve(*names, **validity):
            context = trusted.server_context(*names, **validity)
            return stack.enter_context(HttpTarget(tls=context)).url()

        for name, (answer, error) in ANSWERS.items():
            add(name, error, web.url(f"/raw?hex={answer.hex()}"))
        add("good certificate", "", serve("127.0.0.1"))
        add("certificate of another name", "tls_hostname", serve("shop.example"))
        add("expired certificate", "tls_expired", serve("127.0.0.1", days=(-10, -2)))
        add("certificate of tomorrow", "tls_not_yet_valid", serve("127.0.0.1", days=(2, 10)))
        add("good", "", web.url())
        add("IPv6 only", "", stack.enter_context(HttpTarget("::1")).url())
        add("reset", "reset", web.url("/reset"))
        add("empty", "empty", web.url("/empty"))
        add("half-closed", "", web.url("/half-closed"))
        add("half-closed in silence", "empty", web.url("/half-closed-empty"))
        add("huge", "", web.url("/huge"))
        add("bomb", "", web.url("/gzip-bomb"))
        add("bad gzip", "protocol", web.url("/bad-gzip"))
        add("headers without end", "headers_too_large", web.url("/header-flood"))
        add("loop", "redirects", web.url("/loop"), request=FOLLOW)
        add("slow but in time", "", web.url("/slow/0.5"))
        add("slow", "timeout", web.url("/slow/30"), timeout=1)
        add("silent", "timeout", web.url("/hang"), timeout=1)
        add("drip", "timeout", web.url("/drip/0.05"), timeout=1)
        add("1xx without end", "timeout", web.url("/informing/0.01"), timeout=1)
        add("refused", "connect_refused", f"http://127.0.0.1:{closed_port()}/")
        silent_port = stack.enter_context(blackhole())
        add("dropped", "connect_timeout", f"http://127.0.0.1:{silent_port}/", timeout=1)
        yield mixed
