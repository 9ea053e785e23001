"""One request at a time, bounded in time and size."""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO

import pycurl

from ..certificate import trusted_bundle

MAX_ANSWER = 4 * 1024 * 1024  # bytes
USER_AGENT = "OpsCenterSentinel/1.0"


@dataclass(frozen=True)
class Answer:
    """What came back.

    :param status: HTTP status, 0 if there was no complete answer
    :param problem: why there was none, one sentence
    """

    status: int
    body: bytes = b""
    problem: str = ""


def request(
    url: str,
    *,
    timeout: float,
    headers: Mapping[str, str] | None = None,
    data: bytes | None = None,
) -> Answer:
    """Ask for a URL, or post data there. Redirects are not followed.

    :param timeout: seconds for everything
    """
    body = BytesIO()

    def take(chunk: bytes) -> int | None:
        return -1 if body.tell() + len(chunk) > MAX_ANSWER else body.write(chunk)

    curl = pycurl.Curl()
    try:
        curl.setopt(pycurl.URL, url)
        curl.setopt(pycurl.NOSIGNAL, 1)
        # An empty proxy also overrules those named in the environment.
        curl.setopt(pycurl.PROXY, "")
        curl.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        curl.setopt(pycurl.CAINFO, trusted_bundle())
        curl.setopt(pycurl.TIMEOUT_MS, max(1, round(timeout * 1000)))
        curl.setopt(pycurl.USERAGENT, USER_AGENT)
        lines = [f"{name}: {value}" for name, value in (headers or {}).items()]
        # libcurl would wait a second for "100 Continue" before it sends a body.
        curl.setopt(pycurl.HTTPHEADER, [*lines, "Expect:"])
        if data is not None:
            curl.setopt(pycurl.POST, 1)
            curl.setopt(pycurl.POSTFIELDS, data)
        curl.setopt(pycurl.WRITEFUNCTION, take)
        curl.perform()
        return Answer(curl.getinfo(pycurl.RESPONSE_CODE), body.getvalue())
    except pycurl.error as error:
        detail = str(error.args[-1]).encode("utf-8", "replace").decode().rstrip(".")
        return Answer(0, problem=f"{detail}.")
    finally:
        curl.close()
