"""HTTP and HTTPS."""

from dataclasses import replace
from urllib.parse import urlsplit

import pycurl

from .assertions import parse_status_ranges, status_matches
from .body_pattern import compile_pattern
from .certificate import trusted_bundle
from .json_condition import parse_json
from .result import Result
from .target import DEFAULT_PORTS
from .transfer import EXCERPT_BYTES, MAX_HEADERS, MAX_REDIRECTS, Transfer

USER_AGENT = "OpsCenterProbe/1.0"
# From this status on, a proxy says that it is not to blame.
BAD_GATEWAY = 500
# Until then the proxy is all that was talked to.
ON_THE_WAY = {
    pycurl.E_COULDNT_RESOLVE_HOST,
    pycurl.E_COULDNT_RESOLVE_PROXY,
    pycurl.E_COULDNT_CONNECT,
}


class HttpTransfer(Transfer):
    """Asks for a URL and reads the answer up to the limits, of which none can be outgrown."""

    def __init__(self, *args) -> None:
        self._header_bytes = 0
        self._head_is_whole = False
        self._body_is_cut = False
        self._leaves_origin = False
        self._is_redirect = False
        self._missing_headers = []
        # What the sentences of the expectations say.
        self._seen: dict[str, object] = {}
        super().__init__(*args)

    def _prepare(self) -> None:
        setopt = self.curl.setopt
        setopt(pycurl.URL, self.target.ascii_url)
        setopt(pycurl.USERAGENT, USER_AGENT)
        # As browsers do: HTTP/2 with those servers that offer it in the TLS handshake.
        setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_2TLS)
        # It would carry several probes on one connection.
        setopt(pycurl.FRESH_CONNECT, 1)
        setopt(pycurl.ACCEPT_ENCODING, "gzip, deflate")
        setopt(pycurl.WRITEFUNCTION, self._on_body)
        setopt(pycurl.HEADERFUNCTION, self._on_header)
        self._prepare_request()
        self._prepare_redirects()
        if self._begins_with_tls or self._follows:
            self._prepare_tls()

    def _prepare_request(self) -> None:
        request, setopt = self.target.request, self.curl.setopt
        headers = [_header_line(*header) for header in request.headers.items()]
        if request.authorization:
            headers.append(_header_line("Authorization", request.authorization))
        setopt(pycurl.HTTPHEADER, headers)
        if request.body or request.method in {"POST", "PUT", "PATCH"}:
            setopt(pycurl.POSTFIELDS, request.body.encode())
        if request.method == "HEAD":
            setopt(pycurl.NOBODY, 1)
        # These two libcurl knows; redirects make others of them where the standard says so.
        elif request.method not in {"GET", "POST"}:
            setopt(pycurl.CUSTOMREQUEST, request.method)
        if request.proxy:
            setopt(pycurl.PROXY, request.proxy)

    def _prepare_redirects(self) -> None:
        web = pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS
        onward = pycurl.PROTO_HTTPS if self._begins_with_tls else web
        self.curl.setopt(pycurl.PROTOCOLS, web)
        self.curl.setopt(pycurl.REDIR_PROTOCOLS, onward)
        self.curl.setopt(pycurl.FOLLOWLOCATION, self._follows)
        self.curl.setopt(pycurl.MAXREDIRS, MAX_REDIRECTS)

    def _prepare_tls(self) -> None:
        request = self.target.request
        if request.authorities:
            self.curl.setopt(pycurl.CAINFO_BLOB, request.authorities)
        else:
            self.curl.setopt(pycurl.CAINFO, trusted_bundle())
        if request.client_certificate:
            self.curl.setopt(pycurl.SSLCERT_BLOB, request.client_certificate)
            self.curl.setopt(pycurl.SSLKEY_BLOB, request.client_key)
        self.curl.setopt(pycurl.OPT_CERTINFO, 1)
        self.curl.setopt(pycurl.SSL_VERIFYPEER, self.target.verify)
        self.curl.setopt(pycurl.SSL_VERIFYHOST, 2 if self.target.verify else 0)
        self.curl.setopt(pycurl.SSL_SESSIONID_CACHE, 0)

    @property
    def _follows(self) -> bool:
        return self.target.request.redirects != "none"

    # === READING === #

    def _on_header(self, line: bytes) -> int | None:
        self._header_bytes += len(line)
        if self._header_bytes > MAX_HEADERS:
            return -1
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon and name.startswith("HTTP/"):
            self._begin_answer(line)
            return None
        if colon:
            self._take_header(name.lower(), value.strip())
        elif not name.strip():
            self._head_is_whole = True
        return -1 if self._leaves_origin else None

    def _begin_answer(self, status_line: bytes) -> None:
        """Another answer begins: the one before was a redirect, or said that this one comes."""
        self.headers.clear()
        self._head_is_whole = False
        self._header_bytes = len(status_line)
        self._is_redirect = status_line.partition(b" ")[2].startswith(b"3")
        self._missing_headers = list(self.target.expectation.headers)

    def _take_header(self, name: str, value: str) -> None:
        # Cookies are credentials, and results are stored.
        if self._header_bytes <= EXCERPT_BYTES and name != "set-cookie":
            self.headers[name] = self.target.request.without_secrets(value)
        if self._missing_headers:
            self._missing_headers = [
                (missing, text)
                for missing, text in self._missing_headers
                if missing.lower() != name or _as_sent(text).lower() not in value.lower()
            ]
        if name == "location" and self._is_redirect:
            self._leaves_origin = self.target.request.redirects == "same_origin" and (
                not _stays(value, self.target.ascii_url)
            )

    def _on_body(self, chunk: bytes) -> int | None:
        room = self.target.max_body - len(self.body)
        self.body += chunk[:room]
        self._body_is_cut = len(chunk) > room
        return -1 if self._body_is_cut else None

    def _excerpt(self) -> bytes:
        if not self.target.request.authorization:
            return super()._excerpt()
        body = self.target.request.without_secrets(self.body.decode("utf-8", "surrogateescape"))
        return body.encode("utf-8", "surrogateescape")[: self.target.max_excerpt]

    # === JUDGING === #

    def result(self, code: int = pycurl.E_OK, detail: str = "") -> Result:
        result = super().result(code, detail)
        if not self.target.request.authorization:
            return result
        # An answer, and so what is said about it, may repeat what it was asked with.
        return replace(result, message=self.target.request.without_secrets(result.message))

    def _transfer_error(self, code: int, detail: str) -> str:
        if self.target.request.proxy and (error := self._proxy_error(code)):
            return error
        if code == pycurl.E_WRITE_ERROR:
            return self._write_error()
        if code in {pycurl.E_UNSUPPORTED_PROTOCOL, pycurl.E_URL_MALFORMAT} and self._status():
            return "redirect_refused"
        return super()._transfer_error(code, detail)

    def _write_error(self) -> str:
        """Why we broke off ourselves."""
        if self._leaves_origin:
            return "redirect_elsewhere"
        return "" if self._body_is_cut else "headers_too_large"

    def _proxy_error(self, code: int) -> str:
        if self._denied:
            return "address_denied"
        said = self.curl.getinfo(pycurl.HTTP_CONNECTCODE)
        if code and said >= BAD_GATEWAY:
            return "proxy_no_way"
        refused = code and said and not status_matches(said, (range(200, 300),))
        unreached = code in ON_THE_WAY or (
            code == pycurl.E_OPERATION_TIMEDOUT and not self.curl.getinfo(pycurl.CONNECT_TIME_T)
        )
        return "proxy" if refused or unreached else ""

    def _judge(self) -> str:
        # libcurl is content with headers that break off.
        if not self._head_is_whole:
            return "truncated"
        if not status_matches(self._status(), parse_status_ranges(self.target.expected_status)):
            return "status"
        return self._judge_headers() or self._judge_text() or self._judge_size()

    def _judge_headers(self) -> str:
        if not self._missing_headers:
            return ""
        name, text = self._missing_headers[0]
        self._seen |= {"header": name, "header_text": text}
        return "header_value" if text else "header"

    def _judge_text(self) -> str:
        expectation = self.target.expectation
        if expectation.body_excludes and expectation.body_excludes.encode() in self.body:
            return "body_excluded"
        if self.target.body_contains.encode() not in self.body:
            return self._not_in_what_was_read("body")
        pattern = expectation.body_pattern
        if pattern and not compile_pattern(pattern).search(bytes(self.body)):
            return self._not_in_what_was_read("body_pattern")
        return self._judge_json() if expectation.json else ""

    def _judge_json(self) -> str:
        try:
            document = parse_json(bytes(self.body))
        except ValueError as error:
            self._seen["json_error"] = error
            return self._not_in_what_was_read("json")
        for condition in self.target.expectation.json:
            if found := condition.fault(document):
                self._seen |= {"found": found, "condition": condition.text}
                return "json_value"
        return ""

    def _judge_size(self) -> str:
        expectation = self.target.expectation
        size = len(self.body) + self._body_is_cut
        self._seen |= {
            "size": size,
            "min_size": expectation.min_size,
            "max_size": expectation.max_size,
        }
        if size < expectation.min_size:
            return self._not_in_what_was_read("too_small")
        too_big = expectation.max_size is not None and size > expectation.max_size
        return "too_big" if too_big else ""

    def _not_in_what_was_read(self, error: str) -> str:
        return "too_large" if self._body_is_cut else error

    def _facts(self, *args) -> dict[str, object]:
        facts = {**super()._facts(*args), **self._seen}
        if self.target.request.proxy:
            host, port = self.target.peer
            facts["proxy"] = f"{host}:{port}"
            if self._denied:
                facts["host"] = facts["proxy"]
        return facts


def _header_line(name: str, value: str) -> bytes:
    """A header as libcurl wants it: without a value, a colon would leave it out."""
    return (f"{name}: {value}" if value else f"{name};").encode()


def _as_sent(text: str) -> str:
    """A text as headers show it, whose bytes are read as Latin-1."""
    return text.encode().decode("latin-1")


def _stays(location: str, url: str) -> bool:
    """Tell whether a redirect keeps to scheme, host and port, whoever of the two parsers reads it.

    libcurl takes slashes that are missing or too many for granted where Python finds no host.
    """
    try:
        parts = urlsplit(location)
        if not parts.scheme and not location.startswith("//"):
            return True
        return _origin(location) == _origin(url)
    except ValueError:
        return False


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or DEFAULT_PORTS.get(parts.scheme)
