"""HTTP and HTTPS."""

import pycurl

from .assertions import parse_status_ranges, status_matches
from .certificate import trusted_bundle
from .transfer import EXCERPT_BYTES, MAX_HEADERS, MAX_REDIRECTS, Transfer

USER_AGENT = "OpsCenterProbe/1.0"


class HttpTransfer(Transfer):
    """Asks for a URL and reads the answer up to the limits, of which none can be outgrown."""

    def __init__(self, *args) -> None:
        self._header_bytes = 0
        self._body_is_cut = False
        super().__init__(*args)

    def _prepare(self) -> None:
        target, setopt = self.target, self.curl.setopt
        setopt(pycurl.URL, target.ascii_url)
        setopt(pycurl.NOBODY, target.method == "HEAD")
        setopt(pycurl.USERAGENT, USER_AGENT)
        setopt(pycurl.HTTPHEADER, [_header_line(*header) for header in target.headers.items()])
        # One request on a fresh connection gains nothing from HTTP/2, and every server speaks this.
        setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        setopt(pycurl.ACCEPT_ENCODING, "gzip, deflate")
        setopt(pycurl.WRITEFUNCTION, self._on_body)
        setopt(pycurl.HEADERFUNCTION, self._on_header)
        self._prepare_redirects()
        if target.url.startswith("https:") or target.follow_redirects:
            self._prepare_tls()

    def _prepare_redirects(self) -> None:
        web = pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS
        secure = self.target.url.startswith("https:")
        self.curl.setopt(pycurl.PROTOCOLS, web)
        self.curl.setopt(pycurl.REDIR_PROTOCOLS, pycurl.PROTO_HTTPS if secure else web)
        self.curl.setopt(pycurl.FOLLOWLOCATION, self.target.follow_redirects)
        self.curl.setopt(pycurl.MAXREDIRS, MAX_REDIRECTS)

    def _prepare_tls(self) -> None:
        self.curl.setopt(pycurl.CAINFO, trusted_bundle())
        self.curl.setopt(pycurl.OPT_CERTINFO, 1)
        self.curl.setopt(pycurl.SSL_VERIFYPEER, self.target.verify)
        self.curl.setopt(pycurl.SSL_VERIFYHOST, 2 if self.target.verify else 0)
        self.curl.setopt(pycurl.SSL_SESSIONID_CACHE, 0)

    # === READING === #

    def _on_header(self, line: bytes) -> int | None:
        self._header_bytes += len(line)
        if self._header_bytes > MAX_HEADERS:
            return -1
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon and name.startswith("HTTP/"):
            self.headers.clear()
            self._header_bytes = len(line)
        # Cookies are credentials, and results are stored.
        elif colon and self._header_bytes <= EXCERPT_BYTES and name.lower() != "set-cookie":
            self.headers[name.lower()] = value.strip()
        return None

    def _on_body(self, chunk: bytes) -> int | None:
        room = self.target.max_body - len(self.body)
        self.body += chunk[:room]
        self._body_is_cut = len(chunk) > room
        return -1 if self._body_is_cut else None

    # === JUDGING === #

    def _transfer_error(self, code: int, detail: str) -> str:
        if code == pycurl.E_WRITE_ERROR:
            return "" if self._body_is_cut else "headers_too_large"
        if code in {pycurl.E_UNSUPPORTED_PROTOCOL, pycurl.E_URL_MALFORMAT} and self._status():
            return "redirect_refused"
        return super()._transfer_error(code, detail)

    def _judge(self) -> str:
        if not status_matches(self._status(), parse_status_ranges(self.target.expected_status)):
            return "status"
        if self.target.body_contains.encode() not in self.body:
            return "too_large" if self._body_is_cut else "body"
        return ""


def _header_line(name: str, value: str) -> bytes:
    """A header as libcurl wants it: without a value, a colon would leave it out."""
    return (f"{name}: {value}" if value else f"{name};").encode()
