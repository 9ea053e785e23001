"""Plain TCP: somebody accepts connections."""

import pycurl

from .transfer import Transfer


class TcpTransfer(Transfer):
    """Opens a connection, sends nothing and closes it."""

    def _prepare(self) -> None:
        # libcurl names, connects and times as for HTTP, and stops there.
        self.curl.setopt(pycurl.URL, self.target.ascii_url.replace("tcp:", "http:", 1))
        self.curl.setopt(pycurl.CONNECT_ONLY, 1)
