"""What several tests of the probes use."""

import contextlib
import os
import socket
import time

from probes import HttpRequest, Target, run
from probes.target import SCHEMES

FOLLOW = HttpRequest(redirects="any")


def target(url, key="only", **expectations):
    """The target that a URL names."""
    scheme = url.partition(":")[0]
    kind = scheme if scheme in SCHEMES else "http"
    return Target(**{"key": key, "kind": kind, "url": url, **expectations})


def probe(url, **expectations):
    """The result of one probe."""
    (result,) = run([target(url, **expectations)])
    return result


def closed_port():
    """A port of 127.0.0.1 on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@contextlib.contextmanager
def blackhole():
    """A port of 127.0.0.1 that drops connection requests, as a firewall does: its queue is full."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _attempt in range(3):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(server.getsockname())
        time.sleep(0.05)
        yield server.getsockname()[1]


def open_files():
    """How many files and sockets this process holds open."""
    return len(os.listdir("/proc/self/fd"))
